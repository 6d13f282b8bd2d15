// `weir policy import`, `pack`, `sign` and `verify` as a person or a script calls them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "os/files.h"
#include "support/throwaway_dir.h"

namespace weir::cli {
namespace {

using testing::HasSubstr;

class PolicyCommands : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string dir_ = throwaway_.path();

  void SetUp() override { ASSERT_TRUE(os::make_dirs(dir_ + "/team")); }

  void write(const std::string& name, const std::string& text) const {
    ASSERT_TRUE(os::write_file_atomic(dir_ + "/" + name, text, 0600, os::Durability::none));
  }
  static Ran run(const std::vector<std::string>& argv) {
    return run_commands(
        {policy_import_command(), policy_pack_command(), policy_sign_command(), policy_verify_command()},
        argv);
  }
};

TEST_F(PolicyCommands, ImportWritesPoliciesAndNamesEmptyRules) {
  write("settings.json", R"j({"permissions": {"deny": ["Bash(curl:*)", "Write(secrets/**)"]}})j");
  const Ran ran = run({"policy", "import", "claude-code", dir_ + "/settings.json"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, HasSubstr("resource == Program::\"curl\""));
  EXPECT_THAT(ran.err,
              HasSubstr("no effect: " + dir_ + "/settings.json permissions.deny[1]: Write(secrets/**)"));

  const Ran json = run({"policy", "import", "claude-code", dir_ + "/settings.json", "--json"});
  const auto parsed = parse_json(trim(json.out));
  ASSERT_TRUE(parsed) << json.out;
  EXPECT_EQ((*parsed)["written"].as_int(), 2);
  EXPECT_EQ((*parsed)["notes"].as_array()[0]["kind"].text_or(""), "weaker");

  write("clean.json", R"j({"permissions": {"ask": ["WebSearch"]}})j");
  EXPECT_EQ(run({"policy", "import", "claude-code", dir_ + "/clean.json"}).code, 0);
  EXPECT_GE(run({"policy", "import", "claude-code", dir_ + "/none.json"}).code, 2);
  EXPECT_GE(run({"policy", "import", "emacs", dir_ + "/clean.json"}).code, 2);
}

TEST_F(PolicyCommands, APackIsMadeSignedAndVerified) {
  write("team/a.cedar",
        "@id(\"org.push\") @decision(\"ask\") @reason(\"r\")\n"
        "forbid (principal, action == Action::\"vcs.push\", resource);\n");
  const std::string team = dir_ + "/team";
  EXPECT_EQ(run({"policy", "pack", "--name", "example.com/agents", "--serial", "7", team}).code, 0);
  const Ran signed_pack = run({"policy", "sign", "--key", dir_ + "/keys/p.key", team});
  ASSERT_EQ(signed_pack.code, 0) << signed_pack.err;
  const std::string vkey(trim(signed_pack.out));
  const Ran verified = run({"policy", "verify", "--vkey", vkey, team, "--json"});
  ASSERT_EQ(verified.code, 0) << verified.err;
  const auto parsed = parse_json(trim(verified.out));
  ASSERT_TRUE(parsed);
  EXPECT_EQ((*parsed)["serial"].as_int(), 7);
  const std::string digest((*parsed)["digest"].text_or(""));
  EXPECT_EQ(run({"policy", "verify", "--vkey", vkey, "--digest", digest, team}).code, 0);
  EXPECT_NE(run({"policy", "verify", "--vkey", vkey, "--digest", "sha256:00", team}).code, 0);
  write("team/b.cedar", "// more\n");
  EXPECT_THAT(run({"policy", "verify", "--vkey", vkey, team}).err, HasSubstr("not part of the signed pack"));
}

TEST_F(PolicyCommands, APackThatWouldNotLoadIsNotMade) {
  write("team/a.cedar", "@id(\"x\") forbid (principal, action, resource) when { context.nowhere };");
  const Ran ran = run({"policy", "pack", "--name", "example.com/agents", dir_ + "/team"});
  EXPECT_NE(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("nowhere"));
  EXPECT_FALSE(os::exists(dir_ + "/team/pack.note"));
}

}  // namespace
}  // namespace weir::cli
