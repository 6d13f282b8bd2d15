// The only file that includes CLI11. Turns CommandSpecs into a parser and usage errors.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/bytes.h"
#include "cli/cli.h"
#include "cli/help.h"
#include "os/process.h"

namespace weir::cli {
namespace {

// One command's parser and where it puts what it reads.
struct Bound {
  const CommandSpec* spec = nullptr;
  CLI::App* app = nullptr;
  std::map<std::string, std::vector<std::string>> texts;
  std::map<std::string, bool> flags;
  std::vector<std::string> positionals;
};

std::string long_name(const std::string& names) {
  const auto comma = names.rfind(',');
  return comma == std::string::npos ? names : names.substr(comma + 1);
}

void add_options(Bound& bound) {
  for (const auto& option : bound.spec->options) {
    const std::string key = long_name(option.name);
    if (option.value_name.empty()) {
      bound.app->add_flag(option.name, bound.flags[key], option.help);
      continue;
    }
    auto* added =
        bound.app->add_option(option.name, bound.texts[key], option.help)->type_name(option.value_name);
    if (option.value_optional)
      added->expected(0, 1);
    else if (!option.repeatable)
      // Without the last part CLI11 lets the option take the words behind its value as well: the last of
      // them would count, and a positional would be missing.
      added->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)->allow_extra_args(false);
    else
      added->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->allow_extra_args(false);
  }
}

std::size_t most_positionals(const CommandSpec& spec) {
  constexpr std::size_t kMany = 1'000'000;
  return !spec.positionals.empty() && spec.positionals.back().many ? kMany : spec.positionals.size();
}

// How many there are is counted when those behind "--" are known too.
void add_positionals(Bound& bound) {
  std::string names;
  for (const auto& positional : bound.spec->positionals)
    names += (names.empty() ? "" : " ") + positional.name;
  if (names.empty()) return;
  bound.app->add_option(names, bound.positionals)
      ->expected(0, static_cast<int>(most_positionals(*bound.spec)));
}

// What stands before "--" and is no option: the command comes first of it.
std::vector<std::string> words_of(const std::vector<std::string>& argv) {
  std::vector<std::string> words;
  for (const auto& word : argv) {
    if (word == "--") break;
    if (!word.starts_with('-')) words.push_back(word);
  }
  return words;
}

// CLI11 has no notion of "the rest after --": it is cut off before.
std::vector<std::string> cut_rest(std::vector<std::string>& argv) {
  const auto at = std::find(argv.begin(), argv.end(), "--");
  if (at == argv.end()) return {};
  std::vector<std::string> rest(at + 1, argv.end());
  argv.erase(at, argv.end());
  return rest;
}

struct Globals {
  bool json = false;
  bool quiet = false;
  std::string color = "auto";
};

void add_globals(CLI::App& app, Globals& globals) {
  app.add_flag("--json", globals.json, "print JSON instead of text");
  app.add_flag("--quiet", globals.quiet, "print results only: no progress, no prose");
  app.add_option("--color", globals.color, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN");
}

bool wants_color(const Globals& globals, const std::ostream& out) {
  if (globals.color != "auto") return globals.color == "always";
  return &out == &std::cout && ::isatty(1) != 0 && os::env_or("NO_COLOR", "").empty() &&
         os::env_or("TERM", "dumb") != "dumb";
}

class Parser {
 public:
  explicit Parser(const std::vector<CommandSpec>& commands) : commands_(commands), app_("", "weir") {
    app_.require_subcommand(0, 1);
    app_.set_help_flag("-h,--help", "this help");
    app_.set_version_flag("--version", "weir " WEIR_VERSION, "the version of this program");
    for (const auto& spec : commands)
      bind(spec);
  }

  int run(std::vector<std::string> argv, std::istream& in, std::ostream& out, std::ostream& err) {
    const auto words = words_of(argv);
    rest_ = cut_rest(argv);
    if (argv.empty() && rest_.empty()) {
      out << help_text(commands_, "");
      return exit_code::kUsage;
    }
    // A line that cannot be read as a whole says all the same how it wants to be answered.
    const bool json = std::find(argv.begin(), argv.end(), "--json") != argv.end();
    std::reverse(argv.begin(), argv.end());
    try {
      app_.parse(std::move(argv));
    } catch (const CLI::CallForHelp&) {
      out << help_text(commands_, command_name());
      return exit_code::kFine;
    } catch (const CLI::CallForVersion& version) {
      out << version.what() << "\n";
      return exit_code::kFine;
    } catch (const CLI::Error& error) {
      globals_.json = json;
      Context context = context_of(in, out, err);
      return report(problem(error.what(), words), context);
    }
    return dispatch(in, out, err);
  }

 private:
  void bind(const CommandSpec& spec) {
    auto& bound = bounds_.emplace_back(std::make_unique<Bound>());
    bound->spec = &spec;
    CLI::App* parent = &app_;
    std::string name = spec.name;
    if (const auto space = name.find(' '); space != std::string::npos) {
      const std::string group = name.substr(0, space);
      name = name.substr(space + 1);
      CLI::App*& known = groups_[group];
      if (known == nullptr) {
        known = app_.add_subcommand(group);
        known->require_subcommand(1);
      }
      parent = known;
    }
    bound->app = parent->add_subcommand(name);
    // "flow" may be a command and the group of "flow tools" at once; the command is listed first.
    if (spec.name.find(' ') == std::string::npos) {
      groups_[spec.name] = bound->app;
      bound->app->require_subcommand(0, 1);
    }
    add_globals(*bound->app, globals_);
    add_options(*bound);
    add_positionals(*bound);
  }

  // "ledger verify", as far as the line could be read.
  std::string command_name() const {
    std::string words;
    const CLI::App* at = &app_;
    while (!at->get_subcommands().empty()) {
      at = at->get_subcommands().front();
      words += (words.empty() ? "" : " ") + at->get_name();
    }
    return words;
  }

  // What is wrong with the line. CLI11 takes a command that does not exist for an argument too many.
  Error problem(const std::string& said, const std::vector<std::string>& words) const {
    const std::string name = command_name();
    const std::string called = name.empty() ? "weir" : "weir " + name;
    Error error{ErrorCode::invalid, said, "", "try `" + called + " --help`"};
    const bool is_command = std::any_of(commands_.begin(), commands_.end(),
                                        [&](const CommandSpec& spec) { return spec.name == name; });
    if (is_command) return error;
    const std::size_t depth = name.empty() ? 0 : 1;
    if (words.size() > depth)
      return {ErrorCode::invalid, "there is no command `" + called + " " + words[depth] + "`", "",
              name.empty() ? error.hint : "there are " + second_words(commands_, name)};
    if (said.contains("not expected")) return error;
    return {ErrorCode::invalid, "`" + called + "` needs a command", "",
            name.empty() ? error.hint : "there are " + second_words(commands_, name)};
  }

  Context context_of(std::istream& in, std::ostream& out, std::ostream& err) const {
    return {in, out, err, os::places(), globals_.json, globals_.quiet, Style(wants_color(globals_, out))};
  }

  Result<Args> args_of(const Bound& bound) const {
    const CommandSpec& spec = *bound.spec;
    const std::string hint = "try `weir " + spec.name + " --help`";
    Args args;
    for (const auto& [name, on] : bound.flags)
      if (on) args.values_[name];
    for (const auto& [name, values] : bound.texts)
      if (bound.app->count(name) > 0) args.values_[name] = values;
    args.positionals_ = bound.positionals;
    if (spec.takes_rest) {
      args.rest_ = rest_;
    } else if (spec.positionals.empty() && !rest_.empty()) {
      return fail("`weir " + spec.name + "` takes nothing after \"--\"", "", hint);
    } else {  // "--" only says that no option follows
      args.positionals_.insert(args.positionals_.end(), rest_.begin(), rest_.end());
    }
    const std::size_t given = args.positionals_.size();
    if (given < spec.positionals.size() && spec.positionals[given].required)
      return fail(spec.positionals[given].name + " is required", "", hint);
    if (given > most_positionals(spec))
      return fail("there is an argument too many: " + args.positionals_.back(), "", hint);
    return args;
  }

  int dispatch(std::istream& in, std::ostream& out, std::ostream& err) {
    for (const auto& bound : bounds_) {
      if (!bound->app->parsed() || !bound->app->get_subcommands().empty()) continue;
      Context context = context_of(in, out, err);
      auto args = args_of(*bound);
      return args ? bound->spec->run(*args, context) : report(args.error(), context);
    }
    out << help_text(commands_, "");
    return exit_code::kUsage;
  }

  const std::vector<CommandSpec>& commands_;
  CLI::App app_;
  Globals globals_;
  std::map<std::string, CLI::App*> groups_;  // "ledger" of "ledger verify"
  std::vector<std::unique_ptr<Bound>> bounds_;
  std::vector<std::string> rest_;
};

}  // namespace

std::optional<std::string> Args::value(std::string_view option) const {
  const auto it = values_.find(std::string(option));
  if (it == values_.end() || it->second.empty()) return std::nullopt;
  return it->second.back();
}

std::string Args::value_or(std::string_view option, std::string_view fallback) const {
  return value(option).value_or(std::string(fallback));
}

const std::vector<std::string>& Args::values(std::string_view option) const {
  static const std::vector<std::string> none;
  const auto it = values_.find(std::string(option));
  return it == values_.end() ? none : it->second;
}

std::string Args::positional_or(std::size_t index, std::string_view fallback) const {
  return index < positionals_.size() ? positionals_[index] : std::string(fallback);
}

std::string Style::wrap(std::string_view code, std::string_view text) const {
  if (!on_) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

int run_command_line(const std::vector<CommandSpec>& commands, const std::vector<std::string>& argv,
                     std::istream& in, std::ostream& out, std::ostream& err) {
  return Parser(commands).run(argv, in, out, err);
}

Json error_json(const Error& error) {
  return Json::object({{"what", error.what}, {"where", error.where}, {"hint", error.hint}});
}

int usage_error(std::string what, Context& context, std::string hint) {
  return report({ErrorCode::invalid, std::move(what), "", std::move(hint)}, context);
}

int report(const Error& error, Context& context) {
  if (context.json)
    context.out << compact(Json::object({{"error", error_json(error)}})) << "\n";
  else
    context.err << "weir: " << printable(error.message()) << "\n";
  switch (error.code) {
    case ErrorCode::invalid:
    case ErrorCode::limit:
    case ErrorCode::not_found:
    case ErrorCode::exists:
    case ErrorCode::erased:
      return exit_code::kUsage;
    case ErrorCode::denied:
    case ErrorCode::corrupt:
      return exit_code::kFindings;
    case ErrorCode::unavailable:
    case ErrorCode::internal:
      return exit_code::kInternal;
  }
  return exit_code::kInternal;
}

}  // namespace weir::cli
