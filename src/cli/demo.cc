// `weir demo`: a scripted agent against the real Weir, in a throw-away directory. docs/demo.md tells it to
// people.
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <iostream>

#include "arena/agent.h"
#include "arena/arena.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "cli/commands.h"
#include "cli/demo_report.h"
#include "content.h"
#include "os/files.h"
#include "os/process.h"

namespace weir::cli {
namespace {

volatile std::sig_atomic_t interrupted = 0;
extern "C" void on_demo_interrupt(int) {
  interrupted = 1;
}

void stop_on_interrupt() {
  struct sigaction action = {};
  action.sa_handler = on_demo_interrupt;  // without SA_RESTART: a pause ends at once
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

// Ended early by Ctrl-C.
void pause_for(int milliseconds) {
  const timespec time{milliseconds / 1000, (milliseconds % 1000) * 1'000'000L};
  if (interrupted == 0) ::nanosleep(&time, nullptr);
}

// The scenarios that ship, in the order of their names; `only`: those whose name holds this text.
Result<std::vector<arena::Scenario>> scenarios(const std::string& only) {
  std::vector<arena::Scenario> list;
  for (const auto& file : content_files()) {
    if (!file.name.starts_with("scenarios/") || !file.name.ends_with(".yaml")) continue;
    TRY(arena::Scenario scenario, arena::parse_scenario(file.bytes, file.name));
    if (scenario.name.find(only) != std::string::npos) list.push_back(std::move(scenario));
  }
  if (list.empty()) return fail(ErrorCode::not_found, "no such scenario", only, "see `weir demo --list`");
  return list;
}

// The hidden half: this process is the agent.
int run_agent(const std::string& file, Context& context) {
  const auto play = [&]() -> Status {
    TRY(const std::string text, os::read_file(file, limits::kMiB));
    TRY(const Json json, parse_json(text));
    TRY(const arena::Part part, arena::part_from_json(json));
    return arena::play_part(part, context.in, context.out);
  };
  const Status played = play();
  return played ? exit_code::kFine : report(played.error(), context);
}

int list_scenarios(const std::vector<arena::Scenario>& list, Context& context) {
  for (const auto& scenario : list) {
    if (context.json)
      context.out << compact(Json::object({{"name", scenario.name},
                                           {"title", scenario.title},
                                           {"when", scenario.when},
                                           {"story", scenario.story},
                                           {"source", scenario.source}}))
                  << "\n";
    else
      context.out << context.style.bold(scenario.name) << "\n    " << scenario.title << " · " << scenario.when
                  << "\n    " << scenario.story << "\n    " << context.style.dim("Source: " + scenario.source)
                  << "\n";
  }
  return exit_code::kFine;
}

Result<arena::StageOptions> stage_options(const Args& args) {
  arena::StageOptions options{
      .program = os::self_path(), .hook = {}, .parent = {}, .keep = args.has("--keep")};
  options.hook = options.program.substr(0, options.program.rfind('/')) + "/weir-hook";
  if (!os::exists(options.hook))
    return fail(ErrorCode::not_found, "weir-hook is not beside weir", options.hook, "build or install both");
  return options;
}

Result<bool> perform(const std::vector<arena::Scenario>& list, const arena::StageOptions& options,
                     DemoReport& report, Context& context) {
  TRY(arena::Stage stage, arena::Stage::open(options));
  const arena::Director director{.announced =
                                     [&](const arena::Step& step) {
                                       report.announced(step);
                                       return interrupted == 0;
                                     },
                                 .judged =
                                     [&](const arena::Step& step, const arena::StepOutcome& outcome) {
                                       report.judged(step, outcome);
                                       return interrupted == 0;
                                     }};
  report.opening();
  for (const auto& scenario : list) {
    report.scenario(scenario);
    TRY(const arena::ScenarioOutcome outcome, stage.play(scenario, director));
    report.ended(scenario, outcome);
  }
  TRY(const arena::Closing closing, stage.close());
  if (options.keep && !context.quiet)
    context.err << "kept: " << stage.directory() << " (WEIR_HOME=" << stage.directory()
                << "/weir weir log)\n";
  report.closing(closing);
  return report.all_as_expected() && closing.ledger.ok();
}

int run_demo(const Args& args, Context& context) {
  if (const auto part = args.value("--agent")) return run_agent(*part, context);
  const auto list = scenarios(args.value_or("--only", ""));
  if (!list) return report(list.error(), context);
  if (args.has("--list")) return list_scenarios(*list, context);
  const auto options = stage_options(args);
  if (!options) return report(options.error(), context);
  stop_on_interrupt();
  const bool paced = !args.has("--fast") && !context.json && !context.quiet && &context.out == &std::cout &&
                     ::isatty(STDOUT_FILENO) != 0;
  DemoReport shown(context, paced ? std::function<void(int)>(pause_for) : [](int) {});
  const auto fine = perform(*list, *options, shown, context);
  if (!fine && interrupted != 0) {
    context.err << "weir: stopped; nothing is left behind" << (options->keep ? " but the directory" : "")
                << "\n";
    return exit_code::kFindings;
  }
  if (!fine) return report(fine.error(), context);
  return *fine ? exit_code::kFine : exit_code::kFindings;
}

}  // namespace

CommandSpec demo_command() {
  return {.name = "demo",
          .summary = "See it work: a scripted agent, six published incidents, about a minute",
          .description =
              "Plays scenarios in a throw-away directory through the real hook, daemon, policies and ledger; "
              "no network, "
              "no account. Exits with 0 only if every call came out as its scenario expects and the ledger "
              "verified.",
          .options = {{"--fast", "", "no pauses (as when standard output is no terminal)"},
                      {"--only", "TEXT", "only scenarios whose name holds TEXT"},
                      {"--list", "", "say which scenarios there are, and where they come from"},
                      {"--keep", "", "keep the throw-away directory, and say where it is"},
                      {"--agent", "FILE", "be the scripted agent; the demo starts itself so"}},
          .positionals = {},
          .takes_rest = false,
          .examples = {{"weir demo", "for people"}, {"weir demo --json", "for scripts: one line a call"}},
          .run = run_demo};
}

}  // namespace weir::cli
