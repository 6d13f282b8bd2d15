#include "sigma/watch.h"

#include <algorithm>

#include "sigma/evidence.h"

namespace weir::sigma {
namespace {

constexpr std::size_t kFindingsMax = 32;  // of one event; more tell nothing new
// Of one session tree: a daemon has many of them.
constexpr Correlator::Bounds kTreeBounds{.groups = 4096, .entries = 65'536};

bool is_listed(const std::vector<event::Finding>& list, const std::string& rule) {
  return std::any_of(list.begin(), list.end(), [&](const auto& one) { return one.rule == rule; });
}

// Within the command line for what is a part of it, else within the field's own text.
event::Span span_of(const Evidence& evidence, const event::Action* action) {
  const auto begin = static_cast<std::uint32_t>(evidence.begin);
  const auto end = static_cast<std::uint32_t>(evidence.end);
  if (action == nullptr) return {begin, end};
  const event::Span& part = action->span;
  if (part.begin >= part.end) return evidence.field == "CommandLine" ? event::Span{begin, end} : part;
  if (evidence.field != "CommandLine" || end > part.end - part.begin) return part;
  return {part.begin + begin, part.begin + end};
}

event::Finding too_large() {
  return {.rule = "sigma.too-large",
          .evidence_class = "evasion",
          .severity = event::Severity::low,
          .techniques = {"ASI02"},
          .span = {},
          .message = "The event is larger than rules look at."};
}

}  // namespace

Watch::Watch(std::shared_ptr<const RuleBook> book) : book_(std::move(book)) {
  if (book_ == nullptr) return;
  if (!book_->set().correlations.empty())
    correlator_ = std::make_unique<Correlator>(book_->set(), kTreeBounds);
}

Watch::Seen Watch::look(const event::Event& event, const std::vector<event::Action>& actions,
                        Scratch& scratch) const {
  Seen seen;
  if (book_ == nullptr) return seen;
  visit_records(event, actions, book_->wanted(), scratch.flat,
                [&](EventSource source, std::size_t action, Record record) {
                  take(actions, source, action, record, scratch.workspace, seen);
                });
  return seen;
}

void Watch::take(const std::vector<event::Action>& actions, EventSource source, std::size_t action,
                 Record record, Workspace& workspace, Seen& seen) const {
  const auto matched = book_->engine().match(book_->logsource(source), record, workspace);
  if (!matched) {
    if (auto finding = too_large(); !is_listed(seen.findings, finding.rule))
      seen.findings.push_back(std::move(finding));
    return;
  }
  if (matched->empty()) return;
  const event::Action* of = action < actions.size() ? &actions[action] : nullptr;
  for (const std::uint32_t rule : *matched) {
    if (!book_->reported(rule) || seen.findings.size() >= kFindingsMax) continue;
    if (is_listed(seen.findings, book_->finding(rule).rule)) continue;
    event::Finding finding = book_->finding(rule);
    if (const auto evidence = evidence_of(book_->set().rules[rule].condition, record))
      finding.span = span_of(*evidence, of);
    else if (of != nullptr)
      finding.span = of->span;
    seen.findings.push_back(std::move(finding));
  }
  if (correlator_ == nullptr) return;
  auto sighting = correlator_->sighting(record, *matched);
  if (!sighting.empty()) (of == nullptr ? seen.of_event : seen.of_actions).push_back(std::move(sighting));
}

std::vector<event::Finding> Watch::findings(const Seen& seen, std::int64_t time_ns) const {
  std::vector<event::Finding> out = seen.findings;
  if (correlator_ == nullptr || !seen.has_sightings()) return out;
  std::vector<Correlator::Sighting> all = seen.of_event;
  all.insert(all.end(), seen.of_actions.begin(), seen.of_actions.end());
  add_correlations(correlator_->peek(time_ns, all), out);
  return out;
}

std::vector<event::Finding> Watch::commit(const Seen& seen, std::int64_t time_ns, Part part) {
  std::vector<event::Finding> out;
  if (correlator_ == nullptr) return out;
  for (const auto& sighting : seen.of_event)
    add_correlations(correlator_->observe(time_ns, sighting), out);
  if (part == Part::event) return out;
  for (const auto& sighting : seen.of_actions)
    add_correlations(correlator_->observe(time_ns, sighting), out);
  return out;
}

void Watch::add_correlations(const std::vector<std::uint32_t>& fired,
                             std::vector<event::Finding>& out) const {
  for (const std::uint32_t index : fired) {
    const std::size_t source = book_->set().rules.size() + index;
    if (book_->reported(source) && out.size() < kFindingsMax && !is_listed(out, book_->finding(source).rule))
      out.push_back(book_->finding(source));
  }
}

std::uint64_t Watch::forgotten() const {
  return correlator_ == nullptr ? 0 : correlator_->evictions().groups + correlator_->evictions().entries;
}

}  // namespace weir::sigma
