// What a decision costs: of one command line as a whole, and of single Actions of everyday tool calls.
//
//   ./guard_bench                                                  times are per Action, or per command
//   zcat rows.jsonl.gz | WEIR_BENCH_COMMANDS=/dev/stdin ./guard_bench --benchmark_filter=Command
//
// `Command…` is one command fully judged: from the Event of a parsed hook payload to the Decision, the
// shipped pack, one session, no disk and no network. The commands are those of 200 to 300 bytes of
// agent_commands.jsonl beside this file, or of another file of JSON Lines {command}. Processor time of each
// command is the median of its rounds; p50_us and p90_us are over the commands.
//
//   Command            nothing outside is asked: as `weir inspect` and `weir scan` do it
//   CommandAnswered    as the daemon does it: what must be known is asked, answered and read again
//   CommandRecorded    Command, and the canonical JSON of the Decision
//   CommandDetected    Command, and detectors look at its text
//   CommandRead        the shell's part alone
//
// `Judge` is all that the guard does for one Action: request, small entity store, decision, annotations.
// `Authorize` is the decision alone as the guard asks it, `AuthorizeResident` with a workspace that is kept,
// `Tree` as it was before policies were compiled.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>

#include "cedar/authorizer.h"
#include "cedar/evaluator.h"
#include "content.h"
#include "guard/guard.h"
#include "guard/judge.h"
#include "guard/shell_actions.h"

namespace {

using namespace weir;
using namespace weir::guard;

std::shared_ptr<const Pack> shipped_pack(bool detectors = false) {
  PackSources sources;
  for (const auto& file : content_files()) {
    NamedText text{std::string(file.name), std::string(file.bytes)};
    if (file.name.starts_with("policies/") && file.name.ends_with(".cedar")) sources.policies.push_back(text);
    if (file.name == "policies/weir.cedarschema") sources.schema = text;
    if (file.name.starts_with("paths/")) sources.paths.push_back(text);
    if (file.name.starts_with("commands/")) sources.commands.push_back(text);
    if (file.name.starts_with("facts/")) sources.facts.push_back(text);
    if (file.name.starts_with("flow/")) sources.flow.push_back(text);
    if (detectors && file.name.starts_with("rules/secrets/")) sources.secrets.push_back(text);
    if (detectors && file.name.starts_with("detect/")) sources.injection.push_back(text);
  }
  return Pack::load(sources).value();
}

event::Action action(std::string verb, std::string type, std::string resource, Json attrs) {
  event::Action out;
  out.verb = std::move(verb);
  out.resource_type = std::move(type);
  out.resource = std::move(resource);
  out.attrs = std::move(attrs);
  return out;
}

std::vector<event::Action> everyday_actions() {
  const Json inside = Json::object({{"known", true}, {"in_workspace", true}, {"exists", true}});
  Json secret = Json::object({{"known", true}, {"exists", true}});
  secret.set("classes", Json(Json::Array{Json("ssh-keys"), Json("credentials")}));
  return {action("file.read", "Path", "/workspace/src/main.cc", inside),
          action("file.write", "Path", "/workspace/src/main.cc", inside),
          action("file.read", "Path", "/home/ann/.ssh/id_ed25519", secret),
          action("file.delete", "Path", "/srv/data", Json::object({{"known", true}, {"recursive", true}})),
          action("shell.exec", "Program", "make", Json::object({{"program", "make"}})),
          action("net.connect", "Host", "example.com:443", Json::object({{"host", "example.com"}}))};
}

// One situation and the requests that the guard makes in it.
struct Scene {
  std::shared_ptr<const Pack> pack = shipped_pack();
  std::vector<event::Action> actions = everyday_actions();
  event::Event event;
  SessionState state;
  GuardOptions options{.home = "/home/ann"};
  std::vector<cedar::Request> requests;
  std::vector<cedar::Entities> entities;

  Situation situation() const { return {event, state, options, "enforce", "same_user"}; }

