// The world of a scenario and the tools of the agent: what is laid out, what can be started, what counts as
// done.
#include "arena/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "arena/agent.h"
#include "arena/child.h"
#include "arena/tools.h"
#include "os/files.h"
#include "os/process.h"
#include "support/throwaway_dir.h"

namespace weir::arena {
namespace {

using testing::HasSubstr;

class WorldTest : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string top_ = throwaway_.path();

  void SetUp() override {
    scenario_.project = {{"a/b.txt", "one\n"}};
    scenario_.home = {{".bashrc", "start\n"}};
    scenario_.environment = {{"TOKEN", "t"}};
    scenario_.uses = {"sh"};
    scenario_.stand_ins = {{"danger", "it's 100%"}};
  }

  os::ChildResult shell(const World& world, const std::string& command) const {
    return os::run_child({.argv = {"/bin/sh", "-c", command},
                          .env = world.environment(),
                          .cwd = world.project(),
                          .input = {}})
        .value();
  }

  Scenario scenario_;
};

TEST_F(WorldTest, OnlyTheNamedProgramsAreFound) {
  const auto world = World::build(scenario_, top_ + "/w");
  ASSERT_TRUE(world) << world.error().message();
  EXPECT_EQ(shell(*world, "sh -c 'echo $TOKEN'").out, "t\n");
  EXPECT_EQ(shell(*world, "danger --all").out, "it's 100%\n");
  for (const char* real : {"rm", "cat", "curl", "bash", "env"})
    EXPECT_EQ(shell(*world, real).exit.code, 127) << real;
}

TEST_F(WorldTest, AStandInLeavesAMarkEachTime) {
  const auto world = World::build(scenario_, top_ + "/w");
  ASSERT_TRUE(world);
  const Effect effect{.what = "danger ran", .ran = "danger"};
  const Mark before = world->mark(effect);
  EXPECT_FALSE(world->happened(effect, before, ""));
  shell(*world, "danger");
  EXPECT_TRUE(world->happened(effect, before, ""));
  EXPECT_FALSE(world->happened(effect, world->mark(effect), "")) << "an earlier start is no later one";
}

TEST_F(WorldTest, FilesAreJudgedByWhatLiesThere) {
  const auto world = World::build(scenario_, top_ + "/w");
  ASSERT_TRUE(world);
  const Effect written{.what = "w", .file = "~/.bashrc", .contains = "more"};
  const Effect gone{.what = "g", .file = "a/b.txt", .gone = true};
  EXPECT_FALSE(world->happened(written, {}, ""));
  EXPECT_FALSE(world->happened(gone, {}, ""));
  shell(*world, "echo more >> ~/.bashrc");
  std::filesystem::remove(world->project() + "/a/b.txt");
  EXPECT_TRUE(world->happened(written, {}, ""));
  EXPECT_TRUE(world->happened(gone, {}, ""));
  EXPECT_TRUE(world->happened({.what = "r", .received = "key"}, {}, "the key is"));
  EXPECT_FALSE(world->happened({.what = "r", .received = "key"}, {}, ""));
}

TEST_F(WorldTest, AMissingProgramIsAnError) {
  scenario_.uses = {"no-such-program-here"};
  const auto world = World::build(scenario_, top_ + "/w");
  ASSERT_FALSE(world);
  EXPECT_THAT(world.error().message(), HasSubstr("no-such-program-here"));
}

TEST_F(WorldTest, ToolsDoWhatTheyAreCalled) {
  const auto world = World::build(scenario_, top_ + "/w");
  ASSERT_TRUE(world);
  const std::string& in = world->project();
  EXPECT_EQ(run_tool("Read", Json::object({{"file_path", "a/b.txt"}}), in).text, "one\n");
  EXPECT_TRUE(run_tool("Edit",
                       Json::object({{"file_path", "a/b.txt"}, {"old_string", "one"}, {"new_string", "two"}}),
                       in)
                  .ok);
  EXPECT_FALSE(run_tool("Edit",
                        Json::object({{"file_path", "a/b.txt"}, {"old_string", "one"}, {"new_string", "x"}}),
                        in)
                   .ok);
  EXPECT_EQ(run_tool("Read", Json::object({{"file_path", in + "/a/b.txt"}}), in).text, "two\n");
  EXPECT_TRUE(run_tool("Write", Json::object({{"file_path", "c"}, {"content", "3"}}), in).ok);
  EXPECT_EQ(os::read_file(in + "/c", 10).value(), "3");
  EXPECT_FALSE(run_tool("Bash", Json::object({{"command", "exit 3"}}), in).ok);
  EXPECT_FALSE(run_tool("Fetch", Json::object(), in).ok);
}

// The agent obeys its hook: exit 0 lets the call run; everything else, a crash too, does not.
TEST_F(WorldTest, TheAgentRunsACallOnlyAfterExitZero) {
  const auto world = World::build(scenario_, top_ + "/w");
  ASSERT_TRUE(world);
  for (const auto& [hook, runs] : std::vector<std::pair<std::string, bool>>{
           {"exit 0", true}, {"echo why >&2; exit 2", false}, {"exit 1", false}, {"kill -9 $$", false}}) {
    Part part{.session = "s", .project = world->project(), .hook = {"/bin/sh", "-c", hook}, .lines = {}};
    part.lines.push_back({.id = "1",
                          .say = "now",
                          .tool = "Write",
                          .input = Json::object({{"file_path", "made"}, {"content", "x"}})});
    const auto again = part_from_json(to_json(part));
    ASSERT_TRUE(again);
    std::istringstream in("go\n");
    std::ostringstream out;
    ASSERT_TRUE(play_part(*again, in, out));
    EXPECT_EQ(os::exists(world->project() + "/made"), runs) << hook;
    std::filesystem::remove(world->project() + "/made");
  }
}

TEST_F(WorldTest, TheAgentDoesNothingWithoutItsDirector) {
  Part part{.session = "s", .project = top_, .hook = {"/bin/true"}, .lines = {}};
  part.lines.push_back({.id = "1",
                        .say = "now",
                        .tool = "Write",
                        .input = Json::object({{"file_path", "made"}, {"content", "x"}})});
  std::istringstream gone;
  std::ostringstream out;
  EXPECT_FALSE(play_part(part, gone, out));
  EXPECT_FALSE(os::exists(top_ + "/made"));
}

TEST_F(WorldTest, AChildIsTalkedWithInLinesAndDoesNotOutliveItsOwner) {
  pid_t pid = 0;
  {
    auto child = Child::start(
        {.argv = {"/bin/sh", "-c", "echo $$; read x; echo got $x; while :; do read y; done; sleep 60"},
         .env = {{"PATH", "/usr/bin:/bin"}},
         .cwd = top_,
         .log_file = top_ + "/log"});
    ASSERT_TRUE(child) << child.error().message();
    pid = std::stoi(child->read_line(5000).value());
    ASSERT_TRUE(child->write_line("it"));
    EXPECT_EQ(child->read_line(5000).value(), "got it");
    EXPECT_FALSE(child->read_line(20)) << "time is up";
    EXPECT_TRUE(child->running());
  }
  EXPECT_FALSE(os::process_info(pid));
  auto ends =
      Child::start({.argv = {"/bin/sh", "-c", "exit 7"}, .env = {}, .cwd = top_, .log_file = top_ + "/log"});
  ASSERT_TRUE(ends);
  EXPECT_EQ(ends->wait(5000).value(), 7);
}

}  // namespace
}  // namespace weir::arena
