#include "daemon/planner.h"

#include <array>
#include <map>
#include <utility>

#include "base/time_text.h"
#include "os/clock.h"
#include "os/process.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kWaitingMax = 16;  // prompts; a person does not type faster than a program answers

// Nothing of the daemon's own environment but what every program wants, and what the user has named.
std::map<std::string, std::string> environment_for(const PlannerSettings& settings) {
  const auto ours = os::environment();
  std::map<std::string, std::string> out;
  const auto take = [&](const std::string& name) {
    if (const auto it = ours.find(name); it != ours.end()) out.insert(*it);
  };
  for (const char* name : {"PATH", "HOME", "LANG"})
    take(name);
  for (const auto& name : settings.env)
    take(name);
  return out;
}

PlannerResult failed(Error why) {
  return {PlannerResult::Outcome::failed, {}, std::move(why)};
}

PlannerResult failed(std::string what, const PlannerSettings& settings) {
  return failed({ErrorCode::unavailable, std::move(what), settings.command[0], {}});
}

std::string_view text_of(const event::Event& prompt) {
  return prompt.body["text"].text_or("");
}

}  // namespace

std::string_view name(PlannerResult::Outcome outcome) {
  constexpr std::array<std::string_view, 3> kNames = {"used", "refused", "failed"};
  return kNames[static_cast<std::size_t>(outcome)];
}

PlannerResult ask_planner(const PlannerSettings& settings, std::string_view prompt, const flow::Words& words,
                          const std::atomic<bool>& stop) {
  if (const Status same = check_pins(settings); !same) return failed(same.error());
  const auto ran = os::run_child({.argv = settings.command,
                                  .env = environment_for(settings),
                                  .cwd = "/",
                                  .input = canonical(flow::planner_question(prompt, words)) + "\n",
                                  .output_bytes_max = flow::kPlannerAnswerBytesMax,
                                  .timeout_ms = settings.timeout_ms,
                                  .only_standard = true,
                                  .whole_group = true,
                                  .output_ends_it = true,
                                  .stop = &stop});
  if (!ran) return failed(ran.error());
  if (ran->out.size() > flow::kPlannerAnswerBytesMax)
    return {PlannerResult::Outcome::refused,
            {},
            {ErrorCode::limit, "the answer is longer than 16 KiB", settings.command[0], {}}};
  if (ran->timed_out)
    return failed("gave no answer within " + std::to_string(settings.timeout_ms) + " ms", settings);
  if (ran->exit.signal != 0)
    return failed("was ended by signal " + std::to_string(ran->exit.signal), settings);
  if (ran->exit.code != 0) return failed("ended with exit code " + std::to_string(ran->exit.code), settings);
  auto answer = flow::read_planner_answer(ran->out, prompt, words);
  if (!answer) return {PlannerResult::Outcome::refused, {}, std::move(answer.error())};
  return {PlannerResult::Outcome::used, *std::move(answer), {}};
}

Planner::Planner(os::Log log) : log_(std::move(log)) {}

Planner::~Planner() {
  stop();
}

void Planner::configure(const std::string& config_dir) {
  auto read = read_planner_settings(config_dir);
  const std::lock_guard lock(mutex_);
  if (ending_) return;
  settings_.reset();
  problem_.clear();
  if (!read) {
    problem_ = read.error().message();
    log_.warn("the planner is off", {{"why", problem_}});
  } else if (*read) {
    settings_ = std::make_shared<const PlannerSettings>(**std::move(read));
    log_.info("a planner reads prompts", {{"program", settings_->command[0]}});
    if (!thread_.joinable()) thread_ = std::thread([this] { loop(); });
  }
  on_ = settings_ != nullptr;
}

void Planner::ask(std::shared_ptr<const event::Event> prompt, std::shared_ptr<const flow::Words> words) {
  {
    const std::lock_guard lock(mutex_);
    if (!on_ || ending_ || text_of(*prompt).empty()) return;
    if (waiting_.size() >= kWaitingMax || text_of(*prompt).size() > flow::kPlannerPromptBytesMax) {
      ++counts_.skipped;
      return;
    }
    ++counts_.asked;
    std::erase_if(tickets_, [](const Ticket& ticket) { return ticket.dropped.expired(); });
    auto dropped = std::make_shared<std::atomic<bool>>(false);
    tickets_.push_back({prompt->root, dropped});
    waiting_.push_back({std::move(prompt), std::move(words), std::move(dropped)});
  }
  wake_.notify_one();
}

void Planner::forget(const std::string& root) {
  const std::lock_guard lock(mutex_);
  drop(root);
}

void Planner::drop(const std::string& root) {
  for (const auto& ticket : tickets_)
    if (root.empty() || ticket.root == root)
      if (const auto dropped = ticket.dropped.lock()) *dropped = true;
}

void Planner::stop() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    on_ = false;
    waiting_.clear();
    drop({});
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Planner::loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (ending_) return;
    const Job job = std::move(waiting_.front());
    waiting_.pop_front();
    const auto settings = settings_;
    PlannerResult result;
    if (settings != nullptr && !*job.dropped) {
      lock.unlock();
      result = ask_planner(*settings, text_of(*job.prompt), *job.words, *job.dropped);
      lock.lock();
    }
    // From here on whoever forgets the session is heeded by who takes the answer.
    if (settings == nullptr || *job.dropped) {
      ++counts_.dropped;
      continue;
    }
    count(result);
    lock.unlock();
    if (result.outcome != PlannerResult::Outcome::used)
      log_.warn("the planner gave no plan",
                {{"session", job.prompt->session}, {"why", result.why.message()}});
    if (take_) take_(*job.prompt, result, job.dropped);
    lock.lock();
  }
}

void Planner::count(const PlannerResult& result) {
  using Outcome = PlannerResult::Outcome;
  counts_.used += result.outcome == Outcome::used ? 1 : 0;
  counts_.refused += result.outcome == Outcome::refused ? 1 : 0;
  counts_.failed += result.outcome == Outcome::failed ? 1 : 0;
  last_went_well_ = result.outcome == Outcome::used;
  if (last_went_well_) return;
  last_problem_ns_ = os::wall_ns();
  last_problem_ = result.why.message();
}

Json Planner::status() const {
  const std::lock_guard lock(mutex_);
  Json out = Json::object({{"on", settings_ != nullptr}});
  if (!problem_.empty()) out.set("problem", problem_);
  if (settings_ == nullptr) return out;
  out.set("program", settings_->command[0])
      .set("timeout_ms", settings_->timeout_ms)
      .set("asked", counts_.asked)
      .set("used", counts_.used)
      .set("refused", counts_.refused)
      .set("failed", counts_.failed)
      .set("skipped", counts_.skipped)
      .set("dropped", counts_.dropped)
      .set("well", last_went_well_);
  if (last_problem_ns_ != 0)
    out.set("last_problem", Json::object({{"time", rfc3339(last_problem_ns_)}, {"why", last_problem_}}));
  return out;
}

}  // namespace weir::daemon
