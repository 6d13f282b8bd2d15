// The anomaly detector in the daemon: through the real sockets, over restarts, with files that are damaged,
// removed or cannot be written; and the same decisions again from the record.
#include "daemon/anomalies.h"

#include <gmock/gmock.h>

#include <atomic>

#include "daemon/pack_loader.h"
#include "daemon/replay.h"
#include "daemon/support.h"
#include "store/indexer.h"
#include "store/sqlite_query.h"
#include "store/store.h"

namespace weir::daemon {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kUnusual = "ffmpeg -i a.mov b.mp4";  // harmless, and never seen before
// Held for a person when it is unusual; wants to refuse, and must not because of that alone.
constexpr const char* kPolicy =
    "@id(\"mine.unusual\") @reason(\"Never seen here.\") @severity(\"low\") @decision(\"deny\")\n"
    "forbid (principal, action == Action::\"shell.exec\", resource)\n"
    "when { context.findings.rules.contains(\"anomaly.first-seen\") };\n";

class AnomaliesTest : public testing::DaemonTest {
 protected:
  std::string learned_dir() const { return places_.state + "/anomaly"; }

  // A hundred and twenty ordinary calls, each with its result, and the session's end, which writes it down.
  void practise(const std::string& session = "practice") {
    static constexpr const char* kCommands[] = {"ls -la", "git status", "cat README.md", "make test"};
    for (int i = 0; i < 120; ++i) {
      const std::string id = session + "-" + std::to_string(i);
      ASSERT_EQ(code(session, kCommands[i % 4], id), 0);
      finished(session, kCommands[i % 4], id);
    }
    ended(session);
  }
  void finished(const std::string& session, const std::string& command, const std::string& id) {
    Json text = *parse_json(payload(session, command, id));
    text.set("hook_event_name", "PostToolUse").set("tool_response", Json::object({{"stdout", ""}}));
    ASSERT_TRUE(hook("PostToolUse", compact(text)));
  }
  void ended(const std::string& session) {
    ASSERT_TRUE(hook("SessionEnd", compact(Json::object({{"session_id", session},
                                                         {"transcript_path", ""},
                                                         {"cwd", dir_ + "/project"},
                                                         {"hook_event_name", "SessionEnd"},
                                                         {"reason", "exit"}}))));
  }

  Json anomalies() const {
    const auto status = control(Json::object({{"cmd", "status"}}));
    return status ? (*status)["anomalies"] : Json();
  }
  std::int64_t told() const {
    std::int64_t sum = 0;
    const Json now = anomalies();
    for (const auto& family : now["families"].as_array())
      sum += family["told"].int_or(0);
    return sum;
  }

