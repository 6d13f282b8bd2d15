// `weir pod learn`, with real pods and a home made for the test.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "cli/cli.h"
#include "os/files.h"
#include "os/process.h"

namespace weir::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct Said {
  int code = 0;
  std::string out;
  std::string err;
};

class PodLearn : public testing::Test {
 protected:
  void SetUp() override {
    const auto tried = os::run_child({.argv = {"unshare", "-Urmpfn", "true"}});
    if (!tried || tried->exit.code != 0) GTEST_SKIP() << "this machine has no unprivileged user namespaces";
    char name[] = "/var/tmp/weir-learn.XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    home_ = name;
    file("project/build.sh", "#!/bin/sh\nset -e\n. ~/sdk/run.sh\ncat ~/sdk/.env 2>/dev/null || echo built\n");
    file("sdk/run.sh", ". ~/sdk/lib/part.sh\n");
    file("sdk/lib/part.sh", "cat ~/.config/tool/settings >/dev/null\n");
    file("sdk/.env", "TOKEN=1\n");
    file(".config/tool/settings", "x\n");
    old_home_ = std::getenv("HOME");
    ::setenv("HOME", home_.c_str(), 1);
    ::setenv("WEIR_HOME", (home_ + "/weir").c_str(), 1);
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(home_ + "/project");
  }
  void TearDown() override {
    if (home_.empty()) return;
    std::filesystem::current_path(before_);
    ::setenv("HOME", old_home_.c_str(), 1);
    ::unsetenv("WEIR_HOME");
    (void)os::run_child({.argv = {"chmod", "-R", "u+rwx", home_}});
    std::error_code ignored;
    std::filesystem::remove_all(home_, ignored);
  }
  void file(const std::string& path, const std::string& text) const {
    const std::string whole = home_ + "/" + path;
    std::filesystem::create_directories(std::filesystem::path(whole).parent_path());
    std::ofstream(whole) << text;
  }
  static Said weir(const std::vector<std::string>& argv) {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    const int code = run_command_line(all_commands(), argv, in, out, err);
    return {code, out.str(), err.str()};
  }
  std::string home_;
  std::string old_home_;
  std::filesystem::path before_;
};

TEST_F(PodLearn, FindsWhatACommandNeedsRoundByRoundAndTheProfileWorks) {
  const Said said = weir({"pod", "learn", "--name", "build", "--write", "--", "sh", "build.sh"});
  ASSERT_EQ(said.code, 0) << said.err << said.out;
  EXPECT_THAT(said.err, HasSubstr("round 2"));
  const auto profile = os::read_file(home_ + "/weir/config/pods/build.yaml", 1 << 16);
  ASSERT_TRUE(profile) << said.out;
  // Not all of ~/sdk: a file of tokens lies in it.
  EXPECT_THAT(*profile, AllOf(HasSubstr("\"~/sdk/run.sh\""), HasSubstr("\"~/sdk/lib\""),
                              HasSubstr("\"~/.config/tool\""), HasSubstr("It looked for ~/sdk/.env")));
  EXPECT_THAT(*profile, Not(HasSubstr("- \"~/sdk\"")));
  EXPECT_EQ(weir({"pod", "exec", "--profile", "auto,build", "--", "sh", "build.sh"}).code, 0);
  EXPECT_EQ(weir({"pod", "exec", "--quiet", "--", "sh", "build.sh"}).code, 2) << "without the profile";
  EXPECT_THAT(weir({"pods"}).out, Not(HasSubstr(home_))) << "what the rounds changed is dropped";
  const Said again = weir({"pod", "learn", "--name", "build", "--write", "--", "true"});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("there already"));
}

TEST_F(PodLearn, TellsWhenItIsNotDone) {
  const Said said = weir({"pod", "learn", "--rounds", "1", "--json", "--", "sh", "build.sh"});
  EXPECT_EQ(said.code, 1);
  const auto json = parse_json(said.out);
  ASSERT_TRUE(json) << said.out;
  EXPECT_FALSE((*json)["settled"].bool_or(true));
  EXPECT_EQ((*json)["exit"].int_or(0), 2);
  EXPECT_EQ((*json)["read_only"].as_array().size(), 1U) << said.out;
}

TEST_F(PodLearn, WrongUseIsTold) {
  EXPECT_EQ(weir({"pod", "learn"}).code, 2);
  EXPECT_EQ(weir({"pod", "learn", "--rounds", "0", "--", "true"}).code, 2);
  EXPECT_EQ(weir({"pod", "learn", "--name", "../x", "--", "true"}).code, 2);
  EXPECT_EQ(weir({"pod", "learn", "--direct", "--", "true"}).code, 2);
}

}  // namespace
}  // namespace weir::cli
