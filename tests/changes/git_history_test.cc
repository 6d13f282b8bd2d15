// Commits made in a pod come whole; what is held does not come in them, and history is not lost or exchanged.
#include "changes/git_history.h"

#include <gmock/gmock.h>

#include "changes/overlay_pod.h"

namespace weir::changes::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kSha = "a6e85426d723a1a70284a2534f95890860d98c6e";

class GitHistoryTest : public OverlayPodTest {
 protected:
  void SetUp() override {
    OverlayPodTest::SetUp();
    write("notes.txt", "one\n");
    write("Makefile", "all:\n");
    ASSERT_TRUE(
        git("init -q -b main && git add -A && git -c user.name=a -c user.email=b commit -q -m first"));
  }
  bool git(const std::string& rest) const {
    const auto ran = os::run_child({.argv = {"sh", "-c", "git " + rest}, .cwd = workspace_});
    return ran && ran->exit.code == 0;
  }
  // What a bare commit does with what a script left, one line for each path of interest; "" where no overlay
  // is.
  std::string after(const std::string& script) const {
    const Pod pod = begin();
    if (!in_pod(pod,
                "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=b\n" +
                    script))
      return "";
    return results(committed(pod));
  }
};

#define AFTER(name, script)               \
  const std::string name = after(script); \
  if (name.empty()) GTEST_SKIP() << "there is no overlay here"

TEST_F(GitHistoryTest, AnOrdinaryCommitComesWhole) {
  AFTER(done, "echo two >> notes.txt; git commit -q -a -m second");
  EXPECT_THAT(done, HasSubstr("done .git/refs/heads/main\n"));
  EXPECT_THAT(done, HasSubstr("done .git/index\n"));
  EXPECT_THAT(done, Not(HasSubstr("held")));
  EXPECT_TRUE(git("diff --quiet HEAD && git fsck --strict"));
}

TEST_F(GitHistoryTest, TheFirstCommitOfARepositoryComesWhole) {
  ASSERT_TRUE(git("update-ref -d HEAD && rm -r .git/logs .git/index"));
  AFTER(done, "git add notes.txt; git commit -q -m first");
  EXPECT_THAT(done, Not(HasSubstr("held")));
}

TEST_F(GitHistoryTest, ACommitThatBringsAHeldFileIsHeldThoughTheFileIsGoneAgain) {
  AFTER(done,
        "mkdir .claude; echo '{}' > .claude/settings.json; git add -A; git commit -q -m x; rm -r .claude; "
        "git rm -rq "
        "--cached .claude");
  EXPECT_THAT(done, HasSubstr("held .git/refs/heads/main\n"));
  EXPECT_THAT(done, HasSubstr("held .git/logs/HEAD\n"));
}

TEST_F(GitHistoryTest, SoAreOtherBranchesTheStashAndTheIndex) {
  AFTER(done,
        "echo evil >> Makefile; git stash -q; git branch other; echo x > .envrc; git add .envrc; rm .envrc");
  EXPECT_THAT(done, HasSubstr("held .git/refs/stash\n"));
  EXPECT_THAT(done, HasSubstr("held .git/index\n"));
}

TEST_F(GitHistoryTest, AProgramOrALinkInACommitIsHeld) {
  AFTER(done, "echo x > run; chmod +x run; git add -A; git commit -q -m x; chmod -x run");
  EXPECT_THAT(done, HasSubstr("held .git/refs/heads/main\n"));
}

TEST_F(GitHistoryTest, ABareRepositoryInACommitIsHeld) {
  AFTER(done,
        "mkdir -p d/objects; touch d/objects/x d/HEAD d/config; git add -A; git commit -q -m x; rm -r d; git "
        "rm -rq "
        "--cached d");
  EXPECT_THAT(done, HasSubstr("held .git/refs/heads/main\n"));
}

TEST_F(GitHistoryTest, LosingHistoryIsHeld) {
  AFTER(done, "rm -rf .git");
  EXPECT_THAT(done, Not(HasSubstr("done .git/objects/")));
  EXPECT_THAT(done, Not(HasSubstr("done .git/refs/heads/main")));
  EXPECT_TRUE(git("fsck --strict"));
}

