// The anomaly detector on made streams: what is told, how often, with which counts; its state; its limits.
#include "detect/anomaly.h"

#include <gmock/gmock.h>

#include <random>

namespace weir::detect {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t kSecondNs = 1'000'000'000;

Conduct call(std::string tool, std::vector<Trait> traits = {}, std::int64_t wall_ns = 0) {
  Conduct out{
      .agent = "claude-code", .repository = "/shop", .session = "s", .tool = tool, .wall_ns = wall_ns};
  out.traits = std::move(traits);
  out.traits.push_back({TraitKind::tool, std::move(tool)});
  return out;
}

// Edit, test, edit, test ...: what a session of work looks like, seeded.
Conduct ordinary(std::mt19937& random, std::size_t i, std::int64_t wall_ns = 0) {
  static constexpr const char* kPrograms[] = {"git", "npm", "ls", "cat", "node"};
  if (i % 2 == 0) return call("Edit", {}, wall_ns);
  return call("Bash", {{TraitKind::program, kPrograms[random() % std::size(kPrograms)]}}, wall_ns);
}

TEST(Anomaly, SaysWhatWasNeverSeenWithCounts) {
  AnomalyDetector detector;
  std::mt19937 random(1);
  for (std::size_t i = 0; i < 413; ++i)
    EXPECT_THAT(detector.observe(ordinary(random, i)), IsEmpty());
  const auto found = detector.observe(call("Bash", {{TraitKind::program, "scp"}}));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].rule, "anomaly.first-seen");
  EXPECT_EQ(found[0].evidence_class, "anomaly");
  EXPECT_EQ(found[0].severity, event::Severity::low);
  EXPECT_THAT(found[0].techniques, ElementsAre("T1059", "ASI10"));
  EXPECT_EQ(found[0].message,
            "The program `scp` was never seen in 413 calls of this repository, which had 5 programs");
}

TEST(Anomaly, OnlyLearnsAtFirst) {
  AnomalyDetector detector;
  for (std::size_t i = 0; i < kLearningCalls; ++i)
    EXPECT_THAT(detector.observe(call("T" + std::to_string(i))), IsEmpty());
  EXPECT_EQ(detector.status().alerts, 0u);
}

TEST(Anomaly, WhoDoesNewThingsAllDayIsNotToldOfEach) {
  AnomalyDetector detector;
  std::size_t told = 0;
  for (std::size_t i = 0; i < 2000; ++i)
    told += detector.observe(call("Bash", {{TraitKind::host, "h" + std::to_string(i)}})).size();
  EXPECT_LE(told, 2u);
}

TEST(Anomaly, RepositoriesAreApart) {
  AnomalyDetector detector;
  std::mt19937 random(1);
  for (std::size_t i = 0; i < 300; ++i)
    detector.observe(ordinary(random, i));
  Conduct elsewhere = call("Bash", {{TraitKind::program, "scp"}});
  elsewhere.repository = "/other";
  EXPECT_THAT(detector.observe(elsewhere), IsEmpty()) << "nothing is known of that repository yet";
}

TEST(Anomaly, KeepsToTheAlertsOfADay) {
  constexpr double kPerDay = 4;
  constexpr std::size_t kDays = 20;
  constexpr std::size_t kCallsADay = 600;
  AnomalyDetector detector({.alerts_per_day = kPerDay});
  std::mt19937 random(3);
  std::size_t told = 0;
  std::size_t planted = 0;
  for (std::size_t day = 0; day < kDays; ++day) {
    for (std::size_t i = 0; i < kCallsADay; ++i) {
      const auto wall_ns = static_cast<std::int64_t>(day * 86'400 + i * 60) * kSecondNs + kSecondNs;
      Conduct conduct = ordinary(random, i, wall_ns);
      if (random() % 40 == 0)
        conduct.traits.push_back({TraitKind::host, "h" + std::to_string(random() % 5000)});
      told += detector.observe(conduct).size();
    }
    if (day < 3) continue;
    const auto at = static_cast<std::int64_t>(day * 86'400 + 50'000) * kSecondNs;
    // A tool of its own every day, after days without any.
    const auto found = detector.observe(call("mcp__odd__" + std::to_string(day), {}, at));
    planted += found.size();
    told += found.size();
  }
  EXPECT_LE(told, static_cast<std::size_t>(kPerDay * (kDays + 2)));
  EXPECT_GE(planted, (kDays - 3) * 3 / 4);
}

TEST(Anomaly, SeesAnOddOrder) {
  AnomalyDetector detector;
  for (std::size_t i = 0; i < 400; ++i)
    detector.observe(call(i % 3 == 0 ? "Read" : i % 3 == 1 ? "Edit" : "Bash"));
  // Read, Edit, Bash, Read ... : now Bash twice.
  ASSERT_EQ(400 % 3, 1);
  const auto found = detector.observe(call("Read"));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].rule, "anomaly.sequence");
  EXPECT_THAT(found[0].message, HasSubstr("`Read` after `Read` is unusual: 0 of 133 such calls"));
}

