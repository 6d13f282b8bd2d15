#include "prove/model_search.h"

#include <algorithm>

#include "os/clock.h"
#include "prove/model_states.h"

namespace weir::prove {
namespace {

constexpr std::int64_t kMillisecondNs = 1'000'000;
constexpr std::size_t kLookAtLimitsEvery = 1024;  // states
constexpr std::size_t kIndexMax = 0xffff'fff0;    // states are numbered in 32 bits

class Search {
 public:
  Search(const ModelSystem& system, const ModelSearchOptions& options)
      : system_(system), options_(options), states_(system, options.symmetry) {}

  ModelSearch run() {
    const std::int64_t start_ns = os::monotonic_ns();
    deadline_ns_ = start_ns + options_.time_ms * kMillisecondNs;
    result_.outcomes.resize(system_.model->properties.size());
    happened_.assign(system_.model->rules.size(), false);
    auto first = system_.initial();
    states_.make_canonical(first);
    states_.add(first, 0);
    const bool all = explore();
    finish(all);
    result_.elapsed_ns = os::monotonic_ns() - start_ns;
    return std::move(result_);
  }

 private:
  // Breadth first: states are numbered in the order in which they are found. False: a limit was reached.
  bool explore() {
    std::vector<std::int32_t> state;
    std::size_t level_end = states_.size();
    for (std::size_t at = 0; at < states_.size(); ++at) {
      if (at == level_end) {
        ++result_.depth;
        level_end = states_.size();
      }
      if (at % kLookAtLimitsEvery == 0 && beyond_limits()) return false;
      states_.read(at, state);
      look_at(at, state);
      if (system_.model->properties.size() == violated_) return true;
    }
    return true;
  }

  bool beyond_limits() {
    if (states_.size() >= std::min(options_.states_max, kIndexMax))
      result_.incomplete_why = "the limit of " + std::to_string(options_.states_max) + " states";
    else if (states_.memory_bytes() >= options_.memory_bytes_max)
      result_.incomplete_why =
          "the limit of " + std::to_string(options_.memory_bytes_max >> 20) + " MiB of memory";
    else if (os::monotonic_ns() >= deadline_ns_)
      result_.incomplete_why = "the limit of " + std::to_string(options_.time_ms) + " ms";
    return !result_.incomplete_why.empty();
  }

  void look_at(std::size_t at, const std::vector<std::int32_t>& state) {
    for (std::size_t p = 0; p < system_.broken.size(); ++p)
      if (system_.terms.evaluate(system_.broken[p], state) != 0) violate(p, at, -1);
    for (std::size_t s = 0; s < system_.steps.size(); ++s) {
      const ModelStep& step = system_.steps[s];
      if (!system_.enabled(step, state)) continue;
      ++result_.transitions;
      if (step.rule >= 0) happened_[static_cast<std::size_t>(step.rule)] = true;
      for (const auto& check : step.checks)
        if (system_.terms.evaluate(check.broken, state) != 0)
          violate(static_cast<std::size_t>(check.property), at, static_cast<int>(s));
      auto next = system_.after(step, state);
      if (beyond_cut(next)) continue;
      states_.make_canonical(next);
      states_.add(next, static_cast<std::uint32_t>(at));
    }
  }

  // A counter that cannot be cut has run as far as search follows it.
  bool beyond_cut(const std::vector<std::int32_t>& state) {
    if (system_.uncut.empty()) return false;
    for (std::size_t v = 0; v < state.size(); ++v)
      if (system_.variables[v].uncut && state[v] >= system_.variables[v].max) {
        cut_ = true;
        return true;
      }
    return false;
  }

  void violate(std::size_t property, std::size_t at, int step) {
    ModelOutcome& outcome = result_.outcomes[property];
    if (outcome.verdict == ModelOutcome::Verdict::violated) return;
    outcome.verdict = ModelOutcome::Verdict::violated;
    outcome.trace = trace_to(at);
    ++violated_;
    if (step < 0) return;
    // The trace ends in a state that equals `at` up to the names of identical agents: find the step there.
    const auto last = outcome.trace.empty() ? system_.initial() : outcome.trace.back().after;
    for (std::size_t s = 0; s < system_.steps.size(); ++s)
      for (const auto& check : system_.steps[s].checks)
        if (check.property == static_cast<int>(property) && system_.enabled(system_.steps[s], last) &&
            system_.terms.evaluate(check.broken, last) != 0) {
          outcome.trace.push_back({static_cast<int>(s), last, system_.after(system_.steps[s], last)});
          return;
        }
  }

  // From the initial state to state `at`: the states passed are known up to symmetry, so each step is found
  // again from the one before.
  std::vector<ModelTraceStep> trace_to(std::size_t at) {
    std::vector<std::size_t> path;
    for (; at != 0; at = states_.parent(at))
      path.push_back(at);
    std::reverse(path.begin(), path.end());
    std::vector<ModelTraceStep> trace;
    auto state = system_.initial();
    std::vector<std::int32_t> wanted;
    for (const std::size_t index : path) {
      states_.read(index, wanted);
      trace.push_back(step_to(state, wanted));
      state = trace.back().after;
    }
    return trace;
  }

  ModelTraceStep step_to(const std::vector<std::int32_t>& state, const std::vector<std::int32_t>& wanted) {
    for (std::size_t s = 0; s < system_.steps.size(); ++s) {
      if (!system_.enabled(system_.steps[s], state)) continue;
      auto next = system_.after(system_.steps[s], state);
      auto canonical = next;
      states_.make_canonical(canonical);
      if (canonical == wanted) return {static_cast<int>(s), state, std::move(next)};
    }
    CHECK(false);  // symmetry would not be one
    return {};
  }

  void finish(bool all) {
    if (all && cut_)
      result_.incomplete_why = "a counter without a bound is compared with another one (" + system_.uncut[0] +
                               "): Spacer decides it";
    result_.complete = result_.incomplete_why.empty();
    for (ModelOutcome& outcome : result_.outcomes)
      if (outcome.verdict != ModelOutcome::Verdict::violated && result_.complete)
        outcome.verdict = ModelOutcome::Verdict::holds;
    result_.states = states_.size();
    result_.bits = states_.bits();
    result_.memory_bytes = states_.memory_bytes();
    for (const auto& gate : system_.gates)
      result_.requests += gate->asked();
    for (std::size_t r = 0; r < happened_.size(); ++r)
      if (!happened_[r] && result_.complete && violated_ < result_.outcomes.size())
        result_.never_happened.push_back(system_.model->rules[r].name);
  }

  const ModelSystem& system_;
  const ModelSearchOptions& options_;
  ModelStates states_;
  ModelSearch result_;
  std::vector<bool> happened_;
  std::size_t violated_ = 0;
  std::int64_t deadline_ns_ = 0;
  bool cut_ = false;
};

}  // namespace

std::string_view name(ModelOutcome::Verdict verdict) {
  switch (verdict) {
    case ModelOutcome::Verdict::holds:
      return "holds";
    case ModelOutcome::Verdict::violated:
      return "violated";
    case ModelOutcome::Verdict::not_checked:
      break;
  }
  return "not checked completely";
}

ModelSearch search_model(const ModelSystem& system, const ModelSearchOptions& options) {
  return Search(system, options).run();
}

}  // namespace weir::prove
