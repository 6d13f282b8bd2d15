#include "match/database.h"

#include <gtest/gtest.h>

#include <map>

namespace weir::match {
namespace {

using Ends = std::map<std::size_t, std::vector<std::size_t>>;  // pattern -> ends

Ends ends_of(const Database& database, std::string_view text) {
  Scratch scratch;
  Ends ends;
  const auto status = database.scan(text, scratch, [&](std::size_t pattern, std::size_t end) {
    ends[pattern].push_back(end);
    return true;
  });
  EXPECT_TRUE(status) << status.error().message();
  return ends;
}

Database database_of(const std::vector<Pattern>& patterns) {
  auto compiled = Database::compile(patterns);
  EXPECT_TRUE(compiled) << compiled.error().message();
  EXPECT_TRUE(compiled->rejected.empty());
  return compiled->database;
}

TEST(Database, ReportsEveryPatternAndWhereItEnds) {
  const auto database = database_of({{.text = "rm -rf", .literal = true}, {.text = "[0-9]{3}"}});
  EXPECT_EQ(ends_of(database, "rm -rf /x 123"), (Ends{{0, {6}}, {1, {13}}}));
  EXPECT_TRUE(ends_of(database, "rm -r -f 12").empty());
}

TEST(Database, TakesLiteralsByTheirBytes) {
  const auto database = database_of({{.text = "a.b(c|d)\\\n\xff", .literal = true}});
  EXPECT_EQ(ends_of(database, "xa.b(c|d)\\\n\xff"), (Ends{{0, {12}}}));
  EXPECT_TRUE(ends_of(database, "axbc").empty());
}

TEST(Database, HasItsOptionsPerPattern) {
  const auto database = database_of({{.text = "abc", .ignore_case = true},
                                     {.text = "abc"},
                                     {.text = "^x$", .multi_line = true},
                                     {.text = "y.z", .dot_all = true},
                                     {.text = "b+", .once = true}});
  EXPECT_EQ(ends_of(database, "ABC"), (Ends{{0, {3}}}));
  EXPECT_EQ(ends_of(database, "q\nx\nq"), (Ends{{2, {3}}}));
  EXPECT_EQ(ends_of(database, "y\nz"), (Ends{{3, {3}}}));
  EXPECT_EQ(ends_of(database, "bbb"), (Ends{{4, {1}}}));
}

TEST(Database, LeavesOutWhatCannotBeCompiledAndNamesIt) {
  const std::vector<Pattern> patterns = {
      {.text = "good"}, {.text = "ba(d"}, {.text = "(a)\\1"}, {.text = ""}, {.text = "fine"}};
  const auto compiled = Database::compile(patterns);
  ASSERT_TRUE(compiled);
  std::vector<std::size_t> rejected;
  for (const auto& one : compiled->rejected)
    rejected.push_back(one.pattern);
  std::sort(rejected.begin(), rejected.end());
  EXPECT_EQ(rejected, (std::vector<std::size_t>{1, 2, 3}));
  EXPECT_EQ(ends_of(compiled->database, "good and fine"), (Ends{{0, {4}}, {4, {13}}}));
}

TEST(Database, StopsWhenToldTo) {
  const auto database = database_of({{.text = "a"}});
  Scratch scratch;
  int reports = 0;
  ASSERT_TRUE(database.scan("aaaa", scratch, [&](std::size_t, std::size_t) { return ++reports < 2; }));
  EXPECT_EQ(reports, 2);
}

TEST(Database, OneScratchServesManyDatabases) {
  Scratch scratch;
  for (int i = 1; i <= 100; ++i) {
    const auto database = database_of({{.text = std::string(static_cast<std::size_t>(i), 'a')}});
    int reports = 0;
    ASSERT_TRUE(database.scan(std::string(100, 'a'), scratch, [&](std::size_t, std::size_t) {
      ++reports;
      return true;
    }));
    EXPECT_EQ(reports, 101 - i);
  }
}

TEST(Database, AnEmptyOneMatchesNothing) {
  EXPECT_TRUE(ends_of(Database(), "text").empty());
  EXPECT_TRUE(ends_of(database_of({}), "text").empty());
}

TEST(Database, IsTheSameAfterACache) {
  const auto database = database_of({{.text = "needle", .literal = true}, {.text = "n[a-e]+d"}});
  const auto bytes = database.serialize();
  ASSERT_TRUE(bytes);
  const auto again = Database::deserialize(*bytes);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(ends_of(*again, "a needle"), ends_of(database, "a needle"));
  for (const std::size_t at : {std::size_t{0}, bytes->size() / 2, bytes->size() - 1}) {
    std::string damaged = *bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_EQ(Database::deserialize(damaged).error().code, ErrorCode::corrupt);
  }
  EXPECT_FALSE(Database::deserialize(bytes->substr(0, bytes->size() - 7)));
}

class KeptInMemory final : public DatabaseStore {
 public:
  std::map<std::string, std::string> kept;
  int taken = 0;