  Scene() {
    event.kind = event::kind::kToolCall;
    event.agent.name = "claude-code";
    event.plane = event::plane::kHook;
    event.data = Json::object({{"tool", "Bash"}});
    event.body = Json::object({{"tool", "Bash"}, {"input", Json::object({{"command", "make"}})}});
    const Situation now = situation();
    const Requests maker(now, *pack);
    for (const auto& one : actions) {
      CedarRequest made = maker.of(one);
      requests.push_back(std::move(made.request));
      entities.push_back(cedar::Entities::make(std::move(made.entities)).value());
    }
  }
};

void Judge(benchmark::State& state) {
  const Scene scene;
  const Situation situation = scene.situation();
  std::size_t turn = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(judge({scene.actions[turn++ % scene.actions.size()]}, situation, *scene.pack));
}

// `decide(policies, request, entities)` for each of the requests in turn.
template <class Decide>
void over_requests(benchmark::State& state, const Decide& decide) {
  const Scene scene;
  std::size_t turn = 0;
  for (auto _ : state) {
    const std::size_t i = turn++ % scene.requests.size();
    decide(scene.pack->policies(), scene.requests[i], scene.entities[i]);
  }
  state.counters["policies"] = static_cast<double>(scene.pack->policies().policies().size());
}

void Authorize(benchmark::State& state) {
  over_requests(state, [](const auto& policies, const auto& request, const auto& entities) {
    benchmark::DoNotOptimize(cedar::authorize(policies, request, entities));
  });
}

void AuthorizeResident(benchmark::State& state) {
  cedar::Workspace workspace;
  over_requests(state, [&](const auto& policies, const auto& request, const auto& entities) {
    benchmark::DoNotOptimize(cedar::authorize(policies, request, entities, workspace).decision);
  });
}

void Tree(benchmark::State& state) {
  over_requests(state, [](const auto& policies, const auto& request, const auto& entities) {
    cedar::Evaluator evaluator(request, entities);
    for (const cedar::Policy* policy : policies.matching(request, entities)) {
      benchmark::DoNotOptimize(
          std::all_of(policy->conditions.begin(), policy->conditions.end(), [&](const auto& condition) {
            const auto value = evaluator.evaluate_bool(condition.body);
            return value && *value != condition.unless;
          }));
      evaluator.reset();
    }
  });
}

// ---- one command, fully judged

constexpr std::size_t kCommandBytesMin = 200;
constexpr std::size_t kCommandBytesMax = 300;

const std::vector<std::string>& commands() {
  static const std::vector<std::string> all = [] {
    const char* path = std::getenv("WEIR_BENCH_COMMANDS");
    std::ifstream file(path != nullptr ? path : WEIR_SOURCE_DIR "/bench/agent_commands.jsonl");
    std::vector<std::string> out;
    for (std::string line; std::getline(file, line);)
      if (const auto row = parse_json(line)) {
        const auto command = (*row)["command"].text_or("");
        if (command.size() >= kCommandBytesMin && command.size() <= kCommandBytesMax)
          out.emplace_back(command);
      }
    return out;
  }();
  return all;
}

double processor_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

double quantile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

// `once(command, number)` for each command in turn, round after round; it answers the microseconds that
// count.
template <class Once>
void over_commands(benchmark::State& state, const Once& once) {
  std::vector<std::vector<double>> times(commands().size());
  std::size_t number = 0;
  for (auto _ : state)
    for (std::size_t i = 0; i < times.size(); ++i)
      times[i].push_back(once(commands()[i], number++));
  std::vector<double> medians;
  for (auto& one : times)
    medians.push_back(quantile(one, 0.5));
  state.counters["p50_us"] = quantile(medians, 0.5);
  state.counters["p90_us"] = quantile(medians, 0.9);
  state.counters["commands"] = static_cast<double>(times.size());
}

// One session of an agent in /workspace.
struct Session {
  explicit Session(bool detectors)
      : guard(shipped_pack(detectors), {.home = "/home/ann", .workspace = "/workspace"}) {}

  event::Event call(const std::string& command, std::size_t number) {
    event::Event event = command_event(command, "/workspace");
    event.plane = event::plane::kHook;
    event.id = "event-" + std::to_string(number);
    event.corr["tool_use_id"] = "call-" + std::to_string(number);
    event.time.wall_ns = 1'700'000'000'000'000'000 + static_cast<std::int64_t>(number) * 1'000'000'000;
    return event;
  }

  Guard guard;
};

const Supplied kSupplied{.decision_id = "0190-decision", .build = "sha256:0"};

void judge_commands(benchmark::State& state, bool detectors, bool recorded) {
  Session session(detectors);
  over_commands(state, [&](const std::string& command, std::size_t number) {
    event::Event event = session.call(command, number);
    const double begin_us = processor_us();
    session.guard.admit(event);
    const event::Decision decision = session.guard.decide(event, {}, kSupplied);
    if (recorded) benchmark::DoNotOptimize(canonical(event::to_json(decision)));
    return processor_us() - begin_us;
  });
}

void Command(benchmark::State& state) {
  judge_commands(state, false, false);
}
void CommandRecorded(benchmark::State& state) {
  judge_commands(state, false, true);
}
void CommandDetected(benchmark::State& state) {
  judge_commands(state, true, false);
}

// What the rim would have found out: every path is what it seems to be, no script can be read.
void answer(const std::vector<Question>& questions, Answers& answers) {
  for (const Question& question : questions) {
    Json known =
        Json::object({{"resolved", question.subject}, {"parent", question.subject}, {"exists", true}});
    if (question.kind == Question::Kind::git_head) known = Json::object({{"branch", "topic"}});
    if (question.kind == Question::Kind::script) known = Json();
    answers.insert_or_assign(question.key(), std::move(known));
  }
}

void CommandAnswered(benchmark::State& state) {
  Session session(false);
  over_commands(state, [&](const std::string& command, std::size_t number) {
    event::Event event = session.call(command, number);
    Answers answers;
    double spent_us = -processor_us();
    session.guard.admit(event);
    for (int round = 0; round < 4; ++round) {
      const auto questions = session.guard.prepare(event, answers);
      if (questions.empty()) break;
      spent_us += processor_us();
      answer(questions, answers);
      spent_us -= processor_us();
    }
    benchmark::DoNotOptimize(session.guard.decide(event, answers, kSupplied));
    return spent_us + processor_us();
  });
}

void CommandRead(benchmark::State& state) {
  const auto pack = shipped_pack();
  const ShellPlace place{"/workspace", "/home/ann", "/workspace"};
  over_commands(state, [&](const std::string& command, std::size_t) {
    const double begin_us = processor_us();
    benchmark::DoNotOptimize(read_shell(command, place, pack->commands(), "claude-code"));
    return processor_us() - begin_us;
  });
}

BENCHMARK(Command)->Unit(benchmark::kMicrosecond)->Iterations(200);
BENCHMARK(CommandAnswered)->Unit(benchmark::kMicrosecond)->Iterations(200);
BENCHMARK(CommandRecorded)->Unit(benchmark::kMicrosecond)->Iterations(200);
BENCHMARK(CommandDetected)->Unit(benchmark::kMicrosecond)->Iterations(200);
BENCHMARK(CommandRead)->Unit(benchmark::kMicrosecond)->Iterations(200);
BENCHMARK(Judge)->Unit(benchmark::kMicrosecond);
BENCHMARK(Authorize)->Unit(benchmark::kMicrosecond);
BENCHMARK(AuthorizeResident)->Unit(benchmark::kMicrosecond);
BENCHMARK(Tree)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
