// `weir doctor`: is everything on, what can this host enforce, and does the real agent obey (--live).
#include <filesystem>
#include <ostream>

#include "base/bytes.h"
#include "cli/commands.h"
#include "daemon/doctor.h"
#include "daemon/live_test.h"
#include "net/local_client.h"
#include "os/process.h"

namespace weir::cli {
namespace {

using daemon::Check;
using daemon::Health;

constexpr int kConnectMs = 2000;
constexpr int kProbeMs = 60'000;

daemon::Examination examination(const Context& context) {
  std::error_code error;
  const auto cwd = std::filesystem::current_path(error);
  return {.places = context.places, .env = os::environment(), .cwd = error ? "/" : cwd.string()};
}

void print_row(const Check& row, Context& context) {
  if (context.quiet && row.health == Health::ok) return;
  const Style& style = context.style;
  const std::string word = row.health == Health::ok     ? style.green("ok  ")
                           : row.health == Health::warn ? style.yellow("warn")
                                                        : style.red("FAIL");
  context.out << word << "  " << style.bold(row.name) << "  " << printable(row.detail, 600) << "\n";
  if (!row.mend.empty()) context.out << "        " << style.dim("-> ") << printable(row.mend, 300) << "\n";
}

int finish(const std::vector<Check>& rows, Context& context) {
  std::size_t failed = 0;
  std::size_t warned = 0;
  for (const auto& row : rows) {
    failed += row.health == Health::fail ? 1 : 0;
    warned += row.health == Health::warn ? 1 : 0;
  }
  if (context.json) {
    Json list = Json::array();
    for (const auto& row : rows)
      list.push(to_json(row));
    context.out << compact(Json::object({{"ok", failed == 0}, {"checks", std::move(list)}})) << "\n";
  } else {
    for (const auto& row : rows)
      print_row(row, context);
    if (!context.quiet)
      context.out << rows.size() << " checks, " << failed << " failed, " << warned << " to know about\n";
  }
  return failed == 0 ? exit_code::kFine : exit_code::kFindings;
}

// Tells the daemon what was seen: it stands in `status`, in later Decisions and in the ledger.
Status tell_daemon(const daemon::LiveReport& report, const Context& context) {
  TRY(auto client, net::LocalClient::connect(context.places.control_socket(), kConnectMs));
  TRY(const Json done, client.call(Json::object({{"cmd", "live"},
                                                 {"path", report.path},
                                                 {"version", report.version},
                                                 {"refused", report.held()},
                                                 {"detail", report.detail}}),
                                   kProbeMs));
  (void)done;
  return {};
}

// A test of an agent proves nothing while the daemon is off; and paths installed a moment ago are not known
// to it before they are probed.
Status wake_daemon(const Context& context) {
  TRY(auto client, net::LocalClient::connect(context.places.control_socket(), kConnectMs));
  TRY(const Json probed, client.call(Json::object({{"cmd", "probe"}}), kProbeMs));
  (void)probed;
  return {};
}

Result<std::vector<daemon::LiveOptions>> live_tests(setup::Agent agent, const Context& context) {
  const auto what = examination(context);
  daemon::LiveOptions test{.places = context.places, .agent = agent};
  const auto path = what.env.find("PATH");
  test.search_path = path == what.env.end() ? "/usr/local/bin:/usr/bin:/bin" : path->second;
  const Json agents = daemon::agents_here(what);
  for (const auto& found : agents.as_array())
    if (found["name"].text_or("") == setup::name(agent)) {
      test.program = found["program"].text_or("");
      test.version = found["version"].text_or("");
    }
  if (test.program.empty())
    return fail(ErrorCode::not_found, "the agent is not in PATH", std::string(setup::name(agent)),
                "install it, or put it into PATH");
  TRY(const auto installed, setup::installed_paths(context.places));
  std::vector<daemon::LiveOptions> tests;
  for (const auto& each : installed) {
    if (each.agent != agent) continue;
    tests.push_back(test);
    tests.back().path = each;
  }
  if (tests.empty()) tests.push_back(test);
  return tests;
}

int run_live(setup::Agent agent, Context& context) {
  if (const Status awake = wake_daemon(context); !awake) return report(awake.error(), context);
  const auto tests = live_tests(agent, context);
  if (!tests) return report(tests.error(), context);
  std::vector<Check> rows;
  for (const auto& test : *tests) {
    if (!context.json && !context.quiet)
      context.err << "starting " << printable(test.program) << " against the bundled model ...\n";
    const auto seen = daemon::run_live(test);
    if (!seen) {
      rows.push_back({"live " + std::string(setup::name(agent)), Health::fail, seen.error().message(),
                      seen.error().hint});
      continue;
    }
    const std::string version = seen->version.empty() ? "" : " " + seen->version;
    rows.push_back({"live " + seen->path, seen->held() ? Health::ok : Health::fail,
                    std::string(setup::name(agent)) + version + ": " + seen->detail + " (" +
                        std::to_string(seen->duration_ms) + " ms)",
                    seen->held() ? "" : "look at `weir doctor` and `weir log`, then `weir init` again"});
    // An agent that did not even ask for the call proves nothing either way.
    if (!seen->asked) continue;
    if (const Status told = tell_daemon(*seen, context); !told)
      rows.push_back({"record of the test", Health::fail, told.error().message(), "is the daemon running?"});
  }
  return finish(rows, context);
}

int run_doctor(const Args& args, Context& context) {
  const auto word = args.value("--live");
  if (!word) return finish(daemon::examine(examination(context)), context);
  const auto agent = setup::agent_from(*word);
  if (!agent)
    return report({ErrorCode::invalid, "no such agent", *word, "--live is claude or codex"}, context);
  return run_live(*agent, context);
}

}  // namespace

CommandSpec doctor_command() {
  return {
      .name = "doctor",
      .summary = "Check that everything is on, and what this host can enforce",
      .description =
          "Probes every guarded path, looks at settings, keys, sockets, record, disk and clock, and tries "
          "the shield of `weir run`. With --live it starts the real agent once, in an empty home, against "
          "a bundled model on loopback that asks for a forbidden (and harmless) call, and shows whether "
          "it was refused. Exit code 1 when something fails.",
      .options =
          {{"--live", "AGENT", "test the real agent: claude or codex", false, false, {"claude", "codex"}}},
      .positionals = {},
      .takes_rest = false,
      .examples = {{"weir doctor", "all checks, what to mend beside each"},
                   {"weir doctor --live claude", "does Claude Code obey a refusal here?"},
                   {"weir doctor --json", "for scripts"}},
      .run = run_doctor};
}

}  // namespace weir::cli
