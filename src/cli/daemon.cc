// `weir daemon`: the guard itself, in the foreground.
#include "daemon/daemon.h"

#include <csignal>
#include <ostream>

#include "cli/commands.h"

namespace weir::cli {
namespace {

constexpr double kAlertsPerDayMax = 10'000;

daemon::Daemon* running = nullptr;  // for the signal handler, which can be given nothing else

extern "C" void on_stop_signal(int) {
  if (running != nullptr) running->stop();
}

int run_daemon(const Args& args, Context& context) {
  daemon::DaemonOptions options;
  options.places = context.places;
  options.observe = args.value_or("--mode", "enforce") == "observe";
  options.probes = !args.has("--no-probes");
  options.log = os::Log::to_stderr(args.has("--verbose") ? os::Log::Level::debug
                                   : context.quiet       ? os::Log::Level::warn
                                                         : os::Log::Level::info);
  if (args.has("--system")) options.isolation = "system";
  if (const auto wanted = args.value("--alerts-per-day")) {
    const auto number = parse_json(*wanted);
    if (!number || !number->is_number() || number->as_double() <= 0 || number->as_double() > kAlertsPerDayMax)
      return usage_error("--alerts-per-day needs a number above 0, at most 10000", context,
                         "--no-anomalies switches them off");
    options.alerts_per_day = number->as_double();
  }
  if (args.has("--no-anomalies")) options.alerts_per_day = 0;
  const std::string mode = args.value_or("--mode", "enforce");
  if (mode != "enforce" && mode != "observe") return usage_error("--mode is enforce or observe", context);
  auto started = daemon::Daemon::start(options);
  if (!started) return report(started.error(), context);
  running = started->get();
  std::signal(SIGTERM, on_stop_signal);
  std::signal(SIGINT, on_stop_signal);
  std::signal(SIGHUP, SIG_IGN);
  const Status status = (*started)->run();
  running = nullptr;
  return status ? exit_code::kFine : report(status.error(), context);
}

}  // namespace

CommandSpec daemon_command() {
  return {
      .name = "daemon",
      .summary = "Run the guard in the foreground until SIGTERM",
      .description =
          "Answers hook calls, decides by policy, keeps the record. `weir run` and `weir init` start it for "
          "you; systemd runs it as a service.",
      .options = {{"--mode",
                   "MODE",
                   "enforce (default) or observe: record what would be refused, refuse nothing",
                   false,
                   false,
                   {"enforce", "observe"}},
                  {"--alerts-per-day", "N",
                   "how many unusual calls may be told, 3 unless given; see docs/detect.md"},
                  {"--no-anomalies", "", "do not learn what is usual, tell no unusual calls"},
                  {"--no-probes", "", "do not try the guarded paths every minute"},
                  {"--system", "", "state system isolation: the daemon runs as its own user"},
                  {"--verbose", "", "log more"}},
      .positionals = {},
      .takes_rest = false,
      .examples = {{"weir daemon", "guard this user's agents"}, {"weir daemon --mode observe", "watch only"}},
      .run = run_daemon};
}

}  // namespace weir::cli
