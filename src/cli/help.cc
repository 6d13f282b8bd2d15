#include "cli/help.h"

#include <set>

namespace weir::cli {
namespace {

constexpr std::size_t kColumn = 30;  // where explanations begin
constexpr std::size_t kWidth = 110;

// The words of `text`, in lines that begin at column `indent`; the first one stands there already.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (column > indent && column + 1 + word.size() > kWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

// "  --last N                    how many"
std::string row(const std::string& name, const std::string& what) {
  std::string line = "  " + name;
  if (what.empty()) return line + "\n";
  if (line.size() + 2 > kColumn) {
    line += "\n";
    line.append(kColumn, ' ');
  } else {
    line.resize(kColumn, ' ');
  }
  return line + wrapped(what, kColumn) + "\n";
}

std::string option_row(const Option& option) {
  std::string name = option.name;
  if (const auto comma = name.find(','); comma != std::string::npos) name.insert(comma + 1, " ");
  if (!option.value_name.empty())
    name += option.value_optional ? "[=" + option.value_name + "]" : " " + option.value_name;
  return row(name, option.help + (option.repeatable ? " (may be repeated)" : ""));
}

std::string positional_name(const Positional& positional) {
  return positional.name + (positional.many ? "..." : "");
}

const CommandSpec* find(const std::vector<CommandSpec>& commands, const std::string& name) {
  for (const auto& command : commands)
    if (command.name == name) return &command;
  return nullptr;
}

// What can stand behind `name` ("": the first words), a row each.
std::string command_rows(const std::vector<CommandSpec>& commands, const std::string& name) {
  std::string rows;
  std::set<std::string> seen;
  for (const auto& command : commands) {
    const auto space = command.name.find(' ');
    if (!name.empty()) {
      if (command.name.starts_with(name + " "))
        rows += row(command.name.substr(name.size() + 1), command.summary);
      continue;
    }
    const std::string first = command.name.substr(0, space);
    if (!seen.insert(first).second) continue;
    const CommandSpec* own = find(commands, first);
    rows += row(first, own != nullptr ? own->summary : second_words(commands, first));
  }
  return rows.empty() ? "" : "\nCommands:\n" + rows;
}

std::string program_help(const std::vector<CommandSpec>& commands) {
  return "Weir: runtime safety for autonomous and coding agents.\nEvery command has --help with examples.\n\n"
         "Usage: weir [OPTIONS] COMMAND\n\nOptions:\n" +
         row("-h, --help", "this help") + row("--version", "the version of this program") +
         command_rows(commands, "");
}

std::string command_help(const std::vector<CommandSpec>& commands, const CommandSpec& command) {
  std::string text = command.summary + "\n";
  if (!command.description.empty()) text += wrapped(command.description, 0) + "\n";
  text += "\nUsage: " + usage_line(command) + "\n";
  if (!second_words(commands, command.name).empty()) text += "       weir " + command.name + " COMMAND\n";
  if (!command.positionals.empty()) text += "\nArguments:\n";
  for (const auto& positional : command.positionals)
    text += row(positional_name(positional), positional.help);
  text += "\nOptions:\n";
  for (const auto& option : command.options)
    text += option_row(option);
  for (const auto& option : global_options())
    text += option_row(option);
  text += command_rows(commands, command.name);
  if (!command.examples.empty()) text += "\nExamples:\n";
  for (const auto& example : command.examples)
    text += "  " + example.command + "\n      " + example.what + "\n";
  return text;
}

}  // namespace

const std::vector<Option>& global_options() {
  static const std::vector<Option> options = {{"-h,--help", "", "this help"},
                                              {"--json", "", "print JSON instead of text"},
                                              {"--quiet", "", "print results only: no progress, no prose"},
                                              {.name = "--color",
                                               .value_name = "WHEN",
                                               .help = "auto, always or never",
                                               .choices = {"auto", "always", "never"}}};
  return options;
}

std::string usage_line(const CommandSpec& command) {
  std::string line = "weir " + command.name + " [OPTIONS]";
  for (const auto& positional : command.positionals)
    line +=
        positional.required ? " " + positional_name(positional) : " [" + positional_name(positional) + "]";
  if (command.takes_rest) line += command.positionals.empty() ? " -- CMD..." : " [-- CMD...]";
  return line;
}

std::string help_text(const std::vector<CommandSpec>& commands, const std::string& name) {
  if (name.empty()) return program_help(commands);
  if (const CommandSpec* command = find(commands, name)) return command_help(commands, *command);
  return "Usage: weir " + name + " COMMAND\n" + command_rows(commands, name) +
         "\nEach has --help with examples.\n";
}

std::string second_words(const std::vector<CommandSpec>& commands, std::string_view group) {
  const std::string prefix = std::string(group) + " ";
  std::string words;
  for (const auto& command : commands)
    if (command.name.starts_with(prefix))
      words += (words.empty() ? "" : ", ") + command.name.substr(prefix.size());
  return words;
}

}  // namespace weir::cli
