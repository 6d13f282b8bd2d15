// Runs tests/cases/shell/*.case. The format, readable without C++:
//
//   $ rm -rf build                     a command; following lines that begin with "| " belong to it
//   > file.delete /workspace/build certain recursive !root_like program=rm
//   ! file.write                       there must be no such effect
//   = file.delete                      exactly these verbs, shell.exec left aside ("= nothing")
//   ? eval of unknown text             an opaque place with this reason
//   - argv rm -rf build                some command has exactly these words
//
// A resource with blanks stands in double quotes. Place: cwd and workspace /workspace, home /home/dev.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/bytes.h"
#include "support.h"

namespace weir::shell {
namespace {

std::vector<std::string> tokens(const std::string& line) {
  std::vector<std::string> out;
  std::string word;
  bool quoted = false, any = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if (c == ' ' && !quoted) {
      if (any || !word.empty()) out.push_back(word);
      word.clear();
      any = false;
    } else {
      word += c;
    }
  }
  if (any || !word.empty()) out.push_back(word);
  return out;
}

bool attribute_fits(const Effect& effect, const std::string& want) {
  if (want.starts_with('!')) return !effect.flag(want.substr(1));
  const auto equals = want.find('=');
  if (equals == std::string::npos)
    return effect.attributes.contains(want) && !effect.attributes.contains("!" + want) &&
           (effect.flag(want) || std::holds_alternative<std::string>(effect.attributes.at(want)));
  const auto found = effect.attributes.find(want.substr(0, equals));
  if (found == effect.attributes.end()) return false;
  const std::string value = want.substr(equals + 1);
  if (const bool* flag = std::get_if<bool>(&found->second)) return value == (*flag ? "true" : "false");
  return std::get<std::string>(found->second) == value;
}

bool effect_fits(const Effect& effect, const std::vector<std::string>& want) {
  if (effect.verb != want[0]) return false;
  std::size_t at = 1;
  if (at < want.size()) {
    if (effect.resource != want[at] && want[at] != "*") return false;
    ++at;
  }
  for (; at < want.size(); ++at) {
    if (want[at] == "certain" || want[at] == "possible" || want[at] == "opaque") {
      if (name(effect.certainty) != want[at]) return false;
    } else if (!attribute_fits(effect, want[at])) {
      return false;
    }
  }
  return true;
}

std::string describe(const Analysis& analysis) {
  std::ostringstream out;
  for (const Effect& effect : analysis.effects) {
    out << "\n    " << effect.verb << " \"" << effect.resource << "\" " << name(effect.certainty);
    for (const auto& [key, value] : effect.attributes)
      out << ' ' << key << '='
          << (std::holds_alternative<bool>(value) ? (std::get<bool>(value) ? "true" : "false")
                                                  : std::get<std::string>(value));
  }
  for (const Opaque& one : analysis.opaque)
    out << "\n    opaque: " << one.reason << " (" << one.detail << ")";
  return out.str();
}

bool holds(const Analysis& analysis, char kind, const std::string& text) {
  const std::vector<std::string> want = tokens(text);
  switch (kind) {
    case '>':
      return std::any_of(analysis.effects.begin(), analysis.effects.end(),
                         [&](const Effect& e) { return effect_fits(e, want); });
    case '!':
      return std::none_of(analysis.effects.begin(), analysis.effects.end(),
                          [&](const Effect& e) { return effect_fits(e, want); });
    case '=': {
      std::set<std::string> have, expected(want.begin(), want.end());
      expected.erase("nothing");
      for (const Effect& effect : analysis.effects)
        if (effect.verb != verbs::kShellExec) have.insert(std::string(effect.verb));
      return have == expected;
    }
    case '?':
      return std::any_of(analysis.opaque.begin(), analysis.opaque.end(),
                         [&](const Opaque& o) { return o.reason == text; });
    case '-':
      return std::any_of(analysis.commands.begin(), analysis.commands.end(), [&](const CommandRun& command) {
        std::vector<std::string> argv = {"argv"};
        for (const Arg& arg : command.argv)
          argv.push_back(arg.text);
        return argv == want;
      });
    default:
      return false;
  }
}

void run_file(const std::filesystem::path& path, std::size_t& checks) {
  std::ifstream in(path);
  std::string line, command;
  std::size_t number = 0;
  Analysis analysis;
  bool fresh = false;
  while (std::getline(in, line)) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    ASSERT_TRUE(line.size() > 2 && line[1] == ' ') << path << ":" << number << ": " << line;
    if (line[0] == '$') {
      command = line.substr(2);
      fresh = true;
    } else if (line[0] == '|') {
      command += "\n" + line.substr(2);
    } else {
      if (fresh) analysis = analyze_here(command);
      fresh = false;
      ++checks;
      EXPECT_TRUE(holds(analysis, line[0], line.substr(2)))
          << path.filename().string() << ":" << number << "\n  $ " << command << "\n  wanted: " << line
          << "\n  found:" << describe(analysis);
    }
  }
}

TEST(Cases, Hold) {
  std::size_t checks = 0, files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(WEIR_SOURCE_DIR) / "tests/cases/shell"))
    if (entry.path().extension() == ".case") {
      run_file(entry.path(), checks);
      ++files;
    }
  EXPECT_GE(files, 5U);
  EXPECT_GE(checks, 200U);
}

}  // namespace
}  // namespace weir::shell
