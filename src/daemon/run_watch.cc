#include "daemon/run_watch.h"

#include <poll.h>

#include <algorithm>

#include "os/clock.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kHeldMax = 100;
constexpr std::size_t kJudgedMax = 65'536;
constexpr std::size_t kPendingMax = 4096;

bool is_refusal(const std::string& verdict) {
  return verdict == "deny" || verdict == "guide" || verdict == "quarantine";
}

bool below(const std::string& path, const std::string& directory) {
  return path == directory || path.starts_with(directory == "/" ? directory : directory + "/");
}

}  // namespace

RunWatch::RunWatch(RunLink& link, WatchOptions options) : link_(link), options_(std::move(options)) {
  if (options_.tail) tail_ = std::make_unique<TranscriptTail>(*options_.tail);
}

void RunWatch::count(const RunDecision& decision) {
  const std::string& id = decision.tool_use_id;
  if ((decision.tool == kConnectionTool || decision.tool == kProgramTool) && is_refusal(decision.would))
    ++totals_.divergences;
  if (id.empty()) return;
  // Forgetting the oldest would be wrong by chance; forgetting all only costs a question each.
  if (judged_.size() >= kJudgedMax) judged_.clear();
  const bool known = judged_.contains(id);
  judged_[id] = decision.approved || (known && judged_[id]);
  if (known) return;
  ++totals_.calls;
  if (is_refusal(decision.verdict)) ++totals_.refused;
  if (decision.verdict == "ask") ++totals_.asked;
  if (decision.verdict != decision.would && (is_refusal(decision.would) || decision.would == "ask"))
    ++totals_.would_refuse;
}

void RunWatch::take(RunNews news, RunStep& step) {
  for (auto& root : news.sessions)
    totals_.sessions.insert(std::move(root));
  for (auto& decision : news.decisions) {
    count(decision);
    auto& held = totals_.held;
    if (!decision.approval_id.empty() &&
        std::find(held.begin(), held.end(), decision.approval_id) == held.end())
      held.push_back(decision.approval_id);
    if (held.size() > kHeldMax) held.erase(held.begin());
    step.decisions.push_back(std::move(decision));
  }
  for (const auto& [id, diverged] : news.call_answers) {
    const auto it = pending_.find(id);
    if (it == pending_.end()) continue;
    if (diverged) {
      ++totals_.divergences;
      if (!step.divergence) step.divergence = it->second.call;
    }
    pending_.erase(it);
  }
  step.effects.merge(news.effects);
  step.agents.insert(step.agents.end(), news.agents.begin(), news.agents.end());
  if (news.stop) step.stop = std::move(news.stop);
  if (news.lost && !told_lost_) told_lost_ = step.lost_now = true;
}

bool RunWatch::is_ours(const FinishedCall& call) const {
  if (totals_.sessions.contains(call.root)) return true;
  return totals_.sessions.empty() && call.new_file && below(call.cwd, options_.cwd);
}

void RunWatch::add_finished(bool everything) {
  if (!tail_) return;
  for (auto& call : tail_->poll(everything)) {
    if (judged_.contains(call.tool_use_id)) continue;
    // Calls of other sessions on this machine wait here for nothing; they make room first.
    if (pending_.size() >= kPendingMax)
      std::erase_if(pending_, [this](const auto& item) { return !is_ours(item.second.call); });
    if (pending_.size() >= kPendingMax) continue;
    const std::string id = call.tool_use_id;
    pending_.try_emplace(id, Pending{std::move(call), os::monotonic_ns(), false});
  }
  totals_.transcripts = tail_->files_read();
}

void RunWatch::ask(std::int64_t grace_ns, RunStep& step) {
  const std::int64_t now_ns = os::monotonic_ns();
  for (auto it = pending_.begin(); it != pending_.end();) {
    auto& [id, waiting] = *it;
    const auto opener = judged_.find(waiting.call.opened_by);
    // Who approved an interactive shell approved what is typed into it.
    const bool approved = opener != judged_.end() && opener->second;
    if (judged_.contains(id) || approved) {
      it = pending_.erase(it);
      continue;
    }
    const bool due = now_ns - waiting.since_ns >= grace_ns && is_ours(waiting.call) && !link_.lost();
    if (due && options_.observe && !step.divergence) {
      ++totals_.divergences;
      step.divergence = std::move(waiting.call);
      it = pending_.erase(it);
      continue;
    }
    if (due && !options_.observe && !waiting.asked) {
      const auto& call = waiting.call;
      waiting.asked = link_.ask(call.agent, call.session, call.root, call.tool, id).has_value();
    }
    ++it;
  }
}

RunStep RunWatch::step() {
  RunStep step;
  take(link_.poll(), step);
  add_finished(false);
  ask(std::int64_t{options_.grace_ms} * 1'000'000, step);
  return step;
}

RunStep RunWatch::finish(int timeout_ms) {
  RunStep step;
  take(link_.poll(), step);
  add_finished(true);
  ask(0, step);
  const std::int64_t deadline_ns = os::monotonic_ns() + std::int64_t{timeout_ms} * 1'000'000;
  const auto unanswered = [this] {
    return std::any_of(pending_.begin(), pending_.end(), [](const auto& item) { return item.second.asked; });
  };
  while (!link_.lost() && unanswered() && os::monotonic_ns() < deadline_ns) {
    pollfd fd{link_.fd(), POLLIN, 0};
    ::poll(&fd, 1, 50);
    take(link_.poll(), step);
  }
  return step;
}

}  // namespace weir::daemon
