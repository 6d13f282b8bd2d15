// A name server for tests that does not answer for names that begin with "dead" before it is told to.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/resolver.h"

namespace weir::gateway {

class DeadNames {
 public:
  DeadNames() : gate_(std::make_shared<Gate>()) {}
  ~DeadNames() {
    const std::lock_guard lock(gate_->mutex);
    gate_->open = true;
    gate_->wake.notify_all();
  }
  DeadNames(const DeadNames&) = delete;
  DeadNames& operator=(const DeadNames&) = delete;

  // Threads may still be inside of it when everything else is gone.
  ResolveFunction function() const {
    return [gate = gate_](const std::string& name) -> Result<std::vector<IpAddress>> {
      std::unique_lock lock(gate->mutex);
      if (name.starts_with("dead")) gate->wake.wait(lock, [&] { return gate->open; });
      return std::vector{IpAddress::parse("192.0.2.1").value()};
    };
  }

 private:
  struct Gate {
    std::mutex mutex;
    std::condition_variable wake;
    bool open = false;
  };
  std::shared_ptr<Gate> gate_;
};

}  // namespace weir::gateway
