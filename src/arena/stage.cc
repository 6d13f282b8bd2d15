#include "arena/stage.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "arena/agent.h"
#include "arena/world.h"
#include "base/bytes.h"
#include "net/local_client.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/process.h"
#include "os/random.h"
#include "store/store.h"

namespace weir::arena {
namespace {

constexpr int kDaemonStartMs = 30'000;
constexpr int kDaemonEndMs = 30'000;
constexpr int kAgentMs = 60'000;
constexpr int kPauseUs = 5000;
constexpr std::size_t kParentBytesMax = 60;  // a Unix socket's path has at most 107 bytes

std::string parent_directory(const StageOptions& options) {
  if (!options.parent.empty()) return options.parent;
  const std::string wished = os::env_or("TMPDIR", "/tmp");
  return wished.size() <= kParentBytesMax && wished.front() == '/' ? wished : "/tmp";
}

// The whole decision, from the body of its record.
Result<event::Decision> decision_in(const store::Store& store, const store::Record& record) {
  TRY(const Json envelope, record.json());
  TRY(const std::string body, store.body(record.root, std::string(envelope["body"]["ref"].text_or(""))));
  TRY(const Json json, parse_json(body));
  return event::decision_from_json(json);
}

std::vector<std::string> mismatches(const Step& step, const StepOutcome& outcome) {
  std::vector<std::string> wrong;
  const bool lets_run = event::lets_run(step.expect);
  if (outcome.decision.verdict != step.expect)
    wrong.push_back("the verdict is " + std::string(event::name(outcome.decision.verdict)) +
                    ", expected was " + std::string(event::name(step.expect)));
  const auto named = [&](const event::PolicyHit& hit) { return hit.policy == step.policy; };
  if (!step.policy.empty() &&
      std::none_of(outcome.decision.policies.begin(), outcome.decision.policies.end(), named))
    wrong.push_back("the policy " + step.policy + " did not decide");
  if (outcome.exit != (lets_run ? 0 : 2))
    wrong.push_back("the hook ended with " + std::to_string(outcome.exit));
  if (outcome.happened != lets_run)
    wrong.push_back(outcome.happened ? "it happened all the same"
                                     : "it did not happen although it was allowed");
  return wrong;
}

}  // namespace

class Stage::Directory {
 public:
  static Result<std::unique_ptr<Directory>> make(const std::string& parent, bool keep) {
    std::string path = parent + "/weir-demo.XXXXXX";
    if (::mkdtemp(path.data()) == nullptr)
      return fail(ErrorCode::unavailable, "cannot make a throw-away directory", parent,
                  "set TMPDIR to a writable one");
    return std::make_unique<Directory>(os::resolve_path(path), keep);
  }
  Directory(std::string path, bool keep) : path_(std::move(path)), keep_(keep) {}
  ~Directory() {
    std::error_code ignored;
    if (!keep_) std::filesystem::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool keep_;
};

bool ScenarioOutcome::as_expected() const {
  return std::all_of(steps.begin(), steps.end(), [](const StepOutcome& step) { return step.wrong.empty(); });
}

Stage::Stage(std::unique_ptr<Directory> directory, StageOptions options)
    : directory_(std::move(directory)),
      options_(std::move(options)),
      places_(os::places_under(directory_->path() + "/weir")) {}

Stage::Stage(Stage&&) noexcept = default;
Stage::~Stage() = default;

const std::string& Stage::directory() const {
  return directory_->path();
}

Result<Stage> Stage::open(const StageOptions& options) {
  TRY(auto directory, Directory::make(parent_directory(options), options.keep));
  Stage stage(std::move(directory), options);
  TRY_STATUS(stage.start_daemon());
  return stage;
}

Status Stage::start_daemon() {
  const std::string log = directory() + "/daemon.log";
  TRY_STATUS(os::make_dirs(directory() + "/home"));
  TRY(Child daemon, Child::start({.argv = {options_.program, "daemon"},
                                  .env = {{"WEIR_HOME", directory() + "/weir"},
                                          {"HOME", directory() + "/home"},
                                          {"PATH", os::env_or("PATH", "/usr/bin:/bin")},
                                          {"LANG", "C.UTF-8"}},
                                  .cwd = "/",
                                  .log_file = log}));
  daemon_.emplace(std::move(daemon));
  const std::int64_t deadline_ns = os::monotonic_ns() + std::int64_t{kDaemonStartMs} * 1'000'000;
  while (!net::LocalClient::connect(places_.control_socket(), 1000)) {
    if (!daemon_->running() || os::monotonic_ns() > deadline_ns) {
      const auto text = os::read_file(log, limits::kMiB);
      return fail(ErrorCode::unavailable,
                  "the daemon did not start: " + printable(trim(text.value_or("")), 400), log,
                  "try `weir daemon` in a terminal");
    }
    ::usleep(kPauseUs);
  }
  TRY(const std::string key, os::read_file(places_.public_key_file(), 256));
  hook_key_ = trim(key);
  // Kept before any agent runs: what is verified at the end is pinned to it.
  TRY(const std::string vkey, os::read_file(places_.ledger_dir() + "/vkey", 4096));
  TRY(ledger_key_, ledger::VerifierKey::parse(trim(vkey)));
  return {};
}

Result<ScenarioOutcome> Stage::play(const Scenario& scenario, const Director& director) {
  const std::string place = directory() + "/" + std::to_string(++scenarios_);
  TRY(World world, World::build(scenario, place));
  Part part{.session = os::new_uuid(),
            .project = world.project(),
            .hook = {options_.hook, "claude-code", "PreToolUse", "--socket", places_.event_socket(), "--key",
                     hook_key_},
            .lines = {}};
  for (std::size_t i = 0; i < scenario.steps.size(); ++i) {
    const Step& step = scenario.steps[i];
    part.lines.push_back({.id = part.session + "." + std::to_string(i),
                          .say = step.say,
                          .tool = step.tool,
                          .input = step.input});
  }
  TRY_STATUS(os::write_file_atomic(place + "/part.json", compact(to_json(part)), 0600, os::Durability::none));
  TRY(Child agent, Child::start({.argv = {options_.program, "demo", "--agent", place + "/part.json"},
                                 .env = world.environment(),
                                 .cwd = world.project(),
                                 .log_file = place + "/agent.log"}));
  ScenarioOutcome outcome;
  for (std::size_t i = 0; i < scenario.steps.size(); ++i) {
    TRY(StepOutcome step, play_step(world, scenario.steps[i], part.lines[i].id, agent, director));
    outcome.steps.push_back(std::move(step));
  }
  TRY(const int code, agent.wait(kAgentMs));
  if (code != 0)
    return fail(ErrorCode::internal, "the scripted agent ended with " + std::to_string(code), place);
  return outcome;
}

Result<StepOutcome> Stage::play_step(World& world, const Step& step, const std::string& id, Child& agent,
                                     const Director& director) {
  const auto stopped = [] { return fail(ErrorCode::unavailable, "stopped"); };
  TRY_STATUS(agent.read_line(kAgentMs));  // what it says is the script's, which the director knows
  if (director.announced && !director.announced(step)) return stopped();
  const Mark before = world.mark(step.effect);
  TRY_STATUS(agent.write_line("go"));
  TRY(const std::string line, agent.read_line(kAgentMs));
  TRY(const Json done, parse_json(line));

  StepOutcome outcome;
  outcome.exit = static_cast<int>(done["exit"].int_or(-1));
  outcome.told = done["told"].text_or("");
  outcome.ran = done["ran"].bool_or(false);
  outcome.hook_ns = done["hook_ns"].int_or(0);
  outcome.happened = world.happened(step.effect, before, done["received"].text_or(""));
  TRY(outcome.decision, decision_of(id));
  outcome.wrong = mismatches(step, outcome);
  hook_ns_.push_back(outcome.hook_ns);
  decisions_.insert(outcome.decision.id);
  if (director.judged && !director.judged(step, outcome)) return stopped();
  return outcome;
}

// A verdict leaves the daemon after it is durable, so it is there.
Result<event::Decision> Stage::decision_of(const std::string& tool_use_id) {
  store::Options options = store::options_at(places_);
  options.read_only = true;
  TRY(const auto store, store::Store::open(options));
  std::string call;
  std::optional<event::Decision> found;
  const auto take = [&](const store::Record& record) -> Result<bool> {
    if (record.kind == store::RecordKind::event) {
      TRY(const Json envelope, record.json());
      if (envelope["kind"].text_or("") == "tool.call" &&
          envelope["corr"]["tool_use_id"].text_or("") == tool_use_id)
        call = record.id;
    } else if (record.kind == store::RecordKind::decision && !call.empty()) {
      TRY(const Json envelope, record.json());
      if (envelope["event"].text_or("") == call) {
        TRY(found, decision_in(*store, record));
      }
    }
    return !found;
  };
  TRY(const auto end, store->for_each({}, take));
  (void)end;
  if (!found)
    return fail(ErrorCode::corrupt, "the store has no decision on a call that was answered", tool_use_id);
  return *std::move(found);
}

Result<Closing> Stage::close() {
  daemon_->terminate();
  TRY(const int code, daemon_->wait(kDaemonEndMs));
  if (code != 0)
    return fail(ErrorCode::internal, "the daemon ended with " + std::to_string(code),
                directory() + "/daemon.log", "run `weir demo --keep` and read it");
  Closing closing{.ledger = {}, .decision_ns = {}, .hook_ns = hook_ns_};
  store::Options options = store::options_at(places_);
  options.read_only = true;
  TRY(const auto store, store::Store::open(options));
  const auto take = [&](const store::Record& record) -> Result<bool> {
    if (record.kind == store::RecordKind::receipt) {
      TRY(const Json json, record.json());
      TRY(const event::Receipt receipt, event::receipt_from_json(json));
      if (decisions_.contains(receipt.decision)) closing.decision_ns.push_back(receipt.latency_ns);
    }
    return true;
  };
  TRY(const auto end, store->for_each({}, take));
  (void)end;
  std::sort(closing.decision_ns.begin(), closing.decision_ns.end());
  std::sort(closing.hook_ns.begin(), closing.hook_ns.end());
  TRY(closing.ledger,
      ledger::verify(places_.ledger_dir(), {.key = ledger_key_, .since = {}, .progress = {}}));
  return closing;
}

}  // namespace weir::arena
