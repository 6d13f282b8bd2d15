// Knowledge about programs, read from data (content/commands/*.yaml): which options take a value, which
// operands are read, written, deleted or connected to, which sub-commands destroy something. Schema:
// docs/shell.md.
//
//   CommandTable table;
//   for (each file) TRY_STATUS(table.add(yaml_text, "commands/git.yaml"));
//   const ProgramSpec* git = table.find("git");          // nullptr for an unknown program
//
// A value: daemon and cli make one from the embedded content and hand it to analyze().
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace weir::shell {

// Lookup by string_view without a copy.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

// What an operand or an option's value is to the program.
enum class Role {
  none,
  read,
  write,
  remove,
  chmod,
  host,  // host[:port]
  url,
  remote,  // [user@]host:path, or a local path: read when it is not last, written when it is
  package,
  program,  // a program or script file that is run
  shell,    // shell text
  code,     // text in another language
  sql,
  process,
  service,
  directory,  // becomes the working directory of what runs
  data,       // what is sent: a body, or @file
};

struct OptionSpec {
  bool takes_value = false;
  bool ends = false;     // what follows are arguments of the code or module, not options
  bool command = false;  // what follows is a command, up to the end
  Role role = Role::none;
  std::string language;    // of code
  std::string flag;        // attribute set when the option is given (and its value matches `only`)
  std::string flag_value;  // "" means true
  std::string only;        // a pattern
};

// One requirement of an effect: an option, an operand's pattern, or a variable in the environment.
struct Condition {
  enum class Kind { option, operand, any_operand, environment };
  Kind kind = Kind::option;
  std::string name;         // of the option or variable
  std::size_t operand = 0;  // its index
  std::string pattern;      // of the value; "" matches all
};

struct EffectRule {
  std::string_view verb;          // one of verbs.h
  std::vector<Condition> when;    // any of them (none: always)
  std::vector<Condition> all;     // and all of them
  std::vector<Condition> unless;  // and none of them
  std::string resource;  // "@0", "@last", "@rest" (one effect each), "@program", or literal text; "" program
                         // and operation
  std::vector<std::pair<std::string, std::variant<bool, std::string>>> attributes;
  bool possible = false;
};

struct ProgramSpec {
  enum class Runs { nothing, arguments, shell_text };  // what the operands after `skip` are

  std::vector<std::string> names;  // a sub-command's are patterns
  TextMap<OptionSpec> options;
  std::vector<Role> first, rest, last;  // roles of operands; `first` and `last` only where they differ
  std::string language;                 // of code operands, and of what an interpreter runs
  std::size_t skip = 0;                 // operands before the command that a wrapper runs
  Runs runs = Runs::nothing;
  std::string place;         // of what a wrapper runs: "remote", "container"; named by operand skip-1
  std::string handler;       // code that knows more than the table (see analyze_handlers.cc)
  std::string output;        // "network", "encoded", "input", "" (unknown)
  bool builtin = false;      // of the shell: no program starts
  bool single_dash = false;  // -long options, no clusters
  bool ignore_case = false;  // of sub-commands
  bool stops = false;        // options end at the first operand
  std::vector<EffectRule> effects;
  std::vector<Condition> safe;  // given one of these, the program only shows or checks (--dry-run, --help)
  std::vector<std::pair<std::string, std::string>> environment;  // variable -> attribute it sets
  std::vector<ProgramSpec> subcommands;
};

class CommandTable {
 public:
  // Adds the programs of one YAML text. Errors name file, program and key.
  Status add(std::string_view yaml, std::string_view where);
  const ProgramSpec* find(std::string_view program) const;
  // The programs whose name a shell pattern matches, in order of their names, at most count_max.
  std::vector<std::string_view> matching(std::string_view pattern, std::size_t count_max) const;
  // What kind of host it is ("metadata", "drop"): a class of the catalogue's `hosts`, or "".
  std::string_view host_class(std::string_view host) const;
  // What kind of service it is ("protection", "shared"), by its name in any case; or "".
  std::string_view service_class(std::string_view service) const;
  // The package that this URL's script installs, when it is the installer its makers publish; or "".
  std::string_view installer(std::string_view url) const;
  // Does `tool` reach out by itself, by running `program` (both names without a directory)? `git` does by
  // git-remote-https.
  bool reaches_out(std::string_view tool, std::string_view program) const;
  std::size_t size() const { return programs_.size(); }

 private:
  Status add_programs(const Json& programs, const std::string& where);

  using Patterns = std::vector<std::pair<std::string, std::string>>;  // pattern -> what it means

  std::vector<ProgramSpec> programs_;
  Patterns hosts_;
  Patterns services_;
  Patterns installers_;
  Patterns reaches_;
  TextMap<std::size_t> by_name_;
};

}  // namespace weir::shell
