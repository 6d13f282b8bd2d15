// Who committed what a call reads: real repositories, also hostile ones.
#include "daemon/commit_authors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "content.h"
#include "flow/words.h"
#include "os/files.h"
#include "os/process.h"
#include "support/throwaway_dir.h"

namespace weir::daemon {
namespace {

using event::Action;
using flow::CarriedFile;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kAnn = "Ann <ann@corp.example>";
constexpr const char* kEve = "Eve <eve@evil.example>";
constexpr const char* kTrusted = "trusted: {authors: {commits: [\"@corp.example\"]}}\n";

flow::Products products_of(const std::string& settings) {
  for (const auto& file : content_files())
    if (file.name == "flow/words.yaml") {
      const auto words = flow::Words::read(file.bytes, file.name);
      const std::vector<flow::Products::File> files = {{"tools.yaml", settings}};
      return *flow::Products::read(files, *words);
    }
  return {};
}

class CommitAuthorsTest : public ::testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string top_ = throwaway_.path();

  void SetUp() override {
    ASSERT_TRUE(os::make_dirs(repository()));
    git({"init", "--quiet", "--initial-branch=main"});
  }

  std::string repository() const { return top_ + "/r"; }
  std::string at(const std::string& name) const { return repository() + "/" + name; }
  std::string git(std::vector<std::string> words, const std::string& author = kAnn) const {
    std::vector<std::string> argv = {"git",
                                     "-C",
                                     repository(),
                                     "-c",
                                     "user.name=Ann",
                                     "-c",
                                     "user.email=ann@corp.example",
                                     "-c",
                                     "commit.gpgsign=false"};
    argv.insert(argv.end(), words.begin(), words.end());
    if (words[0] == "commit") argv.push_back("--author=" + author);
    const auto done = os::run_child({.argv = argv});
    EXPECT_TRUE(done && done->exit.code == 0) << words[0] << ": " << (done ? done->err : "");
    return done ? done->out : "";
  }
  void write(const std::string& name, const std::string& text) const {
    ASSERT_TRUE(os::write_file_atomic(at(name), text));
  }
  void commit(const std::string& name, const std::string& text, const std::string& author,
              const std::string& message = "work") const {
    write(name, text);
    git({"add", name});
    git({"commit", "--quiet", "-m", message}, author);
  }

  static Action reads(const std::string& path, Json attrs = Json::object()) {
    Action action;
    action.verb = "file.read";
    action.resource_type = "Path";
    action.resource = path;
    action.attrs = std::move(attrs);
    action.certainty = event::Certainty::certain;
    return action;
  }
  static Action runs_git(const std::string& operation) {
    Action action;
    action.verb = "shell.exec";
    action.resource_type = "Program";
    action.resource = "git";
    action.attrs = Json::object({{"operation", operation}});
    return action;
  }
  std::vector<CarriedFile> look(const std::vector<Action>& actions, const std::string& settings = kTrusted,
                                bool untrusted = true) {
    event::Event event;
    event.body = Json::object({{"cwd", repository()}});
    std::vector<CarriedFile> found;
    authors_.look({event, actions, top_ + "/home", untrusted}, products_of(settings), found);
    return found;
  }

  CommitAuthors authors_;
};

// git outside would look at the host's repository, not at the one that the session sees.
TEST_F(CommitAuthorsTest, OfARepositoryInAPodTheyAreNotKnown) {
  commit("own.md", "mine\n", kAnn);
  const auto pod = os::FileView::of_process(::getpid());
  ASSERT_TRUE(pod);
  event::Event event;
  event.body = Json::object({{"cwd", repository()}});
  std::vector<CarriedFile> found;
  const std::vector<Action> actions = {reads(at("own.md"))};
  authors_.look({event, actions, top_ + "/home", true, *pod}, products_of(kTrusted), found);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_FALSE(found[0].doubt.empty());
}

TEST_F(CommitAuthorsTest, OnlyAStrangersFileIsTold) {
  commit("own.md", "mine\n", kAnn);
  commit("theirs.md", "theirs\n", kEve);
  EXPECT_THAT(look({reads(at("own.md"))}), IsEmpty());
  const auto found = look({reads(at("own.md")), reads(at("theirs.md"))});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].path, at("theirs.md"));
  EXPECT_EQ(found[0].use, CarriedFile::Use::reads);
  EXPECT_EQ(found[0].author, "eve@evil.example");
  EXPECT_EQ(flow::sentence_of(found),
            "\"" + at("theirs.md") + "\" was committed by eve@evil.example, whom you have not named.");
  EXPECT_EQ(flow::carried_from_json(flow::to_json(found)), found);
}