TEST(Anomaly, KnowsHowCallsEnded) {
  AnomalyDetector detector;
  for (std::size_t i = 0; i < 400; ++i) {
    detector.observe(call(i % 2 == 0 ? "Bash" : "Edit"));
    detector.note_outcome("s", i % 2 == 0);
  }
  const auto found = detector.observe(call("Bash"));
  EXPECT_THAT(found, IsEmpty()) << "as ever";
  detector.note_outcome("s", false);
  detector.note_outcome("nobody", true);
  EXPECT_GT(detector.status().calls, 400u);
}

TEST(Anomaly, SeesABusyMinute) {
  AnomalyDetector detector;
  std::int64_t at = kSecondNs;
  for (std::size_t minute = 0; minute < 60; ++minute)
    for (std::size_t i = 0; i < 4; ++i)
      detector.observe(call("Bash", {}, at += 15 * kSecondNs));
  std::vector<event::Finding> found;
  for (std::size_t i = 0; i < 80; ++i)
    for (auto& finding : detector.observe(call("Bash", {}, at += kSecondNs / 4)))
      found.push_back(std::move(finding));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].rule, "anomaly.rate");
  EXPECT_THAT(found[0].message, HasSubstr("had 4 in the middle"));
}

TEST(Anomaly, StateSurvives) {
  std::mt19937 random(5);
  AnomalyDetector detector;
  for (std::size_t i = 0; i < 300; ++i)
    detector.observe(ordinary(random, i, static_cast<std::int64_t>(i + 1) * kSecondNs));
  const std::string written = canonical(detector.to_json());
  auto again = AnomalyDetector::from_json(*parse_json(written));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(canonical(again->to_json()), written);
  const auto found = again->observe(call("Bash", {{TraitKind::program, "scp"}}, 400 * kSecondNs));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].message, HasSubstr("in 300 calls"));
}

TEST(Anomaly, RefusesAStateThatIsWrong) {
  AnomalyDetector detector;
  detector.observe(call("Bash"));
  const Json good = detector.to_json();
  for (const char* member : {"version", "scopes", "scale", "calls"}) {
    Json bad = good;
    bad.set(member, "x");
    EXPECT_FALSE(AnomalyDetector::from_json(bad)) << member;
  }
  Json bad = good;
  bad.find("scopes")->as_array()[0].find("kinds")->find("tool")->set("Bash", Json::array({0, 0}));
  EXPECT_FALSE(AnomalyDetector::from_json(bad));
}

TEST(Anomaly, ForgetsWithinItsLimitsAndSaysSo) {
  AnomalyDetector detector;
  for (std::size_t i = 0; i < kTraitValuesMax + 500; ++i) {
    Conduct conduct = call("T" + std::to_string(i % 90), {{TraitKind::host, "h" + std::to_string(i)}});
    conduct.session = "s" + std::to_string(i);
    detector.observe(conduct);
  }
  for (std::size_t i = 0; i < kAnomalyScopesMax + 10; ++i) {
    Conduct conduct = call("Bash");
    conduct.repository = "/r" + std::to_string(i);
    detector.observe(conduct);
  }
  EXPECT_GT(detector.status().forgotten, 500u);
  EXPECT_LE(detector.to_json()["scopes"].as_array().size(), kAnomalyScopesMax);
  EXPECT_TRUE(AnomalyDetector::from_json(detector.to_json()));
}

TEST(Conduct, IsMadeOfActions) {
  event::Event event;
  event.agent.name = "codex";
  event.session = "codex:1";
  event.data.set("tool", "shell");
  const std::vector<event::Action> actions = {
      {.verb = "shell.exec",
       .resource_type = "Program",
       .resource = "git",
       .attrs = Json::object({{"operation", "push"}})},
      {.verb = "net.connect",
       .resource_type = "Host",
       .resource = "h.example:22",
       .attrs = Json::object({{"host", "h.example"}})},
      {.verb = "file.read",
       .resource_type = "Path",
       .resource = "/root/.ssh/id",
       .attrs = Json::object({{"classes", Json::array({"credential"})}})}};
  const Conduct conduct = conduct_of(event, actions, "/w");
  EXPECT_THAT(conduct.traits,
              ElementsAre(Trait{TraitKind::tool, "shell"}, Trait{TraitKind::program, "git"},
                          Trait{TraitKind::subcommand, "git push"}, Trait{TraitKind::host, "h.example"},
                          Trait{TraitKind::path_class, "credential"}));
}

}  // namespace
}  // namespace weir::detect
