// The catalogue of delayed-execution files: what is held, at any depth, present before or not; and its
// reader.
#include "changes/held.h"

#include <gmock/gmock.h>

#include <set>

#include "changes/overlay_pod.h"

namespace weir::changes::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

// Its fixture knows the catalogue that ships.
struct Shipped : OverlayPodTest {
  using OverlayPodTest::catalogue;
  void TestBody() override {}
};

std::vector<std::string> ids(const Change& change, const std::set<std::string>& host = {},
                             const std::set<std::string>& pod = {}, bool outside = false) {
  std::vector<std::string> out;
  for (const auto& reason :
       Shipped::catalogue().reasons({.change = change,
                                     .path = change.path,
                                     .link_outside = outside,
                                     .git_replaced = false,
                                     .git_carries = false,
                                     .on_host = [&](const std::string& path) { return host.contains(path); },
                                     .in_pod = [&](const std::string& path) { return pod.contains(path); }}))
    out.push_back(reason.id);
  return out;
}

Change added(const std::string& path, NodeKind kind = NodeKind::file, std::uint32_t mode = 0644) {
  Change change;
  change.path = path;
  change.pod.node.kind = kind;
  change.pod.node.mode = mode;
  change.mode = mode;
  return change;
}

// Rows "held PATH" and "free PATH".
TEST(Held, HoldsWhatTheCasesSayAtAnyDepth) {
  const auto cases = os::read_file(WEIR_SOURCE_DIR "/tests/cases/changes/held.txt", 1 << 20);
  ASSERT_TRUE(cases);
  std::size_t rows = 0;
  std::istringstream lines(*cases);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    ++rows;
    const bool held = line.starts_with("held ");
    ASSERT_TRUE(held || line.starts_with("free ")) << line;
    for (const std::string depth : {"", "sub/", "sub/a/b/c/d/"})
      EXPECT_EQ(!ids(added(depth + line.substr(5))).empty(), held) << depth << line;
  }
  EXPECT_GT(rows, 90u);
}

TEST(Held, CaseDoesNotHideAFile) {
  EXPECT_FALSE(ids(added(".Git/Hooks/post-checkout")).empty());
  EXPECT_FALSE(ids(added("claude.md")).empty());
  EXPECT_FALSE(ids(added(".VSCODE/tasks.json")).empty());
}

TEST(Held, DeletingOneIsHeldToo) {
  Change change = added(".claude/settings.json");
  change.kind = ChangeKind::deleted;
  change.host.node.kind = NodeKind::file;
  change.pod.node.kind = NodeKind::whiteout;
  EXPECT_THAT(ids(change), Contains("claude-code"));
}

TEST(Held, WhatBecomesExecutableIsHeldByThat) {
  EXPECT_EQ(ids(added("tool", NodeKind::file, 0755)), std::vector<std::string>{"becomes-executable"});
  Change again = added("tool", NodeKind::file, 0755);
  again.kind = ChangeKind::modified;
  again.host.node.kind = NodeKind::file;
  again.host.node.mode = 0755;
  EXPECT_TRUE(ids(again).empty());
}

TEST(Held, ALinkStandsForWhatCouldLieBehindIt) {
  EXPECT_THAT(ids(added(".claude", NodeKind::symlink)), Contains("claude-code"));
  EXPECT_THAT(ids(added("a/.github/workflows", NodeKind::symlink)), Contains("continuous-integration"));
  EXPECT_THAT(ids(added(".git", NodeKind::symlink)), Contains("git-pointer"));
  EXPECT_TRUE(ids(added("docs/latest", NodeKind::symlink)).empty());
  EXPECT_EQ(ids(added("docs/latest", NodeKind::symlink), {}, {}, true),
            std::vector<std::string>{"link-outside"});
}

TEST(Held, ABareRepositoryIsKnownByItsShape) {
  EXPECT_TRUE(ids(added("x/config")).empty());
  EXPECT_THAT(ids(added("x/config"), {"x/objects"}, {"x/HEAD"}), Contains("git-bare-repository"));
  EXPECT_THAT(ids(added("x/hooks/pre-push"), {}, {"x/HEAD", "x/objects"}), Contains("git-bare-repository"));
  EXPECT_THAT(ids(added("x/HEAD"), {"x/objects"}), Contains("git-bare-head"));
  EXPECT_THAT(ids(added("config"), {"HEAD", "objects"}), Contains("git-bare-repository"));
  // What was committed unheld by itself must not become a repository by what comes after it.
  for (const char* part : {"x/objects", "x/objects/info/note", "x/refs/heads/main"})
    EXPECT_THAT(ids(added(part), {"x/HEAD", "x/config"}), Contains("git-bare-parts")) << part;
  EXPECT_TRUE(ids(added("x/objects/a"), {"x/config"}).empty());
}

TEST(Held, ARepositoryThatWasNotThereIsHeldWhole) {
  EXPECT_THAT(ids(added("sub/.git/objects/ab/cdef")), Contains("git-new-repository"));
  EXPECT_TRUE(ids(added("sub/.git/objects/ab/cdef"), {"sub/.git"}).empty());
  EXPECT_TRUE(ids(added(".git/refs/heads/main"), {".git"}).empty());
}

// Else a commit made in a pod would come in pieces: an index that names objects which are not there.
TEST(Held, TheDataOfARepositoryThatWasThereIsNot) {
  const std::set<std::string> there = {".git", ".git/HEAD", ".git/config", ".git/objects"};
  for (const char* data : {".git/HEAD", ".git/index", ".git/objects/ab/cdef", ".git/refs/heads/main",
                           ".git/logs/HEAD", ".git/packed-refs"})
    EXPECT_TRUE(ids(added(data), there).empty()) << data;
  for (const char* obeyed : {".git/config", ".git/hooks/pre-commit", ".git/objects/info/alternates",
                             ".git/info/attributes", ".git/commondir"})
    EXPECT_FALSE(ids(added(obeyed), there).empty()) << obeyed;
}

