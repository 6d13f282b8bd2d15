// `weir diff`, `commit`, `discard`, `pods` as a person and a script use them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "changes/pod_store.h"
#include "cli/cli.h"
#include "cli/command_line.h"
#include "os/files.h"
#include "os/process.h"
#include "support/surroundings.h"
#include "support/throwaway_dir.h"

namespace weir::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class PodReview : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string dir_ = throwaway_.path();
  const support::WithVariable weir_home_{"WEIR_HOME", dir_ + "/home"};
  const support::InDirectory here_{dir_ + "/w"};

  void SetUp() override {
    ASSERT_TRUE(os::make_dirs(dir_ + "/w/sub"));
    write("w/a.txt", "one\n");
    const auto made = changes::PodStore(os::places().state + "/pods").create(dir_ + "/w", "test");
    ASSERT_TRUE(made) << made.error().message();
    pod_ = *made;
    ::usleep(20'000);
  }
  void write(const std::string& path, const std::string& text) const {
    const std::string whole = path.starts_with('/') ? path : dir_ + "/" + path;
    ASSERT_TRUE(os::make_dirs(whole.substr(0, whole.rfind('/'))));
    std::ofstream(whole, std::ios::binary) << text;
    std::filesystem::permissions(whole, std::filesystem::perms(0644));
  }
  void left(const std::string& path, const std::string& text) const { write(pod_.upper + "/" + path, text); }

  changes::Pod pod_;
};

TEST_F(PodReview, ShowsHeldFilesApartWithWhatRunsThem) {
  left("a.txt", "two\n");
  left(".envrc", "export X=1\n");
  const Ran ran = run_weir({"diff"});
  EXPECT_EQ(ran.code, exit_code::kFine);
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr(" M a.txt  +1 -1\n"), HasSubstr("-one\n+two\n"), HasSubstr("held for review"),
                    HasSubstr("direnv"), HasSubstr("2 changes, 1 held, 0 in conflict")));
  EXPECT_LT(ran.out.find("M a.txt"), ran.out.find("held for review"));
  EXPECT_LT(ran.out.find("held for review"), ran.out.find("A .envrc"));
  EXPECT_THAT(run_weir({"diff", "--stat", "a.txt"}).out,
              AllOf(HasSubstr("M a.txt"), Not(HasSubstr("@@")), Not(HasSubstr(".envrc"))));
}

TEST_F(PodReview, HostileNamesAndTextsDoNotReachTheTerminal) {
  left("\x1b]0;owned\x07\n A forged", "x\x1b[2J\n");
  const std::string text = run_weir({"diff"}).out;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\x07'), std::string::npos);
  EXPECT_THAT(text, Not(HasSubstr("\n A forged")));
  EXPECT_EQ(run_weir({"commit"}).out.find('\x1b'), std::string::npos);
}

TEST_F(PodReview, JsonNamesEveryChange) {
  left("a.txt", "two\n");
  left("Makefile", "all:\n");
  const auto json = parse_json(run_weir({"diff", "--json"}).out);
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["pod"].text_or(""), pod_.id);
  const auto& changes = (*json)["changes"].as_array();
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0]["path"].text_or(""), "Makefile");
  EXPECT_EQ(changes[0]["change"].text_or(""), "added");
  EXPECT_EQ(changes[0]["held"].as_array()[0]["id"].text_or(""), "make");
  EXPECT_EQ(changes[1]["change"].text_or(""), "modified");
  EXPECT_EQ(changes[1]["lines_added"].int_or(0), 1);
}

TEST_F(PodReview, APatchIsForGitApply) {
  left("a.txt", "two\n");
  left("sub/new.txt", "fresh\n");
  left(".envrc", "x");
  left("both.txt", "pod's\n");
  write("w/both.txt", "host's\n");
  const Ran ran = run_weir({"diff", "--patch"});
  EXPECT_THAT(ran.err, HasSubstr("left out: both.txt: conflict"));
  EXPECT_THAT(ran.out, Not(HasSubstr("both.txt")));
  EXPECT_THAT(ran.err, HasSubstr("left out: .envrc: held for review"));
  const auto applied = os::run_child(
      {.argv = {"git", "apply", "-"}, .env = std::nullopt, .cwd = dir_ + "/w", .input = ran.out});
  ASSERT_TRUE(applied && applied->exit.code == 0) << (applied ? applied->err : "");
  EXPECT_EQ(*os::read_file(dir_ + "/w/a.txt", 100), "two\n");
  EXPECT_EQ(*os::read_file(dir_ + "/w/sub/new.txt", 100), "fresh\n");
}

