// Connections in a pod as the launcher tells them: what is read, whose they are, and the whole way through a
// daemon to the answer and the record.
#include "daemon/effect.h"

#include <sys/wait.h>

#include <map>

#include "daemon/run_link.h"
#include "daemon/support.h"
#include "os/clock.h"
#include "store/store.h"

namespace weir::daemon {
namespace {

Effect some_effect(std::uint64_t id = 7) {
  return {.id = id,
          .chain = {{300, 9}, {200, 8}, {100, 7}},
          .program = "/workspace/fmt",
          .argv = {"fmt", "--quiet"},
          .parents = {"/usr/bin/bash", "/usr/bin/node"},
          .how = "direct",
          .host = "evil.example",
          .address = "198.18.0.2",
          .port = 443};
}

TEST(Effect, IsReadAsItWasTold) {
  const auto read = effect_from(to_json(some_effect()));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(compact(to_json(*read)), compact(to_json(some_effect())));
  EXPECT_EQ(read->chain.size(), 3U);
  EXPECT_EQ(summary_of(*read), "fmt (below bash) → evil.example:443");
}

TEST(Effect, WhatIsMissingIsNamedAndNothingIsAssumedInItsFavour) {
  const auto without = [](const char* member, Json value = {}) {
    Json json = to_json(some_effect());
    json.erase(member);
    if (!value.is_null()) json.set(member, std::move(value));
    return effect_from(json);
  };
  EXPECT_FALSE(without("id"));
  EXPECT_FALSE(without("chain"));
  EXPECT_FALSE(without("chain", Json::array()));
  EXPECT_FALSE(without("chain", Json::array({Json::object({{"pid", 0}, {"start", 1}})})));
  EXPECT_FALSE(without("port", 70'000));
  Json nowhere = to_json(some_effect());
  nowhere.erase("host");
  nowhere.erase("address");
  EXPECT_FALSE(effect_from(nowhere));
  const auto silent = without("orphan");
  ASSERT_TRUE(silent);
  EXPECT_TRUE(silent->orphan);
  EXPECT_FALSE(without("fixed")->fixed);
}

TEST(Effect, OfAProgramThatBegins) {
  Effect effect = some_effect();
  effect.how = "exec";
  effect.program = "/usr/bin/git";
  effect.argv = {"git", "push", "--token=ghp_0123456789abcdefghij0123456789abcdef"};
  effect.cwd = "/workspace";
  effect.host = effect.address = "";
  effect.port = 0;
  const auto read = effect_from(to_json(effect));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(compact(to_json(*read)), compact(to_json(effect)));
  const auto event = effect_event(*read, 1);
  EXPECT_EQ(event.kind, event::kind::kProgram);
  EXPECT_TRUE(event.data["first"].bool_or(false));
  EXPECT_FALSE(effect_event(*read, 2).data["first"].bool_or(true));
  EXPECT_EQ(event.body["cwd"].text_or(""), "/workspace");
  EXPECT_FALSE(event.body.has("host"));
  EXPECT_TRUE(summary_of(*read).starts_with("git push --token=")) << summary_of(*read);
  EXPECT_FALSE(summary_of(*read).contains("ghp_0123456789abcdefghij")) << summary_of(*read);
  effect.program = "";
  EXPECT_FALSE(effect_from(to_json(effect)));
}

TEST(Effect, BelongsToTheNearestAgentOfItsChain) {
  const auto from = [](const Effect& effect, std::optional<std::size_t> at) {
    return std::string(effect_event(effect, at).data["from"].text_or(""));
  };
  Effect effect = some_effect();
  EXPECT_EQ(from(effect, 0), "agent");
  EXPECT_EQ(from(effect, 1), "tool");
  EXPECT_EQ(from(effect, std::nullopt), "launcher");
  effect.orphan = true;
  EXPECT_EQ(from(effect, std::nullopt), "unknown");
  EXPECT_EQ(from(effect, 2), "tool");
  // The branch is what stands right below the agent.
  EXPECT_EQ(effect_event(effect, 2).data["branch_ns"].int_or(0), os::ns_of_ticks(8));
  EXPECT_EQ(effect_event(effect, 1).data["branch_ns"].int_or(0), os::ns_of_ticks(9));
}

class EffectTest : public testing::DaemonTest {
 protected:
  void launch(bool observe = false) {
    auto link = RunLink::open(places_);
    ASSERT_TRUE(link) << link.error().message();
    link_ = std::make_unique<RunLink>(*std::move(link));
    ASSERT_TRUE(link_->begin({.id = "r1", .agent = "claude-code", .observe = observe}));
  }
  void policy(const std::string& text) {
    ASSERT_TRUE(os::make_dirs(places_.config + "/policies", 0700));
    ASSERT_TRUE(os::write_file_atomic(places_.config + "/policies/mine.cedar", text));
  }
  // What came of it within the time; none: nothing yet.
  std::optional<bool> answer(std::uint64_t id, int timeout_ms = 10'000) {
    const double until_ms = testing::now_ms() + timeout_ms;
    while (testing::now_ms() < until_ms) {
      RunNews news = link_->poll();
      for (auto& decision : news.decisions)
        told_.push_back(std::move(decision));
      if (const auto it = news.effects.find(id); it != news.effects.end()) return it->second.allow;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return std::nullopt;
  }
  std::optional<bool> ask(const Effect& effect) {
    EXPECT_TRUE(link_->effect(effect));
    return answer(effect.id);
  }

  std::unique_ptr<RunLink> link_;
  std::vector<RunDecision> told_;
};

TEST_F(EffectTest, IsDecidedToldAndRecorded) {
  start();
  launch();
  EXPECT_EQ(ask(some_effect(1)), true);  // the launcher's own program
  Effect orphan = some_effect(2);
  orphan.orphan = true;
  EXPECT_EQ(ask(orphan), false);
  Effect wrong = some_effect(3);
  wrong.port = 0;
  EXPECT_EQ(ask(wrong), false);
  ASSERT_EQ(told_.size(), 2U);
  EXPECT_EQ(told_[1].verdict, "deny");
  EXPECT_EQ(told_[1].tool, kConnectionTool);
  EXPECT_EQ(told_[1].call, "fmt (below bash) → evil.example:443");
  stop();
  auto options = store::options_at(places_);
  options.read_only = true;
  const auto store = store::Store::open(options);
  ASSERT_TRUE(store) << store.error().message();
  std::map<std::string, int> verdicts;
  ASSERT_TRUE((*store)->for_each({}, [&](const store::Record& record) -> Result<bool> {
    const auto json = record.json();
    if (record.kind == store::RecordKind::decision) ++verdicts[std::string((*json)["verdict"].text_or(""))];
    return true;
  }));
  EXPECT_EQ(verdicts, (std::map<std::string, int>{{"allow", 1}, {"deny", 1}}));
}

TEST_F(EffectTest, ObservingRefusesNothing) {
  start();
  launch(true);
  Effect orphan = some_effect();
  orphan.orphan = true;
  EXPECT_EQ(ask(orphan), true);
  ASSERT_FALSE(told_.empty());
  EXPECT_EQ(told_[0].would, "deny");
}

Json holding(const std::string& path) {
  return Json::array({Json::object({{"kind", "file"},
                                    {"name", path},
                                    {"steps", Json::strings({path, "sed", "/workspace/out", "curl"})}})});
}

TEST(Effect, WhatTheProgramHoldsIsReadStrictly) {
  Effect effect = some_effect();
  effect.holds = holding("/workspace/.env");
  const auto read = effect_from(to_json(effect));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(compact(read->holds), compact(effect.holds));
  EXPECT_EQ(compact(effect_event(*read, 1).body["holds"]), compact(effect.holds));
  Json wrong = to_json(effect);
  wrong.set("holds", Json::array({Json::object({{"kind", "thought"}, {"name", "x"}})}));
  EXPECT_FALSE(effect_from(wrong));
  Json many = Json::array();
  for (std::size_t i = 0; i <= kEffectHoldsMax; ++i)
    many.push(Json::object({{"kind", "host"}, {"name", "x" + std::to_string(i)}}));
  wrong.set("holds", std::move(many));
  EXPECT_FALSE(effect_from(wrong));
}

// What an unexplained program of the agent's holds is refused for that, too.
TEST_F(EffectTest, AFileOfSecretsOnItsWayOutIsOnRecord) {
  start();
  launch();
  Effect effect = some_effect();
  effect.orphan = true;
  effect.holds = holding("/workspace/.env");
  EXPECT_EQ(ask(effect), false);
  stop();
  auto options = store::options_at(places_);
  options.read_only = true;
  const auto store = store::Store::open(options);
  ASSERT_TRUE(store) << store.error().message();
  std::string record;
  ASSERT_TRUE((*store)->for_each({}, [&](const store::Record& one) -> Result<bool> {
    if (one.kind == store::RecordKind::decision) record = compact(*one.json());
    return true;
  }));
  EXPECT_NE(record.find("secrets.upload"), std::string::npos) << record;
}

// A place that nothing of this run was heard from gives no file a label.
TEST_F(EffectTest, FilesThatHoldWhatARunHeardCarryThat) {
  start();
  launch(true);
  ASSERT_TRUE(link_->holds("/workspace/early", false, "evil.example:443"));
  Effect effect = some_effect();
  effect.orphan = true;
  EXPECT_EQ(ask(effect), true);  // observing
  ASSERT_TRUE(link_->holds("/workspace/notes.md", false, "evil.example:443"));
  ASSERT_TRUE(link_->holds("/workspace/other", false, "other.example:443"));
  stop();
  const auto kept = os::read_file(places_.state + "/flow/carried.jsonl", 1 << 20);
  ASSERT_TRUE(kept);
  EXPECT_NE(kept->find("/workspace/notes.md"), std::string::npos) << *kept;
  EXPECT_EQ(kept->find("/workspace/early"), std::string::npos) << *kept;
  EXPECT_EQ(kept->find("/workspace/other"), std::string::npos) << *kept;
}

TEST_F(EffectTest, OnlyARunMayAsk) {
  start();
  Json request = to_json(some_effect());
  request.set("cmd", "effect");
  EXPECT_FALSE(control(request));
}

constexpr const char* kAsking = R"(
@id("mine.ask") @decision("ask") @reason("Who is that?")
forbid (principal, action == Action::"effect.connect", resource)
when { context.attrs has program && context.attrs.program == "/workspace/fmt" };
)";

// The launcher may not approve, nor who is below it: here it is a child, and the person is this process.
TEST_F(EffectTest, AHeldOneWaitsForThePerson) {
  policy(kAsking);
  start();
  ASSERT_TRUE(control(Json::object({{"cmd", "pin"}, {"new", "1234"}})));
  for (const std::string command : {"approve", "deny"}) {
    Effect effect = some_effect();
    effect.host = command + ".example";
    const pid_t launcher = ::fork();
    if (launcher == 0) {
      launch();
      const auto allowed = ask(effect);
      ::_exit(!allowed ? 9 : *allowed ? 1 : 2);
    }
    Json held;
    for (int i = 0; i < 1000 && !held.has("id"); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      const auto list = control(Json::object({{"cmd", "held"}}));
      ASSERT_TRUE(list);
      if (!(*list)["held"].as_array().empty()) held = (*list)["held"].as_array()[0];
    }
    EXPECT_EQ(::waitpid(launcher, nullptr, WNOHANG), 0) << "answered before a person was";
    EXPECT_EQ(held["tool"].text_or(""), kConnectionTool);
    EXPECT_TRUE(control(Json::object({{"cmd", command}, {"id", held["id"]}, {"pin", "1234"}})));
    int status = 0;
    ASSERT_EQ(::waitpid(launcher, &status, 0), launcher);
    EXPECT_EQ(WEXITSTATUS(status), command == "approve" ? 1 : 2);
  }
}

}  // namespace
}  // namespace weir::daemon
