#include "cli/demo_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "base/bytes.h"

namespace weir::cli {
namespace {

constexpr int kStoryMs = 1600;
constexpr int kSayMs = 700;
constexpr int kCallMs = 700;
constexpr int kVerdictMs = 1000;
constexpr std::size_t kCallBytesMax = 108;

// The line that tells people which call it is.
std::string call_line(const arena::Step& step) {
  const Json& input = step.input;
  std::string text(input["command"].text_or(input["file_path"].text_or("")));
  if (step.tool == "Edit")
    text += ": " + std::string(input["old_string"].text_or("")) + " → " +
            std::string(input["new_string"].text_or(""));
  if (text.size() > kCallBytesMax) text = text.substr(0, kCallBytesMax - 3) + "...";
  return printable(text);
}

// The policy that weighed most: one of the verdict's own strength.
const event::PolicyHit* deciding(const event::Decision& decision) {
  for (const auto& hit : decision.policies)
    if (hit.verdict == decision.verdict) return &hit;
  return decision.policies.empty() ? nullptr : &decision.policies.front();
}

double milliseconds_at(const std::vector<std::int64_t>& sorted_ns, double share) {
  if (sorted_ns.empty()) return 0;
  const auto at = static_cast<std::size_t>(std::lround(share * static_cast<double>(sorted_ns.size() - 1)));
  return static_cast<double>(sorted_ns[at]) / 1e6;
}

Json policy_ids(const event::Decision& decision) {
  Json ids = Json::array();
  for (const auto& hit : decision.policies)
    ids.push(hit.policy);
  return ids;
}

}  // namespace

void DemoReport::line(std::string_view label, const std::string& text) {
  context_.out << "   " << context_.style.dim(fmt::format("{:<8}", label)) << text << std::endl;
}

void DemoReport::opening() {
  if (!prose()) return;
  context_.out << context_.style.bold(
                      "Weir judges every tool call of an agent before it runs, and keeps a record that "
                      "anyone can check.")
               << "\n\nA scripted agent now plays a day of work and six published incidents. Hook, daemon, "
                  "policies and ledger\n"
                  "are the real ones; the directory is a throw-away, programs that could do harm are "
                  "stand-ins, and there is\n"
                  "no network. Watch the last line of each call: it is read from what the call left behind.\n"
               << std::endl;
  pause_(2 * kStoryMs);
}

void DemoReport::scenario(const arena::Scenario& scenario) {
  playing_ = scenario.name;
  rows_.push_back({.title = scenario.title, .incident = scenario.incident});
  step_ = 0;
  if (!prose()) return;
  context_.out << context_.style.bold(fmt::format("{}  {}", rows_.size(), scenario.title));
  if (scenario.incident) context_.out << context_.style.dim("  · " + scenario.when);
  context_.out << "\n   " << scenario.story << "\n" << std::endl;
  pause_(kStoryMs);
}

void DemoReport::announced(const arena::Step& step) {
  if (!prose()) return;
  line("agent", "“" + step.say + "”");
  pause_(kSayMs);
  line("call", context_.style.cyan(step.tool) + "  " + call_line(step));
  pause_(kCallMs);
}

void DemoReport::judged(const arena::Step& step, const arena::StepOutcome& outcome) {
  Row& row = rows_.back();
  const event::Decision& decision = outcome.decision;
  const bool may = event::lets_run(decision.verdict);
  const bool held = decision.verdict == event::Verdict::ask;
  ++row.calls;
  ++(may ? row.ran : held ? row.held : row.refused);
  row.wrong += outcome.wrong.empty() ? 0 : 1;
  wrong_ += outcome.wrong.empty() ? 0 : 1;
  ++step_;
  if (context_.json) {
    context_.out << compact(Json::object({{"scenario", playing_},
                                          {"step", step_},
                                          {"tool", step.tool},
                                          {"input", step.input},
                                          {"expect", event::name(step.expect)},
                                          {"verdict", event::name(decision.verdict)},
                                          {"policies", policy_ids(decision)},
                                          {"reason", decision.reason},
                                          {"decision", decision.id},
                                          {"exit", outcome.exit},
                                          {"effect", step.effect.what},
                                          {"happened", outcome.happened},
                                          {"wrong", Json::strings(outcome.wrong)}}))
                 << std::endl;
    return;
  }
  if (!prose()) return;
  const std::string verdict = fmt::format("{:<8}", event::name(decision.verdict));
  const auto* hit = deciding(decision);
  context_.out << "   "
               << (may    ? context_.style.green(verdict)
                   : held ? context_.style.yellow(verdict)
                          : context_.style.red(verdict))
               << (hit != nullptr ? context_.style.bold(hit->policy) + "  " + printable(hit->reason)
                                  : "no policy objects")
               << std::endl;
  if (held)
    line("", "held: only a person's `weir approve " + printable(decision.approval_id, 40) +
                 "` lets exactly this call pass");
  line("effect", (outcome.happened ? may ? context_.style.green("happened") : context_.style.red("HAPPENED")
                  : may ? context_.style.red("DID NOT HAPPEN")
                                   : context_.style.green("did not happen")) +
                     ": " + step.effect.what);
  for (const std::string& wrong : outcome.wrong)
    line("", context_.style.red("not as expected: ") + printable(wrong, 300));
  context_.out << std::endl;
  pause_(kVerdictMs);
}

void DemoReport::ended(const arena::Scenario& scenario, const arena::ScenarioOutcome& outcome) {
  if (!context_.json) return;
  context_.out << compact(Json::object({{"scenario", scenario.name},
                                        {"title", scenario.title},
                                        {"incident", scenario.incident},
                                        {"as_expected", outcome.as_expected()}}))
               << std::endl;
}

void DemoReport::table() {
  context_.out << context_.style.dim(
                      fmt::format("   {:<52}{:>6}{:>7}{:>7}{:>9}", "", "calls", "ran", "held", "refused"))
               << "\n";
  for (const Row& row : rows_)
    context_.out << fmt::format("   {:<52}{:>6}{:>7}{:>7}{:>9}  ", row.title, row.calls, row.ran, row.held,
                                row.refused)
                 << (row.wrong == 0 ? context_.style.green("as expected")
                                    : context_.style.red(fmt::format("{} not as expected", row.wrong)))
                 << "\n";
}

void DemoReport::figures(const arena::Closing& closing) {
  context_.out << fmt::format(
      "\n   {} calls judged. A verdict took {:.1f} ms (median), written to disk first; with starting the "
      "hook {:.1f} ms.\n",
      closing.hook_ns.size(), milliseconds_at(closing.decision_ns, 0.5),
      milliseconds_at(closing.hook_ns, 0.5));
  context_.out << "   For your own agent: `weir run -- claude`. For what yours did already: `weir scan`.\n\n";
}

void DemoReport::closing(const arena::Closing& closing) {
  const auto& ledger = closing.ledger;
  if (context_.json) {
    context_.out << compact(Json::object({{"as_expected", all_as_expected()},
                                          {"calls", static_cast<std::int64_t>(closing.hook_ns.size())},
                                          {"decision_ms_median", milliseconds_at(closing.decision_ns, 0.5)},
                                          {"hook_ms_median", milliseconds_at(closing.hook_ns, 0.5)},
                                          {"ledger", Json::object({{"verified", ledger.ok()},
                                                                   {"origin", ledger.origin},
                                                                   {"size", ledger.size},
                                                                   {"root", to_base64(ledger.root)},
                                                                   {"vkey", ledger.vkey},
                                                                   {"pinned", ledger.pinned}})}}))
                 << std::endl;
    return;
  }
  if (prose()) {
    table();
    figures(closing);
  }
  for (const auto& problem : ledger.problems)
    context_.out << context_.style.red("wrong") << "  " << printable(problem.where) << ": "
                 << printable(problem.what) << "\n";
  const std::string facts = fmt::format("{} entries, root {}", ledger.size, to_base64(ledger.root));
  context_.out << (ledger.ok() ? context_.style.green("ledger verified")
                               : context_.style.red("ledger NOT verified"))
               << ": " << facts << std::endl;
}

}  // namespace weir::cli
