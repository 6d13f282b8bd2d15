#include "setup/agent_command.h"

#include <algorithm>
#include <array>

namespace weir::setup {
namespace {

using Words = std::vector<std::string>;

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool one_of(std::string_view word, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::optional<Agent> by_program(std::string_view word) {
  const auto base = base_name(word);
  if (one_of(base, {"claude", "claude.exe"})) return Agent::claude;
  if (one_of(base, {"codex", "codex.exe", "codex.js"})) return Agent::codex;
  // Any script inside the npm package, whatever it is called in this version.
  if (word.find("@anthropic-ai/claude-code") != std::string_view::npos) return Agent::claude;
  if (word.find("@openai/codex") != std::string_view::npos) return Agent::codex;
  return std::nullopt;
}

// "@openai/codex@0.169.0" or the name of its command.
std::optional<Agent> by_package(std::string_view word) {
  const auto version = word.find('@', 1);
  const auto name = word.substr(0, version);
  if (name == "@anthropic-ai/claude-code" || name == "claude") return Agent::claude;
  if (name == "@openai/codex" || name == "codex") return Agent::codex;
  return std::nullopt;
}

bool is_option(std::string_view word) {
  return word.size() > 1 && word[0] == '-';
}

// The first word at or after `at` that is no option; options in `with_value` take the next word along.
std::size_t skip_options(const Words& argv, std::size_t at,
                         std::initializer_list<std::string_view> with_value) {
  while (at < argv.size() && is_option(argv[at])) {
    if (argv[at] == "--") return at + 1;
    at += one_of(argv[at], with_value) ? 2 : 1;
  }
  return at;
}

// Where the wrapped command begins; `assigned` gets what `env` sets. None when argv[at] wraps nothing.
std::optional<std::size_t> look_through(const Words& argv, std::size_t at, AgentCommand& found) {
  const auto base = base_name(argv[at]);
  if (base == "env") {
    std::size_t i = skip_options(argv, at + 1, {"-u", "--unset", "-C", "--chdir"});
    for (; i < argv.size(); ++i) {
      const auto equals = argv[i].find('=');
      if (equals == std::string::npos || equals == 0) break;
      found.assigned.emplace_back(argv[i].substr(0, equals), argv[i].substr(equals + 1));
    }
    return i;
  }
  if (base == "timeout") return skip_options(argv, at + 1, {"-s", "--signal", "-k", "--kill-after"}) + 1;
  if (one_of(base, {"nice", "nohup", "setsid", "stdbuf"}))
    return skip_options(argv, at + 1,
                        {"-n", "-i", "-o", "-e", "--adjustment", "--input", "--output", "--error"});
  return std::nullopt;
}

// A package runner: npx [options] PACKAGE ARGS…, pnpm dlx PACKAGE ARGS….
std::optional<std::size_t> package_at(const Words& argv, std::size_t at) {
  const auto base = base_name(argv[at]);
  const auto options = {std::string_view("-p"), std::string_view("--package"),
                        std::string_view("-c"), std::string_view("--call"),
                        std::string_view("-w"), std::string_view("--workspace")};
  if (one_of(base, {"npx", "bunx", "pnpx"})) return skip_options(argv, at + 1, options);
  const bool dlx = one_of(base, {"pnpm", "yarn", "npm", "bun"}) && at + 1 < argv.size() &&
                   one_of(argv[at + 1], {"dlx", "exec", "x"});
  if (dlx) return skip_options(argv, at + 2, options);
  return std::nullopt;
}

}  // namespace

std::optional<AgentCommand> find_agent_command(const std::vector<std::string>& argv) {
  AgentCommand found;
  std::size_t at = 0;
  // Wrappers may stand inside each other; each step moves on, so this ends.
  while (at < argv.size()) {
    const auto next = look_through(argv, at, found);
    if (!next) break;
    at = *next;
  }
  if (at >= argv.size()) return std::nullopt;
  std::optional<Agent> agent;
  if (const auto package = package_at(argv, at)) {
    at = *package;
    if (at < argv.size()) agent = by_package(argv[at]);
  } else if (one_of(base_name(argv[at]), {"node", "nodejs", "bun", "deno"})) {
    at = skip_options(argv, at + 1, {"-r", "--require", "--import", "--loader", "-C", "--conditions"});
    if (at < argv.size()) agent = by_program(argv[at]);
  } else {
    agent = by_program(argv[at]);
  }
  if (!agent) return std::nullopt;
  found.agent = *agent;
  found.arguments_at = at + 1;
  return found;
}

std::vector<std::string> words_given(const std::vector<std::string>& argv) {
  constexpr std::size_t kWordsMax = 256;
  std::vector<std::string> words;
  const auto command = find_agent_command(argv);
  if (!command) return words;
  bool options = true;
  for (std::size_t i = command->arguments_at; i < argv.size() && words.size() < kWordsMax; ++i) {
    if (options && argv[i] == "--")
      options = false;
    else if (!options || !argv[i].starts_with('-'))
      words.push_back(argv[i]);
  }
  return words;
}

}  // namespace weir::setup
