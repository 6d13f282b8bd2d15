#include "flow/tenants.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "base/bytes.h"
#include "flow/fold.h"
#include "flow/shape.h"
#include "flow/sightings.h"

namespace weir::flow {
namespace {

constexpr std::size_t kTenantsMax = 1024;
constexpr std::size_t kValuesMax = 8192;
constexpr std::size_t kTextMax = 256;  // bytes of one value
constexpr std::size_t kHeadBytes = 8;  // shorter values meet by chance
constexpr std::size_t kLineMin = 24;   // of free text: a sentence, not a word
constexpr std::size_t kNameMax = 128;
constexpr std::size_t kComparedMax = 262'144;  // values compared for one call; more is taken for a crossing
constexpr std::size_t kCharacterBytes =
    4;  // of the character behind a value, that shows whether it ends there

// A member that says whose the record is: "customer", "customer_id", "orgSlug".
bool names_tenant(std::string_view key, const Words& words) {
  const auto parts = words_of(key);
  if (parts.empty() || parts.size() > 3) return false;
  const bool tenant =
      std::any_of(parts.begin(), parts.end(), [&](const auto& part) { return words.tenant.contains(part); });
  return tenant && (words.tenant.contains(parts.back()) || words.identifying.contains(parts.back()));
}

std::uint64_t head_of(std::string_view text) {
  std::uint64_t head = 0;
  std::memcpy(&head, text.data(), kHeadBytes);
  return head;
}

bool is_value(const Leaf& leaf) {
  return !leaf.loose && leaf.value.find('\n') == std::string::npos &&
         std::count(leaf.value.begin(), leaf.value.end(), ' ') < 4;
}

}  // namespace

std::optional<Tenants::Number> Tenants::number_of(std::string_view name) {
  if (const auto it = by_name_.find(name); it != by_name_.end()) return it->second;
  if (names_.size() >= kTenantsMax) {
    full_ = true;
    return std::nullopt;
  }
  names_.emplace_back(name);
  bytes_ += 2 * (name.size() + sizeof(std::string));
  const auto number = static_cast<Number>(names_.size() - 1);
  by_name_.emplace(name, number);
  return number;
}

void Tenants::keep(std::string text, Number tenant, std::uint64_t seq) {
  if (text.size() < kHeadBytes || text.size() > kTextMax) return;
  const auto known = by_text_.find(text);
  if (known != by_text_.end()) {
    auto& of = values_[known->second].of;
    if (std::none_of(of.begin(), of.end(), [&](const auto& one) { return one.first == tenant; }))
      of.emplace_back(tenant, seq);
    return;
  }
  if (values_.size() >= kValuesMax) {
    full_ = true;
    return;
  }
  bytes_ += 2 * text.size() + 160;
  by_head_[head_of(text)].push_back(values_.size());
  by_text_.emplace(text, values_.size());
  values_.push_back({std::move(text), {{tenant, seq}}});
}

void Tenants::read(std::uint64_t seq, const Leaves& leaves, const Words& words) {
  if (leaves.form == Leaves::Form::text) return;
  std::map<std::uint32_t, std::string> owners;  // by record
  for (const Leaf& leaf : leaves.leaves) {
    if (leaf.loose || leaf.member_name || leaf.value.size() > kNameMax || !is_value(leaf)) continue;
    if (!names_tenant(leaf.key, words)) continue;
    std::string name = comparable(leaf.value);
    if (!name.empty()) owners.try_emplace(leaf.record, std::move(name));
  }
  if (owners.empty()) return;
  for (const Leaf& leaf : leaves.leaves) {
    auto owner = owners.find(leaf.record);
    if (owner == owners.end()) owner = owners.find(0);  // beside the list
    if (owner == owners.end()) continue;
    const auto tenant = number_of(owner->second);
    if (!tenant) continue;
    if (is_value(leaf)) {
      keep(comparable(leaf.value), *tenant, seq);
      continue;
    }
    for (const auto line : split(leaf.value, '\n')) {
      std::string text = fold(line);
      if (text.size() > kTextMax) text.resize(kTextMax);
      if (text.size() >= kLineMin) keep(std::move(text), *tenant, seq);
    }
  }
}

std::set<Tenants::Number> Tenants::targets(const Json& input, const Words& words) const {
  std::set<Number> out;
  each_scalar(input, {}, [&](std::string_view text, std::string_view field) {
    if (text.size() > kTextMax) return;
    const std::string value = comparable(text);
    if (names_tenant(field, words)) {
      if (const auto it = by_name_.find(value); it != by_name_.end()) out.insert(it->second);
      return;
    }
    const auto known = by_text_.find(value);
    if (known == by_text_.end() || values_[known->second].of.size() != 1) return;  // nobody's alone
    out.insert(values_[known->second].of.front().first);
  });
  return out;
}

std::optional<Tenants::Crossing> Tenants::look(const Json& input, std::string_view said,
                                               const Words& words) const {
  if (names_.size() < 2) return std::nullopt;
  // What a call names is where it goes; more than one tenant there is a crossing by itself.
  const auto to = targets(input, words);
  if (to.empty()) return std::nullopt;
  const std::string& target = names_[*to.begin()];
  if (to.size() > 1) return Crossing{names_[*std::next(to.begin())], target, {}};
  if (full_) return Crossing{"", target, {}};
  const std::string folded = fold(said);
  const std::string_view text = folded;
  std::size_t compared = 0;
  for (std::size_t at = 0; at + kHeadBytes <= text.size(); ++at) {
    const auto found = by_head_.find(head_of(text.substr(at)));
    if (found == by_head_.end()) continue;
    for (const std::size_t index : found->second) {
      if (++compared > kComparedMax) return Crossing{"", target, {}};
      const Value& value = values_[index];
      if (!text.substr(at).starts_with(value.text)) continue;
      if (find_value(text.substr(0, at + value.text.size() + kCharacterBytes), value.text, at) != at)
        continue;
      const bool theirs = std::any_of(value.of.begin(), value.of.end(),
                                      [&](const auto& one) { return one.first == *to.begin(); });
      if (theirs) continue;
      Crossing out{names_[value.of.front().first], target, {}};
      for (const auto& one : value.of)
        if (out.read.size() < 8) out.read.push_back(one.second);
      std::sort(out.read.begin(), out.read.end());
      return out;
    }
  }
  return std::nullopt;
}

}  // namespace weir::flow
