// Whose label judges a call: what a narrow return of a sub-agent changes.
#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "flow/fold.h"
#include "flow/propagation.h"
#include "flow/shape.h"
#include "flow/sightings.h"

namespace weir::flow {
namespace {

// A shorter answer is found in too many values; it counts where it is the value.
constexpr std::size_t kInsideMin = 3;

bool is_part_of_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

// "left-pad7" stands in "left-pad7@1.0.0" and in "x_left-pad7", not in "left-pad77". Both folded.
bool stands_in(std::string_view text, std::string_view answer) {
  for (auto at = text.find(answer); at != std::string_view::npos; at = text.find(answer, at + 1)) {
    const std::size_t end = at + answer.size();
    if ((at == 0 || !is_part_of_word(text[at - 1])) && (end == text.size() || !is_part_of_word(text[end])))
      return true;
  }
  return false;
}

}  // namespace

void Session::join(const Label& label, std::string_view owner) {
  label_.join(label);
  owners_.bring(label, owner);
}

Label Session::label_for(std::string_view owner) const {
  if (!owner.empty() || owners_.lowered().empty()) return label_;
  return label_.with_integrity_of(owners_.of_main());
}

std::vector<NarrowReturn> Session::narrow_returns() const {
  if (owners_.of_main().integrity() >= label_.integrity()) return {};
  return owners_.lowered();
}

bool Session::narrow(NarrowReturn narrow, std::string_view answer) {
  const std::uint64_t seq = narrow.seq;
  const bool boolean = narrow.as == NarrowKind::boolean;
  if (!values_count(label_.integrity()) || narrow_answers_.size() >= Owners::kLoweredMax) return false;
  // One that read nothing itself may have been told something by others; its answer is as narrow.
  if (owners_.has_brought(narrow.agent) && !owners_.lower(std::move(narrow))) return false;
  brought_ = Label(integrity_of_return(Integrity::untrusted, true), Confidentiality::open, seq);
  label_.join(brought_);
  std::string value = comparable(trimmed_answer(answer));
  // Free text of an untrusted result, so that it vouches for nothing and is known where it turns up.
  records_.push_back({.seq = seq, .first_text = corpus_.texts(), .end_text = corpus_.texts()});
  if (const std::uint32_t number = corpus_.add(value); number != Corpus::kNotKept) {
    places_.resize(number + 1);
    places_[number] = {static_cast<std::uint32_t>(records_.size() - 1), true};
    records_.back().end_text = number + 1;
  }
  if (!boolean) narrow_answers_.push_back(std::move(value));
  return true;
}

void Session::judge_for(std::string_view owner, Assessment& out) const {
  out.label = label_for(owner);
  if (owner.empty()) out.narrow = narrow_returns();
}

void Session::judge_by_tree(Assessment& out) const {
  out.label = label_;
  out.narrow.clear();
}

// The answer of a sub-agent, or something that it is a part of.
bool Session::is_narrow_answer(std::string_view value) const {
  if (narrow_answers_.empty()) return false;
  const std::string compared = comparable(value);
  return std::any_of(narrow_answers_.begin(), narrow_answers_.end(), [&](const auto& answer) {
    return compared == answer || (answer.size() >= kInsideMin && stands_in(compared, answer));
  });
}

// Where it gives the call its power; what cannot be looked at may be it.
bool Session::uses_narrow_answer(const ToolMeaning& meaning, const Json& input) const {
  if (narrow_answers_.empty()) return false;
  bool uses = false;
  std::size_t looked_at = 0;
  each_argument(input, meaning, *words_, [&](const Argument& given) {
    const bool counts = meaning.changes ? given.role != Role::setting : given.role == Role::address;
    if (uses || given.role == Role::payload || !counts) return;
    uses = given.unread || ++looked_at > limits::kFlowValuesMax || is_narrow_answer(given.text);
  });
  return uses;
}

}  // namespace weir::flow
