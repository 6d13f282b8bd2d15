// `weir completion`: what a shell needs to complete weir's commands and options, made from the list of
// commands itself.
#include <algorithm>
#include <map>
#include <ostream>
#include <set>

#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/help.h"

namespace weir::cli {
namespace {

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

// What can stand behind an option: one of some words, the id of a pod, a file, or what nobody knows
// beforehand.
constexpr std::string_view kPodIds = "weir pods --quiet 2>/dev/null | cut -d \" \" -f 1";

bool takes_pod(const Option& option) {
  return option.name == "--pod";
}

bool takes_file(const Option& option) {
  return option.value_name == "FILE" || option.value_name == "DIR" || option.value_name == "PATH" ||
         option.value_name == "TRACES" || option.value_name == "OUT";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words)
    text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string all_names(const CommandSpec& command) {
  std::string text;
  for (const auto& option : options_of(command))
    for (const auto& name : names_of(option))
      text += (text.empty() ? "" : " ") + name;
  return text;
}

bool has_two_words(const CommandSpec& command) {
  return command.name.contains(' ');
}

// What bash offers behind the options of a command that take a value; nothing: files.
std::string bash_values(const CommandSpec& command) {
  std::string text;
  for (const auto& option : options_of(command)) {
    if (option.value_name.empty() || option.value_optional) continue;
    std::string patterns;
    for (const auto& name : names_of(option))
      patterns += (patterns.empty() ? "" : "|") + quoted(command.name + ":" + name);
    const std::string words =
        takes_pod(option) ? "\"$(" + std::string(kPodIds) + ")\"" : quoted(joined(option.choices));
    text += "    " + patterns + ") words=" + words + " ;;\n";
  }
  return text;
}

// One arm of the script's `case`: the command is known, and what can stand there.
std::string bash_arm(const CommandSpec& command, const std::vector<Word>& inside) {
  const std::string list = all_names(command);
  std::string choices;
  for (const auto& positional : command.positionals)
    if (!positional.choices.empty()) choices += (choices.empty() ? "" : " ") + joined(positional.choices);
  const std::string set = ") command=" + quoted(command.name) +
                          (choices.empty() ? "" : " choices=" + quoted(choices)) + " words=";
  if (has_two_words(command)) return "    " + quoted(command.name) + set + quoted(list) + " ;;\n";
  std::string text;
  if (!inside.empty()) {
    std::string both = list;
    for (const auto& word : inside)
      both += " " + word.text;
    text += "    " + quoted(command.name + " ") + set + quoted(both) + " ;;\n";
  }
  return text + "    " + quoted(command.name + " ") + "*" + set + quoted(list) + " ;;\n";
}

// The first arm that fits counts: "flow vouch" stands before "flow" with whatever follows it.
std::string bash_arms(const std::vector<CommandSpec>& commands) {
  const auto after = words_after(commands);
  std::string two, one, groups;
  for (const auto& command : commands) {
    const auto inside = after.find(command.name);
    (has_two_words(command) ? two : one) +=
        bash_arm(command, inside == after.end() ? std::vector<Word>() : inside->second);
  }
  for (const auto& [first, words] : after) {
    std::string list = first.empty() ? "--version --help" : "--help";
    for (const auto& word : words)
      list += " " + word.text;
    groups +=
        "    " + (first.empty() ? quoted(" ") : quoted(first + " ")) + ") words=" + quoted(list) + " ;;\n";
  }
  return two + one + groups;
}

// The words of a command stand in `first` and `second` after the options were left out. bash takes "=" for a
// word of its own: behind it stands the value of the option before it.
std::string bash_script(const std::vector<CommandSpec>& commands) {
  std::string text =
      "# bash completion of weir, made by `weir completion bash`.\n"
      "_weir() {\n"
      "  local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"\" first=\"\" second=\"\" command=\"\" "
      "choices=\"\" words=\"\" i\n"
      "  (( COMP_CWORD > 0 )) && previous=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
      "  if [[ $current == \"=\" ]]; then current=\"\"\n"
      "  elif [[ $previous == \"=\" ]]; then previous=\"${COMP_WORDS[COMP_CWORD-2]}\"; fi\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"${COMP_WORDS[i]}\" in\n"
      "      --) return 0 ;;\n"
      "      -*) ;;\n"
      "      *) if [[ -z $first ]]; then first=\"${COMP_WORDS[i]}\"; elif [[ -z $second ]]; then "
      "second=\"${COMP_WORDS[i]}\"; fi ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"$first $second\" in\n" +
      bash_arms(commands) +
      "  esac\n"
      "  if [[ -n $choices && $current != -* ]]; then words=\"$choices\"; fi\n"
      "  case \"$command:$previous\" in\n";
  for (const auto& command : commands)
    text += bash_values(command);
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

// What _arguments does behind an option or at a place: " " is nothing.
std::string zsh_action(const std::vector<std::string>& choices, bool files) {
  return choices.empty() ? (files ? "_files" : " ") : "(" + joined(choices) + ")";
}

std::string zsh_arguments(const CommandSpec& command) {
  // The words of the command go: what is left are its own options and arguments.
  std::string text = has_two_words(command) ? "shift 2 words; (( CURRENT -= 2 )); _arguments"
                                            : "shift words; (( CURRENT -= 1 )); _arguments";
  for (const auto& option : options_of(command))
    for (const auto& name : names_of(option)) {
      std::string spec = (option.repeatable ? "*" : "") + name + "[" + zsh_help(option.help) + "]";
      if (!option.value_name.empty())
        spec += (option.value_optional ? "::" : ":") + zsh_help(option.value_name) + ":" +
                (takes_pod(option) ? "{compadd -- $(" + std::string(kPodIds) + ")}"
                                   : zsh_action(option.choices, takes_file(option)));
      text += " " + quoted(spec);
    }
  for (std::size_t i = 0; i < command.positionals.size(); ++i)
    if (const auto& one = command.positionals[i]; !one.choices.empty())
      text += " " +
              quoted(std::to_string(i + 1) + ":" + zsh_help(one.name) + ":" + zsh_action(one.choices, true));
  return text + " '*:argument:_files'";
}

std::string zsh_words(const std::vector<Word>& words) {
  std::string text;
  for (const auto& word : words)
    text += " " + quoted(word.text + ":" + word.summary);
  return text;
}

// The arm of a first word that others follow; it may be a command as well.
std::string zsh_group(const std::vector<CommandSpec>& commands, const std::string& first,
                      const std::vector<Word>& words) {
  std::string own;
  std::string arms;
  for (const auto& command : commands) {
    if (command.name == first) own = zsh_arguments(command);
    if (command.name.starts_with(first + " "))
      arms += "        " + command.name.substr(first.size() + 1) + ") " + zsh_arguments(command) + " ;;\n";
  }
  return "    " + first +
         ")\n      if (( CURRENT == 3 )) && [[ ${words[3]} != -* ]]; then\n        choices=(" +
         zsh_words(words) +
         ")\n        _describe command choices\n        return\n      fi\n      case \"${words[3]}\" in\n" +
         arms + (own.empty() ? "" : "        *) " + own + " ;;\n") + "      esac ;;\n";
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
  for (const auto& [first, words] : after)
    if (!first.empty()) text += zsh_group(commands, first, words);
  for (const auto& command : commands)
    if (!has_two_words(command) && !after.contains(command.name))
      text += "    " + command.name + ") " + zsh_arguments(command) + " ;;\n";
  return text +
         "  esac\n"
         "}\n"
         "if [ \"$funcstack[1]\" = \"_weir\" ]; then _weir \"$@\"; else compdef _weir weir; fi\n";
}

// Which command stands before the cursor, "flow vouch" or "flow" or "": options are no part of it.
std::string fish_functions(const std::vector<CommandSpec>& commands) {
  std::string two;
  for (const auto& command : commands)
    if (has_two_words(command)) two += " " + quoted(command.name, true);
  return "function __weir_words\n"
         "    set -l tokens (commandline -opc)\n"
         "    set -e tokens[1]\n"
         "    string match -v -- '-*' $tokens\n"
         "end\n"
         "function __weir_is\n"
         "    set -l words (__weir_words)\n"
         "    if contains -- \"$words[1] $words[2]\"" +
         two +
         "\n"
         "        test \"$words[1] $words[2]\" = \"$argv\"\n"
         "    else\n"
         "        test \"$words[1]\" = \"$argv\"\n"
         "    end\n"
         "end\n"
         "function __weir_only\n"
         "    set -l words (__weir_words)\n"
         "    test \"$words\" = \"$argv\"\n"
         "end\n";
}

// What follows an option: "-x" asks for a value that is no file.
std::string fish_value(const Option& option) {
  if (option.value_name.empty() || option.value_optional) return "";
  if (takes_pod(option)) return " -x -a " + quoted("(" + std::string(kPodIds) + ")", true);
  if (!option.choices.empty()) return " -x -a " + quoted(joined(option.choices), true);
  return takes_file(option) ? " -r -F" : " -x";
}

std::string fish_command(const CommandSpec& command) {
  const std::string when = "complete -c weir -n " + quoted("__weir_is " + command.name, true);
  std::string text;
  for (const auto& option : options_of(command)) {
    text += when;
    for (const auto& name : names_of(option))
      text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    text += fish_value(option) + " -d " + quoted(option.help, true) + "\n";
  }
  for (const auto& positional : command.positionals)
    if (!positional.choices.empty())
      text += when + " -f -a " + quoted(joined(positional.choices), true) + " -d " +
              quoted(positional.name, true) + "\n";
  return text;
}

std::string fish_script(const std::vector<CommandSpec>& commands) {
  std::string text =
      "# fish completion of weir, made by `weir completion fish`.\n" + fish_functions(commands);
  for (const auto& [first, words] : words_after(commands))
    for (const auto& word : words)
      text += "complete -c weir -f -n " + quoted("__weir_only " + first, true) + " -a " + word.text + " -d " +
              quoted(word.summary, true) + "\n";
  for (const auto& command : commands)
    text += fish_command(command);
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
          .positionals = {{"SHELL", "bash, zsh or fish", true, false, {"bash", "zsh", "fish"}}},
          .takes_rest = false,
          .examples = {{"source <(weir completion bash)", "in ~/.bashrc"},
                       {"weir completion zsh > ~/.zfunc/_weir", "with ~/.zfunc in fpath"},
                       {"weir completion fish > ~/.config/fish/completions/weir.fish", "for good"}},
          .run = run_completion};
}

}  // namespace weir::cli
