// What is known at one point of a script: variables, functions, aliases, the working directory. A value that
// is copied before a subshell or a branch and joined after it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shell/arg.h"
#include "shell/syntax.h"

namespace weir::shell {

// What the caller knows about the place where the script would run.
struct Environment {
  std::string cwd;                               // absolute; empty when unknown
  std::string home;                              // absolute; empty when unknown: then "~" stays as it is
  std::string workspace;                         // absolute; empty when there is none
  std::map<std::string, std::string> variables;  // exported variables with known values
  std::size_t depth = 0;                         // nested interpreters already entered
};

struct Variable {
  std::vector<Arg> values;  // of an array: its elements; else the values it may have, usually one
  bool array = false;
  bool exported = false;
  bool reference = false;         // declare -n: its value names another variable
  std::vector<std::string> keys;  // of the elements, where they are not 0, 1, 2 ...
};

struct State {
  std::map<std::string, Variable, std::less<>> variables;
  std::map<std::string, const Command*, std::less<>> functions;
  std::map<std::string, std::string, std::less<>> aliases;
  std::map<std::string, std::string, std::less<>> downloads;  // path -> URL it was fetched from
  std::map<std::string, std::string, std::less<>>
      written;                                 // path -> known content written earlier in the script
  std::optional<std::string> cwd;              // absolute, normalised
  std::optional<std::vector<Arg>> positional;  // $1 ...; unknown at the top of a script
  std::optional<Arg> zero;                     // $0, where `sh -c TEXT NAME` gives it
  std::string remote;                          // host, inside ssh
  std::string container;                       // image or container, inside docker
  bool elevated = false;                       // inside sudo
  bool exited = false;                         // after exit, return or exec

  // After a branch that may or may not have run: every value that either state knows is possible.
  void join(const State& other);
};

}  // namespace weir::shell
