#include "flow/owners.h"

#include <algorithm>
#include <utility>

#include "flow/propagation.h"

namespace weir::flow {

void Owners::bring(const Label& label, std::string_view owner) {
  const Label integrity = Label().with_integrity_of(label);
  // Only what would be lowered needs to be kept apart.
  if (owner.empty() || !values_count(label.integrity())) {
    own_.join(integrity);
  } else {
    auto it = std::find_if(sub_agents_.begin(), sub_agents_.end(),
                           [&](const auto& one) { return one.id == owner; });
    if (it != sub_agents_.end())
      it->brought.join(integrity);
    else if (sub_agents_.size() < kOwnersMax)
      sub_agents_.push_back({std::string(owner), integrity});
    else
      own_.join(integrity);
    reopen(owner);
  }
  of_main_.join(integrity);
}

bool Owners::is_lowered(std::string_view owner) const {
  return std::any_of(lowered_.begin(), lowered_.end(), [&](const auto& one) { return one.agent == owner; });
}

bool Owners::has_brought(std::string_view owner) const {
  return std::any_of(sub_agents_.begin(), sub_agents_.end(),
                     [&](const auto& one) { return one.id == owner; });
}

bool Owners::lower(NarrowReturn narrow) {
  if (!has_brought(narrow.agent) || is_lowered(narrow.agent) || lowerings_ >= kLoweredMax) return false;
  ++lowerings_;
  lowered_.push_back(std::move(narrow));
  join_all();
  return true;
}

void Owners::reopen(std::string_view owner) {
  if (std::erase_if(lowered_, [&](const auto& one) { return one.agent == owner; }) > 0) join_all();
}

void Owners::join_all() {
  of_main_ = own_;
  for (const auto& one : sub_agents_)
    if (!is_lowered(one.id)) of_main_.join(one.brought);
  for (const auto& narrow : lowered_)
    of_main_.join(Label(integrity_of_return(Integrity::untrusted, true), Confidentiality::open, narrow.seq));
}

}  // namespace weir::flow
