// What `weir demo` shows while it plays: for people, paced and coloured, or as JSON Lines.
#pragma once

#include <functional>
#include <string>

#include "arena/stage.h"
#include "cli/cli.h"

namespace weir::cli {

class DemoReport {
 public:
  // `pause` is called with milliseconds where a person needs time to read.
  DemoReport(Context& context, std::function<void(int)> pause)
      : context_(context), pause_(std::move(pause)) {}

  void opening();
  void scenario(const arena::Scenario& scenario);
  void announced(const arena::Step& step);
  void judged(const arena::Step& step, const arena::StepOutcome& outcome);
  void ended(const arena::Scenario& scenario, const arena::ScenarioOutcome& outcome);
  // The table, how fast it was, and as the very last line what the ledger's verification gave.
  void closing(const arena::Closing& closing);

  bool all_as_expected() const { return wrong_ == 0; }

 private:
  struct Row {
    std::string title;
    bool incident = false;
    int calls = 0;
    int ran = 0;      // calls that were let through
    int held = 0;     // for a person
    int refused = 0;  // for good
    int wrong = 0;
  };
  bool prose() const { return !context_.json && !context_.quiet; }
  void line(std::string_view label, const std::string& text);
  void table();
  void figures(const arena::Closing& closing);

  Context& context_;
  std::function<void(int)> pause_;
  std::string playing_;  // name of the scenario
  std::vector<Row> rows_;
  int step_ = 0;
  int wrong_ = 0;
};

}  // namespace weir::cli
