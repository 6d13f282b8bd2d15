// `weir pod exec` and `weir pod shell`: a command in a fresh pod, with the current directory as its
// workspace.
#include <unistd.h>

#include <ostream>

#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/pod_choice.h"
#include "cli/pod_egress.h"
#include "cli/pod_prepare.h"
#include "cli/pod_publish.h"
#include "cli/pod_start.h"
#include "cli/pod_supervision.h"
#include "os/files.h"
#include "pod/pod_launch.h"

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

// What became of a pod.
struct Ended {
  pod::PodResult result;
  bool changed = false;
  std::optional<gateway::EgressRecord> egress;
  const PodDirect* direct = nullptr;        // null: the workspace was not written itself
  const SupervisionTally* tally = nullptr;  // null: nobody asked for one
};

Json to_json(const ReadyPod& ready, const Ended& ended, const PodPublish& publish) {
  Json json = Json::object({{"pod", ready.stored.id},
                            {"workspace", ready.stored.workspace},
                            {"exit", ended.result.exit.code},
                            {"signal", ended.result.exit.signal},
                            {"ended_because", ended.result.ended_because},
                            {"changed", ended.changed},
                            {"report", pod::to_json(ended.result.report)}});
  if (ended.egress) json.set("egress", gateway::to_json(*ended.egress));
  if (publish.any()) json.set("published", publish.to_json());
  if (ended.tally != nullptr) json.set("supervision", ended.tally->to_json(ended.result.supervised));
  if (ended.direct != nullptr) json.set("direct", ended.direct->to_json(ended.result.direct));
  return json;
}

void tell(const ReadyPod& ready, const Ended& ended, const PodPublish& publish, Context& context) {
  const auto& done = ended.result;
  if (context.json) {
    context.err << compact(to_json(ready, ended, publish)) << "\n" << std::flush;
    return;
  }
  if (ended.egress) tell_egress(*ended.egress, context);
  if (!done.ended_because.empty())
    context.err << "weir: the pod was ended, " << printable(done.ended_because, 200) << "\n";
  if (ended.tally != nullptr) ended.tally->tell(done.supervised, context);
  if (context.quiet) return;
  for (const auto& note : done.report.notes)
    context.err << "weir: " << printable(note, 500) << "\n";
  if (ended.direct != nullptr)
    for (const auto& line : ended.direct->lines(done.direct))
      context.err << "weir: " << line << "\n";
  if (done.report.level() != pod::Level::L3)
    context.err << "weir: verified level " << pod::name(done.report.level()) << "; see `weir doctor`\n";
  if (ended.changed)
    context.err << "weir: the workspace is as it was; what the pod changed: weir diff, weir commit, weir "
                   "discard\n";
}

int run_in_pod(const Args& args, Context& context, std::vector<std::string> argv, const PodFinds& find) {
  const pod::PodBirth birth;  // the kernel is at work while we still read
  auto publish = PodPublish::open(args);
  if (!publish) return own_failure(publish.error(), context);
  auto ready = prepare_pod(args, context, std::move(argv), find, publish->inside());
  if (!ready) return own_failure(ready.error(), context);
  tell_before(args, *ready, context);
  PodEgress egress(*ready);
  pod::PodOptions options;
  egress.attach(options);
  SupervisionTally tally;
  const bool counts = args.has("--supervise") || args.has("--follow-data");
  if (counts) tally.attach(options, find.secrets ? find.secrets(context.places.home) : nullptr);
  if (ready->direct) options.direct = ready->direct->rules();
  publish->attach(options, context);
  auto done = pod::launch_pod(birth, ready->plan, options);
  publish->finish();
  Ended ended{.changed = keep_if_changed(*ready, context),
              .egress = egress.finish(),
              .direct = ready->direct.get(),
              .tally = counts ? &tally : nullptr};
  if (!done) return own_failure(done.error(), context);
  ended.result = *std::move(done);
  tell(*ready, ended, *publish, context);
  return ended.result.exit.code;
}

int run_shell(const Args& args, Context& context, const PodFinds& find) {
  if (::isatty(STDIN_FILENO) == 0) {
    const auto no_terminal = fail("a shell needs a terminal", "standard input",
                                  "for commands without one: weir pod exec -- sh -c 'COMMANDS'");
    return report(no_terminal.error(), context);
  }
  const bool bash = os::exists("/bin/bash") || os::exists("/usr/bin/bash");
  return run_in_pod(args, context, {bash ? "bash" : "sh", "-i"}, find);
}

}  // namespace

CommandSpec pod_exec_command(PodFinds find) {
  return {
      .name = "pod exec",
      .summary = "Run a command in a fresh pod; the workspace is untouched until you commit",
      .description =
          "The command sees an empty machine with the system's programs, a copy-on-write view of the current "
          "directory, its own processes and no network but the destinations of --allow. Every wall is tried "
          "from "
          "inside before it starts. "
          "Exits with the command's exit code; 125 when Weir itself failed.",
      .options = pod_options(),
      .positionals = {},
      .takes_rest = true,
      .examples = {{"weir pod exec -- make test", "build and test; then weir diff"},
                   {"weir pod exec --profile node --limits memory=2G,time=10m -- npm test", "with limits"},
                   {"weir pod exec --allow pypi.org --allow '*.pythonhosted.org' -- pip install requests",
                    "with a way out to these hosts"},
                   {"weir pod exec --allow localhost:11434 -- ./agent",
                    "with one port of the host's loopback"},
                   {"weir pod exec --credential GITHUB_TOKEN@api.github.com -- gh pr list",
                    "with a credential that the pod never sees"},
                   {"weir pod exec --from last -- make test", "in a copy of what the last pod left"},
                   {"weir pod exec --direct --held node_modules -- npm ci", "write the workspace itself"},
                   {"weir pod exec --publish 3000 -- npm run dev", "and open http://127.0.0.1:3000/"},
                   {"weir pod exec --json -- true", "what was verified, as JSON on standard error"}},
      .run = [find = std::move(find)](const Args& args, Context& context) {
        return run_in_pod(args, context, args.rest(), find);
      }};
}

CommandSpec pod_shell_command(PodFinds find) {
  return {.name = "pod shell",
          .summary = "Open a shell in a fresh pod",
          .description = "As `weir pod exec`, with a shell on this terminal; exit 2 without one.",
          .options = pod_options(),
          .positionals = {},
          .takes_rest = false,
          .examples = {{"weir pod shell", "look around; leave with exit"}},
          .run = [find = std::move(find)](const Args& args, Context& context) {
            return run_shell(args, context, find);
          }};
}

}  // namespace weir::cli