TEST_F(CommitAuthorsTest, NobodyIsAskedUntilAnAuthorIsNamed) {
  commit("theirs.md", "theirs\n", kEve);
  EXPECT_THAT(look({reads(at("theirs.md"))}, "trusted: {authors: {github: [ann]}}\n"), IsEmpty());
}

TEST_F(CommitAuthorsTest, EveryHandCounts) {
  commit("a.md", "one\n", kEve);
  commit("a.md", "two\n", kAnn);
  EXPECT_THAT(look({reads(at("a.md"))}), SizeIs(1)) << "what Ann kept of it may be Eve's";
  commit("b.md", "one\n", kAnn,
         "work\n\nCo-authored-by: Bob <bob@corp.example>\nCo-authored-by: Eve <eve@evil.example>");
  ASSERT_THAT(look({reads(at("b.md"))}), SizeIs(1));
  EXPECT_EQ(look({reads(at("b.md"))})[0].author, "eve <eve@evil.example>");
  commit("c.md", "something of our own\n", kAnn, "work\n\nCo-authored-by: Bob <bob@corp.example>");
  EXPECT_THAT(look({reads(at("c.md"))}), IsEmpty());
}

TEST_F(CommitAuthorsTest, ANewNameHidesNobody) {
  std::string text;
  for (int i = 0; i < 50; ++i)
    text += "line " + std::to_string(i) + "\n";
  commit("theirs.md", text, kEve);
  git({"mv", "theirs.md", "ours.md"});
  git({"commit", "--quiet", "-m", "tidy"});
  EXPECT_THAT(look({reads(at("ours.md"))}), SizeIs(1));
  commit("copy.md", text, kAnn);
  EXPECT_THAT(look({reads(at("copy.md"))}), SizeIs(1)) << "a copy neither";
}

TEST_F(CommitAuthorsTest, AMailmapMakesNobodySomebodyElse) {
  commit("theirs.md", "theirs\n", kEve);
  commit(".mailmap", "Ann <ann@corp.example> <eve@evil.example>\n", kAnn);
  EXPECT_THAT(look({reads(at("theirs.md"))}), SizeIs(1));
}

TEST_F(CommitAuthorsTest, AnswersHoldUntilHeadMoves) {
  commit("a.md", "one\n", kAnn);
  EXPECT_THAT(look({reads(at("a.md"))}), IsEmpty());
  commit("a.md", "one\ntwo\n", kEve);
  EXPECT_THAT(look({reads(at("a.md"))}), SizeIs(1));
}

TEST_F(CommitAuthorsTest, WhatIsInNoCommitIsTheUsersOwn) {
  write("new.md", "new\n");
  EXPECT_THAT(look({reads(at("new.md"))}), IsEmpty()) << "no commit at all";
  commit("theirs.md", "theirs\n", kEve);
  EXPECT_THAT(look({reads(at("new.md"))}), IsEmpty());
  ASSERT_TRUE(os::make_dirs(top_ + "/plain"));
  ASSERT_TRUE(os::write_file_atomic(top_ + "/plain/x.md", "x\n"));
  EXPECT_THAT(look({reads(top_ + "/plain/x.md")}), IsEmpty()) << "in no repository";
}

TEST_F(CommitAuthorsTest, ReadingMuchAsksAboutAllOfIt) {
  ASSERT_TRUE(os::make_dirs(at("docs")));
  ASSERT_TRUE(os::make_dirs(at("src")));
  commit("docs/theirs.md", "theirs\n", kEve);
  commit("src/own.cc", "int main() {}\n", kAnn);
  const Json recursive = Json::object({{"recursive", true}});
  const Json pattern = Json::object({{"glob", true}});
  EXPECT_THAT(look({reads(at("src"), recursive)}), IsEmpty());
  EXPECT_THAT(look({reads(at("src/*.cc"), pattern)}), IsEmpty());
  EXPECT_THAT(look({reads(at("docs"), recursive)}), SizeIs(1));
  EXPECT_THAT(look({reads(at("docs/*.md"), pattern)}), SizeIs(1));
  EXPECT_THAT(look({reads(repository(), recursive)}), SizeIs(1));
  EXPECT_THAT(look({reads(at("(found)"), Json::object({{"unknown", "partial"}}))}), SizeIs(1));
}

