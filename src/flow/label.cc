#include "flow/label.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/limits.h"

namespace weir::flow {
namespace {

constexpr std::array<std::string_view, 4> kIntegrities = {"trusted", "user", "workspace", "untrusted"};
constexpr std::array<std::string_view, 3> kConfidentialities = {"public", "internal", "secret"};

template <class Value, std::size_t N>
std::optional<Value> find_name(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto it = std::find(names.begin(), names.end(), name);
  if (it == names.end()) return std::nullopt;
  return static_cast<Value>(it - names.begin());
}

template <class Item>
std::vector<Item> merged(const std::vector<Item>& a, const std::vector<Item>& b) {
  std::vector<Item> out;
  out.reserve(a.size() + b.size());
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

void sort_once(std::vector<std::string>& texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
}

// Of two values the worse one with its causes; of equal ones all causes.
template <class Value>
void join_part(Value& mine, Label::Causes& causes, Value other, const Label::Causes& others) {
  if (other < mine) return;
  if (other > mine) {
    mine = other;
    causes = others;
    return;
  }
  causes = merged(causes, others);
  if (causes.size() > limits::kFlowCausesMax) causes.resize(limits::kFlowCausesMax);
}

}  // namespace

std::string_view name(Integrity integrity) {
  return kIntegrities[static_cast<std::size_t>(integrity)];
}
std::string_view name(Confidentiality confidentiality) {
  return kConfidentialities[static_cast<std::size_t>(confidentiality)];
}
std::optional<Integrity> integrity_from(std::string_view name) {
  return find_name<Integrity>(kIntegrities, name);
}
std::optional<Confidentiality> confidentiality_from(std::string_view name) {
  return find_name<Confidentiality>(kConfidentialities, name);
}

Label::Label(Integrity integrity, Confidentiality confidentiality, std::uint64_t cause)
    : integrity_(integrity), confidentiality_(confidentiality) {
  if (integrity != Integrity::trusted) integrity_causes_ = {cause};
  if (confidentiality != Confidentiality::open) confidentiality_causes_ = {cause};
}

void Label::add_category(std::string category) {
  categories_.push_back(std::move(category));
  sort_once(categories_);
}

void Label::restrict_to(std::vector<std::string> readers) {
  sort_once(readers);
  if (!readers_) {
    readers_ = std::move(readers);
    return;
  }
  std::vector<std::string> both;
  std::set_intersection(readers_->begin(), readers_->end(), readers.begin(), readers.end(),
                        std::back_inserter(both));
  readers_ = std::move(both);
}

void Label::join(const Label& other) {
  join_part(integrity_, integrity_causes_, other.integrity_, other.integrity_causes_);
  join_part(confidentiality_, confidentiality_causes_, other.confidentiality_, other.confidentiality_causes_);
  if (!other.categories_.empty()) categories_ = merged(categories_, other.categories_);
  if (other.readers_) restrict_to(*other.readers_);
}

Label Label::with_integrity_of(const Label& other) const {
  Label out = *this;
  out.integrity_ = other.integrity_;
  out.integrity_causes_ = other.integrity_causes_;
  return out;
}

bool Label::says_the_same(const Label& other) const {
  return integrity_ == other.integrity_ && confidentiality_ == other.confidentiality_ &&
         categories_ == other.categories_ && readers_ == other.readers_;
}

bool Label::at_most(const Label& other) const {
  Label both = *this;
  both.join(other);
  return both.says_the_same(other);
}

Json to_json(const Label& label) {
  Json::Array categories;
  for (const auto& category : label.categories())
    categories.emplace_back(category);
  Json::Array because;
  for (const std::uint64_t cause : merged(label.integrity_causes(), label.confidentiality_causes()))
    because.emplace_back(static_cast<std::int64_t>(cause));
  Json out = Json::object({{"because", Json(std::move(because))},
                           {"categories", Json(std::move(categories))},
                           {"confidentiality", std::string(name(label.confidentiality()))},
                           {"integrity", std::string(name(label.integrity()))}});
  if (label.readers()) {
    Json::Array readers;
    for (const auto& reader : *label.readers())
      readers.emplace_back(reader);
    out.set("readers", Json(std::move(readers)));
  }
  return out;
}

}  // namespace weir::flow
