// `weir init` and `weir uninstall`: hooks into an agent's settings, and out again.
#include <unistd.h>

#include <filesystem>
#include <ostream>

#include "base/bytes.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "daemon/keys.h"
#include "daemon/start.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/process.h"
#include "setup/install.h"

namespace weir::cli {
namespace {

using setup::Agent;
using setup::Plan;
using setup::Scope;

std::string absolute(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

Result<Scope> scope_of(const Args& args) {
  const int given = args.has("--project") + args.has("--user") + args.has("--system");
  if (given > 1) return fail("more than one of --user, --project and --system", {}, "give one of them");
  return args.has("--project") ? Scope::project : args.has("--system") ? Scope::system : Scope::user;
}

// weir-hook beside weir, as packages and builds put it; --hook names another.
std::string hook_path(const Args& args) {
  if (const auto given = args.value("--hook")) return absolute(*given);
  const std::string self = os::self_path();
  return self.substr(0, self.rfind('/')) + "/weir-hook";
}

// --root DIR moves the system's files below a directory, for packages and tests.
std::string root_of(const Args& args) {
  std::string root = args.has("--root") ? absolute(args.value_or("--root", "")) : "";
  while (root.ends_with('/'))
    root.pop_back();
  return root;
}

setup::Surroundings surroundings_of(const Args& args, const Context& context) {
  auto around = setup::surroundings(context.places, os::environment(), absolute("."), root_of(args));
  around.now = rfc3339(os::wall_ns());
  return around;
}

// A system service keeps its key in its own state directory, below --root when that is given.
os::Places daemon_places(Scope scope, const setup::Surroundings& around) {
  if (scope != Scope::system) return around.places;
  os::Places places = setup::system_places();
  for (std::string* part : {&places.home, &places.config, &places.state, &places.runtime})
    *part = around.root + *part;
  return places;
}

Result<setup::Installation> installation_of(const Args& args, Scope scope,
                                            const setup::Surroundings& around) {
  setup::Installation installation{.hook_path = hook_path(args)};
  // The socket as the hooks will see it, that is without --root.
  installation.socket =
      scope == Scope::system ? setup::system_places().event_socket() : around.places.event_socket();
  // A dry run leaves nothing behind, not even a key.
  const os::Places places = daemon_places(scope, around);
  if (args.has("--dry-run") && !os::exists(places.public_key_file())) {
    installation.public_key_base64 = to_base64(Bytes(32, 0));
    return installation;
  }
  TRY(installation.public_key_base64, daemon::hook_public_key(places));
  return installation;
}

Json plan_json(const Plan& plan, bool dry_run) {
  Json files = Json::array();
  for (const auto& change : plan.changes) {
    const char* what = !change.bytes ? "removed" : change.file.bytes ? "changed" : "created";
    files.push(Json::object({{"path", change.file.path}, {"change", what}}));
  }
  Json json = Json::object({{"agent", setup::name(plan.agent)},
                            {"scope", setup::name(plan.scope)},
                            {"changed", !plan.changes.empty()},
                            {"dry_run", dry_run},
                            {"files", files},
                            {"notes", Json::strings(plan.notes)}});
  if (dry_run) json.set("diff", setup::plan_diff(plan));
  return json;
}

void print_plan(const Plan& plan, bool dry_run, std::string_view nothing, Context& context) {
  if (context.json) {
    context.out << compact(plan_json(plan, dry_run)) << "\n";
    return;
  }
  if (dry_run) context.out << setup::plan_diff(plan);
  if (context.quiet) return;
  if (plan.changes.empty()) context.out << setup::name(plan.agent) << ": " << nothing << "\n";
  if (!dry_run)
    for (const auto& change : plan.changes)
      context.out << context.style.green(!change.bytes       ? "removed"
                                         : change.file.bytes ? "changed"
                                                             : "created")
                  << " " << printable(change.file.path) << "\n";
  for (const auto& note : plan.notes)
    context.out << context.style.dim("note: ") << printable(note) << "\n";
}

// Without a daemon every guarded call is refused, so one is started now; a login service is the person's
// choice.
int start_daemon(Context& context) {
  const auto started = daemon::ensure_daemon({.places = context.places, .program = os::self_path()});
  if (!started) return report(started.error(), context);
  if (*started && !context.quiet && !context.json)
    context.out << "The daemon runs now; after the next login start it again with `weir daemon`, or install "
                   "packaging/weir.service.\n";
  return exit_code::kFine;
}

int run_init(const Args& args, Context& context) {
  const std::string word = args.positional_or(0, "");
  const auto agent = setup::agent_from(word);
  if (!agent)
    return report(
        {ErrorCode::invalid, "no such agent", word, "Weir guards claude and codex; see `weir status`"},
        context);
  const auto scope = scope_of(args);
  if (!scope) return report(scope.error(), context);
  const auto around = surroundings_of(args, context);
  const auto plan_and_apply = [&]() -> Result<Plan> {
    const bool dry_run = args.has("--dry-run");
    os::Fd lock;
    if (!dry_run) {
      TRY(lock, setup::lock_records(around.places));
    }
    TRY(const auto installation, installation_of(args, *scope, around));
    TRY(const auto records, setup::read_records(around.places));
    TRY(Plan plan, setup::plan_install(*agent, *scope, installation, around, records, os::self_path()));
    if (!dry_run) TRY_STATUS(setup::apply(plan, around.places, records));
    return plan;
  };
  const auto plan = plan_and_apply();
  if (!plan) return report(plan.error(), context);
  print_plan(*plan, args.has("--dry-run"), "guarded already, nothing to change", context);
  if (!context.json && !context.quiet && !args.has("--dry-run") && !plan->changes.empty())
    context.out
        << "Start it anew: the agent reads its hooks when it starts. `weir status` shows what is on.\n";
  if (args.has("--dry-run") || args.has("--no-start") || *scope == Scope::system) return exit_code::kFine;
  return start_daemon(context);
}

// The installations that `weir uninstall` is about: all of them, or those of one agent or scope.
bool meant(const setup::InstallRecord& record, const std::optional<Agent>& agent, const Args& args,
           const setup::Surroundings& around) {
  if (agent && record.agent != *agent) return false;
  if (args.has("--user")) return record.scope == Scope::user;
  if (args.has("--system")) return record.scope == Scope::system && record.directory == around.root;
  if (args.has("--project")) return record.scope == Scope::project && record.directory == around.project_dir;
  return true;
}

// Hooks whose record was lost are found in the agents' own files.
Result<std::vector<Plan>> plan_unrecorded(const std::optional<Agent>& agent, Scope scope,
                                          const setup::Surroundings& around) {
  std::vector<Plan> plans;
  for (const Agent each : {Agent::claude, Agent::codex}) {
    if (agent && each != *agent) continue;
    TRY(Plan plan, setup::plan_uninstall_unrecorded(each, scope, around));
    plans.push_back(std::move(plan));
  }
  return plans;
}

Result<std::vector<Plan>> uninstall(const std::optional<Agent>& agent, Scope scope, const Args& args,
                                    const setup::Surroundings& around) {
  const bool dry_run = args.has("--dry-run");
  os::Fd lock;
  if (!dry_run) {
    TRY(lock, setup::lock_records(around.places));
  }
  std::vector<Plan> done;
  TRY(auto records, setup::read_records(around.places));
  const auto all = records;
  for (const auto& record : all) {
    if (!meant(record, agent, args, around)) continue;
    TRY(Plan plan, setup::plan_uninstall(record, records));
    if (!dry_run) {
      TRY_STATUS(setup::apply(plan, around.places, records));
      TRY(records, setup::read_records(around.places));
    }
    done.push_back(std::move(plan));
  }
  if (!done.empty()) return done;
  TRY(done, plan_unrecorded(agent, scope, around));
  for (const auto& plan : done)
    if (!dry_run) TRY_STATUS(setup::apply(plan, around.places, records));
  return done;
}

int run_uninstall(const Args& args, Context& context) {
  const std::string word = args.positional_or(0, "");
  const auto agent = setup::agent_from(word);
  if (!agent && !word.empty())
    return report({ErrorCode::invalid, "no such agent", word, "name claude or codex, or none for all"},
                  context);
  const auto scope = scope_of(args);
  if (!scope) return report(scope.error(), context);
  const auto plans = uninstall(agent, *scope, args, surroundings_of(args, context));
  if (!plans) return report(plans.error(), context);
  for (const auto& plan : *plans)
    print_plan(plan, args.has("--dry-run"), "no hooks of Weir found", context);
  return exit_code::kFine;
}

std::vector<Option> scope_options() {
  return {{"--user", "", "this person's settings (the default)"},
          {"--project", "", "the current directory's settings, on this machine only"},
          {"--system", "", "managed settings of the whole machine and the service; needs root"},
          {"--dry-run", "", "show a unified diff and change nothing"},
          {"--root", "DIR", "with --system: write below DIR instead of /"}};
}

}  // namespace

CommandSpec init_command() {
  auto options = scope_options();
  options.push_back({"--hook", "FILE", "the shim; default: weir-hook beside weir"});
  options.push_back({"--no-start", "", "do not start the daemon"});
  return {.name = "init",
          .summary = "Put Weir's hooks into an agent's settings",
          .description =
              "Keeps everything else in the files, may be run again at any time, and records what it "
              "changed, so that `weir uninstall` gives the files back byte for byte.",
          .options = std::move(options),
          .positionals = {{"AGENT", "claude or codex", true, false, {"claude", "codex"}}},
          .examples = {{"weir init claude", "guard every session of this person"},
                       {"weir init codex --dry-run", "show what would be written"},
                       {"weir init claude --project", "guard sessions in this directory only"},
                       {"sudo weir init claude --system", "guard everybody; users cannot switch it off"}},
          .run = run_init};
}

CommandSpec uninstall_command() {
  return {.name = "uninstall",
          .summary = "Take Weir's hooks out of agents' settings again",
          .description =
              "Files that nobody changed since come back byte for byte; from others only Weir's own "
              "entries are removed.",
          .options = scope_options(),
          .positionals = {{"AGENT", "claude or codex; default: all", false, false, {"claude", "codex"}}},
          .examples = {{"weir uninstall", "everything that was installed"},
                       {"weir uninstall codex --dry-run", "show what would change"}},
          .run = run_uninstall};
}

}  // namespace weir::cli
