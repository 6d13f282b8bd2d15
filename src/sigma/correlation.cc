#include "sigma/correlation.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <list>
#include <optional>
#include <unordered_map>

#include "base/limits.h"
#include "facts/slices.h"
#include "facts/window.h"

namespace weir::sigma {
namespace {

bool compares(const Comparison& wanted, double value) {
  using Op = Comparison::Op;
  switch (wanted.op) {
    case Op::gt:
      return value > wanted.number;
    case Op::gte:
      return value >= wanted.number;
    case Op::lt:
      return value < wanted.number;
    case Op::lte:
      return value <= wanted.number;
    case Op::eq:
      return value == wanted.number;
    case Op::neq:
      return value != wanted.number;
  }
  return false;
}

bool all_hold(const std::vector<Comparison>& wanted, double value) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& one) { return compares(one, value); });
}

// With its length, so that two lists of values never look alike.
void append_counted(std::string& out, std::string_view text) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
}

// The field that stands for `name` in events of the rule at this position.
std::string_view aliased(const Correlation& correlation, std::string_view name, std::uint32_t position) {
  for (const auto& alias : correlation.aliases) {
    if (alias.name != name) continue;
    for (const auto& [rule, field] : alias.fields)
      if (rule == correlation.rules[position]) return field;
  }
  return name;
}

// The values of several fields as one text; none when one is absent or null.
std::optional<std::string> values_of(const Correlation& correlation, const std::vector<std::string>& names,
                                     std::uint32_t position, Record record) {
  std::string out;
  for (const std::string& name : names) {
    const Field* field = find_field(record, aliased(correlation, name, position));
    if (field == nullptr || field->kind == Field::Kind::null) return std::nullopt;
    append_counted(out, field->text);
  }
  return out;
}

std::optional<double> number_in(Record record, std::string_view name) {
  const Field* field = find_field(record, name);
  if (field == nullptr) return std::nullopt;
  double number = 0;
  const auto [end, error] =
      std::from_chars(field->text.data(), field->text.data() + field->text.size(), number);
  if (error != std::errc{} || end != field->text.data() + field->text.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

bool counts_values(const Correlation& correlation) {
  return correlation.type == CorrelationType::value_count ||
         (correlation.type == CorrelationType::value_percentile && !correlation.percentile);
}

bool needs_number(const Correlation& correlation) {
  return correlation.type == CorrelationType::value_sum || correlation.type == CorrelationType::value_avg ||
         (correlation.type == CorrelationType::value_percentile && correlation.percentile);
}

// What the entries of a correlation's windows hold beside their time.
enum class Content { nothing, position, value, number };

Content content_of(const Correlation& correlation) {
  if (counts_values(correlation) || correlation.type == CorrelationType::temporal) return Content::value;
  if (needs_number(correlation)) return Content::number;
  return correlation.type == CorrelationType::temporal_ordered ? Content::position : Content::nothing;
}

using Entries = std::span<const facts::Window::Entry>;

double number_of(const facts::Window::Entry& entry) {
  return std::bit_cast<double>(entry.value);
}

// Nearest rank: the smallest value that at least p percent of all are not above.
double percentile_of(Entries entries, double percentile) {
  std::vector<double> numbers;
  numbers.reserve(entries.size());
  for (const auto& entry : entries)
    numbers.push_back(number_of(entry));
  const double size = static_cast<double>(numbers.size());
  const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(percentile / 100 * size)));
  const auto nth = numbers.begin() + static_cast<std::ptrdiff_t>(std::min(rank, numbers.size()) - 1);
  std::nth_element(numbers.begin(), nth, numbers.end());
  return *nth;
}

// The longest row of matches in the order of the rules.
double longest_row(Entries entries, std::size_t rules) {
  std::vector<std::size_t> longest(rules, 0);  // that ends with rule i
  for (const auto& entry : entries) {
    const auto position = static_cast<std::size_t>(entry.value);
    std::size_t before = 0;
    for (std::size_t i = 0; i < position; ++i)
      before = std::max(before, longest[i]);
    longest[position] = std::max(longest[position], before + 1);
  }
  return static_cast<double>(*std::max_element(longest.begin(), longest.end()));
}

