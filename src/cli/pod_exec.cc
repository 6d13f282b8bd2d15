// `weir pod exec` and `weir pod shell`: a command in a fresh pod, with the current directory as its
// workspace.
#include <unistd.h>

#include <filesystem>
#include <ostream>

#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/pod_profiles.h"
#include "os/files.h"
#include "os/process.h"
#include "pod/pod_launch.h"
#include "pod/pod_store.h"

namespace weir::cli {
namespace {

constexpr int kOwnFailure = 125;  // as env(1), docker and `weir run`

int own_failure(const Error& error, Context& context) {
  if (context.json)
    context.err << compact(Json::object({{"error", error_json(error)}})) << "\n";
  else
    context.err << "weir: " << printable(error.message(), 1000) << "\n";
  return kOwnFailure;
}

// A path of the command line as the pod wants it: absolute, without links.
std::string absolute(const std::string& path, const std::string& cwd) {
  return os::resolve_path(path.starts_with('/') ? path : cwd + "/" + path);
}

struct Prepared {
  pod::Pod stored;
  os::Fd lock;  // held while anything in the pod may run
  pod::PodPlan plan;
};

Result<pod::PodRequest> read_request(const Args& args, const Context& context,
                                     std::vector<std::string> argv) {
  if (argv.empty()) return fail("no command was given", {}, "weir pod exec -- make test");
  pod::PodRequest request;
  request.argv = std::move(argv);
  std::error_code error;
  request.workspace = std::filesystem::current_path(error).string();
  if (error) return fail(ErrorCode::not_found, "the current directory is gone", {}, "change to another one");
  request.home = context.places.home;
  request.user = os::user_name();
  request.env = os::environment();
  request.pass_env = args.values("--env");
  for (const auto& name : request.pass_env)
    if (name.empty() || name.contains('='))
      return fail("--env takes the name of a variable of yours",
                  printable(name.substr(0, name.find('=')), 100),
                  "its value is passed as it is: A=B weir pod exec --env A -- CMD");
  for (const auto& path : args.values("--ro"))
    request.read_only.push_back(absolute(path, request.workspace));
  for (const auto& path : args.values("--bind"))
    request.writable.push_back(absolute(path, request.workspace));
  request.keep_out = {context.places.state, context.places.runtime, context.places.config};
  return request;
}

// Everything that can go wrong before a process exists. What was made for a pod that cannot be is removed.
Result<Prepared> prepare(const Args& args, const Context& context, std::vector<std::string> argv) {
  TRY(pod::PodRequest request, read_request(args, context, std::move(argv)));
  TRY(pod::PodProfile profile, load_pod_profile(args.value_or("--profile", "generic"), context.places));
  for (const auto& text : args.values("--limits"))
    TRY_STATUS(pod::apply_limits_text(text, profile.limits));
  TRY(const pod::Level level, pod::level_from(args.value_or("--level", "L3")));
  const pod::PodStore store(context.places.state + "/pods");
  Prepared ready;
  TRY(ready.stored, store.create(request.workspace, profile.name));
  const auto finish = [&]() -> Status {
    TRY(ready.lock, store.lock(ready.stored));
    request.upper = ready.stored.upper;
    request.work = ready.stored.work;
    TRY(pod::PodSpec spec, pod::pod_spec(profile, request));
    spec.level = level;
    spec.accept_level = args.has("--accept-level");
    TRY(ready.plan, pod::plan_pod(spec));
    return {};
  };
  if (const Status finished = finish(); !finished) {
    (void)store.remove(ready.stored);
    return std::unexpected(finished.error());
  }
  return ready;
}

Json to_json(const Prepared& ready, const pod::PodResult& done, bool changed) {
  return Json::object({{"pod", ready.stored.id},
                       {"workspace", ready.stored.workspace},
                       {"exit", done.exit.code},
                       {"signal", done.exit.signal},
                       {"ended_because", done.ended_because},
                       {"changed", changed},
                       {"report", pod::to_json(done.report)}});
}

void tell(const Prepared& ready, const pod::PodResult& done, bool changed, Context& context) {
  if (context.json) {
    context.err << compact(to_json(ready, done, changed)) << "\n" << std::flush;
    return;
  }
  if (!done.ended_because.empty())
    context.err << "weir: the pod was ended, " << printable(done.ended_because, 200) << "\n";
  if (context.quiet) return;
  if (done.report.level() != pod::Level::L3)
    context.err << "weir: verified level " << pod::name(done.report.level()) << "; see `weir doctor`\n";
  if (changed)
    context.err << "weir: the workspace is as it was; what the pod changed: weir diff, weir commit, weir "
                   "discard\n";
}

// A pod that changed nothing leaves nothing behind.
bool keep_if_changed(Prepared& ready, const Context& context) {
  if (pod::PodStore::has_changes(ready.stored)) return true;
  (void)pod::PodStore(context.places.state + "/pods").remove_unchanged(ready.stored);
  return false;
}

// Before it starts: what the command will miss.
void tell_before(const Args& args, const Prepared& ready, Context& context) {
  if (context.quiet || context.json) return;
  const auto env = os::environment();
  for (const auto& name : args.values("--env"))
    if (!env.contains(name)) context.err << "weir: --env " << printable(name, 100) << " is not set here\n";
  for (const auto& note : ready.plan.notes)
    context.err << "weir: " << note << "\n";
  context.err << std::flush;
}

int run_in_pod(const Args& args, Context& context, std::vector<std::string> argv) {
  auto ready = prepare(args, context, std::move(argv));
  if (!ready) return own_failure(ready.error(), context);
  tell_before(args, *ready, context);
  const auto done = pod::launch_pod(ready->plan, {});
  const bool changed = keep_if_changed(*ready, context);
  if (!done) return own_failure(done.error(), context);
  tell(*ready, *done, changed, context);
  return done->exit.code;
}

int run_exec(const Args& args, Context& context) {
  return run_in_pod(args, context, args.rest());
}

int run_shell(const Args& args, Context& context) {
  if (::isatty(STDIN_FILENO) == 0) {
    const auto no_terminal = fail("a shell needs a terminal", "standard input",
                                  "for commands without one: weir pod exec -- sh -c 'COMMANDS'");
    return report(no_terminal.error(), context);
  }
  const bool bash = os::exists("/bin/bash") || os::exists("/usr/bin/bash");
  return run_in_pod(args, context, {bash ? "bash" : "sh", "-i"});
}

std::vector<Option> pod_options() {
  return {{"--profile",
           "NAME",
           "which part of the host is shown: generic (default), node, python, c++, or your own",
           false,
           false,
           {"generic", "node", "python", "c++"}},
          {"--level",
           "LEVEL",
           "what must be verified before the command runs: L3 (default) to L0",
           false,
           false,
           {"L3", "L2", "L1", "L0"}},
          {"--accept-level", "", "run also when less than --level was verified (recorded)"},
          {"--limits", "LIST", "NAME=VALUE,...: memory processes open_files cpu time disk file", true},
          {"--ro", "PATH", "show this, read-only", true},
          {"--bind", "PATH", "show this, writable: what is written there is on the host at once", true},
          {"--env", "NAME", "pass this environment variable, also when it looks like a secret", true}};
}

}  // namespace

CommandSpec pod_exec_command() {
  return {
      .name = "pod exec",
      .summary = "Run a command in a fresh pod; the workspace is untouched until you commit",
      .description =
          "The command sees an empty machine with the system's programs, a copy-on-write view of the current "
          "directory, its own processes and no network. Every wall is tried from inside before it starts. "
          "Exits with the command's exit code; 125 when Weir itself failed.",
      .options = pod_options(),
      .positionals = {},
      .takes_rest = true,
      .examples = {{"weir pod exec -- make test", "build and test; then weir diff"},
                   {"weir pod exec --profile node --limits memory=2G,time=10m -- npm test", "with limits"},
                   {"weir pod exec --json -- true", "what was verified, as JSON on standard error"}},
      .run = run_exec};
}

CommandSpec pod_shell_command() {
  return {.name = "pod shell",
          .summary = "Open a shell in a fresh pod",
          .description = "As `weir pod exec`, with a shell on this terminal; exit 2 without one.",
          .options = pod_options(),
          .positionals = {},
          .takes_rest = false,
          .examples = {{"weir pod shell", "look around; leave with exit"}},
          .run = run_shell};
}

}  // namespace weir::cli
