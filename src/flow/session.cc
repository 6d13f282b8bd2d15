#include "flow/session.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "base/limits.h"
#include "flow/fold.h"
#include "flow/propagation.h"
#include "flow/shape.h"
#include "flow/sightings.h"
#include "flow/vouching.h"

namespace weir::flow {
namespace {

constexpr std::size_t kFromMax = 8;
constexpr std::size_t kHitsMax = 1024;
constexpr std::size_t kValueShownMax = 128;
constexpr std::size_t kFieldShownMax = 64;
constexpr std::size_t kShortNumberMax = 5;  // digits; longer ones do not meet by chance

bool any_in(const std::vector<std::string>& words, const WordSet& set) {
  return std::any_of(words.begin(), words.end(), [&](const auto& word) { return set.contains(word); });
}

std::size_t count_words(std::string_view text) {
  std::size_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool part = c != ' ' && c != '\t' && c != '\n' && c != '\r';
    if (part && !inside) ++words;
    inside = part;
  }
  return words;
}

bool is_short_number(std::string_view value) {
  return value.size() <= kShortNumberMax &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A value that says something by itself: not "no", "1", "true".
bool is_telling(std::string_view value) {
  constexpr std::size_t kTellingMin = 3;
  constexpr std::array<std::string_view, 4> kSayNothing = {"true", "false", "none", "null"};
  return value.size() >= kTellingMin &&
         std::find(kSayNothing.begin(), kSayNothing.end(), value) == kSayNothing.end();
}

void add_from(std::vector<std::uint64_t>& from, std::uint64_t seq) {
  if (from.size() < kFromMax && std::find(from.begin(), from.end(), seq) == from.end()) from.push_back(seq);
}

// Whether a named number stands in the text; too many places to look at count as one.
bool has_named_number(std::string_view text, std::string_view number) {
  constexpr int kPlacesMax = 256;
  int places = 0;
  for (auto at = find_value(text, number); at != std::string_view::npos;
       at = find_value(text, number, at + 1))
    if (is_named_number(text, at) || ++places > kPlacesMax) return true;
  return false;
}

}  // namespace

void each_scalar(const Json& value, std::string_view name,
                 const std::function<void(std::string_view text, std::string_view name)>& take, int depth) {
  constexpr int kDepthMax = 32;
  if (depth > kDepthMax) return;
  if (value.is_string()) {
    take(value.as_string(), name);
  } else if (value.is_array()) {
    for (const auto& item : value.as_array())
      each_scalar(item, name, take, depth + 1);
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.as_object())
      each_scalar(member, key, take, depth + 1);
  } else if (!value.is_null() && !value.is_bool()) {
    take(canonical(value), name);
  }
}

namespace {

constexpr std::array<std::string_view, 7> kOrigins = {
    "user", "errand", "listed", "workspace-text", "named-text", "untrusted-text", "own"};

}  // namespace

std::string_view name(Origin origin) {
  return kOrigins[static_cast<std::size_t>(origin)];
}

bool Assessment::all_endorsed() const {
  if (std::any_of(values.begin(), values.end(), [](const auto& value) { return !value.endorsed; }))
    return false;
  if (!changes) return true;
  const bool harmless = makes_new && values.empty();
  return !carries_link && (asked != Asked::no || harmless);
}

bool Assessment::all_typed() const {
  return std::all_of(values.begin(), values.end(),
                     [](const auto& value) { return value.endorsed && value.origin == Origin::user; });
}

Session::Session(std::shared_ptr<const Words> words, std::shared_ptr<const Products> products)
    : words_(words), tools_(std::move(words), std::move(products)) {}

bool Session::prompt(std::uint64_t seq, std::string_view text, bool attested) {
  bring(Label(rule_of(SourceClass::user).text, Confidentiality::open, seq));
  if (prompts_.size() + text.size() > limits::kFlowPromptMax) return false;
  prompts_ += '\n';
  prompts_ += text;
  plan_ = read_plan(prompts_, *words_);
  widen(plan_, planned_);
  claimed_ = claimed_ || !attested;
  if (!attested) return true;
  attested_prompts_ += '\n';
  attested_prompts_ += text;
  attested_ = read_plan(attested_prompts_, *words_);
  widen(attested_, attested_planned_);
  return true;
}

void Session::planned(const Planned& planned, bool attested) {
  add(planned_, typed_part(planned, plan_.text));
  widen(plan_, planned_);
  if (!attested) return;
  add(attested_planned_, typed_part(planned, attested_.text));
  widen(attested_, attested_planned_);
}

