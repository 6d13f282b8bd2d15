// What is proposed to be shown, of what programs looked for: on a host of files made for the test.
#include "pod/learn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "pod/supervised_pod.h"
#include "support/throwaway_dir.h"

namespace weir::pod {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LearnerTest : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_{"/var/tmp"};
  const std::string home_ = throwaway_.path();

  std::string file(const std::string& path) const {
    const std::string whole = home_ + "/" + path;
    std::filesystem::create_directories(std::filesystem::path(whole).parent_path());
    std::ofstream(whole) << "x";
    return whole;
  }
  Learner learner() const {
    return Learner({.home = home_,
                    .keep_out = {home_ + "/.config/weir"},
                    .is_secret = [](const std::string& path) { return path.ends_with(".key"); }});
  }
  static void miss(Learner& learner, const std::string& path, const std::string& leads_to = {}) {
    learner.look({.path = path, .leads_to = leads_to, .opens = true});
  }
};

TEST_F(LearnerTest, ProposesTheDirectoryThatAPersonWouldName) {
  Learner learner = this->learner();
  miss(learner, file("sdk/lib/deep/x.so"));
  miss(learner, file("sdk/bin/run"));
  miss(learner, file(".config/tool/settings"));
  miss(learner, file(".local/share/tool/data"));
  miss(learner, file(".toolrc"));
  EXPECT_THAT(learner.missing(), ElementsAre(home_ + "/.config/tool", home_ + "/.local/share/tool",
                                             home_ + "/.toolrc", home_ + "/sdk"));
}

TEST_F(LearnerTest, NeverProposesWhereSecretsLie) {
  Learner learner = this->learner();
  file("mixed/sign.key");
  miss(learner, file("mixed/data/x"));
  miss(learner, file("mixed/plain"));
  miss(learner, file(".ssh/id.key"));
  miss(learner, home_ + "/mixed");
  EXPECT_THAT(learner.missing(), ElementsAre(home_ + "/mixed/data", home_ + "/mixed/plain"));
  EXPECT_THAT(learner.withheld(), ElementsAre(home_ + "/.ssh/id.key"));
}

TEST_F(LearnerTest, WhatIsNobodysBusinessIsNotProposed) {
  Learner learner = this->learner();
  miss(learner, file(".config/weir/daemon.pin"));
  miss(learner, home_ + "/.config");
  miss(learner, home_ + "/not/there");
  miss(learner, "/proc/1/environ");
  miss(learner, "/etc");
  miss(learner, "/");
  miss(learner, "relative");
  miss(learner, home_ + "/sdk/../.config/weir/daemon.pin");
  EXPECT_THAT(learner.missing(), IsEmpty());
}

TEST_F(LearnerTest, OfALinkWhatItLeadsToIsMissing) {
  Learner learner = this->learner();
  const std::string target = file("store/real/x");
  std::filesystem::create_directories(home_ + "/shown");
  std::filesystem::create_symlink(target, home_ + "/shown/link");
  miss(learner, home_ + "/shown/link", home_ + "/shown/link");
  EXPECT_THAT(learner.missing(), ElementsAre(home_ + "/store"));
}

TEST_F(LearnerTest, SaysWhatWasUsedOfWhatIsShown) {
  Learner learner = this->learner();
  const std::string used = file("sdk/x");
  miss(learner, used);
  learner.begin_round();
  EXPECT_THAT(learner.missing(), IsEmpty());
  EXPECT_FALSE(learner.opened(home_ + "/sdk"));
  learner.look({.path = used, .leads_to = used, .there = true});
  EXPECT_FALSE(learner.opened(home_ + "/sdk"));
  learner.look({.path = used, .leads_to = used, .there = true, .opens = true});
  EXPECT_TRUE(learner.opened(home_ + "/sdk"));
}

TEST_F(LearnerTest, ManyNamesHaveALimit) {
  Learner learner = this->learner();
  for (std::size_t i = 0; i < kLearnedMax + 100; ++i)
    miss(learner, file("." + std::to_string(i)));
  EXPECT_EQ(learner.missing().size(), kLearnedMax);
}

class LookUps : public SupervisedPod {};

// Every way by which programs find out whether a name is there.
TEST_F(LookUps, AreTold) {
  PodSpec spec = supervised(
      "/nowhere/run 2>/dev/null; test -e /nowhere/tested; cat /nowhere/opened 2>/dev/null; cd "
      "/nowhere/entered; "
      "readlink /nowhere/read; python3 -c 'import os\nos.path.exists(\"/nowhere/stat\")\n"
      "os.access(\"/nowhere/access\", 0)\nos.path.lexists(\"/nowhere/lstat\")'; cat /etc/passwd >/dev/null");
  spec.watch = Watch::lookups;
  PodOptions options;
  std::map<std::string, LookUp> seen;
  options.supervise.on_lookup = [&](const LookUp& lookup) { seen.insert_or_assign(lookup.path, lookup); };
  ASSERT_TRUE(go(spec, options));
  for (const char* name : {"run", "tested", "opened", "entered", "read", "stat", "access", "lstat"}) {
    ASSERT_TRUE(seen.contains(std::string("/nowhere/") + name)) << name;
    EXPECT_FALSE(seen[std::string("/nowhere/") + name].there) << name;
  }
  EXPECT_TRUE(seen["/nowhere/run"].opens);
  EXPECT_TRUE(seen["/nowhere/opened"].opens);
  EXPECT_FALSE(seen["/nowhere/tested"].opens);
  EXPECT_TRUE(seen["/etc/passwd"].there);
}

}  // namespace
}  // namespace weir::pod
