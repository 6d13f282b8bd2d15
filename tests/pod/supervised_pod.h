// A supervised pod in tests: what its supervisor was told, and a way out that lets nothing out but remembers
// what was made known to it.
#pragma once

#include <sys/eventfd.h>

#include <deque>
#include <map>

#include "pod/box.h"

namespace weir::pod {

// Stands for the egress proxy: holds the listeners, and says what the test wants said.
class FakeWayOut final : public WayOut {
 public:
  FakeWayOut() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  int fd() const override { return wake_.get(); }
  void say(Hears& supervisor) override {
    eventfd_t ignored = 0;
    (void)::eventfd_read(wake_.get(), &ignored);
    while (!to_say_.empty()) {
      const auto one = std::move(to_say_.front());
      to_say_.pop_front();
      one(supervisor);
    }
  }
  void let_out(const LetOut& connection) override {
    let_out_.push_back(connection);
    if (on_let_out) on_let_out(connection);
  }
  void answer(std::uint64_t question, bool allowed) override { answers_[question] = allowed; }

  template <class Heard>
  void say_soon(Heard heard) {
    to_say_.push_back([heard](Hears& supervisor) { supervisor.hear(heard); });
    (void)::eventfd_write(wake_.get(), 1);
  }
  const std::vector<LetOut>& made_known() const { return let_out_; }
  const std::map<std::uint64_t, bool>& answers() const { return answers_; }
  std::function<void(const LetOut&)> on_let_out;

 private:
  os::Fd wake_;
  std::deque<std::function<void(Hears&)>> to_say_;
  std::vector<LetOut> let_out_;
  std::map<std::uint64_t, bool> answers_;
};

class SupervisedPod : public Box {
 protected:
  // With egress: what is sent to port 443 of any address, to 3128 of the loopback, arrives at listeners that
  // nobody accepts from.
  PodSpec supervised(const std::string& script) const {
    PodSpec spec = shell(script);
    spec.supervised = true;
    spec.network = PodNetwork::egress;
    using Protocol = PodListener::Protocol;
    using Purpose = PodListener::Purpose;
    spec.listeners = {{Protocol::tcp, "0.0.0.0", 443, Purpose::way_out},
                      {Protocol::tcp, "::", 443, Purpose::way_out},
                      {Protocol::udp, "0.0.0.0", 53, Purpose::names},
                      {Protocol::tcp, "0.0.0.0", 53, Purpose::names},
                      {Protocol::tcp, "127.0.0.1", 3128, Purpose::proxy}};
    return spec;
  }

  // Runs it; what is not set of `options.supervise` is remembered here.
  Result<PodResult> go(const PodSpec& spec, PodOptions options = {}) {
    if (!options.supervise.on_exec)
      options.supervise.on_exec = [this](const ProcessSeen& process) { execs_.push_back(process); };
    const auto decide = options.supervise.decide;
    options.supervise.decide = [this, decide](const ConnectCall& call) {
      connects_.push_back(call);
      return decide ? decide(call) : ConnectVerdict::allow();
    };
    options.on_listeners = [this](std::vector<os::Fd> listeners) -> Status {
      listeners_ = std::move(listeners);
      return {};
    };
    options.way_out = &way_out_;
    for (const auto& mount : spec.mounts)
      if (mount.kind == PodMount::Kind::overlay) renew_work(mount.work);
    TRY(const PodPlan plan, plan_pod(spec));
    auto done = launch_pod(plan, options);
    EXPECT_TRUE(done) << done.error().message();
    return done;
  }
  // A script in Python, run by its name.
  PodSpec python(const std::string& script) const {
    write(workspace() + "/script.py", script);
    return supervised("python3 script.py > out 2>&1");
  }
  // The last exec whose program ends so.
  const ProcessSeen* exec_of(std::string_view program) const {
    for (auto at = execs_.rbegin(); at != execs_.rend(); ++at)
      if (at->program.ends_with(program)) return &*at;
    return nullptr;
  }
  // "sh < python3 < ...", by the last part of each.
  static std::string chain(const ProcessSeen& process) {
    std::string text = process.program.substr(process.program.rfind('/') + 1);
    for (const auto& parent : process.parents)
      text += " < " + parent->program.substr(parent->program.rfind('/') + 1);
    return process.orphan ? text + " (orphan)" : text;
  }

  std::vector<ProcessSeen> execs_;
  std::vector<ConnectCall> connects_;
  FakeWayOut way_out_;
  std::vector<os::Fd> listeners_;
};

}  // namespace weir::pod