void Session::overhear(std::uint64_t seq, std::string_view text) {
  bring(Label(Integrity::untrusted, Confidentiality::open, seq));
  const std::uint32_t number = corpus_.add(fold(text));
  if (number == Corpus::kNotKept) return;
  records_.push_back({.seq = seq, .first_text = number, .end_text = number + 1});
  places_.resize(number + 1);
  places_[number] = {static_cast<std::uint32_t>(records_.size() - 1), true};
}

void Session::result(std::uint64_t seq, const ToolResult& result) {
  bool asked_for = false;
  std::size_t looked_at = 0;  // finding less only takes endorsement away
  each_scalar(result.input, {}, [&](std::string_view text, std::string_view) {
    if (asked_for || ++looked_at > limits::kFlowValuesMax) return;
    const std::string value = comparable(text);
    asked_for = is_telling(value) && typed(value);
  });
  Leaves leaves;
  if (result.failed)
    leaves.leaves.push_back({{}, std::string(result.output), 0, false});
  else
    leaves = read_leaves(result.output);
  loosen(leaves, meaning(result.tool), result.input, *words_);
  if (hands_over(meaning(result.tool), result.input, *words_)) asked_for = false;
  note_said(seq, result);
  remember(seq, leaves, result, asked_for);
  if (!result.failed) learn_of(seq, leaves, result, meaning(result.tool));
}

// What a call says out of untrusted text is untrusted wherever it is read again: in a file, a memory, an
// entry.
void Session::note_said(std::uint64_t seq, const ToolResult& result) {
  const ToolMeaning& known = meaning(result.tool);
  if (!known.changes || label_for(result.owner).integrity() < Integrity::untrusted) return;
  records_.push_back({.seq = seq, .said = true});
  const auto record = static_cast<std::uint32_t>(records_.size() - 1);
  if (!result.input.is_object()) return;
  for (const auto& [field, value] : result.input.as_object()) {
    if (known.role(field, *words_) != Role::payload) continue;
    each_scalar(value, field, [&](std::string_view text, std::string_view) {
      const std::uint32_t number = corpus_.add(fold(text));
      if (number == Corpus::kNotKept) return;
      places_.resize(number + 1);
      places_[number] = {record, true};
    });
  }
}

void Session::bring(Label label, std::string_view owner) {
  join(label, owner);
  brought_ = std::move(label);
}

bool Session::is_free(const Leaf& leaf) const {
  constexpr std::size_t kWordsOfValueMax = 6;
  constexpr std::size_t kWordsWithoutNameMax = 3;
  if (leaf.loose) return true;
  if (leaf.member_name) return false;
  const std::size_t words = count_words(leaf.value);
  if (words > kWordsOfValueMax || (leaf.key.empty() && words > kWordsWithoutNameMax)) return true;
  return any_in(words_of(leaf.key), words_->prose);
}

// Its value tells one record from another, as a sender or a title does.
bool Session::says_which(const Leaf& leaf) const {
  const auto key = words_of(leaf.key);
  return (!is_free(leaf) || any_in(key, words_->titles)) && !words_->audience.contains(leaf.key);
}

bool Session::typed(std::string_view value) const {
  return contains_value(plan_.text, value);
}

