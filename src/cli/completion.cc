// `weir completion`: what a shell needs to complete weir's commands and options, made from the list of
// commands itself.
#include <algorithm>
#include <map>
#include <ostream>
#include <set>

#include "base/bytes.h"
#include "cli/commands.h"

namespace weir::cli {
namespace {

// Options that every command has (args.cc).
const std::vector<Option>& global_options() {
  static const std::vector<Option> options = {{"--help", "", "this help"},
                                              {"--json", "", "print JSON instead of text"},
                                              {"--quiet", "", "print results only"},
                                              {"--color", "WHEN", "auto, always or never"}};
  return options;
}

// What a command line completes at each point: after "" the first words, after "ledger" its second words.
struct Word {
  std::string text;
  std::string summary;
};

std::map<std::string, std::vector<Word>> words_after(const std::vector<CommandSpec>& commands) {
  std::map<std::string, std::vector<Word>> after;
  std::set<std::string> groups;
  for (const auto& command : commands) {
    const auto space = command.name.find(' ');
    const std::string first = command.name.substr(0, space);
    if (space == std::string::npos) {
      after[""].push_back({first, command.summary});
      groups.insert(first);  // it may be a group as well
      continue;
    }
    if (groups.insert(first).second) after[""].push_back({first, first + " commands"});
    after[first].push_back({command.name.substr(space + 1), command.summary});
  }
  return after;
}

std::vector<Option> options_of(const CommandSpec& command) {
  std::vector<Option> options = command.options;
  options.insert(options.end(), global_options().begin(), global_options().end());
  return options;
}

// "-f,--follow" → {"-f", "--follow"}
std::vector<std::string> names_of(const Option& option) {
  std::vector<std::string> names;
  for (const auto name : split(option.name, ','))
    names.emplace_back(name);
  return names;
}

// In single quotes, for all three shells; fish knows \' inside them, the others close and open again.
std::string quoted(std::string_view text, bool fish = false) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += fish ? "\\'" : "'\\''";
    else if (c == '\\' && fish)
      out += "\\\\";
    else
      out += c;
  }
  return out + "'";
}

std::string all_names(const CommandSpec& command) {
  std::string text;
  for (const auto& option : options_of(command))
    for (const auto& name : names_of(option))
      text += (text.empty() ? "" : " ") + name;
  return text;
}

// The words of a command stand in `words` after the options were left out; commands have one or two.
std::string bash_script(const std::vector<CommandSpec>& commands) {
  std::string text =
      "# bash completion of weir, made by `weir completion bash`.\n"
      "_weir() {\n"
      "  local current=\"${COMP_WORDS[COMP_CWORD]}\" first=\"\" second=\"\" i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"${COMP_WORDS[i]}\" in\n"
      "      --) return 0 ;;\n"
      "      -*) ;;\n"
      "      *) if [[ -z $first ]]; then first=\"${COMP_WORDS[i]}\"; elif [[ -z $second ]]; then "
      "second=\"${COMP_WORDS[i]}\"; fi ;;\n"
      "    esac\n"
      "  done\n"
      "  local words=\"\"\n"
      "  case \"$first $second\" in\n";
  const auto after = words_after(commands);
  for (const auto& command : commands) {
    const bool two = command.name.find(' ') != std::string::npos;
    std::string list = all_names(command);
    if (const auto inside = after.find(command.name); inside != after.end())
      for (const auto& word : inside->second)
        list += " " + word.text;
    text += "    " + (two ? quoted(command.name) : quoted(command.name + " ") + "*") +
            ") words=" + quoted(list) + " ;;\n";
  }
  for (const auto& [first, words] : after) {
    std::string list = first.empty() ? "--version --help" : "--help";
    for (const auto& word : words)
      list += " " + word.text;
    text += "    " + (first.empty() ? quoted(" ") : quoted(first + " ") + "*") + ") words=" + quoted(list) +
            " ;;\n";
  }
  return text +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -o default -F _weir weir\n";
}

