// `weir run`: one guarded run of an agent, without touching the user's configuration.
//
// The order matters: the daemon runs; the command line is made safe; the shield stands and was tried; the run
// is registered and that is durable; only then the agent starts. docs/run.md tells it to people.
#include <unistd.h>

#include <filesystem>
#include <ostream>

#include "base/bytes.h"
#include "base/limits.h"
#include "cli/commands.h"
#include "cli/guarded_run.h"
#include "cli/pod_start.h"
#include "daemon/keys.h"
#include "daemon/run_shield.h"
#include "daemon/start.h"
#include "os/files.h"
#include "os/process.h"
#include "pod/launch.h"
#include "setup/agent_command.h"
#include "setup/inspect.h"
#include "setup/install.h"

namespace weir::cli {
namespace {

constexpr int kOwnFailure = 125;  // as env(1), docker and `weir pod exec`
constexpr int kTickMs = 100;
constexpr const char* kManagedSettings = "/etc/claude-code/managed-settings.json";

int own_failure(const Error& error, Context& context) {
  if (context.json)
    context.err << compact(Json::object({{"error", error_json(error)}})) << "\n";
  else
    context.err << "weir: " << printable(error.message(), 1000) << "\n";
  return kOwnFailure;
}

Result<std::vector<std::string>> codex_keys(const os::Places& places) {
  std::vector<std::string> keys;
  TRY(const auto paths, setup::installed_paths(places));
  for (const auto& path : paths)
    if (path.agent == setup::Agent::codex)
      keys.insert(keys.end(), path.trust_keys.begin(), path.trust_keys.end());
  return keys;
}

std::string beside(const std::string& program, std::string_view name) {
  return program.substr(0, program.rfind('/') + 1).append(name);
}

// What belongs to a pod alone, and what a pod has no need of.
Status check_options(const Args& args, const Run& run) {
  if (run.pod && !run.shield) return fail("--pod and --no-shield contradict each other", "--no-shield");
  if (!run.pod && args.has("--follow-data"))
    return fail("--follow-data needs a pod, whose programs are supervised", "--follow-data", "add --pod");
  if (!run.pod && args.has("--no-credentials"))
    return fail("only a pod knows this option", "--no-credentials", "weir run --pod --no-credentials …");
  for (const auto& options : {pod_level_options(), pod_request_options()})
    for (const auto& option : options)
      if (!run.pod && args.has(option.name))
        return fail("only a pod knows this option", option.name, "weir run --pod " + option.name + " …");
  return {};
}

// Checks what the person wants and makes the command line of this run.
Result<Run> prepare(const Args& args, const Context& context) {
  Run run;
  run.argv = args.rest();
  const std::string mode = args.value_or("--mode", "enforce");
  if (mode != "enforce" && mode != "observe")
    return fail("no such mode", mode, "--mode is enforce or observe");
  if (run.argv.empty()) return fail("no command was given", {}, "weir run -- claude -p 'fix the tests'");
  run.observe = mode == "observe";
  run.shield = !args.has("--no-shield");
  if (args.has("--pod")) run.pod = args.value_or("--pod", "");
  TRY_STATUS(check_options(args, run));
  std::error_code error;
  run.cwd = std::filesystem::current_path(error).string();
  if (error) return fail(ErrorCode::not_found, "the current directory is gone", {}, "change to another one");

  const std::string program = os::self_path();
  run.installation.hook_path = beside(program, "weir-hook");
  run.installation.socket = context.places.event_socket();
  TRY(run.installation.public_key_base64, daemon::hook_public_key(context.places));
  TRY(const std::string digest, setup::check_shim(run.installation.hook_path, setup::Scope::user));
  (void)digest;
  run.directory = context.places.runtime + "/runs/" + run.id;
  run.settings_file = (run.pod ? kPodWeir : run.directory) + std::string("/settings.json");

  setup::RunRequest request{
      .argv = run.argv, .env = run.env, .installation = run.installation, .settings_file = run.settings_file};
  request.in_pod = run.pod.has_value();
  if (request.in_pod) {
    request.installation.hook_path = std::string(kPodWeir) + "/weir-hook";
    request.installation.socket = std::string(kPodWeir) + "/event.sock";
    auto local = os::read_file(run.cwd + "/.claude/settings.local.json", limits::kSettingsBytesMax);
    if (local) request.local_settings = *std::move(local);
  }
  if (os::exists(kManagedSettings)) {
    TRY(request.managed_settings, os::read_file(kManagedSettings, limits::kSettingsBytesMax));
  }
  TRY(request.installed_trust_keys, codex_keys(context.places));
  request.read_file = [](const std::string& path) { return os::read_file(path, limits::kSettingsBytesMax); };
  TRY(run.command, setup::guard_command(request));
  if (!run.command.agent)
    run.command.warnings.push_back(
        "Weir has no hooks for `" + printable(run.argv[0], 100) +
        "`: its tool calls are not judged; only agents that it starts with hooks of their own are.");
  return run;
}

Status write_settings(const Run& run) {
  if (!run.command.settings || run.pod) return {};
  TRY_STATUS(os::make_dirs(run.directory, 0700));
  return os::write_file_atomic(run.settings_file, *run.command.settings, 0600, os::Durability::none);
}

// Removes what this run alone needed, at its end.
class RunDirectory {
 public:
  explicit RunDirectory(std::string path) : path_(std::move(path)) {}
  ~RunDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

