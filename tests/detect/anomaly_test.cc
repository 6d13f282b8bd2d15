// The anomaly detector on made streams: what is told, how often, with which counts; what teaches it and what
// does not; its limits. Its state is tests/detect/anomaly_state_test.cc.
#include <gmock/gmock.h>

#include <map>

#include "detect/anomaly_support.h"

namespace weir::detect {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

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

// A month in which every family has something to tell all day long.
TEST(Anomaly, EachFamilyKeepsToItsOwnBudgetOverAMonth) {
  constexpr double kPerDay = 6;
  constexpr std::size_t kDays = 30;
  constexpr std::size_t kCallsADay = 900;
  AnomalyDetector detector({.alerts_per_day = kPerDay});
  std::mt19937 random(11);
  std::map<std::string, std::size_t> told;
  std::int64_t at = 0;
  for (std::size_t day = 0; day < kDays; ++day) {
    at = std::max(at, static_cast<std::int64_t>(day * 86'400) * kSecondNs + kSecondNs);
    for (std::size_t i = 0; i < kCallsADay; ++i) {
      const bool burst = i % 150 < 40 + random() % 60 && day > 1;  // six busy times a day, never quite alike
      at += burst ? kSecondNs / 3 : 20 * kSecondNs;
      Conduct conduct = ordinary(random, i, at);
      if (random() % 60 == 0)
        conduct.traits.push_back({TraitKind::host, "h" + std::to_string(random() % 100'000)});
      if (random() % 40 == 0)
        conduct.traits.push_back({TraitKind::host, "old" + std::to_string(random() % 120)});
      if (random() % 50 == 0) conduct.tool = "T" + std::to_string(random() % 8);
      for (const auto& finding : detector.observe(conduct))
        ++told[finding.rule];
    }
  }
  double sum = 0;
  for (const auto& family : detector.status().families) {
    const std::string rule(rule_of(family.family));
    EXPECT_EQ(family.told, told[rule]) << rule;
    EXPECT_DOUBLE_EQ(family.alerts_per_day, budget_of(family.family, kPerDay));
    // A budget of so many a day, of which two days' worth may be saved up, and never less than one.
    EXPECT_LE(static_cast<double>(family.told),
              family.alerts_per_day * kDays + std::max(1.0, 2 * family.alerts_per_day))
        << rule;
    EXPECT_GE(static_cast<double>(family.told), 1) << rule;
    sum += family.alerts_per_day;
  }
  EXPECT_DOUBLE_EQ(sum, kPerDay);
}

TEST(Anomaly, AChattyFamilySpendsNothingOfAnother) {
  AnomalyDetector detector({.alerts_per_day = 2});
  std::int64_t at = kSecondNs;
  for (std::size_t minute = 0; minute < 60; ++minute)
    for (std::size_t i = 0; i < 4; ++i)
      detector.observe(call("Bash", {}, at += 15 * kSecondNs));
  // First-seen has its say, and no more than its share …
  std::size_t first_seen = 0;
  for (std::size_t i = 0; i < 10; ++i)
    first_seen +=
        detector.observe(call("Bash", {{TraitKind::program, "p" + std::to_string(i)}}, at += 30 * kSecondNs))
            .size();
  EXPECT_EQ(first_seen, 1u);
  // … and the busy minute is told all the same.
  std::vector<std::string> rules;
  for (std::size_t i = 0; i < 80; ++i)
    for (const auto& finding : detector.observe(call("Bash", {}, at += kSecondNs / 4)))
      rules.push_back(finding.rule);
  EXPECT_THAT(rules, ElementsAre("anomaly.rate"));
}

TEST(Anomaly, TheFirstHostOfARepositoryWithoutAnyIsTold) {
  AnomalyDetector detector;
  std::mt19937 random(1);
  for (std::size_t i = 0; i < 401; ++i)
    detector.observe(ordinary(random, i));
  const auto found = detector.observe(call("Bash", {{TraitKind::host, "drop.example"}}));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].message, HasSubstr("never seen in 401 calls of this repository, which had 0 hosts"));
}

TEST(Anomaly, WhatIsRarerThanOneInAThousandIsMedium) {
  AnomalyDetector detector;
  std::mt19937 random(1);
  for (std::size_t i = 0; i < 1501; ++i)
    detector.observe(ordinary(random, i));
  const auto found = detector.observe(call("Bash", {{TraitKind::program, "scp"}}));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].severity, event::Severity::medium);
}

TEST(Anomaly, LookingTeachesNothing) {
  AnomalyDetector detector = practised(401);
  const std::string before = canonical(detector.profiles()[0]->to_json());
  const auto scp = call("Bash", {{TraitKind::program, "scp"}});
  for (int i = 0; i < 5; ++i) {
    const AnomalyLook look = detector.look(scp);
    ASSERT_THAT(look.findings, SizeIs(1)) << "told again as long as it was not let through";
    EXPECT_EQ(look.findings[0].rule, "anomaly.first-seen");
  }
  EXPECT_EQ(detector.status().alerts, 1u) << "and once only it took from the budget";
  EXPECT_EQ(canonical(detector.profiles()[0]->to_json()), before);
  detector.released(scp, detector.look(scp));
  EXPECT_EQ(detector.look(scp).bits[0], 0);
}

TEST(Anomaly, WhatIsTriedAndRefusedMakesNoRoomForItself) {
  AnomalyDetector detector = practised(401, {.alerts_per_day = 2});
  for (int i = 0; i < 300; ++i)
    detector.look(call("Bash", {{TraitKind::program, "refused-" + std::to_string(i)}}));
  const auto status = detector.status();
  EXPECT_EQ(status.calls, 401u);
  EXPECT_LE(status.families[0].threshold_bits, 9.7) << "scores of what was refused are not counted";
}

TEST(Anomaly, AStoppedSessionTakesItsLastLessonsWithIt) {
  AnomalyDetector detector = practised(401, {.lessons_held = 8});
  detector.settle();
  Conduct scp = call("Bash", {{TraitKind::program, "scp"}});
  scp.session = "bad";
  scp.root = "tree";
  detector.released(scp, detector.look(scp));
  EXPECT_EQ(detector.status().calls, 401u) << "it waits";
  EXPECT_EQ(detector.look(scp).bits[0], 0) << "but is not new any more";
  detector.stopped("tree");
  detector.settle();
  EXPECT_EQ(detector.status().calls, 401u);
  scp.session = "later";
  EXPECT_GT(detector.look(scp).bits[0], 8) << "nobody learned it";
}

TEST(Anomaly, LessonsAreLearnedWhenTheSessionWentOnOrEnded) {
  AnomalyDetector detector = practised(401, {.lessons_held = 8});
  detector.ended("s");
  EXPECT_EQ(detector.status().calls, 401u);
  for (int i = 0; i < 10; ++i)
    detector.observe(call("Edit"));
  EXPECT_EQ(detector.status().calls, 403u);
  detector.ended("nobody");
  EXPECT_EQ(detector.status().calls, 403u);
  detector.ended("s");
  EXPECT_EQ(detector.status().calls, 411u);
}

TEST(Anomaly, WhatDidNotRunIsNotLearnedAndFailuresAre) {
  AnomalyDetector detector = practised(401, {.lessons_held = 8});
  detector.ended("s");
  Conduct one = call("Bash", {{TraitKind::program, "scp"}});
  one.call = "toolu_1";
  Conduct two = call("Bash", {{TraitKind::program, "rsync"}});
  two.call = "toolu_2";
  detector.observe(one);
  detector.observe(two);
  detector.outcome("s", "toolu_1", CallEnd::not_run);
  detector.outcome("s", "toolu_2", CallEnd::failed);
  detector.outcome("s", "toolu_3", CallEnd::failed);
  detector.observe(call("Edit"));
  detector.ended("s");
  const std::string learned = canonical(detector.profiles()[0]->to_json());
  EXPECT_THAT(learned, Not(HasSubstr("scp")));
  EXPECT_THAT(learned, HasSubstr("rsync"));
  EXPECT_EQ(detector.status().calls, 403u);
}

TEST(Anomaly, ForgetsWithinItsLimitsAndSaysSo) {
  AnomalyDetector detector({.profiles_max = 20, .lessons_held = 1000});
  for (std::size_t i = 0; i < 5000; ++i) {
    Conduct conduct = call("T" + std::to_string(i % 90), {{TraitKind::host, "h" + std::to_string(i)}});
    conduct.session = "s" + std::to_string(i % 100);
    detector.observe(conduct);
  }
  EXPECT_GE(detector.status().calls, 5000 - kAnomalyLessonsMax);
  for (std::size_t i = 0; i < 30; ++i) {
    Conduct conduct = call("Bash");
    conduct.repository = "/r" + std::to_string(i);
    detector.observe(conduct);
  }
  EXPECT_GT(detector.status().forgotten, 500u);
  EXPECT_EQ(detector.profiles().size(), 20u);
  for (const auto* profile : detector.profiles())
    EXPECT_TRUE(AnomalyProfile::from_json(profile->to_json()));
}

TEST(Conduct, NamesAreTextAndBounded) {
  event::Event event;
  event.data.set("tool", "Bash");
  std::string program(127, 'x');
  program += "\u00e4\u00e4";
  const std::vector<event::Action> actions = {
      {.verb = "shell.exec", .resource_type = "Program", .resource = program},
      {.verb = "shell.exec", .resource_type = "Program", .resource = "a\xff" + std::string(500, '\xfe')}};
  for (const Trait& trait : conduct_of(event, actions, "/w").traits) {
    EXPECT_LE(trait.value.size(), 128u);
    EXPECT_TRUE(valid_utf8(trait.value)) << trait.value;
  }
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
