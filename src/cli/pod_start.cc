#include "cli/pod_start.h"

#include <filesystem>
#include <ostream>

#include "base/bytes.h"
#include "cli/pod_choice.h"
#include "cli/pod_egress.h"
#include "cli/pod_profiles.h"
#include "cli/pod_publish.h"
#include "os/files.h"
#include "os/process.h"

namespace weir::cli {
namespace {

// A path of the command line as the pod wants it: absolute, without links.
std::string absolute(const std::string& path, const std::string& cwd) {
  return os::resolve_path(path.starts_with('/') ? path : cwd + "/" + path);
}

// What the report says of a way out through a company's proxy.
void tell_upstream(const gateway::Upstream& upstream, pod::PodPlan& plan) {
  plan.notes.insert(plan.notes.end(), upstream.notes.begin(), upstream.notes.end());
  if (upstream.any())
    plan.weaknesses.emplace_back(
        "allowed names are looked up and dialled by this machine's proxy (HTTPS_PROXY, HTTP_PROXY): to which "
        "address they lead is not checked");
}

Result<changes::Pod> new_pod(const changes::PodStore& store, const pod::PodRequest& request,
                             const std::string& profile, const std::optional<changes::Pod>& from) {
  const std::string& workspace = request.workspace;
  if (!from) return store.create(workspace, profile, nullptr, request.direct);
  TRY(const os::Fd held, store.hold(*from));
  if (store.commit_interrupted(*from))
    return fail(ErrorCode::unavailable, std::string(kInterrupted), from->id);
  return store.create(workspace, profile, &*from);
}

}  // namespace

std::vector<Option> pod_request_options() {
  std::vector<Option> options = {
      {"--limits", "LIST",
       "NAME=VALUE,...: memory processes open_files cpu time disk file sent sent_each received received_each",
       true},
      {"--ro", "PATH", "show this, read-only", true},
      {"--bind", "PATH", "show this, writable: what is written there is on the host at once", true},
      {"--env", "NAME", "pass this environment variable, also when it looks like a secret", true},
      {"--allow", "HOST[:PORT]",
       "a destination outside: a name, *.SUFFIX or an address, ports 80 and 443; localhost:PORT is the "
       "host's",
       true},
      {"--allow-private", "HOST:PORT", "the same, whose address may be private or the machine's own", true},
      {"--inspect", "HOST[:PORT] [METHODS PATH]",
       "allow this host and look at its requests inside TLS; with METHODS (GET,HEAD or *) and PATH "
       "(/repos/*) only these",
       true},
      {"--credential", "NAME",
       "of `weir credential add`, or VARIABLE@HOST[:PORT][/PATH]: the pod gets a placeholder, requests to "
       "its host the value",
       true},
      publish_option(),
      {"--from", "POD",
       "begin with the changes of this pod of the directory, which stays; `last`: the newest"}};
  for (auto& option : direct_options())
    options.push_back(std::move(option));
  return options;
}

std::vector<Option> pod_level_options() {
  return {{"--level",
           "LEVEL",
           "what must be verified before the command runs: L3 (default) to L0",
           false,
           false,
           {"L3", "L2", "L1", "L0"}},
          {"--accept-level", "", "run also when less than --level was verified (recorded)"},
          {"--launcher",
           "NAME",
           "who makes the pod: auto (default), own, bwrap, runsc or landlock (no namespaces, level L1)",
           false,
           false,
           {"auto", "own", "bwrap", "runsc", "landlock"}}};
}

Result<PodLevel> pod_level(const Args& args) {
  PodLevel asked;
  TRY(asked.level, pod::level_from(args.value_or("--level", "L3")));
  TRY(asked.launcher, pod::launcher_from(args.value_or("--launcher", "auto")));
  asked.accept = args.has("--accept-level");
  return asked;
}

Result<pod::PodRequest> pod_request(const Args& args, const Context& context, std::vector<std::string> argv) {
  if (argv.empty()) return fail("no command was given", {}, "weir pod exec -- make test");
  pod::PodRequest request;
  request.argv = std::move(argv);
  std::error_code error;
  request.workspace = std::filesystem::current_path(error).string();
  if (error) return fail(ErrorCode::not_found, "the current directory is gone", {}, "change to another one");
  request.home = context.places.home;
  request.user = os::local_account().name;
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

Result<pod::PodProfile> pod_profile(const Args& args, const std::string& names, const std::string& workspace,
                                    const Context& context) {
  TRY(pod::PodProfile profile, load_pod_profiles(names, workspace, context.places));
  for (const auto& text : args.values("--limits"))
    TRY_STATUS(pod::apply_limits_text(text, profile.limits));
  for (const auto& text : args.values("--allow"))
    profile.allow.push_back(text);
  for (const auto& text : args.values("--allow-private"))
    profile.allow_private.push_back(text);
  for (const auto& text : args.values("--inspect"))
    profile.inspect.push_back(text);
  if (profile.allow.empty() && profile.allow_private.empty() && profile.inspect.empty() &&
      !args.has("--credential"))
    return profile;
  if (profile.network == pod::PodNetwork::none)
    return fail("this profile has no network at all", printable(profile.name, 80),
                "take another one, or nothing of --allow, --inspect and --credential");
  profile.network = pod::PodNetwork::egress;
  return profile;
}

Result<ReadyPod> ready_pod(const pod::PodProfile& profile, pod::PodRequest request,
                           PodCredentials credentials, const Context& context, const CompleteSpec& complete,
                           const std::optional<changes::Pod>& from) {
  const changes::PodStore store = pod_store(context);
  ReadyPod ready;
  TRY(ready.stored, new_pod(store, request, profile.name, from));
  const auto finish = [&]() -> Status {
    TRY(ready.lock, store.lock(ready.stored));
    request.upper = ready.stored.upper;
    request.work = ready.stored.work;
    TRY(pod::PodSpec spec, pod::pod_spec(profile, request));
    TRY(ready.egress, egress_policy(profile, credentials.list));
    if (ready.egress) ready.egress->upstream = gateway::upstream_from_environment(os::environment());
    if (ready.egress) {
      TRY(spec.listeners, egress_listeners(*ready.egress));
    }
    if (ready.egress && needs_authority(*ready.egress, credentials)) {
      TRY(ready.secrets, run_secrets(*ready.egress, std::move(credentials), context.places, spec));
      TRY_STATUS(show_authority(*ready.secrets, store.directory(ready.stored), spec));
    }
    if (complete) TRY_STATUS(complete(ready.stored, spec));
    if (ready.egress) ready.egress->supervised = spec.supervised;
    TRY(ready.plan, pod::plan_pod(spec));
    if (ready.egress) tell_upstream(ready.egress->upstream, ready.plan);
    return {};
  };
  if (const Status finished = finish(); !finished) {
    (void)store.remove(ready.stored);
    return std::unexpected(finished.error());
  }
  return ready;
}

void tell_before(const Args& args, const ReadyPod& ready, Context& context) {
  if (context.quiet || context.json) return;
  const auto env = os::environment();
  for (const auto& name : args.values("--env"))
    if (!env.contains(name)) context.err << "weir: --env " << printable(name, 100) << " is not set here\n";
  for (const auto& note : ready.plan.notes)
    context.err << "weir: " << note << "\n";
  context.err << std::flush;
}

bool keep_if_changed(const ReadyPod& ready, const Context& context) {
  if (changes::PodStore::has_changes(ready.stored)) return true;
  (void)pod_store(context).retire_unchanged(ready.stored);
  return false;
}

}  // namespace weir::cli