std::size_t entries_max(const Correlation& correlation) {
  const bool searched = correlation.type == CorrelationType::temporal_ordered ||
                        (correlation.type == CorrelationType::value_percentile && correlation.percentile);
  return searched ? kSearchedEntriesMax : kWindowEntriesMax;
}

// The different texts in a window, each with the number of entries that have it.
class Values {
 public:
  // The number by which an entry names the text.
  std::int64_t take(const std::string& text) {
    const auto [known, is_new] = slots_.try_emplace(text, 0);
    if (is_new) known->second = free_slot(&known->first);
    ++counts_[static_cast<std::size_t>(known->second)];
    return known->second;
  }
  void give_back(std::int64_t slot) {
    const auto at = static_cast<std::size_t>(slot);
    if (--counts_[at] > 0) return;
    slots_.erase(slots_.find(*texts_[at]));
    texts_[at] = nullptr;
    free_.push_back(slot);
  }
  const std::string& text(std::int64_t slot) const { return *texts_[static_cast<std::size_t>(slot)]; }
  std::size_t same_as(std::int64_t slot) const { return counts_[static_cast<std::size_t>(slot)]; }
  std::size_t different() const { return slots_.size(); }

 private:
  std::int64_t free_slot(const std::string* text) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::int64_t>(texts_.size()));
      texts_.push_back(nullptr);
      counts_.push_back(0);
    }
    const std::int64_t slot = free_.back();
    free_.pop_back();
    texts_[static_cast<std::size_t>(slot)] = text;
    return slot;
  }

  std::unordered_map<std::string, std::int64_t> slots_;
  std::vector<const std::string*> texts_;  // keys of slots_, which stay where they are
  std::vector<std::size_t> counts_;
  std::vector<std::int64_t> free_;
};

}  // namespace

struct Correlator::Group {
  facts::Window window;
  Values values;
  double sum = 0;
};

struct Correlator::Past {
  explicit Past(std::size_t correlations) : groups(correlations) {}

  facts::SliceStore<Group> groups;  // by correlation
  std::size_t entries = 0;
  std::int64_t now_ns = INT64_MIN;
  Evictions evictions;
  // While peeking: groups that do not exist.
  std::list<std::pair<std::pair<std::uint32_t, std::string>, Group>> tried;
};

// One step to take back.
struct Correlator::Change {
  enum class Kind { pushed, dropped } kind = Kind::pushed;
  const Correlation* correlation = nullptr;
  Group* group = nullptr;
  facts::Window::Entry entry;  // dropped
  std::string text;            // dropped: what its value stood for
  double sum = 0;              // before
};

Correlator::Correlator(const RuleSet& set) : Correlator(set, Bounds{}) {}

Correlator::Correlator(const RuleSet& set, Bounds bounds)
    : set_(&set), bounds_(bounds), past_(std::make_unique<Past>(set.correlations.size())) {
  watchers_.resize(set.rules.size() + set.correlations.size());
  for (std::uint32_t c = 0; c < set.correlations.size(); ++c)
    for (std::uint32_t i = 0; i < set.correlations[c].sources.size(); ++i)
      watchers_[set.correlations[c].sources[i]].emplace_back(c, i);
}

Correlator::Correlator(Correlator&&) noexcept = default;
Correlator& Correlator::operator=(Correlator&&) noexcept = default;
Correlator::~Correlator() = default;

const Correlator::Evictions& Correlator::evictions() const {
  return past_->evictions;
}

std::size_t Correlator::groups() const {
  return past_->groups.size();
}

// ---- Of an event ----

