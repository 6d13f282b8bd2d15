#include "flow/carried_table.h"

#include <gtest/gtest.h>

#include <random>

namespace weir::flow {
namespace {

using Op = Change::Op;

Change wrote(const std::string& path, const std::string& session = "s", std::uint64_t seq = 1) {
  return {.op = Op::write, .path = path, .session = session, .seq = seq};
}

Change holds(const std::string& path, std::uint64_t size, char digit) {
  return {.op = Op::content,
          .path = path,
          .session = "s",
          .seq = 1,
          .size = size,
          .digest = "sha256:" + std::string(64, digit)};
}

std::string digest(char digit) {
  return "sha256:" + std::string(64, digit);
}

TEST(CarriedTable, KnowsFilesByTheirPath) {
  CarriedTable table;
  EXPECT_TRUE(table.empty());
  table.apply(wrote("/p/x.sh", "claude-code:a", 12));
  ASSERT_NE(table.at("/p/x.sh"), nullptr);
  EXPECT_EQ(table.at("/p/x.sh")->session, "claude-code:a");
  EXPECT_EQ(table.at("/p/x.sh")->seq, 12U);
  EXPECT_EQ(table.at("/p/x.sh.bak"), nullptr);
  EXPECT_EQ(table.at("/p"), nullptr);
  EXPECT_NE(table.below("/p"), nullptr);
  EXPECT_NE(table.below("/"), nullptr);
  EXPECT_EQ(table.below("/p/x"), nullptr);
  EXPECT_EQ(table.below("/q"), nullptr);
  table.apply({.op = Op::clear, .path = "/p/x.sh"});
  EXPECT_TRUE(table.empty());
}

TEST(CarriedTable, KnowsCopiesByTheirContent) {
  CarriedTable table;
  table.apply(wrote("/p/x.sh"));
  table.apply(holds("/p/x.sh", 40, 'a'));
  EXPECT_TRUE(table.has_size(40));
  EXPECT_FALSE(table.has_size(41));
  EXPECT_NE(table.copy(40, digest('a')), nullptr);
  EXPECT_EQ(table.copy(40, digest('b')), nullptr);
  // Moved away or deleted: the content may lie anywhere.
  table.apply({.op = Op::gone, .path = "/p/x.sh"});
  EXPECT_EQ(table.at("/p/x.sh"), nullptr);
  EXPECT_NE(table.copy(40, digest('a')), nullptr);
}

TEST(CarriedTable, EmptyFilesAreNoCopiesOfEachOther) {
  CarriedTable table;
  table.apply(wrote("/p/empty"));
  table.apply(holds("/p/empty", 0, 'e'));
  EXPECT_FALSE(table.has_size(0));
}

TEST(CarriedTable, WhatAPersonVouchedForCarriesNothing) {
  CarriedTable table;
  table.apply(wrote("/p/x.sh"));
  table.apply(holds("/p/x.sh", 40, 'a'));
  table.apply({.op = Op::vouch, .path = "/p/x.sh"});
  EXPECT_TRUE(table.empty());
  // A copy is vouched for by what it holds.
  table.apply(holds("", 40, 'a'));
  table.apply({.op = Op::vouch, .path = "/elsewhere/y.sh", .digest = digest('a')});
  EXPECT_TRUE(table.empty());
}

TEST(CarriedTable, PastItsHorizonADirectoryStandsForAllInIt) {
  CarriedTable table(8);
  table.apply(wrote("/home/other/notes.md"));
  for (int i = 0; i < 20; ++i)
    table.apply(wrote("/p/src/file" + std::to_string(i) + ".cc", i == 0 ? "first" : "second"));
  EXPECT_LE(table.paths().size(), 8U);
  EXPECT_GE(table.directories(), 1U);
  // Nothing that was written is forgotten, and its neighbours count too.
  for (int i = 0; i < 20; ++i)
    EXPECT_NE(table.at("/p/src/file" + std::to_string(i) + ".cc"), nullptr) << i;
  EXPECT_NE(table.at("/p/src/never_written.cc"), nullptr);
  EXPECT_NE(table.at("/home/other/notes.md"), nullptr);
  EXPECT_EQ(table.at("/p/README"), nullptr);
  EXPECT_EQ(table.at("/p/src/a")->session, "");  // several wrote there
  // One file of it cannot be cleared any more.
  table.apply({.op = Op::clear, .path = "/p/src/file3.cc"});
  EXPECT_NE(table.at("/p/src/file3.cc"), nullptr);
}

TEST(CarriedTable, NeverForgetsAPathHoweverTheyAreSpread) {
  std::mt19937 random(7);
  CarriedTable table(16);
  std::vector<std::string> written;
  for (int i = 0; i < 400; ++i) {
    std::string path;
    for (std::uint32_t depth = 1 + random() % 5; depth > 0; --depth)
      path += "/" + std::to_string(random() % 40);
    table.apply(wrote(path));
    written.push_back(path);
    ASSERT_LE(table.paths().size(), 16U);
    ASSERT_LE(table.directories(), table.paths().size());
  }
  for (const auto& path : written)
    EXPECT_NE(table.at(path), nullptr) << path;
}

TEST(CarriedTable, SaysThatOldContentsAreForgotten) {
  CarriedTable table(8, 2);
  for (const char digit : {'a', 'b', 'c'})
    table.apply(holds("", 40, digit));
  EXPECT_EQ(table.contents(), 2U);
  EXPECT_EQ(table.forgotten_contents(), 1U);
  EXPECT_EQ(table.copy(40, digest('a')), nullptr);
  EXPECT_NE(table.copy(40, digest('c')), nullptr);
}

TEST(CarriedTable, ItsChangesMakeItAgain) {
  CarriedTable table(8);
  for (int i = 0; i < 12; ++i)
    table.apply(wrote("/p/" + std::to_string(i % 3) + "/" + std::to_string(i), "s" + std::to_string(i % 2)));
  table.apply(wrote("/q/AGENTS.md"));
  table.apply(holds("/q/AGENTS.md", 12, 'd'));
  table.apply(holds("", 13, 'e'));
  CarriedTable again(8);
  for (const auto& change : table.changes()) {
    const auto read = change_from_json(to_json(change));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(*read, change);
    again.apply(*read);
  }
  EXPECT_EQ(again.changes(), table.changes());
  EXPECT_EQ(again.directories(), table.directories());
}

TEST(CarriedTable, RefusesWhatIsNoChange) {
  for (const char* text :
       {R"({"op":"write"})", R"({"op":"write","path":"relative"})", R"({"op":"eat","path":"/a"})",
        R"({"op":"content","path":"/a","size":-1,"digest":"sha256:00"})",
        R"({"op":"content","path":"/a","size":1,"digest":"sha256:zz"})",
        R"({"op":"write","path":"/a","seq":-1})", R"([])", R"("write")"})
    EXPECT_FALSE(change_from_json(*parse_json(text))) << text;
}

TEST(CarriedTable, KnowsInstructionsOfAgents) {
  EXPECT_TRUE(is_instruction_file("/p/CLAUDE.md"));
  EXPECT_TRUE(is_instruction_file("/p/sub/AGENTS.md"));
  EXPECT_FALSE(is_instruction_file("/p/README.md"));
  EXPECT_TRUE(is_loaded_in("/p/AGENTS.md", "/p", "/home/ann"));
  EXPECT_TRUE(is_loaded_in("/p/AGENTS.md", "/p/src/deep", "/home/ann"));
  EXPECT_FALSE(is_loaded_in("/p/src/AGENTS.md", "/p", "/home/ann"));
  EXPECT_FALSE(is_loaded_in("/p/AGENTS.md", "/pq", "/home/ann"));
  EXPECT_TRUE(is_loaded_in("/p/.claude/rules/a.md", "/p/src", "/home/ann"));
  EXPECT_FALSE(is_loaded_in("/q/.claude/rules/a.md", "/p", "/home/ann"));
  // Those of the home are for every place.
  EXPECT_TRUE(is_loaded_in("/home/ann/.codex/AGENTS.md", "/srv/p", "/home/ann"));
  EXPECT_FALSE(is_loaded_in("/home/bob/.codex/AGENTS.md", "/srv/p", "/home/ann"));
}

}  // namespace
}  // namespace weir::flow
