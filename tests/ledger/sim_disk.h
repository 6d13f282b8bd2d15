// A disk in memory that loses what the rules let it lose. Contents are durable after flush(), names after
// flush_dir() of their directory; everything else may be there after a power cut, or not, or in part.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "ledger/disk.h"

namespace weir::ledger {

class SimDisk : public Disk {
 public:
  enum class Loss { everything, nothing, random };  // of what is not durable

  // Steps that change the disk are counted from 1.
  int steps() const { return steps_; }
  // From step n on nothing happens any more and every call fails: the power is off.
  void cut_power_at(int step) { power_off_at_ = step; }
  // Step n, and it alone, fails with "no space left".
  void fail_at(int step) { fail_at_ = step; }
  // Every change fails until told otherwise.
  void set_full(bool full) { full_ = full; }

  // The machine starts again with what was durable and, by `loss`, some of what was not.
  void restart(Loss loss, unsigned seed) {
    std::mt19937 random(seed);
    const auto survives = [&] {
      return loss == Loss::nothing || (loss == Loss::random && random() % 2 == 0);
    };
    std::map<std::string, Node> names;
    std::set<std::string> all;
    for (const auto& [path, node] : now_)
      all.insert(path);
    for (const auto& [path, node] : durable_)
      all.insert(path);
    for (const std::string& path : all) {  // parents sort before their children
      const auto& from = survives() ? now_ : durable_;
      const auto it = from.find(path);
      if (it != from.end() && (parent(path) == "/" || names.contains(parent(path)))) names[path] = it->second;
    }
    for (auto& [path, node] : names)
      if (node && !node->flushed) {
        // What was written and not flushed: all of it, the beginning, or garbage.
        if (!survives()) node->bytes.resize(random() % (node->bytes.size() + 1));
        if (!survives() && !node->bytes.empty()) node->bytes[random() % node->bytes.size()] ^= 0x55;
      }
    now_ = durable_ = names;
    for (auto& [path, node] : now_)
      if (node) node->flushed = true;
    power_off_at_ = fail_at_ = 0;
  }

  // What a reader sees now; none when absent.
  std::string contents(const std::string& path) const {
    const auto it = now_.find(path);
    return it == now_.end() || !it->second ? std::string() : it->second->bytes;
  }

  Result<std::string> read(const std::string& path, std::size_t bytes_max) override {
    const auto it = now_.find(path);
    if (it == now_.end() || !it->second) return fail(ErrorCode::not_found, "absent", path);
    if (it->second->bytes.size() > bytes_max) return fail(ErrorCode::limit, "too long", path);
    return it->second->bytes;
  }
  bool exists(const std::string& path) override { return path == "/" || now_.contains(path); }
  std::vector<std::string> list(const std::string& dir) override {
    std::vector<std::string> names;
    for (const auto& [path, node] : now_)
      if (parent(path) == dir) names.push_back(path.substr(dir.size() + 1));
    return names;
  }
  std::vector<std::string> files_below(const std::string& dir) override {
    std::vector<std::string> names;
    for (const auto& [path, node] : now_)
      if (node && path.starts_with(dir + "/")) names.push_back(path.substr(dir.size() + 1));
    return names;
  }

  Status make_dir(const std::string& path) override {
    TRY_STATUS(step(path));
    CHECK(exists(parent(path)));
    now_.try_emplace(path, nullptr);
    return {};
  }
  Status write(const std::string& path, std::string_view bytes) override {
    TRY_STATUS(step(path));
    CHECK(exists(parent(path)));
    auto& node = now_[path];
    if (!node) node = std::make_shared<File>();
    // In place, as a file that is truncated and written: its durable contents are gone, too.
    node->bytes = bytes;
    node->flushed = false;
    return {};
  }
  Status flush(const std::vector<std::string>& paths) override {
    for (const std::string& path : paths) {
      TRY_STATUS(step(path));
      now_.at(path)->flushed = true;
    }
    return {};
  }
  Status flush_dir(const std::string& path) override {
    TRY_STATUS(step(path));
    std::erase_if(durable_,
                  [&](const auto& item) { return parent(item.first) == path && !now_.contains(item.first); });
    for (const auto& [name, node] : now_)
      if (parent(name) == path) durable_[name] = node;
    return {};
  }
  Status rename(const std::string& from, const std::string& to) override {
    TRY_STATUS(step(to));
    now_[to] = now_.at(from);
    now_.erase(from);
    return {};
  }
  Status remove(const std::string& path) override {
    TRY_STATUS(step(path));
    now_.erase(path);
    return {};
  }
  Status remove_dir(const std::string& path) override {
    TRY_STATUS(step(path));
    CHECK(list(path).empty());
    now_.erase(path);
    return {};
  }
  Result<os::Fd> lock(const std::string&) override { return os::Fd(); }

 private:
  struct File {
    std::string bytes;
    bool flushed = false;
  };
  using Node = std::shared_ptr<File>;  // null: a directory

  static std::string parent(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
  }
  Status step(const std::string& path) {
    ++steps_;
    if (power_off_at_ != 0 && steps_ >= power_off_at_)
      return fail(ErrorCode::internal, "the power is off", path);
    if (full_ || steps_ == fail_at_) return fail(ErrorCode::unavailable, "no space left on device", path);
    return {};
  }

  std::map<std::string, Node> now_;      // what readers see
  std::map<std::string, Node> durable_;  // names that survive
  int steps_ = 0;
  int power_off_at_ = 0;
  int fail_at_ = 0;
  bool full_ = false;
};

}  // namespace weir::ledger
