// Rows that cannot be read: each command that takes JSON Lines says so in one line and never ends as if the
// input had been empty.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/commands.h"
#include "support/surroundings.h"
#include "support/throwaway_dir.h"

namespace weir::cli {
namespace {

using testing::HasSubstr;
using Argv = std::vector<std::string>;

class Rows : public testing::TestWithParam<Argv> {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string dir_ = throwaway_.path();
  const support::WithVariable weir_home_{"WEIR_HOME", dir_ + "/home"};

  int run(const std::string& file) {
    std::istringstream in;
    return run(file, in);
  }
  int run(const std::string& file, std::istream& in) {
    Argv argv = GetParam();
    if (!file.empty()) argv.push_back(file);
    std::ostringstream out, err;
    const int code = run_command_line(all_commands(), argv, in, out, err);
    out_ = out.str();
    err_ = err.str();
    return code;
  }
  // One line, nothing else: no summary of what was never read.
  void expect_one_line(const std::string& part) {
    EXPECT_EQ(out_, "");
    EXPECT_THAT(err_, HasSubstr(part));
    EXPECT_EQ(std::count(err_.begin(), err_.end(), '\n'), 1) << err_;
  }

  std::string out_, err_;
};

TEST_P(Rows, ADirectoryIsNoFile) {
  EXPECT_EQ(run(dir_), exit_code::kUsage);
  expect_one_line("directory");
  EXPECT_THAT(err_, HasSubstr(dir_));
  std::filesystem::create_directory_symlink(dir_, dir_ + "/link");
  EXPECT_EQ(run(dir_ + "/link"), exit_code::kUsage);
  expect_one_line("directory");
}

TEST_P(Rows, AnAbsentFileIsNamed) {
  EXPECT_EQ(run(dir_ + "/none.jsonl"), exit_code::kUsage);
  expect_one_line("none.jsonl");
}

TEST_P(Rows, AFileThatMayNotBeReadIsNamed) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  std::ofstream(dir_ + "/shut.jsonl") << "{}\n";
  std::filesystem::permissions(dir_ + "/shut.jsonl", std::filesystem::perms::none);
  EXPECT_EQ(run(dir_ + "/shut.jsonl"), exit_code::kUsage);
  expect_one_line("shut.jsonl");
}

// Standard input that is a directory opens, and fails when it is read.
TEST_P(Rows, InputThatBreaksOffIsNotItsEnd) {
  std::ifstream in(dir_);
  ASSERT_TRUE(in.is_open());
  EXPECT_EQ(run("", in), exit_code::kInternal);
  expect_one_line("standard input");
}

TEST_P(Rows, NoRowsAreFine) {
  std::ofstream(dir_ + "/empty.jsonl") << "\n";
  EXPECT_EQ(run(dir_ + "/empty.jsonl"), exit_code::kFine) << err_;
  EXPECT_EQ(out_, "");
}

INSTANTIATE_TEST_SUITE_P(
    Commands, Rows,
    testing::Values(Argv{"inspect", "--jsonl"}, Argv{"inspect", "--kind", "sql", "--jsonl"},
                    Argv{"inspect", "--kind", "content", "--jsonl"},
                    Argv{"inspect", "--kind", "trace", "--jsonl"},
                    Argv{"replay", "--no-text-detectors", "--jsonl"}, Argv{"cedar", "authorize", "--jsonl"},
                    Argv{"cedar", "validate", "--jsonl"}, Argv{"cedar", "check-parse", "--jsonl"},
                    Argv{"cedar", "format", "--jsonl"}, Argv{"cedar", "translate-policy", "--jsonl"},
                    Argv{"sigma", "match", "--no-cache", "--jsonl"}),
    [](const auto& one) {
      std::string name;
      for (const auto& word : one.param)
        for (const char c : word)
          if (std::isalnum(static_cast<unsigned char>(c)) != 0) name += c;
      return name;
    });

}  // namespace
}  // namespace weir::cli
