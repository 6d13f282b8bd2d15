#include "cli/run_report.h"

#include <ostream>

#include "base/bytes.h"

namespace weir::cli {
namespace {

constexpr std::size_t kKeptMax = 1000;

// "1 refused", "" for none.
void add_count(std::string& line, std::uint64_t count, const char* what) {
  if (count > 0) line += ", " + std::to_string(count) + " " + what;
}

std::string one_call(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " call" : " calls");
}

}  // namespace

Json to_json(const RunEnd& end) {
  Json sessions = Json::array();
  for (const auto& session : end.totals.sessions)
    sessions.push(session);
  Json json = Json::object({{"run", end.run},
                            {"exit", end.exit_code},
                            {"ended_because", end.ended_because},
                            {"mode", end.observe ? "observe" : "enforce"},
                            {"shield", end.shield},
                            {"calls", end.totals.calls},
                            {"refused", end.totals.refused},
                            {"asked", end.totals.asked},
                            {"would_refuse", end.totals.would_refuse},
                            {"held", Json::strings(end.totals.held)},
                            {"divergences", end.totals.divergences},
                            {"transcripts", static_cast<std::uint64_t>(end.totals.transcripts)},
                            {"daemon_lost", end.lost_daemon},
                            {"sessions", std::move(sessions)}});
  if (end.pod)
    json.set("pod", Json::object({{"id", end.pod->id},
                                  {"profile", end.pod->profile},
                                  {"level", end.pod->level},
                                  {"changed", end.pod->changed}}));
  if (end.pod && !end.pod->credentials.is_null()) json.find("pod")->set("credentials", end.pod->credentials);
  if (end.pod && !end.pod->egress.is_null()) json.find("pod")->set("egress", end.pod->egress);
  if (end.pod && !end.pod->direct.is_null()) json.find("pod")->set("direct", end.pod->direct);
  if (end.pod && !end.pod->published.is_null()) json.find("pod")->set("published", end.pod->published);
  return json;
}

void RunReport::print(const std::string& text) {
  context_.err << "weir: " << text << "\n" << std::flush;
}

void RunReport::say(const std::string& text) {
  if (!quiet_terminal_)
    print(text);
  else if (kept_.size() < kKeptMax)
    kept_.push_back(text);
}

void RunReport::urgent(const std::string& text) {
  print(text);
}

void RunReport::decision(const daemon::RunDecision& decision) {
  // Of what programs do only what is not simply allowed: they do much.
  const bool effect = (decision.tool == daemon::kConnectionTool || decision.tool == daemon::kProgramTool) &&
                      decision.would != "allow";
  if (!effect && (!live_ || decision.tool_use_id.empty())) return;
  const bool refused = decision.verdict != "allow" && decision.verdict != "warn";
  std::string line = decision.verdict;
  if (decision.would != decision.verdict) line += " (would be " + decision.would + ")";
  line += "  " + printable(decision.tool, 40) + "  " + printable(decision.call, 100);
  if (refused && !decision.reason.empty()) line += "  — " + printable(decision.reason, 160);
  if (!decision.approval_id.empty()) line += "  [weir approve " + printable(decision.approval_id, 40) + "]";
  say(line);
}

void RunReport::summary(const RunEnd& end) {
  if (context_.json) {
    context_.err << compact(to_json(end)) << "\n" << std::flush;
    return;
  }
  for (const auto& line : kept_)
    print(line);
  if (context_.quiet) return;
  std::string line = one_call(end.totals.calls);
  add_count(line, end.totals.refused, "refused");
  add_count(line, end.totals.asked, "asked");
  add_count(line, end.totals.would_refuse, "would have been refused or asked");
  line += ", " + std::to_string(end.totals.divergences) +
          (end.totals.divergences == 1 ? " divergence" : " divergences");
  if (end.pod)
    line += "; in a pod, " + end.pod->level + " verified";
  else
    line += end.shield ? "; shield on" : "; no shield";
  if (!end.ended_because.empty()) line += "; ended by Weir: " + printable(end.ended_because, 200);
  print(line);
  if (!end.totals.held.empty()) {
    std::string held = "held:";
    for (const auto& id : end.totals.held)
      held += " " + printable(id, 40);
    print(held + "  (let one pass once: weir approve ID)");
  }
  if (end.pod && end.pod->changed)
    print("the workspace is as it was; what the agent changed: weir diff, weir commit, weir discard");
  if (end.transcript_expected && end.totals.transcripts == 0 && end.totals.calls > 0)
    print("no transcript of this run was found: a call that passed its hook by would not have been seen");
}

}  // namespace weir::cli
