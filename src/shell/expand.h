// Words -> the arguments they become (Bash manual 3.5), as far as that can be known without running anything.
//
//   Expander expander(environment, state, run);
//   std::vector<Arg> argv = expander.fields(word);     // c''url $x {a,b} -> "curl" ...
//   Arg value = expander.single(word);                 // no splitting: assignments, redirection targets
//
// Done: quote removal, $'..', braces (budgeted), ~, $x and its operators, splitting at IFS, "$@", arrays;
// command substitution is the caller's (`run`), who answers with known text or a hole. File names are not
// looked up: a glob stays as it is and the argument says so.
//
// A variable that may have several values makes rounds() > 1: expand again with the next round to see them
// all.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "shell/arg.h"
#include "shell/state.h"

namespace weir::shell {

class Expander {
 public:
  // The output of a nested script; `process` when it stands in <(..) and is read as a file.
  using Run = std::function<Arg(const Script& script, bool process)>;

  Expander(const Environment& environment, State& state, Run run, std::size_t round = 0)
      : environment_(environment), state_(state), run_(std::move(run)), round_(round) {}

  std::vector<Arg> fields(const Word& word);
  Arg single(const Word& word);
  // The word as a pattern: quoted characters are escaped with a backslash.
  Arg pattern(const Word& word);
  // The value of a variable now; none when it is known to be unset. Unknown ones are a hole.
  Arg variable(std::string_view name);
  bool is_set(std::string_view name) const;
  // The value of an arithmetic expression whose own expansions are done; assignments in it are made.
  std::optional<std::int64_t> arithmetic(std::string_view expression);

  std::size_t rounds() const { return rounds_; }

 private:
  struct Fields;
  using Parts = std::vector<const Part*>;

  bool expand_braces(const std::vector<Part>& parts, std::vector<Parts>& out);
  void add_part(Fields& fields, const Part& part);
  void add_parameter(Fields& fields, const Parameter& parameter);
  void add_substitution(Fields& fields, const Substitution& substitution);
  bool cut_list(const Parameter& parameter, std::int64_t first, std::vector<Arg>& list);
  bool list_value(const Parameter& parameter, std::vector<Arg>& out);
  Arg value(const Parameter& parameter);
  Arg apply_default(const Parameter& parameter, bool set, Arg value);
  Arg apply_text_operator(const Parameter& parameter, const Arg& value);
  Arg remove_affix(const Parameter& parameter, const Arg& value);
  Arg replace(const Parameter& parameter, const Arg& value);
  Arg substring(const Parameter& parameter, const Arg& value);
  // "@" and "*" as they stand; else the expanded key, "?" when it is not known.
  std::string subscript_text(const Parameter& parameter);
  Arg element(const Variable& variable, const std::string& subscript, const Parameter& parameter);
  std::string ifs();
  const Part* keep(Part part);

  const Environment& environment_;
  State& state_;
  Run run_;
  std::size_t round_ = 0;
  std::size_t rounds_ = 1;
  std::vector<std::unique_ptr<Part>> kept_;  // members of brace ranges
};

}  // namespace weir::shell
