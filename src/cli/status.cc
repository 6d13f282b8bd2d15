// `weir status`: what is on, and when each path was last seen to refuse.
#include <filesystem>
#include <ostream>

#include "base/bytes.h"
#include "cli/commands.h"
#include "daemon/doctor.h"
#include "net/local_client.h"
#include "os/process.h"

namespace weir::cli {
namespace {

std::string seconds_of(const Json& time) {
  return std::string(time.text_or("").substr(0, 19)) + "Z";
}

void print_path(const Json& path, Context& context) {
  const Style& style = context.style;
  const bool refused = path["refused"].bool_or(false);
  context.out << (refused ? style.green("  refuses  ") : style.red("  ALARM    "))
              << style.bold(printable(path["path"].text_or(""))) << "  ";
  if (!refused) context.out << printable(path["problem"].text_or(""), 400) << "; ";
  if (path["last_refused"].is_null())
    context.out << "never seen to refuse";
  else
    context.out << "last seen to refuse " << seconds_of(path["last_refused"]);
  if (!path["last_agent"].is_null())
    context.out << ", through the agent " << printable(path["agent_version"].text_or("")) << " "
                << seconds_of(path["last_agent"]);
  else if (refused)
    context.out << style.dim(", at the shim only (weir doctor --live)");
  context.out << "\n";
}

void print_unguarded(const Json& agents, Context& context) {
  if (!agents.is_array()) return;
  for (const auto& agent : agents.as_array()) {
    if (!agent["guarded"].as_array().empty() || agent["program"].text_or("").empty()) continue;
    context.out << context.style.yellow("  not guarded  ") << printable(agent["name"].text_or("")) << " "
                << printable(agent["version"].text_or("")) << "  " << printable(agent["program"].text_or(""))
                << (agent["supported"].bool_or(false) ? "  (weir init, or weir run)" : "  (no hooks for it)")
                << "\n";
  }
}

void print_anomalies(const Json& anomalies, Context& context) {
  if (!anomalies["on"].bool_or(false)) return;
  std::int64_t told = 0;
  if (anomalies["families"].is_array())
    for (const auto& family : anomalies["families"].as_array())
      told += family["told"].int_or(0);
  context.out << "unusual calls: " << told << " told of " << anomalies["calls"].int_or(0)
              << " learned, at most " << compact(anomalies["alerts_per_day"]) << " a day\n";
  if (anomalies.has("problem"))
    context.out << context.style.yellow("  what was learned: ")
                << printable(anomalies["problem"].text_or(""), 300) << "\n";
}

void print_carried(const Json& carried, Context& context) {
  const Style& style = context.style;
  if (carried["paths"].int_or(0) > 0)
    context.out << "files that untrusted sessions wrote: " << carried["paths"].int_or(0) << "\n";
  if (carried["directories"].int_or(0) > 0)
    context.out << style.yellow("  " + std::to_string(carried["directories"].int_or(0)) + " of them")
                << " are directories in which every file counts (there were more than "
                << carried["horizon"].int_or(0) << ", or one call wrote all of it)\n";
  if (carried["forgotten_contents"].int_or(0) > 0)
    context.out << style.yellow("  copies of older ones") << " made outside of agents are not recognised\n";
  if (carried.has("problem"))
    context.out << style.red("  labels of files: ") << printable(carried["problem"].text_or(""), 400) << "\n";
}

void print_planner(const Json& planner, Context& context) {
  if (planner.has("problem"))
    context.out << context.style.yellow("planner off: ") << printable(planner["problem"].text_or(""), 400)
                << "\n";
  if (!planner["on"].bool_or(false)) return;
  context.out << "planner: " << printable(planner["program"].text_or("")) << ", " << planner["used"].int_or(0)
              << " of " << planner["asked"].int_or(0) << " prompts planned\n";
  if (const Json& last = planner["last_problem"]; !last.is_null())
    context.out << context.style.yellow("  last failed ") << seconds_of(last["time"]) << ": "
                << printable(last["why"].text_or(""), 300) << "\n";
}

std::string profile_text(const Json& status) {
  const std::string name = printable(status["profile"].text_or(""));
  return name.empty() ? "" : " (profile " + name + ")";
}

void print_status(const Json& status, Context& context) {
  const Style& style = context.style;
  const bool observing = status["mode"].text_or("") == "observe";
  context.out << style.bold("Weir is on") << " since " << seconds_of(status["since"]) << ", mode "
              << (observing ? style.yellow("observe (refuses nothing)") : "enforce") << ", "
              << status["policies"].int_or(0) << " policies" << profile_text(status) << ", isolation "
              << status["isolation"].text_or("") << "\n";
  const Json& ledger = status["ledger"];
  if (ledger.has("problem"))
    context.out << style.red("ledger: ") << printable(ledger["problem"].text_or(""), 300) << "\n";
  else
    context.out << "ledger: " << ledger["size"].int_or(0) << " entries, root " << ledger["root"].text_or("")
                << "\n";
  if (status["stopped_all"].bool_or(false))
    context.out << style.red("all sessions are stopped") << " (weir resume --all)\n";
  if (const Json& forgotten = status["forgotten"]; forgotten["sessions"].int_or(0) > 0)
    context.out << style.yellow(std::to_string(forgotten["sessions"].int_or(0)) + " session(s)")
                << " with a past longer than may be kept: facts and correlations of them may be too low\n";
  if (const auto claims = status["prompts_not_believed"].int_or(0); claims > 0)
    context.out << style.yellow(std::to_string(claims) + " prompt(s) not believed")
                << ": a tool's process reported them as yours (weir log)\n";
  if (!status["pin_set"].bool_or(false))
    context.out << style.yellow("no approval PIN is set") << ": held calls cannot be approved (weir pin)\n";
  context.out << "guarded paths:\n";
  if (status["paths"].is_array())
    for (const auto& path : status["paths"].as_array())
      print_path(path, context);
  print_unguarded(status["agents"], context);
  print_anomalies(status["anomalies"], context);
  print_carried(status["carried"], context);
  print_planner(status["planner"], context);
  if (const Json& sessions = status["sessions"]; sessions.is_array() && !sessions.as_array().empty()) {
    context.out << "sessions:\n";
    for (const auto& session : sessions.as_array())
      context.out << "  " << printable(session.text_or("")) << "\n";
  }
  if (const Json& held = status["held"]; held.is_array() && !held.as_array().empty())
    context.out << style.yellow(std::to_string(held.as_array().size()) + " held call(s)")
                << ": weir approve --list\n";
}

// A daemon that runs without probes has no paths to show: that is an alarm too.
bool alarm(const Json& status) {
  if (!status["paths"].is_array() || status["paths"].as_array().empty()) return true;
  for (const auto& path : status["paths"].as_array())
    if (!path["refused"].bool_or(false)) return true;
  return status["ledger"].has("problem");
}

Result<Json> ask_daemon(const Context& context) {
  TRY(auto client, net::LocalClient::connect(context.places.control_socket(), 2000));
  return client.call(Json::object({{"cmd", "status"}}), 10'000);
}

int run_status(const Args&, Context& context) {
  std::error_code error;
  const auto cwd = std::filesystem::current_path(error);
  const daemon::Examination here{
      .places = context.places, .env = os::environment(), .cwd = error ? "/" : cwd.string()};
  const Json agents = daemon::agents_here(here);
  auto status = ask_daemon(context);
  if (!status) {
    if (context.json) {
      context.out << compact(Json::object(
                         {{"running", false}, {"error", error_json(status.error())}, {"agents", agents}}))
                  << "\n";
      return exit_code::kFindings;
    }
    context.err << "weir: " << printable(status.error().message()) << "\n";
    print_unguarded(agents, context);
    return exit_code::kFindings;
  }
  status->set("ledger", daemon::ledger_now(context.places)).set("agents", agents);
  if (context.json)
    context.out << compact(*status) << "\n";
  else
    print_status(*status, context);
  return alarm(*status) ? exit_code::kFindings : exit_code::kFine;
}

}  // namespace

CommandSpec status_command() {
  return {
      .name = "status",
      .summary = "What is on, and when each path was last seen to refuse",
      .description =
          "Says for each guarded path whether the last probe was refused, when it was last seen to refuse, "
          "and whether at the shim or through the agent itself. Exit code 1 when the daemon is not "
          "running, a guarded path does not refuse, or the ledger cannot be believed.",
      .options = {},
      .positionals = {},
      .takes_rest = false,
      .examples = {{"weir status", "for people"}, {"weir status --json", "for scripts"}},
      .run = run_status};
}

}  // namespace weir::cli