TEST_F(PodReview, CommitTakesWhatIsNamedAndSaysWhatIsLeft) {
  left("a.txt", "two\n");
  left(".envrc", "x");
  std::filesystem::current_path(dir_ + "/w/sub");  // a directory below finds the pod, paths count from it
  Ran ran = run_weir({"commit", "../a.txt"});
  EXPECT_EQ(ran.code, exit_code::kFine) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr(" M a.txt\n"));
  EXPECT_THAT(ran.err, HasSubstr("not recorded in the ledger"));
  ran = run_weir({"commit"});
  EXPECT_EQ(ran.code, exit_code::kFine);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("held for review"), HasSubstr("direnv")));
  EXPECT_FALSE(os::exists(dir_ + "/w/.envrc"));
  EXPECT_EQ(run_weir({"commit", "../.envrc"}).code, exit_code::kFindings);
  EXPECT_EQ(run_weir({"commit", "--held", "../.envrc"}).code, exit_code::kFine);
  EXPECT_TRUE(os::exists(dir_ + "/w/.envrc"));
  EXPECT_EQ(run_weir({"commit", "/etc/passwd"}).code, exit_code::kUsage);
  EXPECT_EQ(run_weir({"commit", "../../x"}).code, exit_code::kUsage);
}

// No daemon answers here, and nothing is no commit.
TEST_F(PodReview, OnlyWhatTheLedgerHasIsSaidToBeRecorded) {
  const auto recorded = [&](const std::vector<std::string>& argv) {
    const auto answer = parse_json(run_weir(argv).out);
    return !answer || (*answer)["recorded"].bool_or(true);
  };
  EXPECT_FALSE(recorded({"commit", "--json"})) << "nothing changed";
  left("a.txt", "two\n");
  left("b.txt", "two\n");
  EXPECT_FALSE(recorded({"commit", "a.txt", "--json"}));
  EXPECT_THAT(run_weir({"discard", "b.txt"}).out, HasSubstr("1 change put aside"));
  EXPECT_FALSE(recorded({"discard", "--json"}));
}

TEST_F(PodReview, APathWithoutAChangeIsExitTwoEverywhere) {
  left("a.txt", "two\n");
  left("b.txt", "two\n");
  for (const std::string command : {"diff", "commit", "discard"}) {
    const Ran ran = run_weir({command, "nowhere"});
    EXPECT_EQ(ran.code, exit_code::kUsage) << command;
    EXPECT_THAT(ran.err, HasSubstr("no change has this path: nowhere")) << command;
  }
  EXPECT_EQ(run_weir({"commit", "--force", "nowhere"}).code, exit_code::kUsage);
  EXPECT_EQ(run_weir({"commit", "--held", "nowhere"}).code, exit_code::kUsage);
  // What is there is done all the same.
  const Ran both = run_weir({"diff", "--stat", "a.txt", "nowhere"});
  EXPECT_EQ(both.code, exit_code::kUsage);
  EXPECT_THAT(both.out, HasSubstr(" M a.txt"));
  EXPECT_EQ(run_weir({"commit", "a.txt", "nowhere"}).code, exit_code::kUsage);
  EXPECT_EQ(*os::read_file(dir_ + "/w/a.txt", 100), "two\n");
  EXPECT_EQ(run_weir({"discard", "b.txt", "nowhere"}).code, exit_code::kUsage);
  EXPECT_THAT(run_weir({"diff"}).out, Not(HasSubstr("b.txt")));
}

TEST_F(PodReview, ADirectoryOfHeldFilesAloneIsExitOneUntilHeldNamesIt) {
  left(".github/workflows/ci.yml", "on: push\n");
  EXPECT_EQ(run_weir({"commit"}).code, exit_code::kFine);
  EXPECT_EQ(run_weir({"commit", ".github"}).code, exit_code::kFindings);
  EXPECT_EQ(run_weir({"commit", "--held", ".github"}).code, exit_code::kFine);
  EXPECT_TRUE(os::exists(dir_ + "/w/.github/workflows/ci.yml"));
}

TEST_F(PodReview, WhatCameAfterTheLookIsNotCommitted) {
  left("a.txt", "two\n");
  EXPECT_EQ(run_weir({"diff"}).code, exit_code::kFine);
  left("sub/late.txt", "unseen\n");
  const Ran ran = run_weir({"commit"});
  EXPECT_EQ(ran.code, exit_code::kFindings);
  EXPECT_THAT(ran.out, HasSubstr("sub/late.txt: no `weir diff` has shown it"));
  EXPECT_FALSE(os::exists(dir_ + "/w/sub/late.txt"));
  EXPECT_THAT(run_weir({"diff", "--stat"}).out, HasSubstr("1 change, 0 held, 0 in conflict"));
  EXPECT_EQ(run_weir({"commit"}).code, exit_code::kFine);
  EXPECT_TRUE(os::exists(dir_ + "/w/sub/late.txt"));
}

