// Files of secrets that a connection may carry out: whose, explained by which call, and through what they
// came.
#include "guard/carried_out.h"

#include <gtest/gtest.h>

#include "guard/support.h"

namespace weir::guard {
namespace {

event::Event holding(const std::vector<std::string>& files) {
  event::Event event;
  Json holds = Json::array({Json::object({{"kind", "host"}, {"name", "pages.example:443"}})});
  for (const auto& file : files)
    holds.push(
        Json::object({{"kind", "file"}, {"name", file}, {"steps", Json::strings({file, "sed", "curl"})}}));
  event.body = Json::object({{"holds", std::move(holds)}});
  return event;
}

class CarriedOut : public ::testing::Test {
 protected:
  std::vector<event::Action> of(const event::Event& event, const Explanation& why) const {
    return carried_out(event, why, calls_, testing::shipped_pack()->paths(), "/home/ann");
  }
  // A call that was let run and says that it reads this.
  void call_reads(const std::string& path) {
    event::Event call = testing::shell_call("cat " + path);
    call.corr["tool_use_id"] = "t1";
    calls_.released(call, {{"file.read",
                            "Path",
                            path,
                            event::Certainty::certain,
                            {},
                            Json::object({{"classes", Json::strings({"credential"})}})}});
  }
  RunningCalls calls_;
};

TEST_F(CarriedOut, IsAReadThatIsSentAndSaysThroughWhat) {
  const auto actions = of(holding({"/w/.env", "/w/README"}), {"host", true, "t1"});
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(actions[0].verb, "file.read");
  EXPECT_EQ(actions[0].resource, "/w/.env");
  EXPECT_TRUE(actions[0].attrs["sent"].bool_or(false));
  EXPECT_EQ(actions[0].attrs["through"].text_or(""), "/w/.env > sed > curl");
}

TEST_F(CarriedOut, WhatTheCallThatExplainsItSaysItReadsWasJudgedWithTheCall) {
  call_reads("/w/.env");
  EXPECT_TRUE(of(holding({"/w/.env"}), {"host", true, "t1"}).empty());
  EXPECT_EQ(of(holding({"/w/.env"}), {"host", true, "t2"}).size(), 1U) << "another call";
  EXPECT_EQ(of(holding({"/w/.env"}), {"not-named", false, "t1"}).size(), 1U) << "not what the call said";
  EXPECT_EQ(of(holding({"/w/.env.local"}), {"host", true, "t1"}).size(), 1U) << "another file";
}

TEST_F(CarriedOut, AgentsAndProgramsBesideThemAreNotAskedAbout) {
  EXPECT_TRUE(of(holding({"/w/.env"}), {"agent", true, {}}).empty());
  EXPECT_TRUE(of(holding({"/w/.env"}), {"launcher", true, {}}).empty());
  EXPECT_EQ(of(holding({"/w/.env"}), {"helper", true, {}}).size(), 1U);
}

TEST_F(CarriedOut, HostsAreTold) {
  EXPECT_EQ(hosts_held(holding({})), (std::vector<std::string>{"pages.example:443"}));
  EXPECT_TRUE(hosts_held(event::Event()).empty());
  event::Event odd;
  odd.body = Json::object({{"holds", "all"}});
  EXPECT_TRUE(of(odd, {"host", true, "t1"}).empty());
}

}  // namespace
}  // namespace weir::guard