void Session::remember(std::uint64_t seq, const Leaves& leaves, const ToolResult& result, bool asked_for) {
  const ToolMeaning& known = meaning(result.tool);
  const bool own_doing = known.changes;
  const Products& products = tools_.products();
  const Integrity text =
      result.carried ? result.text : integrity_of(known, result.input, products, *words_, result.text);
  const auto vouched = result.carried ? std::vector<bool>() : vouched_records(known, leaves, products);
  // What a call made comes back in its result: that is no new source.
  std::vector<std::string> given;
  if (own_doing)
    each_scalar(result.input, {},
                [&](std::string_view one, std::string_view) { given.push_back(comparable(one)); });
  std::sort(given.begin(), given.end());
  const std::size_t first_record = records_.size();
  Integrity worst = Integrity::workspace;  // of the free text that was read
  for (const Leaf& leaf : leaves.leaves) {
    if (corpus_.full()) {  // nothing is kept any more, and no answer is complete
      if (flow::is_free(known.source, leaf, is_free(leaf))) worst = std::max(worst, text);
      continue;
    }
    std::string value = comparable(leaf.value);
    if (value.empty() || std::binary_search(given.begin(), given.end(), value)) continue;
    const bool trusted = leaf.record < vouched.size() && vouched[leaf.record];
    const Integrity of_leaf = trusted ? std::min(text, Integrity::workspace) : text;
    // Leaves come record by record.
    if (records_.size() == first_record || records_.back().seq != seq || leaf.record != last_record_) {
      records_.push_back({seq, corpus_.texts(), corpus_.texts(), own_doing, asked_for,
                          of_leaf < Integrity::untrusted, result.found});
      last_record_ = leaf.record;
    }
    Record& record = records_.back();
    const bool free = flow::is_free(known.source, leaf, is_free(leaf));
    if (free) worst = std::max(worst, of_leaf);
    const std::uint32_t number = corpus_.add(free ? fold(leaf.value) : value);
    if (number == Corpus::kNotKept) continue;
    places_.resize(number + 1);
    places_[number] = {static_cast<std::uint32_t>(records_.size() - 1), free};
    record.end_text = number + 1;
    if (!own_doing && says_which(leaf) && is_telling(value) && typed(value) &&
        (points_at(prompts_, value) || plan_.meant.contains(value)))
      record.named = true;
  }
  // A result that is one record answers a call that named it.
  if (asked_for && records_.size() == first_record + 1) records_.back().named = true;
  for (std::size_t i = first_record; i < records_.size() && !own_doing; ++i) {
    if (!records_[i].named) continue;
    note_looked_up(records_[i]);
    if (plan_.errands) add_errand(records_[i]);
  }
  bring(label_of(known.source, integrity_of_result(worst, true), seq), result.owner);
}

// A directory said what the user left open.
void Session::note_looked_up(const Record& record) {
  for (std::uint32_t text = record.first_text; text < record.end_text; ++text)
    if (!places_[text].free) looked_up_.insert(shape_of(corpus_.text(text)));
}

// The user wants done what stands there.
void Session::add_errand(const Record& record) {
  for (std::uint32_t text = record.first_text; text < record.end_text; ++text) {
    if (!places_[text].free) continue;
    const auto words = corpus_.text(text);
    if (errands_.size() + words.size() > limits::kFlowPromptMax) return;
    errands_ += " . ";
    errands_ += words;
  }
  errand_ = read_plan(errands_, *words_);
}

bool Session::only_of_shape(const Record& record, std::string_view value, bool in_free_text) const {
  const Shape shape = shape_of(value);
  if (shape == Shape::other) return false;
  std::vector<std::string_view> values;
  for (std::uint32_t text = record.first_text; text < record.end_text; ++text) {
    if (in_free_text && !places_[text].free) continue;
    for (const auto one : values_of_shape(corpus_.text(text), shape))
      if (std::find(values.begin(), values.end(), one) == values.end()) values.push_back(one);
  }
  return values.size() == 1;
}

void Session::look_at_hits(const std::string& value, Sightings& seen) const {
  const auto found = corpus_.find(value, kHitsMax);
  seen.complete = found.complete;
  const bool number = is_short_number(value);
  std::uint64_t said_at = UINT64_MAX;  // what is listed from then on may be the session's own words
  for (const auto& hit : found.hits)
    if (const Record& record = records_[places_[hit.text].record]; record.said)
      said_at = std::min(said_at, record.seq);
  for (const auto& hit : found.hits) {
    const Place& place = places_[hit.text];
    const Record& record = records_[place.record];
    if (record.said) continue;
    if (record.seq > said_at && !record.workspace) {
      seen.free = true;
      add_from(seen.free_in, record.seq);
      continue;
    }
    if (!place.free) {
      if (!hit.whole) continue;
      seen.listed = true;
      seen.listed_named = seen.listed_named || record.named;
      seen.listed_asked = seen.listed_asked || record.asked_for;
      add_from(seen.listed_in, record.seq);
      continue;
    }
    if (number && !has_named_number(corpus_.text(hit.text), value)) continue;
    if (record.workspace) {
      seen.workspace = true;
      add_from(seen.listed_in, record.seq);
      continue;
    }
    seen.free = true;
    seen.found = seen.found || record.found;
    seen.free_named = seen.free_named || record.named;
    seen.free_asked = seen.free_asked || record.asked_for;
    add_from(seen.free_in, record.seq);
    if (!record.named && !record.asked_for) continue;
    seen.only = seen.only || only_of_shape(record, value, false);
    seen.only_in_text = seen.only_in_text || only_of_shape(record, value, true);
  }
}

