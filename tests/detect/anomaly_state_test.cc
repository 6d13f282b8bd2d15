// What the anomaly detector writes down: it survives, and what is wrong in it is refused by name.
#include <gmock/gmock.h>

#include "detect/anomaly_support.h"

namespace weir::detect {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

Json scales_and_profile(const AnomalyDetector& detector) {
  return Json::array({detector.scales_json(), detector.profiles().at(0)->to_json()});
}

TEST(AnomalyState, Survives) {
  std::mt19937 random(5);
  AnomalyDetector detector;
  for (std::size_t i = 0; i < 300; ++i) {
    detector.observe(ordinary(random, i, static_cast<std::int64_t>(i + 1) * kSecondNs));
    if (i % 7 == 0) detector.note_outcome("s", true);
  }
  const std::string written = canonical(scales_and_profile(detector));
  const Json read = *parse_json(written);
  AnomalyDetector again;
  ASSERT_TRUE(again.use_scales(read.as_array()[0]));
  auto profile = AnomalyProfile::from_json(read.as_array()[1]);
  ASSERT_TRUE(profile) << profile.error().message();
  again.put(*std::move(profile));
  EXPECT_EQ(canonical(scales_and_profile(again)), written);
  EXPECT_TRUE(again.knows("claude-code", "/shop"));
  const auto found = again.observe(call("Bash", {{TraitKind::program, "scp"}}, 400 * kSecondNs));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].message, HasSubstr("in 300 calls"));
}

TEST(AnomalyState, AWrongProfileIsRefusedByName) {
  const AnomalyDetector detector = practised(10);
  const Json good = detector.profiles()[0]->to_json();
  ASSERT_TRUE(AnomalyProfile::from_json(good));
  for (const char* member : {"version", "agent", "repository", "calls", "kinds", "sequence", "rates"}) {
    Json bad = good;
    bad.set(member, Json::array({"x"}));
    const auto profile = AnomalyProfile::from_json(bad);
    ASSERT_FALSE(profile) << member;
    EXPECT_THAT(profile.error().message(), HasSubstr(member));
  }
  const auto with_tools = [&](Json rows) {
    Json bad = good;
    bad.find("kinds")->set("tool", std::move(rows));
    return AnomalyProfile::from_json(bad).has_value();
  };
  EXPECT_TRUE(with_tools(Json::array({Json::array({"Bash", 5, 9}), Json::array({"Edit", 5, 10})})));
  EXPECT_FALSE(with_tools(Json::array({Json::array({"Edit", 5, 9}), Json::array({"Bash", 5, 10})})));
  EXPECT_FALSE(with_tools(Json::array({Json::array({"Bash", 0, 0})})));
  EXPECT_FALSE(with_tools(Json::array({Json::array({"Bash", 1, 11})})));
  EXPECT_FALSE(with_tools(Json::array({Json::array({"Bash", 1})})));
  EXPECT_FALSE(with_tools(Json::array({Json::array({std::string(129, 'x'), 1, 1})})));
}

TEST(AnomalyState, AWrongSequenceIsRefused) {
  const auto reads = [](const char* text) { return Sequence::from_json(*parse_json(text)).has_value(); };
  EXPECT_TRUE(reads(R"({"tools":["a"],"follows":[[0,0,3],[255,0,1],[513,63,1]]})"));
  EXPECT_FALSE(reads(R"({"tools":["a","a"],"follows":[]})"));
  EXPECT_FALSE(reads(R"({"tools":["a"],"follows":[[255,0,1],[0,0,3]]})"));
  EXPECT_FALSE(reads(R"({"tools":["a"],"follows":[[0,0,0]]})"));
  EXPECT_FALSE(reads(R"({"tools":["a"],"follows":[[0,64,1]]})"));
  EXPECT_FALSE(reads(R"({"tools":["a"],"follows":[[256,0,1]]})")) << "a gap in the context";
  EXPECT_FALSE(reads(R"({"tools":["a"],"follows":[[200,0,1]]})")) << "no code";
  EXPECT_FALSE(reads(R"({"tools":["a"],"follows":[[16843009,0,1]]})")) << "four calls";
}

TEST(AnomalyState, WrongScalesAreRefusedAndChangeNothing) {
  AnomalyDetector detector = practised(10);
  const Json good = detector.scales_json();
  for (const char* member : {"version", "calls", "forgotten", "calls_a_day", "families"}) {
    Json bad = good;
    bad.set(member, "x");
    EXPECT_FALSE(detector.use_scales(bad)) << member;
    EXPECT_EQ(canonical(detector.scales_json()), canonical(good));
  }
}

TEST(AnomalyState, TheFirstVersionIsRefusedWithWhatToDo) {
  const Json old = *parse_json(R"({"version":1,"calls":3,"forgotten":0,"scale":{},"scopes":[]})");
  const auto profile = AnomalyProfile::from_json(old);
  ASSERT_FALSE(profile);
  EXPECT_THAT(profile.error().hint, HasSubstr("remove the file"));
  AnomalyDetector detector;
  EXPECT_FALSE(detector.use_scales(old));
}

TEST(AnomalyState, ProfilesGoOutIdlestFirstWithAllThatWaited) {
  AnomalyDetector detector = practised(10, {.lessons_held = 100});
  Conduct elsewhere = call("Bash");
  elsewhere.repository = "/other";
  elsewhere.session = "t";
  detector.observe(elsewhere);
  EXPECT_FALSE(detector.take_idlest(2));
  const auto idlest = detector.take_idlest(1);
  ASSERT_TRUE(idlest);
  EXPECT_EQ(idlest->repository(), "/shop");
  EXPECT_EQ(idlest->calls(), 10u);
  EXPECT_FALSE(detector.knows("claude-code", "/shop"));
  detector.forget("claude-code", "/other");
  EXPECT_TRUE(detector.profiles().empty());
  detector.settle();
  EXPECT_EQ(detector.status().calls, 10u) << "what waited for the forgotten one is not learned";
}

}  // namespace
}  // namespace weir::detect
