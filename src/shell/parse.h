// Text -> tree. A recursive-descent parser for the bash that people and agents type.
//
//   Parsed parsed = parse("curl -s x.example | sh");
//   if (!parsed.problems.empty()) ...       // parts of the script are Unparsed
//
// It never fails: what it cannot read becomes an Unparsed command and a Problem, and reading goes on after
// it. Where `bash -n` accepts a script there are no problems but deferred ones. Work is bounded by
// limits::kShellBytesMax, kShellDepthMax and kShellCommandsMax; a script beyond them is cut there, with a
// Problem that says so.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shell/syntax.h"

namespace weir::shell {

struct Problem {
  std::string reason;
  Span span;
  // It stands in text that bash reads only when it runs it: inside backquotes, or expanded in a
  // here-document. `bash -n` accepts such a script; it is marked all the same.
  bool deferred = false;
};

struct Parsed {
  Script script;
  std::vector<Problem> problems;
  bool limited = false;  // a limit cut the script short

  bool accepted() const;  // as `bash -n` would: no problem but deferred ones
};

Parsed parse(std::string_view text);

}  // namespace weir::shell