Session::Sightings Session::sightings(const std::string& value, bool strictly, bool disguised) const {
  Sightings seen;
  seen.disguised = disguised;
  seen.user = strictly ? stands_typed(plan_.text, value) : typed(value);
  if (!seen.user) {
    seen.errand = !errands_.empty() && contains_value(errand_.text, value);
    look_at_hits(value, seen);
  }
  return seen;
}

bool Session::endorses(const Sightings& seen, std::string_view value, Role role, bool changes,
                       Asked asked) const {
  if (seen.disguised) return false;
  if (seen.user) return true;
  if (!seen.complete) return false;
  if (!changes && role == Role::address)
    return seen.errand || seen.listed_named || seen.listed_asked ||
           (plan_.follows_links && (seen.free_named || seen.free_asked));
  if (seen.workspace && !seen.free && asked != Asked::no) return true;
  const Shape shape = shape_of(value);
  if (seen.errand && (shape == Shape::other || seen.only_in_text)) return true;
  if (seen.listed) {
    if (seen.listed_named) return true;
    if (seen.listed_asked && (!seen.free || plan_.many)) return true;
    if (!seen.free && (plan_.many || asked == Asked::by_errand)) return true;
  }
  // Who points at a page for a value has not given one.
  // Nor has one who had it looked up.
  if (looked_up_.contains(shape)) return false;
  return seen.free_named && seen.only && (shape != Shape::address || plan_.follows_links) &&
         values_of_shape(plan_.text, shape).empty();
}

Asked Session::asked(const ToolMeaning& meaning) const {
  const auto effect = std::find_if(words_->effects.begin(), words_->effects.end(),
                                   [&](const auto& one) { return one.name == meaning.effect; });
  if (effect == words_->effects.end()) return Asked::no;
  if (plan_.asks_for(*effect)) return Asked::by_user;
  return errand_.asks_for(*effect) ? Asked::by_errand : Asked::no;
}

bool Session::only_planned(const ToolMeaning& meaning) const {
  return std::any_of(words_->effects.begin(), words_->effects.end(), [&](const auto& effect) {
    return effect.name == meaning.effect && plan_.only_planned(effect);
  });
}

// A value that the user typed.
bool Session::attests(std::string_view value, bool strictly) const {
  if (!claimed_) return true;
  return strictly ? stands_typed(attested_.text, value) : contains_value(attested_.text, value);
}

// The words that ask for what the tool does.
bool Session::attests(const ToolMeaning& meaning, Asked asked) const {
  if (!claimed_ || asked == Asked::no) return true;
  if (asked == Asked::by_errand) return attested_.errands;
  const auto effect = std::find_if(words_->effects.begin(), words_->effects.end(),
                                   [&](const auto& one) { return one.name == meaning.effect; });
  return effect != words_->effects.end() && attested_.asks_for(*effect);
}

bool Session::carries_link(std::string_view text) const {
  if (plan_.wants_link) return false;
  const std::string folded = fold(text);
  for (const auto host : values_of_shape(folded, Shape::address)) {
    // The whole address, not only its host.
    const auto begin = static_cast<std::size_t>(host.data() - folded.data());
    const std::size_t end = std::min(folded.find_first_of(" '\")]>,;", begin), folded.size());
    std::string_view whole = std::string_view(folded).substr(begin, end - begin);
    while (whole.ends_with('.') || whole.ends_with('!') || whole.ends_with('?') || whole.ends_with(':'))
      whole.remove_suffix(1);  // the end of a sentence
    const std::string address = comparable(whole);
    if (typed(address)) continue;
    Sightings seen;
    look_at_hits(address, seen);
    if (seen.free || !seen.complete) return true;
  }
  return false;
}

