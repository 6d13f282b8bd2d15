// The parser as a filter for tests/conformance/shell_oracle.py, which compares it with bash and tree-sitter:
//
//   WEIR_SHELL_ROWS=rows.jsonl WEIR_SHELL_VERDICTS=out.txt shell_tests --gtest_filter=Rows.*
//
// Every row has "command"; the answer has one line for each: "1" when nothing is marked, else "0" and the
// first problem. The time of parsing alone goes to standard output.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "base/bytes.h"
#include "base/json.h"
#include "shell/parse.h"
#include "support.h"

namespace weir::shell {
namespace {

TEST(Rows, AreParsedForTheOracles) {
  const char* in = std::getenv("WEIR_SHELL_ROWS");
  const char* out = std::getenv("WEIR_SHELL_VERDICTS");
  if (in == nullptr || out == nullptr) GTEST_SKIP() << "only for tests/conformance/shell_oracle.py";
  std::ifstream rows(in);
  ASSERT_TRUE(rows) << in;
  std::vector<std::string> commands;
  for (std::string line; std::getline(rows, line);) {
    const auto row = parse_json(line);
    ASSERT_TRUE(row) << line;
    commands.emplace_back((*row)["command"].text_or(""));
  }
  std::ofstream verdicts(out);
  for (const std::string& command : commands) {
    const Parsed parsed = parse(command);
    if (parsed.accepted())
      verdicts << "1\n";
    else
      verdicts << "0 " << printable(parsed.problems[0].reason) << "\n";
  }
  // Speed: whole passes until a second is over.
  const auto begin = std::chrono::steady_clock::now();
  std::size_t parsed = 0, problems = 0;
  double seconds = 0;
  while (seconds < 1 && !commands.empty()) {
    for (const std::string& command : commands)
      problems += parse(command).problems.size();
    parsed += commands.size();
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  std::printf("speed: %.0f commands/s (%zu problems)\n", static_cast<double>(parsed) / seconds, problems);
}

}  // namespace
}  // namespace weir::shell
