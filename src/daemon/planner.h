// Asks the user's planner, a program, what a prompt asks for (flow/planner.h, docs/formats/planner.md).
//
//   Planner planner(log);
//   planner.on_answer([&](const auto& prompt, const auto& answer, const auto& dropped) { … });
//   planner.configure(config_dir);               // reads <config_dir>/flow/planner.yaml; absent: off
//   planner.ask(prompt, words);                  // returns at once
//   planner.forget(root);                        // the session has ended: what comes for it is dropped
//
// One thread of its own asks about one prompt after the other, so no verdict ever waits for it. The program
// gets a clean environment and no descriptors but its standard ones; its process group is killed when its
// time is over, when it writes too much, when the session is forgotten and when the daemon stops. Whatever
// it does wrong, the plan that Weir read by itself stays in force. Nothing that it says is logged.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "daemon/planner_settings.h"
#include "event/event.h"
#include "flow/planner.h"
#include "os/log.h"

namespace weir::daemon {

// What came of one prompt.
struct PlannerResult {
  enum class Outcome : std::uint8_t { used, refused, failed };
  Outcome outcome = Outcome::failed;
  flow::PlannerAnswer answer = {};  // of a used one
  Error why = {};                   // of the others; holds nothing of the program's words
};
std::string_view name(PlannerResult::Outcome outcome);

// One prompt to the program and back; waits for it. `stop` ends it early.
PlannerResult ask_planner(const PlannerSettings& settings, std::string_view prompt, const flow::Words& words,
                          const std::atomic<bool>& stop);

class Planner {
 public:
  // True from the moment on that the session is forgotten.
  using Dropped = std::shared_ptr<const std::atomic<bool>>;
  // Called on the planner's thread.
  using OnAnswer =
      std::function<void(const event::Event& prompt, const PlannerResult& result, const Dropped& dropped)>;

  explicit Planner(os::Log log);
  ~Planner();  // as stop()

  // Before the first configure().
  void on_answer(OnAnswer take) { take_ = std::move(take); }
  // Reads the settings anew. With a mistake in them the planner is off, and log and status() say why.
  void configure(const std::string& config_dir);
  bool is_on() const { return on_; }

  // The prompt's event with its body, as it was recorded. What is too long, or more than kWaitingMax prompts,
  // is not asked about.
  void ask(std::shared_ptr<const event::Event> prompt, std::shared_ptr<const flow::Words> words);
  void forget(const std::string& root);
  // Ends the program that runs; afterwards nothing is asked and no answer comes.
  void stop();

  // {"on":false} or {"on","program","timeout_ms","asked","used","refused","failed","skipped","dropped",
  // "last_problem"?:{"time","why"},"problem"?}; docs/cli.md.
  Json status() const;

 private:
  struct Job {
    std::shared_ptr<const event::Event> prompt;
    std::shared_ptr<const flow::Words> words;
    std::shared_ptr<std::atomic<bool>> dropped;
  };
  struct Counts {
    std::uint64_t asked = 0, used = 0, refused = 0, failed = 0, skipped = 0, dropped = 0;
  };
  // Whoever holds the pointer has an answer that is not delivered yet.
  struct Ticket {
    std::string root;
    std::weak_ptr<std::atomic<bool>> dropped;
  };
  void drop(const std::string& root);  // locked; "": all
  void loop();
  void count(const PlannerResult& result);  // locked

  const os::Log log_;
  OnAnswer take_;
  std::atomic<bool> on_{false};
  mutable std::mutex mutex_;  // guards the members below
  std::condition_variable wake_;
  std::shared_ptr<const PlannerSettings> settings_;
  std::string problem_;  // of the settings
  std::deque<Job> waiting_;
  std::vector<Ticket> tickets_;
  Counts counts_;
  std::int64_t last_problem_ns_ = 0;  // wall
  std::string last_problem_;
  bool last_went_well_ = true;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace weir::daemon
