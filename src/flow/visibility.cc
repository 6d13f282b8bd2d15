#include "flow/visibility.h"

#include <algorithm>
#include <optional>

#include "flow/arguments.h"
#include "flow/shape.h"

namespace weir::flow {
namespace {

constexpr std::size_t kThingsMax = 4096;
constexpr std::size_t kNameMax = 256;  // bytes; longer ones name nothing
constexpr std::size_t kNameMin = 3;    // shorter ones are in every call
constexpr std::size_t kNamesMax = 64;
constexpr std::size_t kPartsMax = 7;  // so that all their pairs are among kNamesMax

// What a member says of its record: restricted, open, or nothing.
std::optional<bool> restricted_by(const Leaf& leaf, const Words& words) {
  if (leaf.loose || leaf.member_name) return std::nullopt;
  const auto key = words_of(leaf.key);
  if (key.empty()) return std::nullopt;
  const std::string value = comparable(leaf.value);
  if (words.visibility.contains(key.back())) {
    if (words.restricted.contains(value)) return true;
    if (words.open.contains(value)) return false;
    return std::nullopt;
  }
  if (value != "true" && value != "false") return std::nullopt;
  if (words.restricted.contains(key.back())) return value == "true";
  if (words.open.contains(key.back())) return value == "false";
  return std::nullopt;
}

bool identifies(const Leaf& leaf, const Words& words) {
  if (leaf.loose || leaf.member_name) return false;
  const auto key = words_of(leaf.key);
  return !key.empty() && words.identifying.contains(key.back());
}

bool can_name(std::string_view value) {
  return value.size() >= kNameMin && value.size() <= kNameMax &&
         value.find_first_of(" \t\n") == std::string_view::npos && value != "true" && value != "false" &&
         value != "null" && value != "none";
}

}  // namespace

std::string_view server_of(std::string_view tool) {
  const auto slash = tool.find('/');
  return slash == std::string_view::npos ? std::string_view() : tool.substr(0, slash);
}

std::vector<std::string> names_in(const Json& input, const ToolMeaning& meaning, const Words& words) {
  std::vector<std::string> parts;
  each_argument(input, meaning, words, [&](const Argument& given) {
    if (given.role != Role::authority && given.role != Role::address) return;
    if (parts.size() >= kPartsMax || given.unread) return;
    std::string value = comparable(given.text);
    if (!value.empty() && value.size() <= kNameMax) parts.push_back(std::move(value));
  });
  std::vector<std::string> names;
  for (const auto& first : parts)
    for (const auto& second : parts)
      if (&first != &second && names.size() < kNamesMax) names.push_back(first + '/' + second);
  for (auto& part : parts)
    if (can_name(part)) names.push_back(std::move(part));
  return names;
}

void Visibility::learn(std::string_view server, const Leaves& leaves, const Words& words) {
  if (leaves.form == Leaves::Form::text) return;
  std::size_t at = 0;
  while (at < leaves.leaves.size()) {
    const std::uint32_t record = leaves.leaves[at].record;
    std::size_t end = at;
    std::optional<bool> restricted;
    for (; end < leaves.leaves.size() && leaves.leaves[end].record == record; ++end) {
      const auto said = restricted_by(leaves.leaves[end], words);
      if (said)
        restricted = *said || restricted.value_or(false);  // two members that differ: the cautious one
    }
    for (; restricted && at < end; ++at) {
      if (!identifies(leaves.leaves[at], words)) continue;
      std::string name = comparable(leaves.leaves[at].value);
      if (can_name(name)) say(server, std::move(name), *restricted);
    }
    at = end;
  }
}

void Visibility::say(std::string_view server, std::string name, bool restricted) {
  any_restricted_ = any_restricted_ || restricted;
  auto it = things_.find(name);
  if (it == things_.end()) {
    if (things_.size() >= kThingsMax) {
      full_ = true;
      return;
    }
    bytes_ += name.size() + server.size() + sizeof(Thing) + 64;
    it = things_.emplace(std::move(name), Thing{restricted, !restricted, std::string(server)}).first;
    return;
  }
  Thing& thing = it->second;
  if (thing.server != server) thing.server.clear();
  thing.restricted = thing.restricted || restricted;
  thing.open = thing.open || !restricted;
}

Visibility::Standing Visibility::of(std::string_view server, const std::vector<std::string>& names) const {
  for (const auto& name : names) {
    const auto it = things_.find(name);
    if (it == things_.end()) continue;
    const Thing& thing = it->second;
    return {thing.restricted, thing.open,
            thing.restricted && !thing.open && !server.empty() && thing.server == server};
  }
  return {full_ && any_restricted_ && !names.empty(), false, false};
}

}  // namespace weir::flow
