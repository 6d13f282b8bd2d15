#include "cedar/typecheck.h"

#include <algorithm>

#include "cedar/text.h"
#include "cedar/typechecker.h"

namespace weir::cedar {
namespace {

// Everything that can be reached from `start` by `next`, without `start` unless it is in a cycle. Takes from
// `links_left` and gives up at 0.
template <class T, class Next>
std::set<T> closure(const T& start, std::size_t& links_left, Next next) {
  std::set<T> seen;
  std::vector<T> open = next(start);
  while (!open.empty() && links_left > 0) {
    T at = std::move(open.back());
    open.pop_back();
    --links_left;
    if (!seen.insert(at).second) continue;
    for (auto& further : next(at))
      open.push_back(std::move(further));
  }
  return seen;
}

// Code points, as far as a comparison of words needs them.
std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = 1;
    while (i + length < text.size() && (static_cast<unsigned char>(text[i + length]) & 0xC0) == 0x80)
      ++length;
    out.push_back(text.substr(i, length));
    i += length;
  }
  return out;
}

std::size_t distance(std::string_view a_text, std::string_view b_text) {
  const auto a = characters(a_text), b = characters(b_text);
  std::vector<std::size_t> row(a.size() + 1);
  for (std::size_t i = 0; i < row.size(); ++i)
    row[i] = i;
  for (std::size_t j = 1; j <= b.size(); ++j) {
    std::size_t diagonal = std::exchange(row[0], j);
    for (std::size_t i = 1; i <= a.size(); ++i) {
      const std::size_t changed =
          a[i - 1] == b[j - 1] ? diagonal : 1 + std::min({row[i], row[i - 1], diagonal});
      diagonal = std::exchange(row[i], changed);
    }
  }
  return row.back();
}

constexpr std::size_t kLinksMax = 300'000;  // real schemas have hundreds
constexpr std::size_t kWordBytesMax = 64;   // longer words get no suggestion: the search is quadratic
constexpr std::size_t kWordsMax = 1000;

}  // namespace

std::string closest_name(std::string_view word, const std::vector<std::string>& known) {
  if (word.empty() || word.size() > kWordBytesMax || known.size() > kWordsMax) return {};
  const std::string* best = nullptr;
  std::size_t best_distance = SIZE_MAX;
  for (const auto& candidate : known) {
    if (candidate.size() > kWordBytesMax) continue;
    const std::size_t here = distance(word, candidate);
    if (here >= best_distance) continue;
    best = &candidate;
    best_distance = here;
  }
  return best == nullptr ? std::string() : *best;
}

Hierarchy::Hierarchy(const Schema& schema) : schema_(schema) {
  std::size_t links_left = kLinksMax;
  for (const auto& [name, declared] : schema.entity_types())
    types_above_.emplace(name, closure(std::string_view(name), links_left, [&](std::string_view type) {
                           const EntityDeclaration* at = schema.entity_type(type);
                           std::vector<std::string_view> out;
                           if (at != nullptr) out.assign(at->member_of.begin(), at->member_of.end());
                           return out;
                         }));
  for (const auto& [uid, declared] : schema.actions()) {
    auto above = closure(&uid, links_left, [&](const EntityUid* action) {
      std::vector<const EntityUid*> out;
      for (const EntityUid& parent : schema.action(*action)->parents)
        out.push_back(&schema.actions().find(parent)->first);
      return out;
    });
    for (const EntityUid* ancestor : above)
      action_types_above_.emplace(uid.type(), ancestor->type());
    actions_above_.emplace(&uid, std::move(above));
  }
  complete_ = links_left > 0;
}

bool Hierarchy::type_may_be_in(std::string_view type, std::string_view ancestor) const {
  if (type == ancestor) return true;
  if (!complete_) return schema_.type_may_be_in(type, ancestor);
  const auto at = types_above_.find(type);
  return at != types_above_.end() && at->second.contains(ancestor);
}

bool Hierarchy::action_is_in(const EntityUid& action, const EntityUid& ancestor) const {
  if (action == ancestor) return true;
  if (!complete_) return schema_.action_is_in(action, ancestor);
  const auto from = schema_.actions().find(action), to = schema_.actions().find(ancestor);
  if (from == schema_.actions().end() || to == schema_.actions().end()) return false;
  return actions_above_.at(&from->first).contains(&to->first);
}

// Where the hierarchy is too large to be closed any two types of actions may be in each other: then a test is
// not known to be false, which is on the safe side.
bool Hierarchy::action_type_may_be_in(std::string_view type, std::string_view ancestor) const {
  if (!complete_ && base_name(type) == "Action" && base_name(ancestor) == "Action") return true;
  return type == ancestor || action_types_above_.contains({type, ancestor});
}

std::vector<std::string_view> Hierarchy::types_in(std::string_view ancestor) const {
  std::vector<std::string_view> out;
  for (const auto& [type, above] : types_above_)
    if (type_may_be_in(type, ancestor)) out.push_back(type);
  return out;
}

Typing typecheck(const Expression& condition, const Schema& schema, const Hierarchy& hierarchy,
                 const RequestEnvironment& environment) {
  return Typechecker(schema, hierarchy, environment).run(condition);
}

}  // namespace weir::cedar
