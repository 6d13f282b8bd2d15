// The `weir ledger` commands as a person or a script calls them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "ledger/log.h"
#include "os/files.h"
#include "support/throwaway_dir.h"

namespace weir::cli {
namespace {

using testing::HasSubstr;

class LedgerCommands : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string dir_ = throwaway_.path();

  void SetUp() override {
    log_ = dir_ + "/log";
    extend(300);
  }

  void extend(std::uint64_t size) {
    const std::array<std::uint8_t, 32> seed{5};
    auto log = ledger::Log::open(log_, ledger::Signer("weir.local/cli", seed));
    ASSERT_TRUE(log) << log.error().message();
    vkey_ = log->verifier().text();
    for (std::uint64_t i = log->size(); i < size; ++i) {
      const std::string entry = i == 7 ? "not json \x1b[31m" : "{\"n\":" + std::to_string(i) + "}";
      ASSERT_TRUE(log->append(i, {&entry, 1}));
    }
    ASSERT_TRUE(log->checkpoint());
  }

  static Ran run(const std::vector<std::string>& argv) {
    return run_commands({ledger_verify_command(), ledger_show_command(), ledger_prove_command(),
                         ledger_verify_proof_command(), ledger_export_command()},
                        argv);
  }
  std::string file(const std::string& name, const std::string& bytes) const {
    std::ofstream(dir_ + "/" + name, std::ios::binary) << bytes;
    return dir_ + "/" + name;
  }

  std::string log_;
  std::string vkey_;
};

TEST_F(LedgerCommands, VerifySaysSelfAssertedUnlessPinned) {
  const Ran plain = run({"ledger", "verify", log_});
  EXPECT_EQ(plain.code, 0) << plain.err;
  EXPECT_THAT(plain.out, HasSubstr("self-asserted"));
  EXPECT_THAT(plain.out, HasSubstr("size     300\n"));
  const Ran pinned = run({"ledger", "verify", log_, "--vkey", vkey_});
  EXPECT_EQ(pinned.code, 0);
  EXPECT_THAT(pinned.out, testing::Not(HasSubstr("self-asserted")));
  const Ran json = run({"ledger", "verify", log_, "--vkey", file("key", vkey_ + "\n"), "--json"});
  EXPECT_EQ(json.code, 0);
  const auto row = parse_json(json.out);
  ASSERT_TRUE(row) << json.out;
  EXPECT_EQ((*row)["origin"].text_or(""), "weir.local/cli");
  EXPECT_EQ((*row)["size"].int_or(0), 300);
  EXPECT_EQ((*row)["vkey"].text_or(""), vkey_);
  EXPECT_TRUE((*row)["pinned"].bool_or(false));
  EXPECT_EQ((*row)["root"].text_or("").size(), 44u);
}

TEST_F(LedgerCommands, VerifyRefusesDamageRollbackAndStrangers) {
  const std::string checkpoint = *os::read_file(log_ + "/checkpoint", 10'000);
  std::filesystem::copy(log_, dir_ + "/old", std::filesystem::copy_options::recursive);
  extend(400);
  EXPECT_EQ(run({"ledger", "verify", log_, "--since", file("since", checkpoint)}).code, 0);
  const Ran back = run({"ledger", "verify", dir_ + "/old", "--since", log_ + "/checkpoint"});
  EXPECT_EQ(back.code, 1);
  EXPECT_THAT(back.out, HasSubstr("rolled back"));
  std::filesystem::resize_file(log_ + "/tile/entries/000", 100);
  const Ran damaged = run({"ledger", "verify", log_, "--json"});
  EXPECT_EQ(damaged.code, 1);
  EXPECT_EQ((*parse_json(damaged.out))["problems"].as_array()[0]["where"].text_or(""), "tile/entries/000");
  EXPECT_EQ(run({"ledger", "verify", dir_ + "/none"}).code, 2);
  EXPECT_EQ(run({"ledger", "verify", log_, "--vkey", "nonsense"}).code, 2);
  EXPECT_EQ(run({"ledger", "verify", log_, "--vkey", vkey_.substr(0, 40)}).code, 2);
}

TEST_F(LedgerCommands, ShowPrintsSafely) {
  const Ran one = run({"ledger", "show", "7", "--dir", log_});
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_THAT(one.out, HasSubstr("not json \\x1b[31m"));
  EXPECT_EQ(run({"ledger", "show", "8", "--dir", log_}).out, "       8  {\"n\":8}\n");
  EXPECT_EQ(run({"ledger", "show", "7", "--dir", log_, "--raw"}).out, "not json \x1b[31m");
  const Ran last = run({"ledger", "show", "--last", "2", "--dir", log_, "--json"});
  EXPECT_THAT(last.out, HasSubstr("{\"entry\":{\"n\":298},\"index\":298,\"leaf\":\""));
  EXPECT_EQ(std::count(last.out.begin(), last.out.end(), '\n'), 2);
  EXPECT_EQ(run({"ledger", "show", "300", "--dir", log_}).code, 2);
  EXPECT_EQ(run({"ledger", "show", "x", "--dir", log_}).code, 2);
}

TEST_F(LedgerCommands, ProveAndVerifyProof) {
  const std::string proof = dir_ + "/7.tlog-proof";
  ASSERT_EQ(run({"ledger", "prove", "7", "--dir", log_, "--out", proof}).code, 0);
  const std::string entry = file("entry", run({"ledger", "show", "7", "--dir", log_, "--raw"}).out);
  const Ran right = run({"ledger", "verify-proof", proof, "--entry", entry, "--vkey", vkey_});
  EXPECT_EQ(right.code, 0) << right.err;
  EXPECT_THAT(right.out, HasSubstr("number 7 of 300"));
  const Ran unpinned = run({"ledger", "verify-proof", proof, "--entry", entry, "--dir", log_});
  EXPECT_THAT(unpinned.out, HasSubstr("self-asserted"));
  const Ran wrong = run({"ledger", "verify-proof", proof, "--entry", file("other", "x"), "--vkey", vkey_});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("does not lead to the root"));
  EXPECT_EQ(run({"ledger", "verify-proof", proof, "--vkey", vkey_}).code, 2);
  EXPECT_EQ(run({"ledger", "verify-proof", proof, "--entry", entry, "--dir", dir_}).code, 2);
  EXPECT_EQ(run({"ledger", "prove", "300", "--dir", log_}).code, 2);
}

TEST_F(LedgerCommands, ExportedCopyVerifies) {
  const Ran copied = run({"ledger", "export", dir_ + "/www", "--dir", log_});
  EXPECT_EQ(copied.code, 0) << copied.err;
  EXPECT_EQ(run({"ledger", "verify", dir_ + "/www", "--vkey", vkey_}).code, 0);
  EXPECT_EQ(run({"ledger", "export", log_, "--dir", log_}).code, 2);
}

}  // namespace
}  // namespace weir::cli
