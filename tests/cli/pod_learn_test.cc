// `weir pod learn`, with real pods and a home made for the test.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/command_line.h"
#include "os/files.h"
#include "os/process.h"
#include "support/namespaces.h"
#include "support/surroundings.h"
#include "support/throwaway_dir.h"

namespace weir::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class PodLearn : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_{"/var/tmp"};
  const std::string home_ = throwaway_.path();
  const support::WithVariable home_variable_{"HOME", home_};
  const support::WithVariable weir_home_{"WEIR_HOME", home_ + "/weir"};
  const support::InDirectory here_{home_ + "/project"};

  void SetUp() override {
    if (const auto why = support::no_user_namespaces(); !why.empty()) GTEST_SKIP() << why;
    file("project/build.sh", "#!/bin/sh\nset -e\n. ~/sdk/run.sh\ncat ~/sdk/.env 2>/dev/null || echo built\n");
    file("sdk/run.sh", ". ~/sdk/lib/part.sh\n");
    file("sdk/lib/part.sh", "cat ~/.config/tool/settings >/dev/null\n");
    file("sdk/.env", "TOKEN=1\n");
    file(".config/tool/settings", "x\n");
  }
  void file(const std::string& path, const std::string& text) const {
    const std::string whole = home_ + "/" + path;
    std::filesystem::create_directories(std::filesystem::path(whole).parent_path());
    std::ofstream(whole) << text;
  }
};

TEST_F(PodLearn, FindsWhatACommandNeedsRoundByRoundAndTheProfileWorks) {
  const Ran said = run_weir({"pod", "learn", "--name", "build", "--write", "--", "sh", "build.sh"});
  ASSERT_EQ(said.code, 0) << said.err << said.out;
  EXPECT_THAT(said.err, HasSubstr("round 2"));
  const auto profile = os::read_file(home_ + "/weir/config/pods/build.yaml", 1 << 16);
  ASSERT_TRUE(profile) << said.out;
  // Not all of ~/sdk: a file of tokens lies in it.
  EXPECT_THAT(*profile, AllOf(HasSubstr("\"~/sdk/run.sh\""), HasSubstr("\"~/sdk/lib\""),
                              HasSubstr("\"~/.config/tool\""), HasSubstr("It looked for ~/sdk/.env")));
  EXPECT_THAT(*profile, Not(HasSubstr("- \"~/sdk\"")));
  EXPECT_EQ(run_weir({"pod", "exec", "--profile", "auto,build", "--", "sh", "build.sh"}).code, 0);
  EXPECT_EQ(run_weir({"pod", "exec", "--quiet", "--", "sh", "build.sh"}).code, 2) << "without the profile";
  EXPECT_THAT(run_weir({"pods"}).out, Not(HasSubstr(home_))) << "what the rounds changed is dropped";
  const Ran again = run_weir({"pod", "learn", "--name", "build", "--write", "--", "true"});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("there already"));
}

TEST_F(PodLearn, TellsWhenItIsNotDone) {
  const Ran said = run_weir({"pod", "learn", "--rounds", "1", "--json", "--", "sh", "build.sh"});
  EXPECT_EQ(said.code, 1);
  const auto json = parse_json(said.out);
  ASSERT_TRUE(json) << said.out;
  EXPECT_FALSE((*json)["settled"].bool_or(true));
  EXPECT_EQ((*json)["exit"].int_or(0), 2);
  EXPECT_EQ((*json)["read_only"].as_array().size(), 1U) << said.out;
}

TEST_F(PodLearn, WrongUseIsTold) {
  EXPECT_EQ(run_weir({"pod", "learn"}).code, 2);
  EXPECT_EQ(run_weir({"pod", "learn", "--rounds", "0", "--", "true"}).code, 2);
  EXPECT_EQ(run_weir({"pod", "learn", "--name", "../x", "--", "true"}).code, 2);
  EXPECT_EQ(run_weir({"pod", "learn", "--direct", "--", "true"}).code, 2);
}

}  // namespace
}  // namespace weir::cli