Correlator::Sighting Correlator::sighting(Record record, std::span<const std::uint32_t> matched) const {
  Sighting out;
  for (const std::uint32_t rule : matched) {
    if (watchers_[rule].empty()) continue;
    out.rules.push_back(rule);
    collect(rule, record, out);
  }
  // What fires may bring others to fire: their feeds are known beforehand. Correlations stand behind those
  // they build on, so each is reached.
  for (std::size_t i = 0; i < out.feeds.size(); ++i) {
    const auto source = static_cast<std::uint32_t>(set_->rules.size()) + out.feeds[i].correlation;
    const bool known = std::any_of(out.feeds.begin(), out.feeds.end(),
                                   [&](const Feed& one) { return one.source == source; });
    if (!known && !watchers_[source].empty()) collect(source, record, out);
  }
  return out;
}

void Correlator::collect(std::uint32_t source, Record record, Sighting& out) const {
  for (const auto& [index, position] : watchers_[source]) {
    const Correlation& correlation = set_->correlations[index];
    auto group = values_of(correlation, correlation.group_by, position, record);
    if (!group) continue;
    Feed feed{.source = source, .correlation = index, .position = position, .group = *std::move(group)};
    if (counts_values(correlation)) {
      auto value = values_of(correlation, correlation.fields, position, record);
      if (!value) continue;
      feed.value = *std::move(value);
    } else if (correlation.type == CorrelationType::temporal) {
      feed.value = std::to_string(position);
    } else if (needs_number(correlation)) {
      const auto number = number_in(record, aliased(correlation, correlation.fields.front(), position));
      if (!number) continue;
      feed.number = *number;
    }
    out.feeds.push_back(std::move(feed));
  }
}

// ---- Over time ----

const std::vector<std::uint32_t>& Correlator::observe(std::int64_t time_ns, Record record,
                                                      const std::vector<std::uint32_t>& matched) {
  return observe(time_ns, sighting(record, matched));
}

const std::vector<std::uint32_t>& Correlator::observe(std::int64_t time_ns, const Sighting& sighting) {
  fired_.clear();
  past_->now_ns = std::max(past_->now_ns, time_ns);
  step(past_->now_ns, sighting, fired_, nullptr);
  return fired_;
}

std::vector<std::uint32_t> Correlator::peek(std::int64_t time_ns, std::span<const Sighting> sightings) const {
  std::vector<std::uint32_t> all;
  Changes changes;
  const std::int64_t now_ns = std::max(past_->now_ns, time_ns);
  for (const Sighting& sighting : sightings) {
    std::vector<std::uint32_t> fired;
    step(now_ns, sighting, fired, &changes);
    for (const std::uint32_t one : fired)
      if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
  }
  take_back(changes);
  return all;
}

void Correlator::step(std::int64_t now_ns, const Sighting& sighting, std::vector<std::uint32_t>& fired,
                      Changes* changes) const {
  const auto bring = [&](std::uint32_t source) {
    for (const Feed& one : sighting.feeds)
      if (one.source == source && feed(now_ns, one, changes) &&
          std::find(fired.begin(), fired.end(), one.correlation) == fired.end())
        fired.push_back(one.correlation);
  };
  for (const std::uint32_t rule : sighting.rules)
    bring(rule);
  for (std::size_t i = 0; i < fired.size(); ++i)
    bring(static_cast<std::uint32_t>(set_->rules.size()) + fired[i]);
}

// Whether the correlation holds with it.
bool Correlator::feed(std::int64_t now_ns, const Feed& feed, Changes* changes) const {
  const Correlation& correlation = set_->correlations[feed.correlation];
  Group& group = group_of(feed, changes);
  while (!group.window.empty() && group.window.front().time_ns < now_ns - correlation.timespan_ns)
    drop_oldest(correlation, group, changes);
  if (group.window.size() >= entries_max(correlation)) {
    drop_oldest(correlation, group, changes);
    if (changes == nullptr) ++past_->evictions.entries;
  }
  while (changes == nullptr && past_->entries >= bounds_.entries && past_->groups.size() > 1)
    forget_idle_longest();
  if (changes != nullptr)
    changes->push_back(
        {Change::Kind::pushed, &correlation, &group, facts::Window::Entry{}, std::string(), group.sum});
  std::int64_t value = feed.position;
  if (content_of(correlation) == Content::value) value = group.values.take(feed.value);
  if (content_of(correlation) == Content::number) value = std::bit_cast<std::int64_t>(feed.number);
  group.sum += feed.number;
  group.window.push({now_ns, value});
  ++past_->entries;
  return holds(correlation, group);
}