TEST_F(CommitAuthorsTest, TheHistoryIsReadToo) {
  commit("own.md", "mine\n", kAnn);
  EXPECT_THAT(look({runs_git("log")}), IsEmpty());
  commit("theirs.md", "theirs\n", kEve);
  EXPECT_THAT(look({runs_git("log")}), SizeIs(1));
  EXPECT_THAT(look({runs_git("")}), SizeIs(1)) << "an operation that is not known";
  EXPECT_THAT(look({runs_git("commit")}), IsEmpty());
}

TEST_F(CommitAuthorsTest, InstructionsThatAreLoaded) {
  commit("AGENTS.md", "be good\n", kEve);
  const auto found = look({}, kTrusted, false);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].use, CarriedFile::Use::loads);
  EXPECT_THAT(look({}, kTrusted, true), IsEmpty()) << "the session is untrusted already";
}

TEST_F(CommitAuthorsTest, ACutHistoryIsADoubt) {
  commit("a.md", "one\n", kAnn);
  commit("a.md", "two\n", kAnn);
  const std::string copy = top_ + "/copy";
  ASSERT_EQ(os::run_child({.argv = {"git", "clone", "--quiet", "--depth=1", "file://" + repository(), copy}})
                ->exit.code,
            0);
  const auto found = look({reads(copy + "/a.md")});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_TRUE(found[0].author.empty());
  EXPECT_THAT(flow::sentence_of(found), HasSubstr("only a part of its history"));
}

TEST_F(CommitAuthorsTest, ADamagedRepositoryIsADoubt) {
  commit("a.md", "one\n", kAnn);
  ASSERT_EQ(
      os::run_child(
          {.argv = {"sh", "-c", "rm -rf '" + at(".git/objects") + "'; mkdir '" + at(".git/objects") + "'"}})
          ->exit.code,
      0);
  const auto found = look({reads(at("a.md"))});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_FALSE(found[0].doubt.empty());
}

TEST_F(CommitAuthorsTest, ManyFilesAreNotAllAskedAbout) {
  commit("own.md", "mine\n", kAnn);
  std::vector<Action> actions;
  for (std::size_t i = 0; i <= CommitAuthors::kQuestionsMax; ++i) {
    write("n" + std::to_string(i), "x\n");
    actions.push_back(reads(at("n" + std::to_string(i))));
  }
  const auto found = look(actions);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].doubt, HasSubstr("too many"));
}

// Every setting by which a repository can name a program to start while its history is read.
TEST_F(CommitAuthorsTest, AHostileRepositoryStartsNothing) {
  commit("a.txt", "one\n", kEve);
  commit("a.txt", "one\ntwo\n", kEve);
  write(".gitattributes", "* diff=evil filter=evil\n");
  const std::string mark = top_ + "/started";
  const std::string program = top_ + "/evil";
  ASSERT_TRUE(os::write_file_atomic(program, "#!/bin/sh\ntouch '" + mark + "'\ncat\n", 0700));
  for (const char* name :
       {"core.fsmonitor", "core.pager", "pager.log", "gpg.program", "diff.external", "diff.evil.textconv",
        "diff.evil.command", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process",
        "core.sshCommand", "core.gitProxy", "core.editor", "core.askPass", "credential.helper",
        "core.alternateRefsCommand", "uploadpack.packObjectsHook", "sequence.editor"})
    git({"config", name, program});
  git({"config", "core.hooksPath", top_});
  git({"config", "log.showSignature", "true"});
  git({"config", "alias.log", "!" + program});
  git({"config", "alias.rev-parse", "!" + program});
  git({"config", "remote.origin.url", "ext::" + program});
  git({"config", "remote.origin.promisor", "true"});
  git({"config", "remote.origin.uploadpack", program});
  git({"config", "protocol.ext.allow", "always"});
  git({"config", "extensions.partialClone", "origin"});
  (void)os::remove_file(mark);
  ASSERT_THAT(look({reads(at("a.txt")), reads(repository(), Json::object({{"recursive", true}}))}),
              SizeIs(2));
  EXPECT_FALSE(os::exists(mark));
}

}  // namespace
}  // namespace weir::daemon