  std::string get(const std::string& name) override {
    const auto it = kept.find(name);
    taken += it == kept.end() ? 0 : 1;
    return it == kept.end() ? std::string() : it->second;
  }
  void put(const std::string& name, std::string_view bytes) override { kept[name] = bytes; }
};

TEST(Database, WhatWasRejectedIsKeptToo) {
  KeptInMemory store;
  const std::vector<Pattern> patterns = {
      {.text = "ab+c"}, {.text = "(a)\\1"}, {.text = "x", .literal = true}};
  const auto first = Database::compile(patterns, &store);
  ASSERT_TRUE(first);
  ASSERT_EQ(first->rejected.size(), 1U);
  const auto again = Database::compile(patterns, &store);
  EXPECT_EQ(store.taken, 1);
  ASSERT_EQ(again->rejected.size(), 1U);
  EXPECT_EQ(again->rejected[0].pattern, 1U);
  EXPECT_EQ(again->rejected[0].error.message(), first->rejected[0].error.message());
  EXPECT_EQ(ends_of(again->database, "abbc x"), ends_of(first->database, "abbc x"));
}

TEST(Database, IsTakenFromWhereItWasKept) {
  KeptInMemory store;
  std::vector<Pattern> patterns = {{.text = "ab+c"}, {.text = "x", .literal = true}};
  ASSERT_TRUE(Database::compile(patterns, &store));
  ASSERT_EQ(store.kept.size(), 1u);
  EXPECT_EQ(store.taken, 0);
  const auto again = Database::compile(patterns, &store);
  EXPECT_EQ(store.taken, 1);
  Scratch scratch;
  std::vector<std::size_t> found;
  ASSERT_TRUE(again->database.scan("abbc x", scratch, [&](std::size_t pattern, std::size_t) {
    found.push_back(pattern);
    return true;
  }));
  EXPECT_EQ(found, (std::vector<std::size_t>{0, 1}));

  auto& bytes = store.kept.begin()->second;
  bytes.back() = static_cast<char>(bytes.back() ^ 1);  // damage costs a compilation
  EXPECT_EQ(ends_of(Database::compile(patterns, &store)->database, "abc"), ends_of(again->database, "abc"));

  patterns[1].ignore_case = true;  // other patterns have another name
  ASSERT_TRUE(Database::compile(patterns, &store));
  EXPECT_EQ(store.kept.size(), 2u);
}

TEST(Database, DamagedOnesAreCompiledAnewAndKept) {
  KeptInMemory store;
  const std::vector<Pattern> patterns = {{.text = "ab+c"}};
  ASSERT_TRUE(Database::compile(patterns, &store));
  const std::string good = store.kept.begin()->second;
  for (const std::string& bad : {good.substr(0, good.size() / 2), std::string("x"), good + "y"}) {
    store.kept.begin()->second = bad;
    const auto compiled = Database::compile(patterns, &store);
    ASSERT_TRUE(compiled);
    EXPECT_FALSE(compiled->database.empty());
    EXPECT_EQ(store.kept.begin()->second, good);
  }
}

}  // namespace
}  // namespace weir::match