Correlator::Group& Correlator::group_of(const Feed& feed, Changes* changes) const {
  auto& groups = past_->groups;
  if (changes == nullptr) {
    if (Group* known = groups.touch(feed.correlation, feed.group)) return *known;
    if (groups.size() >= bounds_.groups) forget_idle_longest();
    return groups.add(feed.correlation, feed.group);
  }
  if (Group* known = groups.find(feed.correlation, feed.group)) return *known;
  for (auto& [key, group] : past_->tried)
    if (key.first == feed.correlation && key.second == feed.group) return group;
  past_->tried.emplace_back(std::pair(feed.correlation, feed.group), Group{});
  return past_->tried.back().second;
}

void Correlator::drop_oldest(const Correlation& correlation, Group& group, Changes* changes) const {
  const facts::Window::Entry oldest = group.window.front();
  const Content content = content_of(correlation);
  if (changes != nullptr)
    changes->push_back({Change::Kind::dropped, &correlation, &group, oldest,
                        content == Content::value ? group.values.text(oldest.value) : std::string(),
                        group.sum});
  if (content == Content::value) group.values.give_back(oldest.value);
  if (content == Content::number) group.sum -= number_of(oldest);
  group.window.pop();
  --past_->entries;
  // Rounding must not pile up over the life of a group.
  if (group.window.empty()) group.sum = 0;
}

// Backwards, so that each group passes through the very states it had.
void Correlator::take_back(const Changes& changes) const {
  for (std::size_t i = changes.size(); i-- > 0;) {
    const Change& change = changes[i];
    Group& group = *change.group;
    const bool has_value = content_of(*change.correlation) == Content::value;
    if (change.kind == Change::Kind::pushed) {
      if (has_value) group.values.give_back(group.window.back().value);
      group.window.unpush();
      --past_->entries;
    } else {
      group.window.unpop(
          {change.entry.time_ns, has_value ? group.values.take(change.text) : change.entry.value});
      ++past_->entries;
    }
    group.sum = change.sum;
  }
  past_->tried.clear();
}

void Correlator::forget_idle_longest() const {
  const Group& last = past_->groups.idle_longest().state;
  past_->evictions.groups += last.window.empty() ? 0 : 1;
  past_->entries -= last.window.size();
  past_->groups.forget_idle_longest();
}

bool Correlator::holds(const Correlation& correlation, const Group& group) const {
  const double entries = static_cast<double>(group.window.size());
  switch (correlation.type) {
    case CorrelationType::event_count:
      return all_hold(correlation.condition, entries);
    case CorrelationType::value_count:
      return all_hold(correlation.condition, static_cast<double>(group.values.different()));
    case CorrelationType::value_sum:
      return all_hold(correlation.condition, group.sum);
    case CorrelationType::value_avg:
      return all_hold(correlation.condition, group.sum / entries);
    case CorrelationType::value_percentile: {
      if (correlation.percentile)
        return all_hold(correlation.condition,
                        percentile_of(group.window.entries(), *correlation.percentile));
      const double same = static_cast<double>(group.values.same_as(group.window.back().value));
      return all_hold(correlation.condition, 100 * same / entries);
    }
    case CorrelationType::temporal:
    case CorrelationType::temporal_ordered: {
      const std::size_t rules = correlation.rules.size();
      const double seen = correlation.type == CorrelationType::temporal_ordered
                              ? longest_row(group.window.entries(), rules)
                              : static_cast<double>(group.values.different());
      return correlation.condition.empty() ? seen == static_cast<double>(rules)
                                           : all_hold(correlation.condition, seen);
    }
  }
  return false;
}

}  // namespace weir::sigma