 private:
  std::string path_;
};

// Does the program draw on the terminal itself? Only the agents' forms that print and end do not.
bool is_interactive(const Run& run) {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) return false;
  const auto says = [&](std::initializer_list<std::string_view> words) {
    for (const auto& word : run.argv)
      for (const auto one : words)
        if (word == one) return true;
    return false;
  };
  if (!run.command.agent) return true;
  return *run.command.agent == setup::Agent::claude ? !says({"-p", "--print"})
                                                    : !says({"exec", "e", "review"});
}

Json shield_facts(const std::optional<pod::ShieldReport>& report) {
  return report ? pod::to_json(*report) : Json::object({{"off", "given up by --no-shield"}});
}

// The run behind the light shield, from start to end; what the callbacks of pod::launch share.
class Guarded {
 public:
  Guarded(const Run& run, daemon::RunLink& link, RunReport& report, const os::Places& places)
      : run_(run),
        link_(link),
        report_(report),
        course_(run, link, report, transcripts_of(run, places)),
        shield_{.places = places,
                .cwd = run.cwd,
                .env = run.env,
                .uid = ::geteuid(),
                .program = os::self_path(),
                .hook = run.installation.hook_path,
                .read_only_more = {}} {
    // The program that people start lies beside the one that it becomes.
    if (const std::string front = beside(os::self_path(), "weir"); os::exists(front))
      shield_.read_only_more.push_back(front);
    if (run.command.settings) shield_.read_only_more.push_back(run.settings_file);
  }

  Result<RunEnd> go();

 private:
  Status on_ready(const pod::Started& started);
  void on_tick(pod::Supervised& supervised);
  void on_breach(const std::vector<std::string>& what, pod::Supervised& supervised);
  static RunCourse::End ending(pod::Supervised& supervised);

