// Runs tests/cases/policy/*.case through the guard: every shipped policy by what it refuses and what it lets
// pass. The format stands in tests/cases/policy/README.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/bytes.h"
#include "guard/support.h"

namespace weir::guard {
namespace {

namespace fs = std::filesystem;
using testing::Session;

const fs::path kCases = fs::path(WEIR_SOURCE_DIR) / "tests/cases/policy";

struct Tally {
  int refuse = 0;
  int pass = 0;
};

// What stays in force from line to line of one policy.
struct World {
  std::string policy;
  std::string agent = "claude-code";
  std::string branch = "feature";
  std::vector<std::pair<std::string, std::string>> links;
  std::vector<std::pair<int, std::string>> before;  // calls made earlier in the session
};

std::pair<std::string, std::string> first_word(std::string_view text) {
  text = trim(text);
  const auto end = text.find(' ');
  if (end == std::string_view::npos) return {std::string(text), ""};
  return {std::string(text.substr(0, end)), std::string(trim(text.substr(end)))};
}

// "$ COMMAND", "Read PATH", "Write PATH", "Edit PATH", "config PATH", or {"tool": …, "input": …}.
std::optional<event::Event> event_of(std::string_view what, const std::string& agent) {
  const auto [word, rest] = first_word(what);
  std::optional<event::Event> event;
  if (word == "$") {
    event = agent == "codex" ? testing::tool_call("exec_command", Json::object({{"cmd", rest}}))
                             : testing::shell_call(rest);
  } else if (word == "Read" || word == "Write" || word == "Edit") {
    Json input = Json::object({{"file_path", rest}});
    if (word == "Write") input.set("content", "text");
    if (word == "Edit") input.set("old_string", "a").set("new_string", "b");
    event = testing::tool_call(word, std::move(input));
  } else if (word == "config") {
    event = testing::tool_call("", Json::object());
    event->kind = event::kind::kConfigChange;
    event->data = Json::object();
    event->body = Json::object({{"path", rest}, {"cwd", "/workspace"}});
  } else if (word.starts_with("{")) {
    if (const auto json = parse_json(trim(what)); json)
      event = testing::tool_call(std::string((*json)["tool"].text_or("")), (*json)["input"]);
  }
  if (event) event->agent.name = agent;
  return event;
}

void run_line(const World& world, const std::string& expected, std::string_view what, Tally& tally) {
  Session session(testing::shipped_pack());
  session.machine.branch = world.branch;
  for (const auto& [path, target] : world.links)
    session.machine.links[path] = target;
  for (const auto& [times, earlier] : world.before)
    for (int i = 0; i < times; ++i) {
      const auto event = event_of(earlier, world.agent);
      ASSERT_TRUE(event) << earlier;
      (void)session.call(*event);
    }
  const auto event = event_of(what, world.agent);
  ASSERT_TRUE(event) << "not a call: " << what;
  const event::Decision decision = session.call(*event);
  const auto hit = std::find_if(decision.policies.begin(), decision.policies.end(),
                                [&](const auto& one) { return one.policy == world.policy; });
  if (expected == "pass" || expected == "other") {
    EXPECT_TRUE(hit == decision.policies.end()) << testing::described(decision);
    if (expected == "pass") {
      EXPECT_LE(decision.verdict, event::Verdict::warn) << testing::described(decision);
    }
    ++tally.pass;
    return;
  }
  const auto verdict = event::verdict_from(expected);
  ASSERT_TRUE(verdict) << "not an expectation: " << expected;
  ASSERT_TRUE(hit != decision.policies.end()) << testing::described(decision);
  EXPECT_EQ(event::name(hit->verdict), expected);
  EXPECT_GE(decision.verdict, *verdict) << testing::described(decision);
  ++tally.refuse;
}

// One directive or one expectation.
void read_line(std::string_view line, World& world, std::map<std::string, Tally>& tallies) {
  const auto [word, rest] = first_word(line);
  if (word == "policy") {
    world = {.policy = rest, .agent = "claude-code", .branch = "feature", .links = {}, .before = {}};
    tallies[rest];
  } else if (word == "agent") {
    world.agent = rest;
  } else if (word == "branch") {
    world.branch = rest;
  } else if (word == "link") {
    const auto arrow = rest.find(" -> ");
    ASSERT_NE(arrow, std::string::npos) << "link FROM -> TO";
    world.links.emplace_back(rest.substr(0, arrow), rest.substr(arrow + 4));
  } else if (word == "before") {
    const auto [times, what] = first_word(rest);
    world.before.emplace_back(std::atoi(times.c_str()), what);
  } else {
    run_line(world, word, rest, tallies[world.policy]);
  }
}

std::map<std::string, Tally> run_all() {
  std::map<std::string, Tally> tallies;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(kCases))
    if (entry.path().extension() == ".case") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::ifstream in(file);
    std::string line;
    World world;
    for (int number = 1; std::getline(in, line); ++number) {
      if (trim(line).empty() || trim(line).starts_with('#')) continue;
      SCOPED_TRACE(file.filename().string() + ":" + std::to_string(number) + ": " + line);
      read_line(trim(line), world, tallies);
    }
  }
  return tallies;
}

TEST(PolicyCases, EveryShippedPolicyRefusesAndLetsPassWhatItsCasesSay) {
  const auto tallies = run_all();
  const auto pack = testing::shipped_pack();
  for (const auto& policy : pack->policies().policies()) {
    const auto it = tallies.find(policy.id);
    ASSERT_TRUE(it != tallies.end()) << "no case names " << policy.id << " (tests/cases/policy/README.md)";
    EXPECT_GE(it->second.pass, 2) << policy.id;
    if (policy.effect == cedar::Effect::forbid) {
      EXPECT_GE(it->second.refuse, 2) << policy.id;
    }
  }
  for (const auto& [id, tally] : tallies) {
    (void)tally;
    EXPECT_NE(pack->policies().find(id), nullptr) << "cases of a policy that is not shipped: " << id;
  }
}

TEST(PolicyCases, EveryShippedPolicySaysWhoItIsAndWhy) {
  for (const auto& policy : testing::shipped_pack()->policies().policies())
    for (const char* name : {"id", "reason", "severity", "class"}) {
      const std::string* value = policy.annotation(name);
      ASSERT_NE(value, nullptr) << policy.id << " has no @" << name;
      EXPECT_FALSE(value->empty()) << policy.id << " @" << name;
    }
}

}  // namespace
}  // namespace weir::guard