  // The rules of anomalies of every decision about `session`, after the daemon ended; and every decision of
  // the store must come out again, byte for byte.
  std::vector<std::string> recorded(const std::string& session) {
    std::vector<std::string> rules;
    auto store = store::Store::open(store::options_at(places_));
    EXPECT_TRUE(store) << store.error().message();
    if (!store) return rules;
    store::Indexer indexer(**store);
    EXPECT_TRUE(indexer.wait_for((*store)->end(), 10'000));
    store::SqliteQuery query(**store);
    PackOptions options = installed_packs(places_.config);
    options.detectors = true;
    const auto pack = load_pack(options);
    EXPECT_TRUE(pack) << pack.error().message();
    if (!pack) return rules;
    std::set<std::string> roots;
    EXPECT_TRUE((*store)->for_each({}, [&](const store::Record& record) -> Result<bool> {
      roots.insert(record.root);
      if (record.kind != store::RecordKind::decision || record.session != "claude-code:" + session)
        return true;
      const auto envelope = record.json();
      if (envelope && (*envelope)["anomalies"].is_array())
        for (const auto& rule : (*envelope)["anomalies"].as_array())
          rules.emplace_back(rule.text_or(""));
      return true;
    }));
    for (const auto& root : roots) {
      const auto records = load_tree(**store, query, root);
      EXPECT_TRUE(records) << records.error().message();
      guard::Guard guard(*pack,
                         {.home = places_.home, .weir_state = places_.state, .weir_config = places_.config});
      EXPECT_TRUE(replay_records(*records, guard, [&](const Redecided& again) {
        EXPECT_EQ(again.recorded, again.replayed) << root;
      }));
    }
    return rules;
  }
};

TEST_F(AnomaliesTest, AnUnusualCallIsToldAndRecordedAndReplaysTheSame) {
  start();
  practise();
  EXPECT_EQ(code("later", "ls -la", "a"), 0);
  EXPECT_EQ(code("later", kUnusual, "b"), 0) << "nothing is refused because of it";
  EXPECT_EQ(told(), 1);
  stop();
  EXPECT_THAT(recorded("later"), ElementsAre("anomaly.first-seen"));
}

TEST_F(AnomaliesTest, APolicyHoldsItUntilAPersonAnswered) {
  ASSERT_TRUE(os::make_dirs(places_.config + "/policies", 0700));
  ASSERT_TRUE(os::write_file_atomic(places_.config + "/policies/mine.cedar", kPolicy));
  start();
  ASSERT_TRUE(control(Json::object({{"cmd", "pin"}, {"new", "1234"}})));
  practise();
  EXPECT_EQ(code("later", kUnusual, "a"), 2);
  EXPECT_EQ(code("later", kUnusual, "b"), 2) << "trying again is no way around it";
  const auto held = control(Json::object({{"cmd", "held"}}));
  ASSERT_TRUE(held);
  ASSERT_GE((*held)["held"].as_array().size(), 1u) << "asked, not refused";
  const Json& one = (*held)["held"].as_array()[0];
  EXPECT_THAT(std::string(one["reason"].text_or("")), HasSubstr("only that the call is unusual"));
  ASSERT_TRUE(control(Json::object({{"cmd", "approve"}, {"id", one["id"]}, {"pin", "1234"}})));
  EXPECT_EQ(code("later", kUnusual, "c"), 0);
  EXPECT_EQ(code("later", kUnusual, "d"), 0) << "and now it has been seen";
  EXPECT_EQ(told(), 1) << "one alert for all of it";
  stop();
  EXPECT_THAT(recorded("later"), SizeIs(3));
}

TEST_F(AnomaliesTest, ARestartKeepsWhatWasLearned) {
  start();
  practise();
  const std::int64_t calls = anomalies()["calls"].int_or(0);
  EXPECT_GE(calls, 100);
  stop();
  start();
  EXPECT_EQ(anomalies()["calls"].int_or(0), 120) << "what waited is learned at the end";
  ASSERT_EQ(anomalies()["profiles"].as_array().size(), 1u);
  EXPECT_EQ(anomalies()["profiles"].as_array()[0]["calls"].int_or(0), 120);
  EXPECT_EQ(anomalies()["profiles"].as_array()[0]["repository"].text_or(""), dir_ + "/project");
  EXPECT_EQ(code("later", kUnusual), 0);
  EXPECT_EQ(told(), 1);
  stop();
  EXPECT_THAT(recorded("later"), Contains("anomaly.first-seen"));
}

TEST_F(AnomaliesTest, ADamagedFileIsSaidAndLearnedAnewAndRefusesNothing) {
  start();
  practise();
  stop();
  for (const auto& name : os::list_dir(learned_dir()))
    ASSERT_TRUE(os::write_file_atomic(learned_dir() + "/" + name, "{\"version\":2,\"calls\":"));
  start();
  EXPECT_THAT(std::string(anomalies()["problem"].text_or("")), HasSubstr(learned_dir()));
  EXPECT_EQ(anomalies()["calls"].int_or(-1), 0);
  EXPECT_EQ(code("later", kUnusual), 0);
  EXPECT_EQ(told(), 0) << "nothing is known yet";
  practise("again");
  stop();
  start();
  EXPECT_FALSE(anomalies().has("problem"));
  EXPECT_EQ(anomalies()["calls"].int_or(-1), 121);
}

TEST_F(AnomaliesTest, ADirectoryThatCannotBeMadeIsSaidAndRefusesNothing) {
  ASSERT_TRUE(os::make_dirs(places_.state, 0700));
  ASSERT_TRUE(os::write_file_atomic(learned_dir(), "a file where the directory should be"));
  start();
  practise();
  EXPECT_EQ(code("later", kUnusual), 0);
  EXPECT_EQ(told(), 1);
  for (int i = 0; i < 200 && !anomalies().has("problem"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_TRUE(anomalies().has("problem")) << compact(anomalies());
}

TEST_F(AnomaliesTest, RemovingTheDirectoryForgets) {
  options_.learned_interval_s = 0;
  start();
  practise();
  for (int i = 0; i < 200 && !os::exists(learned_dir() + "/scales.json"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  // What is due is written down after a call: then it looks. What was due before may be written until then,
  // and make the directory anew.
  for (int i = 0; i < 100 && anomalies()["calls"].int_or(-1) > 1; ++i) {
    ASSERT_TRUE(os::run_child({.argv = {"rm", "-rf", learned_dir()}}));
    EXPECT_EQ(code("later", "ls -la", "a" + std::to_string(i)), 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_LE(anomalies()["calls"].int_or(-1), 1);
  EXPECT_EQ(code("later", kUnusual, "b"), 0);
  EXPECT_EQ(told(), 0);
}

TEST_F(AnomaliesTest, AStoppedSessionTeachesNothingOfWhatItDidLast) {
  start();
  practise();
  EXPECT_EQ(code("bad", kUnusual, "a"), 0);
  ASSERT_TRUE(control(Json::object({{"cmd", "stop"}, {"session", "bad"}, {"reason", "enough"}})));
  EXPECT_EQ(code("bad", "ls -la", "b"), 2);
  EXPECT_EQ(code("good", kUnusual, "c"), 0);
  EXPECT_EQ(anomalies()["calls"].int_or(-1), 120);
  const Json first_seen = anomalies()["families"].as_array().at(0);
  EXPECT_EQ(first_seen["told"].int_or(-1), 1);
  EXPECT_EQ(first_seen["held_back"].int_or(-1), 1) << "as unusual as before: nobody learned it";
}

TEST_F(AnomaliesTest, RefusedCallsTeachNothing) {
  start();
  practise();
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(code("bad", "rm -rf /srv/data" + std::to_string(i), std::to_string(i)), 2);
  ended("bad");
  EXPECT_EQ(anomalies()["calls"].int_or(-1), 120);
}

TEST_F(AnomaliesTest, SwitchedOffItLearnsAndTellsNothing) {
  options_.alerts_per_day = 0;
  start();
  practise();
  EXPECT_EQ(code("later", kUnusual), 0);
  EXPECT_EQ(compact(anomalies()), "{\"on\":false}");
  stop();
  EXPECT_FALSE(os::exists(learned_dir()));
  EXPECT_THAT(recorded("later"), IsEmpty());
}

TEST_F(AnomaliesTest, ManySessionsAtOnceLearnTogether) {
  options_.learned_interval_s = 0;  // writing goes on beside all of it
  start();
  std::atomic<int> wrong{0};
  std::vector<std::thread> agents;
  for (int agent = 0; agent < 6; ++agent)
    agents.emplace_back([&, agent] {
      const std::string session = "agent-" + std::to_string(agent);
      for (int n = 0; n < 30; ++n) {
        const std::string id = session + "-" + std::to_string(n);
        wrong += code(session, n % 2 ? "make test" : "git status", id) != 0;
        finished(session, "make test", id);
      }
      ended(session);
    });
  for (auto& agent : agents)
    agent.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(anomalies()["calls"].int_or(-1), 180);
}

// Without a daemon: more repositories than are kept in memory come and go as files.
TEST_F(AnomaliesTest, RepositoriesGoToDiskAndComeBack) {
  std::vector<std::function<void()>> waiting;
  Anomalies anomalies({.dir = dir_ + "/learned",
                       .alerts_per_day = 3,
                       .save_interval_s = 3600,
                       .profiles_in_memory = 2,
                       .files_max = 4},
                      os::Log::none());
  anomalies.run_later([&](auto work) {
    waiting.push_back(std::move(work));
    return true;
  });
  const auto run_waiting = [&] {
    for (auto& work : std::exchange(waiting, {}))
      work();
  };
  event::Event event;
  event.kind = event::kind::kToolCall;
  event.agent.name = "claude-code";
  event.data.set("tool", "Bash");
  int number = 0;
  const auto call_in = [&](const std::string& repository) {
    event.session = event.root = "claude-code:" + repository;
    event.time.wall_ns = std::int64_t{1'000'000'000} * ++number;
    const auto seen = anomalies.look(event, {}, repository);
    if (seen) anomalies.released(*seen);
    return seen != nullptr;
  };
  const auto end = [&](const std::string& repository) {
    event::Event over = event;
    over.kind = event::kind::kSessionEnd;
    over.session = over.root = "claude-code:" + repository;
    anomalies.note(over);
  };
  for (int repository = 0; repository < 6; ++repository) {
    EXPECT_TRUE(call_in("/r" + std::to_string(repository)));
    end("/r" + std::to_string(repository));
    run_waiting();
  }
  const Json status = anomalies.status();
  EXPECT_EQ(status["profiles"].as_array().size(), 2u);
  EXPECT_EQ(status["files"].int_or(-1), 4);
  EXPECT_FALSE(call_in("/r3")) << "it is being read";
  run_waiting();
  EXPECT_TRUE(call_in("/r3"));
  end("/r3");
  run_waiting();
  bool found = false;
  const Json later = anomalies.status();
  for (const auto& profile : later["profiles"].as_array())
    found = found || (profile["repository"].text_or("") == "/r3" && profile["calls"].int_or(0) == 2);
  EXPECT_TRUE(found) << compact(later);
  EXPECT_TRUE(call_in("/r0")) << "forgotten, so it begins anew";
}

}  // namespace
}  // namespace weir::daemon
