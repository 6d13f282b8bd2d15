// A daemon of its own for each test, in this process or as a child, and hook calls over the real wire.
#pragma once

#include <gtest/gtest.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "base/limits.h"
#include "daemon/daemon.h"
#include "daemon/keys.h"
#include "net/hook_wire.h"
#include "net/local_client.h"
#include "os/files.h"
#include "os/process.h"
#include "support/throwaway_dir.h"

namespace weir::daemon::testing {

inline double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Compiled patterns of all tests of this program: compiling them again for each daemon takes a second, and
// ten with a sanitizer.
inline const std::string& shared_patterns() {
  static const support::ThrowawayDir dir;
  return dir.path();
}

class DaemonTest : public ::testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string dir_ = throwaway_.path();

  void SetUp() override {
    ASSERT_TRUE(os::make_dirs(dir_ + "/project", 0700));
    places_ = os::places_under(dir_ + "/w");
    places_.home = dir_ + "/home";
    options_.places = places_;
    options_.probes = false;
    options_.patterns_dir = shared_patterns();
  }
  void TearDown() override { stop(); }

  void start() {
    auto daemon = Daemon::start(options_);
    ASSERT_TRUE(daemon) << daemon.error().message();
    daemon_ = *std::move(daemon);
    thread_ = std::thread([this] { ended_ = daemon_->run(); });
  }
  void stop() {
    if (!daemon_) return;
    daemon_->stop();
    thread_.join();
    daemon_.reset();
  }

  std::string payload(const std::string& session, const std::string& command, const std::string& id) const {
    return compact(Json::object({{"session_id", session},
                                 {"transcript_path", ""},
                                 {"cwd", dir_ + "/project"},
                                 {"hook_event_name", "PreToolUse"},
                                 {"tool_name", "Bash"},
                                 {"tool_input", Json::object({{"command", command}})},
                                 {"tool_use_id", id}}));
  }

  // One hook call as the shim makes it; none when no signed answer came.
  std::optional<net::HookReply> call(const std::string& session, const std::string& command,
                                     const std::string& id = "toolu_1", int timeout_ms = 20'000) const {
    return hook("PreToolUse", payload(session, command, id), timeout_ms);
  }
  std::optional<net::HookReply> hook(const std::string& event, const std::string& text,
                                     int timeout_ms = 20'000) const {
    net::HookRequest request{.nonce = {}, .agent = "claude-code", .event = event, .payload = text};
    randombytes_buf(request.nonce.data(), request.nonce.size());
    const std::string body = net::request_body(request);
    auto client = net::LocalClient::connect(places_.event_socket(), timeout_ms);
    if (!client || !client->send_bytes(net::frame(net::FrameType::hook_request, body), timeout_ms)) return {};
    const auto header_bytes = client->receive_bytes(net::kFrameHeaderBytes, timeout_ms);
    if (!header_bytes) return {};
    const auto header = net::parse_frame_header(*header_bytes);
    if (!header) return {};
    const auto answer = client->receive_bytes(header->length, timeout_ms);
    const auto key = load_or_create_hook_key(places_);
    if (!answer || !key) return {};
    return net::open_answer(*answer, body, key->public_key);
  }
  int code(const std::string& session, const std::string& command, const std::string& id = "toolu_1") const {
    const auto reply = call(session, command, id);
    return reply ? reply->exit_code : -1;
  }

  Result<Json> control(const Json& request) const {
    TRY(auto client, net::LocalClient::connect(places_.control_socket(), 5000));
    return client.call(request, 20'000);
  }

  os::Places places_;
  DaemonOptions options_;
  std::unique_ptr<Daemon> daemon_;
  std::thread thread_;
  Status ended_;
};

}  // namespace weir::daemon::testing
