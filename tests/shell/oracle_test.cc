// `bash -n` as an independent judge of syntax: where it accepts a script the parser must have no problem,
// where it refuses the parser must mark something. bash -n reads a script and runs nothing of it.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "shell/parse.h"
#include "support.h"

namespace weir::shell {
namespace {

bool have_bash() {
  return std::system("command -v bash >/dev/null 2>&1") == 0;
}

// In [[ ]] bash finds fault and still ends with 0, so what it prints counts too; a warning is no fault.
bool bash_accepts(const std::string& script) {
  std::FILE* pipe = popen(
      "said=$(LC_ALL=C bash --norc --noprofile -n 2>&1 >/dev/null) || exit 1; "
      "! printf '%s\n' \"$said\" | grep -v ': warning: ' | grep -q '^bash: line'",
      "w");
  if (pipe == nullptr) return false;
  std::fwrite(script.data(), 1, script.size(), pipe);
  return pclose(pipe) == 0;
}

std::vector<std::string> lines_of(const std::string& command) {
  std::vector<std::string> out;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  std::string line;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    if (c != '\n') {
      line += static_cast<char>(c);
    } else {
      out.push_back(std::move(line));
      line.clear();
    }
  }
  pclose(pipe);
  return out;
}

// Scripts that ship with the tests, separated by lines of "%%".
TEST(Oracle, AgreesOnOwnScripts) {
  if (!have_bash()) GTEST_SKIP() << "bash is not installed";
  std::ifstream in(std::filesystem::path(WEIR_SOURCE_DIR) / "tests/cases/shell/syntax.txt");
  ASSERT_TRUE(in);
  std::string line, script;
  std::size_t count = 0;
  const auto check = [&] {
    if (script.empty()) return;
    ++count;
    const Parsed parsed = parse(script);
    EXPECT_EQ(parsed.accepted(), bash_accepts(script))
        << script << (parsed.accepted() ? "" : "-> " + parsed.problems[0].reason);
    script.clear();
  };
  while (std::getline(in, line)) {
    if (line == "%%")
      check();
    else
      script += line + "\n";
  }
  check();
  EXPECT_GE(count, 60U);
}

// A sample of the shared development data; all of it with WEIR_ORACLE=all.
TEST(Oracle, AgreesOnSharedCommands) {
  if (!have_bash()) GTEST_SKIP() << "bash is not installed";
  const std::filesystem::path data = std::filesystem::path(WEIR_SOURCE_DIR) / "../shared/data";
  if (!std::filesystem::exists(data / "commands.dev.jsonl"))
    GTEST_SKIP() << "no shared data beside the checkout";
  std::vector<std::string> rows = lines_of("cat " + (data / "commands.dev.jsonl").string());
  for (std::string& row : lines_of("gzip -dc " + (data / "commands_benign.dev.jsonl.gz").string()))
    rows.push_back(std::move(row));
  const bool all = std::getenv("WEIR_ORACLE") != nullptr;
  std::size_t checked = 0, wrongly_refused = 0, wrongly_accepted = 0;
  for (std::size_t i = 0; i < rows.size(); i += all ? 1 : 23) {
    const auto row = parse_json(rows[i]);
    ASSERT_TRUE(row);
    const std::string command((*row)["command"].text_or(""));
    const bool ours = parse(command).accepted();
    const bool theirs = bash_accepts(command);
    ++checked;
    wrongly_refused += !ours && theirs;
    wrongly_accepted += ours && !theirs;
  }
  std::printf("bash -n: %zu commands, %zu wrongly refused, %zu wrongly accepted\n", checked, wrongly_refused,
              wrongly_accepted);
  EXPECT_GE(checked, 500U);
  EXPECT_LE(wrongly_refused * 1000, checked);  // 0.1 %
  EXPECT_LE(wrongly_accepted * 1000, checked);
}

}  // namespace
}  // namespace weir::shell