TEST(Held, WhatGitCallsDescriptionIsNoPackageOfR) {
  EXPECT_TRUE(ids(added("sub/.git/description"), {"sub/.git"}).empty());
  EXPECT_TRUE(ids(added(".Git/DESCRIPTION"), {".Git"}).empty());
  EXPECT_EQ(ids(added("sub/DESCRIPTION")), std::vector<std::string>{"r-package"});
  EXPECT_EQ(ids(added("sub/.git/pkg/description"), {"sub/.git"}), std::vector<std::string>{"r-package"});
}

TEST(Held, LinksAreFollowedOnPaperOnly) {
  const std::map<std::string, std::string> links = {
      {"out", "/etc"}, {"in", "sub/dir"}, {"loop", "loop"}, {"up", "in/../.."}};
  const LinkOf link_of = [&](const std::string& path) -> std::optional<std::string> {
    const auto found = links.find(path);
    return found == links.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
  EXPECT_FALSE(link_leads_to("x", "/etc/passwd", link_of));
  EXPECT_FALSE(link_leads_to("a/x", "../../y", link_of));
  EXPECT_FALSE(link_leads_to("x", "out/passwd", link_of));
  EXPECT_FALSE(link_leads_to("x", "loop", link_of));
  EXPECT_FALSE(link_leads_to("x", "in/../../../y", link_of));
  EXPECT_FALSE(link_leads_to("x", "", link_of));
  EXPECT_TRUE(link_leads_to("a/x", "../y", link_of));
  EXPECT_TRUE(link_leads_to("node_modules/.bin/tsc", "../typescript/bin/tsc", link_of));
  EXPECT_TRUE(link_leads_to("x", "in/../other", link_of));
  EXPECT_TRUE(link_leads_to("x", "up/y", link_of));
}

TEST(Held, ALinkThatLeadsThroughEndlessNamesCountsAsOutside) {
  std::string names;
  for (int i = 0; i < 1000; ++i)
    names += "a/";
  int asked = 0;
  const LinkOf link_of = [&](const std::string& path) -> std::optional<std::string> {
    ++asked;
    return path.size() % 100 == 99 ? std::optional<std::string>(names) : std::nullopt;
  };
  EXPECT_FALSE(link_leads_to("x", names, link_of));
  EXPECT_LE(asked, 500);
}

TEST(HeldCatalogue, RefusesWhatItDoesNotKnow) {
  const auto why = [](const std::string& text) {
    const auto read = HeldCatalogue::parse(text, "t.yaml");
    return read ? std::string("read") : read.error().message();
  };
  EXPECT_EQ(why("held:\n  - {id: a, runs: b, globs: [c]}\n"), "read");
  EXPECT_THAT(why("held: 1\n"), HasSubstr("one list"));
  EXPECT_THAT(why("held: []\nmore: 1\n"), HasSubstr("one list"));
  EXPECT_THAT(why("held:\n  - {id: a, runs: b, globs: [c], typo: 1}\n"), HasSubstr("typo"));
  EXPECT_THAT(why("held:\n  - {id: a, runs: b}\n"), HasSubstr("either globs or a property"));
  EXPECT_THAT(why("held:\n  - {id: a, runs: b, globs: [c], property: executable}\n"),
              HasSubstr("either globs"));
  EXPECT_THAT(why("held:\n  - {id: a, runs: b, property: magic}\n"), HasSubstr("no such property"));
  EXPECT_THAT(why("held:\n  - {id: a, runs: b, globs: ['a/**/b']}\n"), HasSubstr("only at the end"));
  EXPECT_THAT(why("held:\n  - {id: a, runs: b, globs: ['**']}\n"), HasSubstr("every path"));
  EXPECT_THAT(why("held:\n  - {id: a, runs: b, globs: ['../x']}\n"), HasSubstr("no empty names"));
  EXPECT_THAT(why("held:\n  - {id: a, runs: b, globs: [/x]}\n"), HasSubstr("no empty names"));
  EXPECT_THAT(why("held:\n  - {id: a, runs: b, globs: [c], only_new: yes please}\n"),
              HasSubstr("true or false"));
  EXPECT_THAT(why("held:\n  - {id: a, runs: b, property: executable, not_in: [c]}\n"),
              HasSubstr("not_in goes with globs"));
  EXPECT_THAT(why("held:\n  - {id: a, runs: b, globs: [c]}\n  - {id: a, runs: b, globs: [d]}\n"),
              HasSubstr("t.yaml:3"));
  EXPECT_THAT(why("held:\n  - {id: 'A b', runs: b, globs: [c]}\n"), HasSubstr("small letters"));
}

TEST(PathGlob, MatchesAtAnyDepth) {
  const auto matches = [](const char* glob, const char* path) {
    const auto parsed = PathGlob::parse(glob);
    EXPECT_TRUE(parsed) << glob;
    return parsed->match(segments_of(path)).has_value();
  };
  EXPECT_TRUE(matches("*.gradle", "a/b/build.gradle"));
  EXPECT_TRUE(matches("a?c/*x*y", "q/abc/11x22y"));
  EXPECT_FALSE(matches("a?c/*x*y", "q/abc/11x22"));
  EXPECT_TRUE(matches(".x/**", "a/.x/b/c"));
  EXPECT_FALSE(matches(".x/**", "a/.x"));
  EXPECT_FALSE(matches("a/b", "b"));
  EXPECT_TRUE(matches("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"));
  EXPECT_FALSE(matches("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac"));
}

}  // namespace
}  // namespace weir::changes::testing
