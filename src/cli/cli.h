// Room `cli` (floor 9, rim): the command line. One file per command, no logic that another front end would
// want.
//
// A command is a CommandSpec: what it is called, what it takes, what it does. main.cc lists them all; help,
// usage errors, `--json`, `--quiet`, `--color` and shell completion come from the list. Names, options and
// JSON shapes are promises to people's scripts (docs/cli.md).
//
//   CommandSpec ledger_verify_command() {
//     return {.name = "ledger verify",
//             .summary = "Check every tile, entry and checkpoint of a ledger",
//             .options = {{"--vkey", "KEY", "the public key the checkpoint must be signed with"}},
//             .positionals = {{"DIR", "the ledger; default: this user's"}},
//             .examples = {{"weir ledger verify", "this user's ledger"}},
//             .run = run_ledger_verify};
//   }
//   int run_ledger_verify(const Args& args, Context& context) { … return exit_code::kFine; }
//
// Exit codes: 0 fine, 1 findings or refused, 2 usage, 3 internal. Results go to context.out, diagnostics to
// context.err.
#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "os/xdg.h"

namespace weir::cli {

namespace exit_code {
inline constexpr int kFine = 0;
inline constexpr int kFindings = 1;  // findings, or refused
inline constexpr int kUsage = 2;
inline constexpr int kInternal = 3;
}  // namespace exit_code

struct Option {
  std::string name;        // "--jsonl", or "-f,--follow"
  std::string value_name;  // "DIR"; "" for a flag
  std::string help;
  bool repeatable = false;
  bool value_optional = false;            // "--pod" or "--pod=PROFILE"
  std::vector<std::string> choices = {};  // what the shell offers as its value, when that is known beforehand
};

struct Positional {
  std::string name;  // "DIR"
  std::string help;
  bool required = false;
  bool many = false;                      // takes all that remain; must be the last
  std::vector<std::string> choices = {};  // what the shell offers, when that is known beforehand
};

struct Example {
  std::string command;
  std::string what;
};

// What was given on the command line, by the long option name.
class Args {
 public:
  bool has(std::string_view option) const { return values_.contains(std::string(option)); }
  std::optional<std::string> value(std::string_view option) const;  // the last one given
  std::string value_or(std::string_view option, std::string_view fallback) const;
  const std::vector<std::string>& values(std::string_view option) const;
  const std::vector<std::string>& positionals() const { return positionals_; }
  std::string positional_or(std::size_t index, std::string_view fallback) const;
  const std::vector<std::string>& rest() const { return rest_; }  // what stood after "--"

  std::map<std::string, std::vector<std::string>> values_;
  std::vector<std::string> positionals_;
  std::vector<std::string> rest_;
};

// Colours when the terminal wants them, nothing otherwise.
class Style {
 public:
  explicit Style(bool on) : on_(on) {}
  std::string bold(std::string_view text) const { return wrap("1", text); }
  std::string dim(std::string_view text) const { return wrap("2", text); }
  std::string red(std::string_view text) const { return wrap("31", text); }
  std::string green(std::string_view text) const { return wrap("32", text); }
  std::string yellow(std::string_view text) const { return wrap("33", text); }
  std::string cyan(std::string_view text) const { return wrap("36", text); }
  bool on() const { return on_; }

 private:
  std::string wrap(std::string_view code, std::string_view text) const;
  bool on_;
};

// What a command works with.
struct Context {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  os::Places places;
  bool json = false;   // --json
  bool quiet = false;  // --quiet: no progress, no prose
  Style style{false};
};

struct CommandSpec {
  std::string name;  // one or two words: "scan", "ledger verify"
  std::string summary;
  std::string description;  // shown by --help below the summary
  std::vector<Option> options;
  std::vector<Positional> positionals;
  bool takes_rest = false;  // "-- CMD…"
  std::vector<Example> examples;
  std::function<int(const Args&, Context&)> run;
};

// Parses argv against the commands and runs one; prints help and usage errors itself. Returns the exit code.
int run_command_line(const std::vector<CommandSpec>& commands, const std::vector<std::string>& argv,
                     std::istream& in, std::ostream& out, std::ostream& err);

// Prints an Error as one line "weir: what (where): hint" (or as JSON with --json) and gives the exit code
// that fits.
int report(const Error& error, Context& context);
// The same for what is wrong with the command line.
int usage_error(std::string what, Context& context, std::string hint = "");
// {"what","where","hint"} of an Error: how bad rows are answered in JSON Lines.
Json error_json(const Error& error);

// Every command of the program, in the order of `weir --help` (commands.cc).
std::vector<CommandSpec> all_commands();
// Those that this line can mean: the commands whose first word it begins with, or all of them. Enough for
// run_command_line, and made in a fraction of the time.
std::vector<CommandSpec> commands_for(const std::vector<std::string>& argv);

}  // namespace weir::cli
