// `weir status`: what is on, and when each path was last seen to refuse.
#include <ostream>

#include "base/bytes.h"
#include "cli/commands.h"
#include "net/local_client.h"

namespace weir::cli {
namespace {

void print_paths(const Json& paths, Context& context) {
  if (!paths.is_array()) return;
  for (const auto& path : paths.as_array()) {
    const bool refused = path["refused"].bool_or(false);
    const std::string settings(path["settings"].text_or(""));
    context.out << (refused ? context.style.green("  refuses  ") : context.style.red("  ALARM    "))
                << path["agent"].text_or("") << "  "
                << printable(settings.empty() ? "the shim itself" : settings);
    if (refused)
      context.out << "  seen at the " << path["level"].text_or("") << " " << path["last_refused"].text_or("");
    else
      context.out << "  " << printable(path["problem"].text_or(""), 200);
    context.out << "\n";
  }
}

void print_status(const Json& status, Context& context) {
  const Style& style = context.style;
  context.out << style.bold("Weir is on") << " since " << status["since"].text_or("") << ", "
              << status["policies"].int_or(0) << " policies, isolation " << status["isolation"].text_or("")
              << "\n";
  if (status["stopped_all"].bool_or(false))
    context.out << style.red("all sessions are stopped") << " (weir resume --all)\n";
  if (!status["pin_set"].bool_or(false))
    context.out << style.yellow("no approval PIN is set") << ": held calls cannot be approved (weir pin)\n";
  context.out << "guarded paths:\n";
  print_paths(status["paths"], context);
  if (const Json& sessions = status["sessions"]; sessions.is_array() && !sessions.as_array().empty()) {
    context.out << "sessions:\n";
    for (const auto& session : sessions.as_array())
      context.out << "  " << printable(session.text_or("")) << "\n";
  }
  if (const Json& held = status["held"]; held.is_array() && !held.as_array().empty())
    context.out << style.yellow(std::to_string(held.as_array().size()) + " held call(s)")
                << ": weir approve --list\n";
}

bool alarm(const Json& status) {
  if (!status["paths"].is_array()) return true;
  for (const auto& path : status["paths"].as_array())
    if (!path["refused"].bool_or(false)) return true;
  return false;
}

int run_status(const Args&, Context& context) {
  auto client = net::LocalClient::connect(context.places.control_socket(), 2000);
  Result<Json> status = client ? client->call(Json::object({{"cmd", "status"}}), 10'000)
                               : Result<Json>(std::unexpected(client.error()));
  if (!status) {
    if (context.json) {
      context.out << compact(Json::object({{"running", false}, {"error", error_json(status.error())}}))
                  << "\n";
      return exit_code::kFindings;
    }
    context.err << "weir: " << printable(status.error().message()) << "\n";
    return exit_code::kFindings;
  }
  if (context.json)
    context.out << compact(*status) << "\n";
  else
    print_status(*status, context);
  return alarm(*status) ? exit_code::kFindings : exit_code::kFine;
}

}  // namespace

CommandSpec status_command() {
  return {.name = "status",
          .summary = "What is on, and when each path was last seen to refuse",
          .description = "Exit code 1 when the daemon is not running or a guarded path does not refuse.",
          .options = {},
          .positionals = {},
          .takes_rest = false,
          .examples = {{"weir status", "for people"}, {"weir status --json", "for scripts"}},
          .run = run_status};
}

}  // namespace weir::cli
