#include "detect/anomaly_sequence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace weir::detect {
namespace {

constexpr std::size_t kNameBytesMax = 128;
constexpr double kToolsAssumed = 32;   // what a tool that nobody saw shares with its like
constexpr std::uint32_t kBegin = 255;  // the session began here
constexpr std::uint32_t kCodes =
    2 * (kSequenceToolsMax + 1);  // 1 … kCodes: twice the tool's number and 1, 2 when failed

constexpr auto kByPlace = [](const auto& a, const auto& b) {
  return std::tie(a.context, a.tool) < std::tie(b.context, b.tool);
};

// Bytes from the lowest: codes, then zeros.
bool is_context(std::uint32_t context) {
  bool ended = false;
  for (int i = 0; i < 4; ++i, context >>= 8) {
    const std::uint32_t code = context & 0xFF;
    if (code == 0) {
      ended = true;
    } else if (ended || i >= static_cast<int>(kSequenceOrder) || (code > kCodes && code != kBegin)) {
      return false;
    }
  }
  return true;
}

}  // namespace

void SequencePast::push(std::string_view tool) {
  std::rotate(calls.begin(), calls.end() - 1, calls.end());
  calls[0] = tool.substr(0, kNameBytesMax);
}

void SequencePast::mark_failed(std::size_t ago) {
  if (ago < calls.size() && !calls[ago].empty() && calls[ago].back() != '!') calls[ago] += '!';
}

std::uint32_t Sequence::number_of(std::string_view tool) const {
  const auto known = std::find(tools_.begin(), tools_.end(), tool.substr(0, kNameBytesMax));
  return known == tools_.end() ? kSequenceToolsMax : static_cast<std::uint32_t>(known - tools_.begin());
}

std::array<std::uint32_t, kSequenceOrder + 1> Sequence::contexts_of(const SequencePast& past) const {
  std::array<std::uint32_t, kSequenceOrder + 1> out{};
  for (std::size_t i = 0; i < kSequenceOrder; ++i) {
    std::string_view call = past.calls[i];
    const bool failed = call.ends_with('!');
    if (failed) call.remove_suffix(1);
    const std::uint32_t code = call.empty() ? kBegin : 2 * number_of(call) + (failed ? 2U : 1U);
    out[i + 1] = out[i] | code << (8 * i);
  }
  return out;
}

std::span<const Sequence::Follow> Sequence::after(std::uint32_t context) const {
  const auto first = std::lower_bound(follows_.begin(), follows_.end(), Follow{context, 0, 0}, kByPlace);
  auto last = first;
  while (last != follows_.end() && last->context == context)
    ++last;
  return {first, last};
}

// Witten and Bell: of n calls that followed a context with d different tools, d/(n+d) is left to shorter
// contexts.
double Sequence::surprise(const SequencePast& past, std::string_view tool) const {
  if (follows_.empty()) return 0;
  const std::uint32_t number = number_of(tool);
  double probability = 1 / kToolsAssumed;
  for (const std::uint32_t context : contexts_of(past)) {
    const auto followers = after(context);
    if (followers.empty()) break;
    double total = 0;
    double times = 0;
    for (const Follow& one : followers) {
      total += one.times;
      if (one.tool == number) times = one.times;
    }
    const auto different = static_cast<double>(followers.size());
    probability = (times + different * probability) / (total + different);
  }
  return -std::log2(probability);
}

// What was seen once goes first, then the longest contexts. Shortest contexts always fit.
std::size_t Sequence::make_room() {
  const std::size_t before = follows_.size();
  std::erase_if(follows_, [](const Follow& one) { return one.context > 0xFF && one.times <= 1; });
  for (const std::uint32_t longest : {0xFFFFU, 0xFFU, 0U})
    if (follows_.size() > kSequenceFollowsMax * 3 / 4)
      std::erase_if(follows_, [&](const Follow& one) { return one.context > longest; });
  return before - follows_.size();
}

std::size_t Sequence::learn(const SequencePast& past, std::string_view tool) {
  std::size_t forgotten = 0;
  std::uint32_t number = number_of(tool);
  if (number == kSequenceToolsMax && tools_.size() < kSequenceToolsMax) {
    number = static_cast<std::uint32_t>(tools_.size());
    tools_.emplace_back(tool.substr(0, kNameBytesMax));
  }
  for (const std::uint32_t context : contexts_of(past)) {
    const Follow wanted{context, number, 1};
    auto place = std::lower_bound(follows_.begin(), follows_.end(), wanted, kByPlace);
    if (place != follows_.end() && place->context == context && place->tool == number) {
      if (place->times < std::numeric_limits<std::uint32_t>::max()) ++place->times;
      continue;
    }
    if (follows_.size() >= kSequenceFollowsMax) {
      forgotten += make_room();
      place = std::lower_bound(follows_.begin(), follows_.end(), wanted, kByPlace);
    }
    follows_.insert(place, wanted);
  }
  return forgotten;
}

Sequence::Counts Sequence::after_last(const SequencePast& past, std::string_view tool) const {
  Counts counts;
  const std::uint32_t number = number_of(tool);
  for (const Follow& one : after(contexts_of(past)[1])) {
    counts.total += one.times;
    if (one.tool == number) counts.tool = one.times;
  }
  return counts;
}

Json Sequence::to_json() const {
  Json follows = Json::array();
  for (const Follow& one : follows_)
    follows.push(Json::array({one.context, one.tool, one.times}));
  return Json::object({{"tools", Json::strings(tools_)}, {"follows", std::move(follows)}});
}

Result<Sequence> Sequence::from_json(const Json& json) {
  const Json& tools = json["tools"];
  const Json& follows = json["follows"];
  if (!tools.is_array() || tools.as_array().size() > kSequenceToolsMax)
    return fail("this must be a list of at most 63 names", "sequence, tools");
  if (!follows.is_array() || follows.as_array().size() > kSequenceFollowsMax)
    return fail("this must be a list of at most 2048 rows", "sequence, follows");
  Sequence out;
  for (const Json& one : tools.as_array()) {
    const std::string name(one.text_or(""));
    if (name.size() > kNameBytesMax || !one.is_string() ||
        std::find(out.tools_.begin(), out.tools_.end(), name) != out.tools_.end())
      return fail("a tool needs a name of its own, at most 128 bytes", "sequence, tools");
    out.tools_.push_back(name);
  }
  for (const Json& row : follows.as_array()) {
    if (!row.is_array() || row.as_array().size() != 3)
      return fail("a row must be context, tool and times", "sequence, follows");
    std::array<std::uint32_t, 3> numbers{};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::int64_t number = row.as_array()[i].int_or(-1);
      if (number < 0 || number > std::numeric_limits<std::uint32_t>::max())
        return fail("a row must be whole numbers below 2^32", "sequence, follows");
      numbers[i] = static_cast<std::uint32_t>(number);
    }
    const Follow follow{numbers[0], numbers[1], numbers[2]};
    const bool in_order = out.follows_.empty() || kByPlace(out.follows_.back(), follow);
    if (!in_order || follow.times == 0 || follow.tool > kSequenceToolsMax || !is_context(follow.context))
      return fail("a row is out of order, or has a number without meaning", "sequence, follows");
    out.follows_.push_back(follow);
  }
  return out;
}

}  // namespace weir::detect
