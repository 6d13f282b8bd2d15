// The egress proxy in a thread, with servers at public addresses and programs that dial as in a pod.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "gateway/dns_bytes.h"
#include "gateway/egress_server.h"
#include "gateway/small_net.h"

namespace weir::gateway {

using std::string_literals::operator""s;

// A connection that was ended: by a reset, of which a client that was just writing learns only the end.
inline auto nothing() {
  return testing::AnyOf(""s, "(reset)"s);
}

inline constexpr const char* kServer = "93.184.216.34";
inline constexpr const char* kOther = "93.184.216.35";
inline const std::string kGet = "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n";

// Answers each request with what it got of it.
inline void http(const os::Fd& connection) {
  const std::string request = read_text(connection, "\r\n\r\n");
  send_text(connection, "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(request.size()) +
                            "\r\nConnection: close\r\n\r\n" + request);
}

// Before the first test of the program, since a process with threads cannot enter namespaces.
class TwoNetworks : public testing::Environment {
 public:
  void SetUp() override { (void)networks(); }
};
inline const testing::Environment* const kTwoNetworks = testing::AddGlobalTestEnvironment(new TwoNetworks);

class EgressServer : public testing::Test {
 protected:
  void SetUp() override {
    if (!networks().problem.empty()) GTEST_SKIP() << networks().problem;
    leads_to("a.example", {kServer});
  }
  void TearDown() override { stop(); }

  void start(std::initializer_list<const char*> allow, EgressLimits limits = {},
             std::initializer_list<const char*> also_private = {}, Upstream upstream = {}) {
    policy_.upstream = std::move(upstream);
    policy_.limits = limits;
    for (const char* text : allow)
      policy_.rules.push_back(parse_allow(text).value());
    for (const char* text : also_private)
      policy_.rules.push_back(parse_allow_private(text).value());
    std::vector<EgressListener> listeners;
    const auto plan = plan_listeners(policy_);
    for (const auto& one : *plan) {
      const InPod in_pod;
      listeners.push_back(
          {one.kind, listening(one.address, one.port, one.kind == ListenerPlan::Kind::dns_udp)});
      ASSERT_TRUE(listeners.back().socket) << one.address << " " << one.port;
    }
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    stop_read_ = os::Fd(ends[0]);
    stop_write_ = os::Fd(ends[1]);
    EgressOptions options;
    options.stop_fd = stop_read_.get();
    options.on_event = [this](const EgressEvent& event) {
      const std::lock_guard lock(mutex_);
      record_.add(event);
    };
    options.is_own_address = [](const IpAddress&) { return false; };
    options.resolve = [this](const std::string& name) { return resolve(name); };
    thread_ = std::thread([this, options, listeners = std::move(listeners)]() mutable {
      const Status served = serve_egress(std::move(listeners), policy_, options);
      EXPECT_TRUE(served) << served.error().message();
    });
  }
  void stop() {
    stop_write_.reset();
    if (thread_.joinable()) thread_.join();
  }
  // What was refused, as "host:port reason"; ends the proxy.
  std::vector<std::string> refusals() {
    stop();
    std::vector<std::string> out;
    for (const auto& one : record_.refused)
      out.push_back(one.host + ":" + std::to_string(one.port) + " " + one.reason);
    return out;
  }
  const EgressRecord& record() {
    stop();
    return record_;
  }

  Result<std::vector<IpAddress>> resolve(const std::string& name) {
    const std::lock_guard lock(mutex_);
    ++asked_[name];
    std::vector<IpAddress> out;
    for (const auto& text : names_[name])
      out.push_back(IpAddress::parse(text).value());
    if (out.empty()) return fail(ErrorCode::not_found, "no such name", name);
    return out;
  }
  void leads_to(const std::string& name, const std::vector<std::string>& addresses) {
    const std::lock_guard lock(mutex_);
    names_[name] = addresses;
  }
  std::map<std::string, int> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  EgressPolicy policy_;
  std::map<std::string, std::vector<std::string>> names_;
  std::mutex mutex_;
  EgressRecord record_;
  std::map<std::string, int> asked_;
  os::Fd stop_read_;
  os::Fd stop_write_;
  std::thread thread_;
};

// The whole answer of a name server by UDP, asked at `server`; "" when the answer came from elsewhere or not
// at all.
inline std::string ask_udp(const std::string& query, const char* server = "127.0.0.53") {
  const InPod in_pod;
  const os::Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = 5, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_storage to{};
  const socklen_t size = fill(to, server, 53);
  // Connected: the kernel drops what comes from another address than the one that was asked.
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), size) != 0) return {};
  send_text(fd, query);
  char buffer[2000];
  const ssize_t n = ::recv(fd.get(), buffer, sizeof buffer, 0);
  return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : std::string();
}

// "198.18.0.1", "none" for an answer without a record, or "code N".
inline std::string look_up(const std::string& name, std::uint16_t type = 1,
                           const char* server = "127.0.0.53") {
  const std::string answer = ask_udp(dns_query(name, type), server);
  if (answer.size() < 12) return "no answer";
  if ((answer[3] & 0x0f) != 0) return "code " + std::to_string(answer[3] & 0x0f);
  if (answer[7] == 0) return "none";
  std::uint32_t bits = 0;
  for (std::size_t i = answer.size() - 4; i < answer.size(); ++i)
    bits = bits << 8 | static_cast<std::uint8_t>(answer[i]);
  return IpAddress::v4(bits).text();
}

// Opens a connection to the name, sends, and reads to the end.
inline std::string talk(const std::string& name, std::uint16_t port, const std::string& bytes) {
  const os::Fd client = dial(look_up(name), port);
  if (!client) return "(refused)";
  send_text(client, bytes);
  return read_text(client);
}

inline std::string get(const std::string& host) {
  return "GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
}

}  // namespace weir::gateway
