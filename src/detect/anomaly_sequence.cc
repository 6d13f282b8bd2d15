#include "detect/anomaly_sequence.h"

#include <algorithm>
#include <cmath>

#include "detect/conduct.h"

namespace weir::detect {
namespace {

constexpr std::size_t kNameBytesMax = 128;
constexpr double kToolsAssumed = 32;  // what a tool that nobody saw shares with its like

// The last `order` calls; order 0 is the empty text.
std::string context_of(const SequencePast& past, std::size_t order) {
  std::string out;
  for (std::size_t i = 0; i < order; ++i)
    out += past.calls[i] + "\n";
  return out;
}

}  // namespace

void SequencePast::push(std::string_view tool) {
  std::rotate(calls.begin(), calls.end() - 1, calls.end());
  calls[0] = tool.substr(0, kNameBytesMax);
}

void SequencePast::mark_failed() {
  if (!calls[0].empty() && calls[0].back() != '!') calls[0] += '!';
}

// Witten and Bell: of n calls that followed a context with d different tools, d/(n+d) is left to shorter
// contexts.
double Sequence::surprise(const SequencePast& past, std::string_view tool) const {
  const auto known = contexts_.find("");
  if (known == contexts_.end()) return 0;
  double probability = 1 / kToolsAssumed;
  for (std::size_t order = 0; order <= kSequenceOrder; ++order) {
    const auto context = contexts_.find(context_of(past, order));
    if (context == contexts_.end()) break;
    const auto total = static_cast<double>(context->second.total);
    const auto different = static_cast<double>(context->second.tools.size());
    const auto follower = context->second.tools.find(tool);
    const double times = follower == context->second.tools.end() ? 0 : static_cast<double>(follower->second);
    probability = (times + different * probability) / (total + different);
  }
  return -std::log2(probability);
}

std::size_t Sequence::learn(const SequencePast& past, std::string_view tool) {
  std::size_t forgotten = 0;
  for (std::size_t order = 0; order <= kSequenceOrder; ++order) {
    const std::string key = context_of(past, order);
    if (contexts_.size() >= kSequenceContextsMax && !contexts_.contains(key)) {
      // Half of the contexts seen least go, so that this is rare.
      const auto seldom = [](const auto& one) { return !one.first.empty() && one.second.total <= 1; };
      forgotten += std::erase_if(contexts_, seldom);
      if (contexts_.size() >= kSequenceContextsMax) {
        forgotten += contexts_.size() - 1;
        std::erase_if(contexts_, [](const auto& one) { return !one.first.empty(); });
      }
    }
    Followers& followers = contexts_[key];
    auto follower = followers.tools.find(tool);
    if (follower == followers.tools.end() && followers.tools.size() >= kSequenceToolsMax) {
      const auto least = std::min_element(followers.tools.begin(), followers.tools.end(),
                                          [](const auto& a, const auto& b) { return a.second < b.second; });
      followers.total -= least->second;
      followers.tools.erase(least);
      ++forgotten;
    }
    ++followers.tools[std::string(tool.substr(0, kNameBytesMax))];
    ++followers.total;
  }
  return forgotten;
}

Sequence::Counts Sequence::after_last(const SequencePast& past, std::string_view tool) const {
  const auto context = contexts_.find(context_of(past, 1));
  if (context == contexts_.end()) return {};
  const auto follower = context->second.tools.find(tool);
  return {context->second.total, follower == context->second.tools.end() ? 0 : follower->second};
}

Json Sequence::to_json() const {
  Json out = Json::object({});
  for (const auto& [context, followers] : contexts_) {
    Json tools = Json::object({});
    for (const auto& [tool, times] : followers.tools)
      tools.set(tool, times);
    out.set(context, std::move(tools));
  }
  return out;
}

Result<Sequence> Sequence::from_json(const Json& json) {
  if (!json.is_object() || json.as_object().size() > kSequenceContextsMax)
    return fail("the sequence must be an object of at most 4096 contexts", "sequence");
  Sequence out;
  for (const auto& [context, tools] : json.as_object()) {
    if (!tools.is_object() || tools.as_object().size() > kSequenceToolsMax || tools.as_object().empty())
      return fail("a context must be an object of 1 to 64 tools", "sequence");
    Followers followers;
    for (const auto& [tool, times] : tools.as_object()) {
      if (times.int_or(0) <= 0 || times.int_or(0) > kAnomalyTimesMax || tool.size() > kNameBytesMax)
        return fail("a count must be a whole number from 1 to 2^40", "sequence, " + tool.substr(0, 40));
      followers.tools[tool] = static_cast<std::uint64_t>(times.as_int());
      followers.total += static_cast<std::uint64_t>(times.as_int());
    }
    out.contexts_.emplace(context, std::move(followers));
  }
  return out;
}

}  // namespace weir::detect