// zsh's `_arguments` reads "name[help]:value:action"; brackets and colons in the help are escaped.
std::string zsh_help(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_arguments(const CommandSpec& command) {
  std::string text = "_arguments";
  for (const auto& option : options_of(command))
    for (const auto& name : names_of(option)) {
      std::string spec = (option.repeatable ? "*" : "") + name + "[" + zsh_help(option.help) + "]";
      if (!option.value_name.empty())
        spec += (option.value_optional ? "::" : ":") + zsh_help(option.value_name) + ":_files";
      text += " " + quoted(spec);
    }
  return text + " '*:argument:_files'";
}

std::string zsh_words(const std::vector<Word>& words) {
  std::string text;
  for (const auto& word : words)
    text += " " + quoted(word.text + ":" + word.summary);
  return text;
}

// Options before the command are dropped from `words`, so that the command is always its second.
std::string zsh_script(const std::vector<CommandSpec>& commands) {
  const auto after = words_after(commands);
  std::string text =
      "#compdef weir\n"
      "# zsh completion of weir, made by `weir completion zsh`.\n"
      "_weir() {\n"
      "  local -a choices\n"
      "  local -i at=2\n"
      "  while (( at < CURRENT )) && [[ ${words[at]} == -* ]]; do (( at++ )); done\n"
      "  words=(weir \"${(@)words[at,-1]}\")\n"
      "  (( CURRENT -= at - 2 ))\n"
      "  if (( CURRENT == 2 )); then\n"
      "    choices=(" +
      zsh_words(after.at("")) +
      ")\n"
      "    _describe command choices\n"
      "    return\n"
      "  fi\n"
      "  case \"${words[2]}\" in\n";
  for (const auto& [first, words] : after) {
    if (first.empty()) continue;
    text += "    " + first + ")\n      if (( CURRENT == 3 )); then\n        choices=(" + zsh_words(words) +
            ")\n        _describe command choices\n        return\n      fi\n      case \"${words[3]}\" in\n";
    for (const auto& command : commands)
      if (command.name.starts_with(first + " "))
        text += "        " + command.name.substr(first.size() + 1) + ") " + zsh_arguments(command) + " ;;\n";
    text += "      esac ;;\n";
  }
  for (const auto& command : commands)
    if (command.name.find(' ') == std::string::npos)
      text += "    " + command.name + ") " + zsh_arguments(command) + " ;;\n";
  return text +
         "  esac\n"
         "}\n"
         "if [ \"$funcstack[1]\" = \"_weir\" ]; then _weir \"$@\"; else compdef _weir weir; fi\n";
}

std::string fish_script(const std::vector<CommandSpec>& commands) {
  std::string text = "# fish completion of weir, made by `weir completion fish`.\n";
  const auto after = words_after(commands);
  for (const auto& [first, words] : after) {
    std::string known;
    for (const auto& word : words)
      known += " " + word.text;
    const std::string when = first.empty() ? "__fish_use_subcommand"
                                           : "__fish_seen_subcommand_from " + first +
                                                 "; and not __fish_seen_subcommand_from" + known;
    for (const auto& word : words)
      text += "complete -c weir -f -n " + quoted(when, true) + " -a " + word.text + " -d " +
              quoted(word.summary, true) + "\n";
  }
  for (const auto& command : commands) {
    const auto space = command.name.find(' ');
    std::string when = "__fish_seen_subcommand_from " + command.name.substr(0, space);
    if (space != std::string::npos)
      when += "; and __fish_seen_subcommand_from " + command.name.substr(space + 1);
    for (const auto& option : options_of(command)) {
      text += "complete -c weir -n " + quoted(when, true);
      for (const auto& name : names_of(option))
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (!option.value_name.empty() && !option.value_optional) text += " -r";
      text += " -d " + quoted(option.help, true) + "\n";
    }
  }
  return text;
}

int run_completion(const Args& args, Context& context) {
  const std::string shell = args.positional_or(0, "");
  const auto commands = all_commands();
  if (shell == "bash")
    context.out << bash_script(commands);
  else if (shell == "zsh")
    context.out << zsh_script(commands);
  else if (shell == "fish")
    context.out << fish_script(commands);
  else
    return report({ErrorCode::invalid, "no such shell", shell, "bash, zsh or fish"}, context);
  return exit_code::kFine;
}

}  // namespace

CommandSpec completion_command() {
  return {.name = "completion",
          .summary = "Print the completion script of a shell",
          .description = "",
          .options = {},
          .positionals = {{"SHELL", "bash, zsh or fish", true}},
          .takes_rest = false,
          .examples = {{"source <(weir completion bash)", "in ~/.bashrc"},
                       {"weir completion zsh > ~/.zfunc/_weir", "with ~/.zfunc in fpath"},
                       {"weir completion fish > ~/.config/fish/completions/weir.fish", "for good"}},
          .run = run_completion};
}

}  // namespace weir::cli