TEST_F(PodReview, ThePodThatIsMeantIsNamed) {
  left("a.txt", "two\n");
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"diff"}, {"diff", "--patch"}, {"commit"}, {"discard"}}) {
    if (command[0] == "discard") left("a.txt", "three\n");
    const Ran ran = run_weir(command);
    EXPECT_THAT(ran.err, AllOf(HasSubstr("weir: pod " + pod_.id), HasSubstr("started 20"))) << command[0];
  }
}

TEST_F(PodReview, APodIsFoundByTheBeginningOfItsId) {
  left("a.txt", "two\n");
  EXPECT_EQ(run_weir({"diff", "--pod", pod_.id.substr(0, 12)}).code, exit_code::kFine);
  const auto other = changes::PodStore(os::places().state + "/pods").create(dir_ + "/w", "test");
  ASSERT_TRUE(other);
  EXPECT_EQ(run_weir({"diff", "--pod", pod_.id}).code, exit_code::kFine);
  const Ran both = run_weir({"diff", "--pod", "0"});  // version 7: the time goes first
  EXPECT_EQ(both.code, exit_code::kUsage);
  EXPECT_THAT(both.err, HasSubstr("more than one pod begins so"));
  EXPECT_EQ(run_weir({"discard", "--pod", "f"}).code, exit_code::kUsage);
  EXPECT_EQ(run_weir({"discard", "--pod", ""}).code, exit_code::kUsage);
}

TEST_F(PodReview, AnInterruptedCommitIsTold) {
  left("a.txt", "two\n");
  EXPECT_THAT(run_weir({"pods"}).out, Not(HasSubstr("interrupted")));
  write(pod_.upper + "/../commit.jsonl", "{\"kind\":\"commit\",\"v\":1}\n");
  EXPECT_THAT(run_weir({"pods"}).out, HasSubstr("interrupted: `weir commit` finishes it"));
  EXPECT_THAT(run_weir({"diff"}).err, HasSubstr("interrupted: `weir commit` finishes it"));
  EXPECT_THAT(run_weir({"diff", "--json"}).out, HasSubstr("\"commit_interrupted\":true"));
  EXPECT_EQ(run_weir({"commit"}).code, exit_code::kFine);
  EXPECT_THAT(run_weir({"pods"}).out, Not(HasSubstr("interrupted")));
}

TEST_F(PodReview, AConflictIsExitOneUntilItIsForced) {
  left("a.txt", "pod\n");
  write("w/a.txt", "host\n");
  Ran ran = run_weir({"commit", "--json"});
  EXPECT_EQ(ran.code, exit_code::kFindings);
  const auto json = parse_json(ran.out);
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["paths"].as_array()[0]["result"].text_or(""), "conflict");
  EXPECT_FALSE((*json)["complete"].bool_or(true));
  EXPECT_EQ(run_weir({"commit", "--force", "a.txt"}).code, exit_code::kFine);
  EXPECT_EQ(*os::read_file(dir_ + "/w/a.txt", 100), "pod\n");
}

TEST_F(PodReview, DiscardPutsAsideOrRemoves) {
  left("a.txt", "two\n");
  left("b.txt", "two\n");
  EXPECT_EQ(run_weir({"discard", "b.txt"}).code, exit_code::kFine);
  EXPECT_THAT(run_weir({"diff", "--stat"}).out,
              AllOf(HasSubstr("a.txt"), Not(HasSubstr("b.txt")), HasSubstr("1 discarded")));
  EXPECT_EQ(run_weir({"discard", "nothing"}).code, exit_code::kUsage);
  EXPECT_THAT(run_weir({"pods"}).out, HasSubstr(pod_.id));
  EXPECT_EQ(run_weir({"discard"}).code, exit_code::kFine);
  EXPECT_EQ(run_weir({"pods"}).out, "no pods\n");
  const Ran none = run_weir({"diff"});
  EXPECT_EQ(none.code, exit_code::kUsage);
  EXPECT_THAT(none.err, HasSubstr("no pod has worked on this directory"));
  EXPECT_EQ(*os::read_file(dir_ + "/w/a.txt", 100), "one\n");
}

}  // namespace
}  // namespace weir::cli