void Session::assess_argument(const Argument& given, Assessment& out) {
  if (given.role == Role::payload) {
    out.carries_link = out.carries_link || (out.changes && carries_link(given.text));
    return;
  }
  const bool counts = out.changes ? given.role != Role::setting : given.role == Role::address;
  if (!counts || given.text.find_first_not_of(" \t\r\n") == std::string_view::npos) return;
  if (given.widens != nullptr && any_in(words_of(plan_.text), *given.widens)) return;
  ValueOrigin one{std::string(given.field.substr(0, kFieldShownMax)), given.role, comparable(given.text)};
  if (out.values.size() >= limits::kFlowValuesMax || given.unread) {
    // What was not looked at is nobody's.
    out.complete = false;
    if (out.values.size() > limits::kFlowValuesMax) return;
    if (!given.unread) one.value = "one of too many values";
    out.values.push_back(std::move(one));
    return;
  }
  const Sightings seen =
      sightings(one.value, out.changes, one.value.empty() || fold_watched(given.text).disguised);
  one.origin = seen.origin();
  one.endorsed = given.widens == nullptr && endorses(seen, one.value, given.role, out.changes, out.asked);
  if (seen.user) out.attested = out.attested && attests(one.value, out.changes);
  one.from = seen.free ? seen.free_in : seen.listed_in;
  if (one.origin == Origin::own && !one.endorsed) {
    if (auto pieces = pieces_of(one.value)) {
      one.copied = pieces->most;
      one.from = std::move(pieces->from);
    }
  }
  std::sort(one.from.begin(), one.from.end());
  if (one.value.empty()) one.value = "only invisible characters";
  if (one.value.size() > kValueShownMax) one.value.resize(kValueShownMax);
  out.complete = out.complete && seen.complete;
  out.values.push_back(std::move(one));
}

Assessment Session::assess(std::string_view tool, const Json& input, std::string_view owner) {
  const ToolMeaning& known = meaning(tool);
  Assessment out;
  judge_for(owner, out);
  if (!out.narrow.empty() && uses_narrow_answer(known, input)) judge_by_tree(out);
  out.effect = known.effect;
  out.changes = known.changes;
  out.makes_new = known.makes_new;
  out.asked = asked(known);
  out.planned = only_planned(known);
  out.kind = known.source.kind;
  // Nothing was read that could turn it, or that must not leave.
  const bool must_stay = !secrets_.empty() || has_private() || tenants_.count() > 1;
  if (!values_count(out.label.integrity()) && !must_stay) return out;
  out.attested = attests(known, out.asked);
  each_argument(input, known, *words_, [&](const Argument& given) { assess_argument(given, out); });
  std::stable_partition(out.values.begin(), out.values.end(),
                        [](const auto& value) { return !value.endorsed; });
  if (must_stay) look_at_sink(known, tool, input, out);
  if (values_count(out.label.integrity())) {
    out.watched = true;
    out.sentence = sentence_of(out);
  } else {
    out.values.clear();
    out.carries_link = false;
    out.complete = true;
    out.attested = true;
  }
  if (const auto said = stay_sentence(out, private_in_); !said.empty()) out.sentence = said;
  return out;
}

std::size_t Session::bytes() const {
  return corpus_.bytes() + copies_.bytes() + places_.capacity() * sizeof(Place) +
         records_.capacity() * sizeof(Record) + prompts_.capacity() + errands_.capacity() + secrets_.bytes() +
         visibility_.bytes() + tenants_.bytes();
}

Json to_json(const Copied& copied) {
  return Json::object({{"begin", static_cast<std::uint64_t>(copied.begin)},
                       {"bytes", static_cast<std::uint64_t>(copied.bytes)},
                       {"end", static_cast<std::uint64_t>(copied.end)}});
}

Json to_json(const Assessment& now) {
  constexpr std::array<std::string_view, 3> kAsked = {"no", "errand", "user"};
  Json::Array values;
  for (const auto& value : now.values) {
    Json::Array from;
    for (const auto seq : value.from)
      from.emplace_back(static_cast<std::int64_t>(seq));
    values.push_back(Json::object({{"endorsed", value.endorsed},
                                   {"field", value.field},
                                   {"from", Json(std::move(from))},
                                   {"origin", std::string(name(value.origin))},
                                   {"role", std::string(name(value.role))},
                                   {"value", value.value}}));
    if (value.copied) values.back().set("copied", to_json(*value.copied));
  }
  Json out = Json::object({{"asked", std::string(kAsked[static_cast<std::size_t>(now.asked)])},
                           {"carries_link", now.carries_link},
                           {"changes", now.changes},
                           {"complete", now.complete},
                           {"effect", now.effect},
                           {"label", to_json(now.label)},
                           {"sentence", now.sentence},
                           {"values", Json(std::move(values))}});
  add_leaving(now, out);
  if (!now.narrow.empty()) out.set("narrow", to_json(now.narrow));
  if (now.planned) out.set("planned", true);
  return out;
}

}  // namespace weir::flow
