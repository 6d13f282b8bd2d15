// A socket that answers as a daemon would: what commands make of its answers can be tried without one.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/json.h"
#include "net/local_server.h"
#include "os/files.h"
#include "os/process.h"
#include "os/xdg.h"
#include "support/surroundings.h"
#include "support/throwaway_dir.h"

namespace weir::cli::testing {

class StandInDaemon : public net::LocalServer::Handler {
 public:
  using Answer = std::function<Json(const Json& request)>;

  // Needs WEIR_HOME; `answer` is called on another thread.
  explicit StandInDaemon(Answer answer) : answer_(std::move(answer)), server_(*this) {
    const std::string socket = os::places().control_socket();
    EXPECT_TRUE(os::make_dirs(socket.substr(0, socket.rfind('/')), 0700));
    const auto listening = server_.listen({.path = socket});
    EXPECT_TRUE(listening) << listening.error().message();
    thread_ = std::thread([this] { server_.run(); });
  }
  ~StandInDaemon() override {
    server_.stop();
    thread_.join();
  }
  StandInDaemon(const StandInDaemon&) = delete;
  StandInDaemon& operator=(const StandInDaemon&) = delete;

  void on_message(net::Message message) override {
    const Json request = parse_json(message.bytes).value_or(Json());
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    (void)server_.send(message.connection, compact(answer_(request)) + "\n", net::AfterSend::keep);
  }
  std::vector<Json> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  static Json error(const std::string& code, const std::string& what) {
    return Json::object({{"error", Json::object({{"code", code}, {"what", what}})}});
  }

 private:
  Answer answer_;
  std::mutex mutex_;
  std::vector<Json> requests_;
  net::LocalServer server_;
  std::thread thread_;
};

// A home of its own, gone afterwards.
class HomeTest : public ::testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string home_ = throwaway_.path();
  const support::WithVariable weir_home_{"WEIR_HOME", home_};
};

}  // namespace weir::cli::testing
