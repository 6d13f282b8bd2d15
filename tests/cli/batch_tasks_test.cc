// The rows of `weir pod batch`.
#include "cli/batch_tasks.h"

#include <gmock/gmock.h>

#include <sstream>

namespace weir::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<std::vector<BatchRow>> rows(const std::string& text, const std::vector<std::string>& each = {}) {
  std::istringstream in(text);
  return read_batch_rows(in, each);
}

std::string refused(const std::string& text, const std::vector<std::string>& each = {}) {
  const auto read = rows(text, each);
  return read ? "(accepted)" : read.error().message();
}

TEST(BatchTasks, AreCommandsOrRows) {
  const auto read = rows(
      "make lint\r\n\n  # a remark\n"
      R"({"id":"unit","command":["npm","test"],"profile":"node","limits":"time=10m","other":1})"
      "\n"
      R"({"command":"a | b"})");
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_EQ(read->size(), 3u);
  EXPECT_EQ((*read)[0].id, "1");
  EXPECT_THAT((*read)[0].argv, ElementsAre("sh", "-c", "make lint"));
  EXPECT_EQ((*read)[1].id, "unit");
  EXPECT_THAT((*read)[1].argv, ElementsAre("npm", "test"));
  EXPECT_EQ((*read)[1].command, "npm test");
  EXPECT_EQ((*read)[1].wish.profile, "node");
  EXPECT_EQ((*read)[1].wish.limits, "time=10m");
  EXPECT_EQ((*read)[2].id, "5");
  EXPECT_THAT((*read)[2].argv, ElementsAre("sh", "-c", "a | b"));
}

TEST(BatchTasks, ItemsTakeTheirPlaceInACommand) {
  const auto read = rows("a.py\n#b.py\n{}.py\na.py\n", {"lint", "--out={}.txt", "{}"});
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_EQ(read->size(), 4u);
  EXPECT_THAT((*read)[0].argv, ElementsAre("lint", "--out=a.py.txt", "a.py"));
  EXPECT_EQ((*read)[0].id, "a.py");
  EXPECT_THAT((*read)[1].argv, ElementsAre("lint", "--out=#b.py.txt", "#b.py"));
  EXPECT_THAT((*read)[2].argv, ElementsAre("lint", "--out={}.py.txt", "{}.py"));
  EXPECT_EQ((*read)[3].id, "4");
}

TEST(BatchTasks, WhatIsNoTaskIsTold) {
  EXPECT_THAT(refused(""), HasSubstr("there is no task"));
  EXPECT_THAT(refused("true\n{\"command\":1}"), HasSubstr("line 2"));
  EXPECT_THAT(refused("{\"command\":[]}"), HasSubstr("missing"));
  EXPECT_THAT(refused("{\"command\":[\"\"]}"), HasSubstr("missing"));
  EXPECT_THAT(refused("{\"command\":[\"a\",1]}"), HasSubstr("no list of texts"));
  EXPECT_THAT(refused("{\"command\":\"a\",\"id\":1}"), HasSubstr("\"id\" is no text"));
  EXPECT_THAT(refused("{\"command\":\"a\""), HasSubstr("no row of JSON"));
  EXPECT_THAT(refused("{\"command\":\"a\",\"id\":\"x\"}\n{\"command\":\"b\",\"id\":\"x\"}"),
              HasSubstr("twice"));
  EXPECT_THAT(refused("a\n", {"lint"}), HasSubstr("no {}"));
  EXPECT_THAT(refused(std::string("a\0b", 3)), HasSubstr("NUL"));
  EXPECT_THAT(refused(std::string(kBatchLineBytesMax + 1, 'a')), HasSubstr("longer than"));
  EXPECT_THAT(refused("{\"command\":\"a\",\"id\":\"" + std::string(101, 'x') + "\"}"),
              HasSubstr("an id of more"));
  std::string many;
  for (int i = 0; i < 1025; ++i)
    many += "true\n";
  EXPECT_THAT(refused(many), HasSubstr("more than 1024 tasks"));
}

}  // namespace
}  // namespace weir::cli
