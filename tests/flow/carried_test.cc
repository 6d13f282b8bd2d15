#include "flow/carried.h"

#include <gtest/gtest.h>

namespace weir::flow {
namespace {

const CarriedFile kForeignRun{"/p/setup.sh", CarriedFile::Use::runs, "claude-code:a", 12, false};
const CarriedFile kOwnRead{"/p/notes.md", CarriedFile::Use::reads, "claude-code:b", 3, true};

TEST(Carried, ComesBackFromItsJson) {
  const std::vector<CarriedFile> files = {
      kForeignRun, kOwnRead, {"/p/AGENTS.md", CarriedFile::Use::loads, "", 0, false}};
  EXPECT_EQ(carried_from_json(to_json(files)), files);
}

TEST(Carried, WhatIsNoRecordOfAFileIsLeftOut) {
  const auto json = parse_json(R"([{"path":"/a","use":"eats"},7,{"path":"/b","use":"runs","seq":-4}])");
  const auto files = carried_from_json(*json);
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].path, "/b");
  EXPECT_EQ(files[0].seq, 0U);
  EXPECT_TRUE(carried_from_json(Json("text")).empty());
}

TEST(Carried, OnlyRunsOfWhatAnotherSessionWroteCount) {
  EXPECT_TRUE(runs_carried({kOwnRead, kForeignRun}));
  CarriedFile own = kForeignRun;
  own.own = true;
  EXPECT_FALSE(runs_carried({kOwnRead, own}));
  EXPECT_FALSE(runs_carried({}));
}

TEST(Carried, SaysWhoWroteWhatIsRun) {
  const std::string text = sentence_of({kOwnRead, kForeignRun});
  EXPECT_NE(text.find("\"/p/setup.sh\" was written in step 12 of session claude-code:a"), std::string::npos)
      << text;
  EXPECT_NE(text.find("1 more"), std::string::npos) << text;
  EXPECT_NE(sentence_of({kOwnRead}).find("this session"), std::string::npos);
  EXPECT_EQ(sentence_of({}), "");
}

TEST(Carried, HostileNamesMakeNoLines) {
  const std::string text =
      sentence_of({{"/p/a\n\x1b[2Jb" + std::string(5000, 'x'), CarriedFile::Use::runs, "s", 1, false}});
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_LT(text.size(), 600U);
}

}  // namespace
}  // namespace weir::flow
