#include "sigma/correlation.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/limits.h"

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

// Nearest rank: the smallest value that at least p percent of all are not above.
template <class Entries>
double percentile_of(const Entries& entries, double percentile) {
  std::vector<double> numbers;
  numbers.reserve(entries.size());
  for (const auto& entry : entries)
    numbers.push_back(entry.number);
  const double size = static_cast<double>(numbers.size());
  const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(percentile / 100 * size)));
  const auto nth = numbers.begin() + static_cast<std::ptrdiff_t>(std::min(rank, numbers.size()) - 1);
  std::nth_element(numbers.begin(), nth, numbers.end());
  return *nth;
}

// The longest row of matches in the order of the rules.
template <class Entries>
double longest_row(const Entries& entries, std::size_t rules) {
  std::vector<std::size_t> longest(rules, 0);  // that ends with rule i
  for (const auto& entry : entries) {
    std::size_t before = 0;
    for (std::size_t i = 0; i < entry.source; ++i)
      before = std::max(before, longest[i]);
    longest[entry.source] = std::max(longest[entry.source], before + 1);
  }
  return static_cast<double>(*std::max_element(longest.begin(), longest.end()));
}

std::size_t entries_max(const Correlation& correlation) {
  const bool searched = correlation.type == CorrelationType::temporal_ordered ||
                        (correlation.type == CorrelationType::value_percentile && correlation.percentile);
  return searched ? kSearchedEntriesMax : kWindowEntriesMax;
}

}  // namespace

Correlator::Correlator(const RuleSet& set) : set_(set) {
  watchers_.resize(set.rules.size() + set.correlations.size());
  for (std::uint32_t c = 0; c < set.correlations.size(); ++c)
    for (std::uint32_t i = 0; i < set.correlations[c].sources.size(); ++i)
      watchers_[set.correlations[c].sources[i]].emplace_back(c, i);
}

const std::vector<std::uint32_t>& Correlator::observe(std::int64_t time_ns, Record record,
                                                      const std::vector<std::uint32_t>& matched) {
  fired_.clear();
  now_ns_ = std::max(now_ns_, time_ns);
  for (const std::uint32_t rule : matched)
    for (const auto& [correlation, position] : watchers_[rule])
      feed(correlation, position, record);
  // Correlations stand behind those they build on, so what fires here is looked at once.
  for (std::size_t i = 0; i < fired_.size(); ++i)
    for (const auto& [correlation, position] : watchers_[set_.rules.size() + fired_[i]])
      feed(correlation, position, record);
  return fired_;
}

void Correlator::feed(std::uint32_t index, std::uint32_t position, Record record) {
  const Correlation& correlation = set_.correlations[index];
  const auto key = values_of(correlation, correlation.group_by, position, record);
  if (!key) return;
  Entry entry{.time_ns = now_ns_, .source = position, .number = 0, .value = {}};
  if (counts_values(correlation)) {
    auto value = values_of(correlation, correlation.fields, position, record);
    if (!value) return;
    entry.value = *std::move(value);
  } else if (correlation.type == CorrelationType::temporal) {
    entry.value = std::to_string(position);
  } else if (needs_number(correlation)) {
    const auto number = number_in(record, aliased(correlation, correlation.fields.front(), position));
    if (!number) return;
    entry.number = *number;
  }
  Group& group = group_of(index, *key);
  while (!group.entries.empty() && group.entries.front().time_ns < now_ns_ - correlation.timespan_ns)
    drop_oldest(group);
  if (group.entries.size() >= entries_max(correlation)) {
    drop_oldest(group);
    ++evictions_.entries;
  }
  while (entries_ >= kEntriesMax && groups_.size() > 1)
    forget_last();
  if (!entry.value.empty()) ++group.of[entry.value];
  group.sum += entry.number;
  group.entries.push_back(std::move(entry));
  ++entries_;
  if (holds(correlation, group) && std::find(fired_.begin(), fired_.end(), index) == fired_.end())
    fired_.push_back(index);
}

Correlator::Group& Correlator::group_of(std::uint32_t correlation, std::string key) {
  key.insert(0, std::to_string(correlation) + "/");
  const auto found = index_.find(key);
  if (found != index_.end()) {
    groups_.splice(groups_.begin(), groups_, found->second);
    return groups_.front();
  }
  if (groups_.size() >= limits::kSigmaGroupsMax) forget_last();
  groups_.emplace_front();
  groups_.front().key = std::move(key);
  index_.emplace(groups_.front().key, groups_.begin());
  return groups_.front();
}

void Correlator::drop_oldest(Group& group) {
  const Entry& oldest = group.entries.front();
  group.sum -= oldest.number;
  if (const auto found = group.of.find(oldest.value); found != group.of.end() && --found->second == 0)
    group.of.erase(found);
  group.entries.pop_front();
  --entries_;
  // Rounding must not pile up over the life of a group.
  if (group.entries.empty()) group.sum = 0;
}

void Correlator::forget_last() {
  Group& last = groups_.back();
  evictions_.groups += last.entries.empty() ? 0 : 1;
  entries_ -= last.entries.size();
  index_.erase(last.key);
  groups_.pop_back();
}

bool Correlator::holds(const Correlation& correlation, const Group& group) const {
  const double entries = static_cast<double>(group.entries.size());
  switch (correlation.type) {
    case CorrelationType::event_count:
      return all_hold(correlation.condition, entries);
    case CorrelationType::value_count:
      return all_hold(correlation.condition, static_cast<double>(group.of.size()));
    case CorrelationType::value_sum:
      return all_hold(correlation.condition, group.sum);
    case CorrelationType::value_avg:
      return all_hold(correlation.condition, group.sum / entries);
    case CorrelationType::value_percentile: {
      if (correlation.percentile)
        return all_hold(correlation.condition, percentile_of(group.entries, *correlation.percentile));
      const double same = static_cast<double>(group.of.at(group.entries.back().value));
      return all_hold(correlation.condition, 100 * same / entries);
    }
    case CorrelationType::temporal:
    case CorrelationType::temporal_ordered: {
      const std::size_t rules = correlation.rules.size();
      const double seen = correlation.type == CorrelationType::temporal_ordered
                              ? longest_row(group.entries, rules)
                              : static_cast<double>(group.of.size());
      return correlation.condition.empty() ? seen == static_cast<double>(rules)
                                           : all_hold(correlation.condition, seen);
    }
  }
  return false;
}

}  // namespace weir::sigma
