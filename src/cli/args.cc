// The only file that includes CLI11. Turns CommandSpecs into a parser, help and usage errors.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/bytes.h"
#include "cli/cli.h"
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

std::string footer(const CommandSpec& spec) {
  std::string text = spec.description.empty() ? "" : spec.description + "\n\n";
  if (!spec.examples.empty()) text += "Examples:\n";
  for (const auto& example : spec.examples)
    text += "  " + example.command + "\n      " + example.what + "\n";
  return text;
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

void add_positionals(Bound& bound) {
  const auto& list = bound.spec->positionals;
  if (list.empty()) return;
  int required = 0;
  std::string names;
  std::string help;
  for (const auto& positional : list) {
    required += positional.required ? 1 : 0;
    names += (names.empty() ? "" : " ") + positional.name + (positional.many ? "…" : "");
    help += (help.empty() ? "" : "; ") + positional.name + ": " + positional.help;
  }
  const int most = list.back().many ? 1'000'000 : static_cast<int>(list.size());
  auto* added = bound.app->add_option(names, bound.positionals, help)->expected(required, most);
  if (required > 0) added->required();
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
  explicit Parser(const std::vector<CommandSpec>& commands)
      : app_(
            "Weir: runtime safety for autonomous and coding agents.\n"
            "Every command has --help with examples.",
            "weir") {
    app_.require_subcommand(0, 1);
    app_.set_help_flag("-h,--help", "this help");
    app_.set_version_flag("--version", "weir " WEIR_VERSION, "the version of this program");
    for (const auto& spec : commands)
      bind(spec);
  }

  int run(std::vector<std::string> argv, std::istream& in, std::ostream& out, std::ostream& err) {
    rest_ = cut_rest(argv);
    if (argv.empty() && rest_.empty()) {
      out << app_.help();
      return exit_code::kUsage;
    }
    std::reverse(argv.begin(), argv.end());
    try {
      app_.parse(std::move(argv));
    } catch (const CLI::CallForHelp&) {
      out << help_target().help();
      return exit_code::kFine;
    } catch (const CLI::CallForVersion& version) {
      out << version.what() << "\n";
      return exit_code::kFine;
    } catch (const CLI::Error& error) {
      err << "weir: " << printable(error.what()) << "; try `weir" << command_words() << " --help`\n";
      return exit_code::kUsage;
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
        known = app_.add_subcommand(group, group + " commands: `weir " + group + " --help`");
        known->require_subcommand(1);
      }
      parent = known;
    }
    bound->app = parent->add_subcommand(
        name, spec.summary + (spec.description.empty() ? "" : "\n" + spec.description));
    // "flow" may be a command and the group of "flow tools" at once; the command is listed first.
    if (spec.name.find(' ') == std::string::npos) {
      groups_[spec.name] = bound->app;
      bound->app->require_subcommand(0, 1);
    }
    bound->app->footer(footer(spec));
    add_globals(*bound->app, globals_);
    add_options(*bound);
    add_positionals(*bound);
  }

  const CLI::App& help_target() const {
    const CLI::App* at = &app_;
    while (!at->get_subcommands().empty())
      at = at->get_subcommands().front();
    return *at;
  }

  std::string command_words() const {
    std::string words;
    const CLI::App* at = &app_;
    while (!at->get_subcommands().empty()) {
      at = at->get_subcommands().front();
      words += " " + at->get_name();
    }
    return words;
  }

  int dispatch(std::istream& in, std::ostream& out, std::ostream& err) {
    for (const auto& bound : bounds_) {
      if (!bound->app->parsed() || !bound->app->get_subcommands().empty()) continue;
      if (!rest_.empty() && !bound->spec->takes_rest) {
        err << "weir: `weir " << bound->spec->name << "` takes nothing after \"--\"\n";
        return exit_code::kUsage;
      }
      Args args;
      for (const auto& [name, on] : bound->flags)
        if (on) args.values_[name];
      for (const auto& [name, values] : bound->texts)
        if (bound->app->count(name) > 0) args.values_[name] = values;
      args.positionals_ = bound->positionals;
      args.rest_ = rest_;
      Context context{
          in, out, err, os::places(), globals_.json, globals_.quiet, Style(wants_color(globals_, out))};
      return bound->spec->run(args, context);
    }
    out << app_.help();
    return exit_code::kUsage;
  }

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