TEST_F(GitHistoryTest, OtherWordsUnderAnOldNameAreHeld) {
  AFTER(done,
        "git update-ref refs/heads/new HEAD; s=$(git rev-parse HEAD:notes.txt); "
        "f=.git/objects/${s:0:2}/${s:2}; "
        "chmod u+w $f; echo x > $f");
  EXPECT_THAT(done, HasSubstr("held .git/objects/"));
  EXPECT_THAT(done, HasSubstr("held .git/refs/heads/new\n"));  // it cannot be told what it leads to
}

TEST_F(GitHistoryTest, PacksAndReplacementsAreHeld) {
  AFTER(done, "git replace $(git rev-parse HEAD^{tree}) $(git mktree </dev/null); git repack -q -a");
  EXPECT_THAT(done, HasSubstr("held .git/refs/replace/"));
  EXPECT_THAT(done, HasSubstr("held .git/objects/pack/"));
}

TEST_F(GitHistoryTest, AReferenceThatIsNoneIsHeld) {
  AFTER(done, "echo nonsense > .git/refs/heads/odd; ln -s ../../../notes.txt .git/refs/heads/link");
  EXPECT_THAT(done, HasSubstr("held .git/refs/heads/odd\n"));
  EXPECT_THAT(done, HasSubstr("held .git/refs/heads/link\n"));
}

TEST(GitHistory, TellsObjectsFromWhatReplacesThem) {
  const auto replaces = [](const std::string& path, ChangeKind kind) {
    Change change;
    change.path = path;
    change.kind = kind;
    change.pod.node.kind = kind == ChangeKind::deleted ? NodeKind::whiteout : NodeKind::file;
    return replaces_history(change);
  };
  const std::string object = ".git/objects/a6/" + std::string(kSha.substr(2));
  EXPECT_FALSE(replaces(object, ChangeKind::added));
  EXPECT_TRUE(replaces(object, ChangeKind::modified));
  EXPECT_TRUE(replaces(object, ChangeKind::deleted));
  EXPECT_TRUE(replaces(".git/objects/info/commit-graph", ChangeKind::added));
  EXPECT_TRUE(replaces(".git/objects/a6/tmp_obj_1", ChangeKind::added));
  EXPECT_TRUE(replaces("sub/.git/objects/pack/x.pack", ChangeKind::added));
  EXPECT_TRUE(replaces(".git/packed-refs", ChangeKind::modified));
  EXPECT_TRUE(replaces(".git/refs/heads/main", ChangeKind::deleted));
  EXPECT_TRUE(replaces(".git/shallow", ChangeKind::added));
  EXPECT_FALSE(replaces(".git/refs/heads/main", ChangeKind::modified));
  EXPECT_FALSE(replaces("src/objects/info/x", ChangeKind::added));
}

TEST(GitHistory, ReadsTips) {
  const std::string sha(kSha);
  EXPECT_EQ(tips_in("refs/heads/main", sha + "\n").value_or(std::vector<std::string>()),
            std::vector<std::string>{sha});
  EXPECT_EQ(tips_in("HEAD", "ref: refs/heads/main\n")->size(), 0u);
  EXPECT_EQ(tips_in("logs/HEAD", std::string(40, '0') + " " + sha + " a <b> 1 +0000\tcommit: x\n")->size(),
            1u);
  for (const char* text : {"x", "a6e8", "ref: ../../x", "--all", "a6e85426d723a1a70284a2534f95890860d98c6E"})
    EXPECT_FALSE(tips_in("refs/heads/main", text)) << text;
  EXPECT_FALSE(tips_in("logs/HEAD", sha + "\n"));
}

TEST(GitHistory, ReadsGitsListOfChanges) {
  using namespace std::string_literals;
  const auto changes = parse_raw_diff("\0:000000 100755 00 11 A\0a b\0:120000 000000 1 0 D\0c\0\0"s);
  ASSERT_TRUE(changes);
  ASSERT_EQ(changes->size(), 2u);
  EXPECT_EQ((*changes)[0].path, "a b");
  EXPECT_TRUE(becomes_executable((*changes)[0]));
  EXPECT_EQ((*changes)[1].kind, ChangeKind::deleted);
  for (const auto& text : {":0 1 2 3 A\0x\0"s, ":000000 100644 0 1 A"s, ":000000 100644 0 1 A\0x"s, "x\0"s,
                           ":000000 99 0 1 A\0x\0"s})
    EXPECT_FALSE(parse_raw_diff(text)) << text;
}

}  // namespace
}  // namespace weir::changes::testing