  const Run& run_;
  daemon::RunLink& link_;
  RunReport& report_;
  RunCourse course_;
  daemon::RunShield shield_;
  pod::LaunchOptions options_;
  bool shield_on_ = false;
};

Status Guarded::on_ready(const pod::Started& started) {
  shield_on_ = started.report.has_value();
  // A light shield is not a pod: Decisions go on saying same_user, the entry of this run says what stood.
  daemon::RunStart start = course_.start();
  start.shield = shield_facts(started.report);
  return link_.begin(start);
}

// Frozen first: nothing of it runs while the tree is ended.
RunCourse::End Guarded::ending(pod::Supervised& supervised) {
  return [&supervised](const std::string& why) {
    (void)supervised.quarantine(why);
    (void)supervised.kill(why);
  };
}

void Guarded::on_tick(pod::Supervised& supervised) {
  course_.tick(ending(supervised));
  if (course_.lost()) options_.wake_fds.clear();  // a closed connection is readable for ever
}

void Guarded::on_breach(const std::vector<std::string>& what, pod::Supervised& supervised) {
  (void)link_.tell("breach", Json::object({{"what", Json::strings(what)}}));
  for (const auto& breach : what) {
    if (daemon::breach_is_fatal(breach, shield_)) {
      course_.end("quarantined: the shield no longer holds: " + printable(breach, 300), ending(supervised));
      return;
    }
    report_.say("shield: " + printable(breach, 300) + "; this run's own hooks stay in force");
  }
}

Result<RunEnd> Guarded::go() {
  options_.argv = run_.command.argv;
  options_.env = run_.env;
  options_.cwd = run_.cwd;
  if (run_.shield) options_.shield = daemon::run_shield(shield_);
  options_.tick_ms = kTickMs;
  options_.wake_fds = {link_.fd()};
  options_.on_ready = [this](const pod::Started& started) { return on_ready(started); };
  options_.on_tick = [this](pod::Supervised& supervised) { on_tick(supervised); };
  options_.on_breach = [this](const auto& what, pod::Supervised& supervised) { on_breach(what, supervised); };
  TRY(const pod::LaunchResult done, pod::launch(options_));

  RunEnd end = course_.finish(done.exit.code, done.ended_because);
  for (const auto& survivor : done.survivors)
    report_.urgent("still running, and out of reach: " + printable(survivor.name, 40) + " (pid " +
                   std::to_string(survivor.pid) + ")");
  end.shield = shield_on_;
  course_.record(end);
  return end;
}

Error explain(Error error, const Run& run) {
  if (run.shield && !run.pod && error.code == ErrorCode::unavailable && error.hint.empty())
    error.hint = "without the shield: weir run --no-shield -- …";
  return error;
}

int run_run(const Args& args, Context& context) {
  if (auto started = daemon::ensure_daemon({.places = context.places, .program = os::self_path()}); !started)
    return own_failure(started.error(), context);
  auto run = prepare(args, context);
  if (!run) return own_failure(run.error(), context);
  const RunDirectory directory(run->directory);
  if (const Status written = write_settings(*run); !written) return own_failure(written.error(), context);
  auto link = daemon::RunLink::open(context.places);
  if (!link) return own_failure(link.error(), context);

  const bool interactive = is_interactive(*run);
  const bool live =
      !context.quiet && !context.json && (args.has("--verbose") || ::isatty(STDERR_FILENO) != 0);
  RunReport report(context, live, interactive && ::isatty(STDERR_FILENO) != 0);
  if (!context.quiet)
    for (const auto& warning : run->command.warnings)
      report.urgent(warning);
  const auto end = run->pod ? run_in_pod(args, *run, *link, report, context)
                            : Guarded(*run, *link, report, context.places).go();
  if (!end) return own_failure(explain(end.error(), *run), context);
  report.summary(*end);
  return end->exit_code;
}

std::vector<Option> run_options() {
  std::vector<Option> options = {
      {"--mode",
       "MODE",
       "enforce (default) or observe: record what would be refused, refuse nothing",
       false,
       false,
       {"enforce", "observe"}},
      {"--pod", "PROFILE", "in a pod, as `weir pod exec`; the profile is told with --pod=PROFILE", false,
       true},
      {"--no-shield", "", "give up the light shield (recorded): setuid programs work again"},
      {"--no-credentials", "", "with --pod: do not keep what the agent signs in with outside by itself"},
      {"--follow-data", "",
       "with --pod: know what programs hold when they connect and write; slows what opens many files"},
      {"--verbose", "", "print decisions also when standard error is no terminal"}};
  for (const auto& list : {pod_level_options(), pod_request_options()})
    options.insert(options.end(), list.begin(), list.end());
  return options;
}

}  // namespace

CommandSpec run_command() {
  return {
      .name = "run",
      .summary = "Run one agent guarded, without changing its configuration",
      .description =
          "Starts the daemon if need be, gives the agent hooks for this run, puts it behind the light shield "
          "and watches its transcript: a tool call that passed its hook by ends the run. With --pod it runs "
          "in "
          "a pod of its own: what it changes in the current directory is kept apart for `weir diff`. Exits "
          "with "
          "the agent's exit code; 125 when Weir itself failed or ended the run.",
      .options = run_options(),
      .positionals = {},
      .takes_rest = true,
      .examples =
          {{"weir run -- claude", "Claude Code, guarded"},
           {"weir run -- codex exec 'fix the failing test'", "Codex, guarded"},
           {"weir run --pod -- claude -p 'fix the tests'", "in a pod; then weir diff, weir commit"},
           {"weir run --pod --credential GITHUB_TOKEN@api.github.com -- claude",
            "with a credential that the pod never sees; the agent's own sign-in stays outside by itself"},
           {"weir run --mode observe -- claude", "only record what would be refused"}},
      .run = run_run};
}

}  // namespace weir::cli
