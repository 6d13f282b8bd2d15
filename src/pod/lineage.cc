#include "pod/lineage.h"

#include <sys/resource.h>

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "os/clock.h"

namespace weir::pod {
namespace {

constexpr std::uint64_t kMarkMax = std::uint64_t{1} << 62;
constexpr std::uint64_t kMarkMin = 1'000;  // 0 would be no limit that can be lowered
constexpr std::size_t kLookFirst = 2048;
constexpr std::uint64_t kLookEvery = 512;  // programs

// The mark that it had; none when it cannot be marked.
std::optional<std::uint64_t> set_mark(pid_t pid, std::uint64_t mark) {
  const rlimit next{mark, mark};
  rlimit before{};
  if (::prlimit(pid, RLIMIT_RTTIME, &next, &before) != 0) return std::nullopt;
  return before.rlim_max;
}

bool same_process(const ProgramSeen& program, const ProcessSeen& process) {
  return program.pid == process.pid && program.start_ticks == process.start_ticks;
}

}  // namespace

std::optional<std::uint64_t> Lineage::mark_of(pid_t thread) {
  rlimit now{};
  if (::prlimit(thread, RLIMIT_RTTIME, nullptr, &now) != 0) return std::nullopt;
  return now.rlim_max;
}

Lineage::Lineage(std::function<std::vector<pid_t>()> living)
    : living_(std::move(living)), look_at_(kLookFirst) {
  rlimit ours{};
  (void)::getrlimit(RLIMIT_RTTIME, &ours);
  next_mark_ = std::min<std::uint64_t>(kMarkMax, ours.rlim_max) - 1;
  not_before_ = next_mark_;
}

void Lineage::descend(ProcessSeen& process) const {
  descend(process, mark_of(process.pid));
}

void Lineage::descend(ProcessSeen& process, std::optional<std::uint64_t> mark) const {
  const auto parent = mark ? nodes_.find(*mark) : nodes_.end();
  if (parent != nodes_.end()) {
    const Node& node = parent->second;
    process.orphan = !node.whole;
    process.parents = node.parents;
    // Of the programs that one process runs in a row the first stays, and the last.
    const bool third = same_process(*node.program, process) && !node.parents.empty() &&
                       same_process(*node.parents.front(), process);
    if (!third) process.parents.insert(process.parents.begin(), node.program);
  } else {
    process.orphan = begun_;  // else it is the pod's own program
  }
  // The pod's own program stays at the end of a chain that is too long.
  if (process.parents.size() > kParentsSeenMax) {
    process.parents.erase(process.parents.end() - 2);
    process.orphan = true;
  }
}

Lineage::Marks Lineage::exec(ProcessSeen& process) {
  const bool room = make_room();
  const auto before = room ? set_mark(process.pid, next_mark_) : mark_of(process.pid);
  descend(process, before);
  begun_ = true;
  if (!room || !before) return {before.value_or(0), before.value_or(0)};
  auto program = std::make_shared<const ProgramSeen>(ProgramSeen{.pid = process.pid,
                                                                 .start_ticks = process.start_ticks,
                                                                 .since_ns = os::monotonic_ns(),
                                                                 .program = process.program,
                                                                 .argv = process.argv});
  nodes_.emplace(next_mark_, Node{std::move(program), process.parents, !process.orphan});
  return {next_mark_--, *before};
}

void Lineage::trace(ProcessSeen& process) const {
  const auto mark = mark_of(process.pid);
  const auto found = mark ? nodes_.find(*mark) : nodes_.end();
  process.orphan = found == nodes_.end() || !found->second.whole;
  if (found == nodes_.end()) return;
  const Node& node = found->second;
  process.parents = node.parents;
  if (!same_process(*node.program, process)) process.parents.insert(process.parents.begin(), node.program);
}

bool Lineage::make_room() {
  if (nodes_.size() >= look_at_ && next_mark_ <= not_before_) {
    forget_the_gone();
    look_at_ = std::clamp(nodes_.size() * 2, kLookFirst, kProgramsRememberedMax);
    not_before_ = next_mark_ - std::min(next_mark_, kLookEvery);
  }
  return nodes_.size() < kProgramsRememberedMax && next_mark_ > kMarkMin;
}

// Marks of the living are all that can be asked for. Looked at twice: a process whose parent ended while we
// looked may have begun where we had been already.
void Lineage::forget_the_gone() {
  std::unordered_set<std::uint64_t> held;
  for (int look = 0; look < 2; ++look)
    for (const pid_t pid : living_())
      if (const auto mark = mark_of(pid)) held.insert(*mark);
  std::erase_if(nodes_, [&](const auto& node) { return !held.contains(node.first); });
}

}  // namespace weir::pod
