// `weir run --pod`: the agent in a pod, with its hooks in force.
//
// Inside it finds the hook, one socket and its settings (kPodWeir), its own program, and a state directory
// that was made for this pod. Everything else of Weir's is outside: the daemon, which sees the pod's files as
// the pod does, and the control socket, at which a person approves and stops.
#include <algorithm>
#include <filesystem>
#include <ostream>

#include "base/bytes.h"
#include "base/limits.h"
#include "cli/git_identity.h"
#include "cli/guarded_run.h"
#include "cli/pod_choice.h"
#include "cli/pod_egress.h"
#include "cli/pod_publish.h"
#include "cli/pod_start.h"
#include "cli/run_connections.h"
#include "cli/stored_credentials.h"
#include "os/files.h"
#include "pod/mountinfo.h"
#include "pod/pod_launch.h"
#include "pod/program_places.h"
#include "setup/agent_command.h"
#include "setup/pod_state.h"

namespace weir::cli {
namespace {

constexpr int kTickMs = 100;
// In the pod's directory of the store: the agent's own state, and its transcripts apart from it, so that
// inside they are a mount point, which nothing can be put in place of.
constexpr const char* kState = "/agent";
constexpr const char* kTranscripts = "/transcripts";

std::string inside(std::string_view name) {
  return std::string(kPodWeir) + "/" + std::string(name);
}

std::string base_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// An agent without hooks whose state is known all the same: "opencode"; "" for any other program.
std::string contained_agent(const Run& run) {
  const std::string name = base_of(run.argv[0]);
  return !run.command.agent && setup::has_contained_state(name) ? name : std::string();
}

// The profiles that were asked for, or the one of this agent and those that fit the project it works on.
std::string profile_names(const Run& run) {
  if (!run.pod->empty()) return *run.pod;
  if (run.command.agent) return *run.command.agent == setup::Agent::claude ? "claude,auto" : "codex,auto";
  const std::string contained = contained_agent(run);
  return contained.empty() ? "auto" : contained + ",auto";
}

// Words of the command line that name programs: the first, and the agent behind `env` or `timeout`.
std::vector<std::size_t> program_words(const std::vector<std::string>& argv) {
  std::vector<std::size_t> words = {0};
  if (const auto agent = setup::find_agent_command(argv); agent && agent->arguments_at > 1)
    words.push_back(agent->arguments_at - 1);
  return words;
}

bool is_shown(const pod::PodSpec& spec, const std::string& path) {
  return std::any_of(spec.mounts.begin(), spec.mounts.end(), [&](const auto& mount) {
    return mount.kind != pod::PodMount::Kind::tmpfs && pod::is_within(path, mount.at);
  });
}

// The programs may lie anywhere; inside they are found first of all by their names. One that is called by a
// path which is there inside, too, stays what it was called.
Status show_programs(Run& run, pod::PodSpec& spec) {
  for (const std::size_t at : program_words(run.argv)) {
    const std::string& word = run.argv[at];
    auto places = pod::program_places(word, run.env, run.cwd, inside("bin"));
    if (!places && at > 0) continue;  // a script for an interpreter: its own affair
    if (!places) return std::unexpected(std::move(places.error()));
    for (const auto& path : places->read_only)
      if (!is_shown(spec, path))
        spec.mounts.push_back({.kind = pod::PodMount::Kind::read_only, .at = path, .source = path});
    const std::filesystem::path called = std::filesystem::path(run.cwd) / word;
    const bool stays = word.contains('/') && is_shown(spec, called.lexically_normal().string());
    for (const auto& link : places->links)
      if (!(stays && &link == &places->links.front()) &&
          std::none_of(spec.links.begin(), spec.links.end(),
                       [&](const auto& one) { return one.at == link.at; }))
        spec.links.push_back(link);
    // The guarded command line has the same words up to the agent's own arguments.
    if (word.contains('/') && !stays) spec.argv[at] = places->links.front().at;
  }
  spec.env["PATH"] = inside("bin") + ":" + spec.env["PATH"];
  return {};
}

// Certificates of one's own that the agent is told of by a variable that it gets.
void show_certificates(pod::PodSpec& spec) {
  for (const char* name : {"NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "CODEX_CA_CERTIFICATE",
                           "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"}) {
    const auto variable = spec.env.find(name);
    if (variable == spec.env.end() || !variable->second.starts_with('/')) continue;
    const std::string path = std::filesystem::path(variable->second).lexically_normal().string();
    if (os::exists(path) && !is_shown(spec, path))
      spec.mounts.push_back({.kind = pod::PodMount::Kind::read_only, .at = path, .source = path});
  }
}

// So that an agent can commit. Only into a home that is the pod's own.
void show_git_identity(const std::string& home, pod::PodSpec& spec) {
  const bool own = std::any_of(spec.mounts.begin(), spec.mounts.end(), [&](const auto& mount) {
    return mount.at == home && mount.kind == pod::PodMount::Kind::tmpfs;
  });
  if (const std::string text = own ? git_identity() : std::string(); !text.empty())
    spec.files.push_back({home + "/.gitconfig", text});
}

// Weir's own, as far as it is let in: nothing where no hook would ask.
void show_weir(const Run& run, const os::Places& places, pod::PodSpec& spec) {
  if (!run.command.agent) return;
  spec.mounts.push_back({.kind = pod::PodMount::Kind::read_only,
                         .at = inside("weir-hook"),
                         .source = run.installation.hook_path});
  spec.doors.push_back({inside("event.sock"), places.event_socket()});
  if (run.command.settings) spec.files.push_back({run.settings_file, *run.command.settings});
}

// A state directory for this pod alone, with the agent's seeds in it.
Status show_state(const setup::PodState& state, const std::string& directory, pod::PodSpec& spec) {
  TRY_STATUS(os::make_dirs(directory + kState, 0700));
  for (const auto& [name, text] : state.files)
    TRY_STATUS(os::write_file_atomic(directory + kState + "/" + name, text, 0600, os::Durability::none));
  spec.mounts.push_back({.kind = pod::PodMount::Kind::own, .at = state.at, .source = directory + kState});
  if (!state.transcripts.empty()) {
    const std::string below = "/" + state.transcripts;
    TRY_STATUS(os::make_dirs(directory + kState + below, 0700));
    TRY_STATUS(os::make_dirs(directory + kTranscripts, 0700));
    spec.mounts.push_back(
        {.kind = pod::PodMount::Kind::own, .at = state.at + below, .source = directory + kTranscripts});
  }
  for (const auto& [name, value] : state.env)
    spec.env[name] = value;
  return {};
}

Result<std::optional<setup::PodState>> state_of(const Run& run, const os::Places& places) {
  const setup::PodStateRequest request{
      .around = setup::surroundings(places, run.env, run.cwd, ""),
      .env = run.env,
      .workspace = run.cwd,
      .read_file = [](const std::string& path) { return os::read_file(path, limits::kSettingsBytesMax); }};
  std::optional<setup::PodState> state;
  if (run.command.agent) {
    TRY(state, setup::pod_state(*run.command.agent, request));
  } else if (const std::string contained = contained_agent(run); !contained.empty()) {
    TRY(state, setup::contained_state(contained, request));
  }
  return state;
}

// An agent is nothing without its model: where it is set up to find it, it may go.
void allow_models(const setup::PodState& state, pod::PodProfile& profile) {
  if (state.models.empty() || profile.network == pod::PodNetwork::none) return;
  profile.allow.insert(profile.allow.end(), state.models.begin(), state.models.end());
  profile.network = pod::PodNetwork::egress;
}

// What the agent signs in with stays outside, where it can: the person's own words go before.
Status keep_sign_in_outside(const Args& args, setup::PodState& state, const os::Places& places,
                            PodCredentials& credentials, std::vector<std::string>& notes) {
  const auto& passed = args.values("--env");
  for (auto& one : state.credentials) {
    if (std::ranges::find(passed, one.variable) != passed.end()) {
      notes.push_back(printable(one.variable, 100) +
                      " itself is in the pod, by --env; without that it gets a placeholder");
      continue;
    }
    if (args.has("--no-credentials") || credentials.env.contains(one.variable)) continue;
    NamedCredential named;
    named.credential.name = one.name;
    named.credential.expires_ms = one.expires_ms;
    named.credential.scope.plain = one.plain;
    TRY(gateway::EgressRule host, gateway::parse_allow(one.host));
    named.credential.scope.hosts = {std::move(host)};
    named.credential.value = os::SecretText(one.value);
    os::wipe(one.value);
    if (!one.variable.empty()) named.variables = {one.variable};
    const std::size_t before = credentials.list.size();
    if (const Status added = add_credential(std::move(named), places.home, credentials); !added) {
      notes.push_back(printable(one.name, 100) + " is not in the pod: " + added.error().what +
                      "; --env passes it as it is");
      continue;
    }
    const std::string& placeholder = credentials.list[before].placeholder;
    if (const auto at = one.text.find("{}"); !one.file.empty() && at != std::string::npos)
      state.files[one.file] = one.text.replace(at, 2, placeholder);
    state.models.push_back(one.host);
    notes.push_back(printable(one.name, 100) + " stays outside; the pod has a placeholder for " +
                    printable(one.host, 100));
  }
  return {};
}

Result<ReadyPod> ready(const Args& args, Run& run, const PodPublish& publish, const PodDirect* direct,
                       const Context& context) {
  TRY(pod::PodRequest request, pod_request(args, context, run.command.argv));
  request.direct = direct != nullptr;
  TRY(const PodLevel level, pod_level(args));
  TRY(pod::PodProfile profile, pod_profile(args, profile_names(run), request.workspace, context));
  TRY(PodCredentials credentials, pod_credentials(args, request.env, context.places, stored_credential));
  TRY(auto state, state_of(run, context.places));
  TRY(const auto from, pod_to_begin_with(args, context, request.workspace));
  std::vector<std::string> notes;
  if (state && profile.network != pod::PodNetwork::none)
    TRY_STATUS(keep_sign_in_outside(args, *state, context.places, credentials, notes));
  if (state) allow_models(*state, profile);
  const changes::PodStore store = pod_store(context);
  TRY(ReadyPod made, ready_pod(
                         profile, std::move(request), std::move(credentials), context,
                         [&](const changes::Pod& stored, pod::PodSpec& spec) -> Status {
                           level.apply(spec);
                           show_weir(run, context.places, spec);
                           spec.published = publish.inside();
                           // Effects are held against tool calls: of an agent without hooks none is
                           // known.
                           const bool judged = run.command.agent && spec.network == pod::PodNetwork::egress;
                           spec.supervised = spec.supervised || judged;
                           if (judged && args.has("--follow-data")) spec.watch = pod::Watch::files;
                           if (state) TRY_STATUS(show_state(*state, store.directory(stored), spec));
                           show_certificates(spec);
                           show_git_identity(context.places.home, spec);
                           return show_programs(run, spec);
                         },
                         from));
  made.plan.notes.insert(made.plan.notes.end(), notes.begin(), notes.end());
  return made;
}

// The run in its pod, from start to end.
Result<RunEnd> go(const Run& run, ReadyPod& ready, PodPublish& publish, const PodDirect* direct,
                  daemon::RunLink& link, RunReport& report, Context& context) {
  const std::string directory = pod_store(context).directory(ready.stored);
  std::optional<daemon::TailOptions> tail;
  if (run.command.agent) tail = transcripts_in(run, {directory + kTranscripts});
  RunCourse course(run, link, report, std::move(tail));
  pod::PodOptions options;
  options.tick_ms = kTickMs;
  options.wake_fds = {link.fd()};
  options.on_ready = [&](const pod::PodReady& now) -> Status {
    daemon::RunStart start = course.start();
    // Less than that was asked for or accepted, and a Decision promises no wall that was not verified.
    if (now.report.level() == pod::Level::L3) start.isolation = "shielded";
    start.pod = Json::object({{"id", ready.stored.id},
                              {"profile", ready.stored.profile},
                              {"process", static_cast<std::int64_t>(now.program)},
                              {"report", pod::to_json(now.report)}});
    return link.begin(start);
  };
  RunConnections connections(ready.plan.spec, link, context.places.home);
  if (run.command.agent && ready.plan.spec.network == pod::PodNetwork::egress) connections.attach(options);
  options.on_tick = [&](pod::PodControl& pod) {
    const auto answers = course.tick([&pod](const std::string& why) { pod.end(why); });
    connections.tick(pod, answers);
    if (course.lost()) std::erase(options.wake_fds, link.fd());  // closed, it is readable for ever
  };
  PodEgress egress(ready);
  egress.attach(options);
  publish.attach(options, context);
  if (direct != nullptr) options.direct = direct->rules();
  const auto done = pod::launch_pod(ready.plan, options);
  publish.finish();
  const auto record = egress.finish();
  if (record) tell_egress(*record, context);
  if (!done) {
    (void)keep_if_changed(ready, context);
    return std::unexpected(done.error());
  }
  RunEnd end = course.finish(done->exit.code, done->ended_because);
  for (const auto& note : done->report.notes)
    report.say(printable(note, 500));
  if (done->report.level() != pod::Level::L3)
    report.say("verified level " + std::string(pod::name(done->report.level())) + ", by the launcher " +
               std::string(pod::name(done->report.launcher)) + "; see `weir doctor`");
  end.pod = RunPod{.id = ready.stored.id,
                   .profile = ready.stored.profile,
                   .level = std::string(pod::name(done->report.level())),
                   // The transcript of a run that Weir ended is what tells why.
                   .changed = end.ended_because.empty() ? keep_if_changed(ready, context)
                                                        : changes::PodStore::has_changes(ready.stored)};
  // What a credential was used for, and where a placeholder did not belong, is for the ledger.
  if (record) end.pod->credentials = gateway::credential_facts(*record);
  course.record(end);
  // For the person alone: a name that was asked for may hold anything, and the ledger forgets nothing.
  if (record) end.pod->egress = gateway::to_json(*record);
  if (publish.any()) end.pod->published = publish.to_json();
  if (direct != nullptr) {
    end.pod->direct = direct->to_json(done->direct);
    for (const auto& line : direct->lines(done->direct))
      report.say(line);
  }
  return end;
}

}  // namespace

Result<RunEnd> run_in_pod(const Args& args, Run& run, daemon::RunLink& link, RunReport& report,
                          Context& context) {
  TRY(PodPublish publish, PodPublish::open(args));
  TRY(const auto direct, PodDirect::open(args, run.cwd));
  TRY(ReadyPod pod, ready(args, run, publish, direct.get(), context));
  tell_before(args, pod, context);
  return go(run, pod, publish, direct.get(), link, report, context);
}

}  // namespace weir::cli
