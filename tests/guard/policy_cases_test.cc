// Runs tests/cases/policy/*.case through the guard: every shipped policy by what it refuses and what it lets
// pass. The format stands in tests/cases/policy/README.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/bytes.h"
#include "guard/case_lines.h"
#include "guard/profile.h"

namespace weir::guard {
namespace {

namespace fs = std::filesystem;
using testing::CaseWorld;
using testing::event_of;
using testing::first_word;
using testing::Session;

const fs::path kCases = fs::path(WEIR_SOURCE_DIR) / "tests/cases/policy";
const fs::path kProfileCases = fs::path(WEIR_SOURCE_DIR) / "tests/cases/profiles";

using SharedPack = std::shared_ptr<const Pack>;

struct Tally {
  int refuse = 0;
  int pass = 0;
};

void run_line(const SharedPack& pack, const CaseWorld& world, const std::string& expected,
              std::string_view what, Tally& tally) {
  Session session(pack);
  enter(world, session);
  const auto event = event_of(what, world);
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
void read_line(const SharedPack& pack, std::string_view line, CaseWorld& world,
               std::map<std::string, Tally>& tallies) {
  const auto [word, rest] = first_word(line);
  if (word == "policy") {
    world = {.policy = rest};
    tallies[rest];
  } else if (!apply_directive(word, rest, world)) {
    run_line(pack, world, word, rest, tallies[world.policy]);
  }
}

void run_file(const SharedPack& pack, const fs::path& file, std::map<std::string, Tally>& tallies) {
  std::ifstream in(file);
  ASSERT_TRUE(in) << file;
  std::string line;
  CaseWorld world;
  for (int number = 1; std::getline(in, line); ++number) {
    if (trim(line).empty() || trim(line).starts_with('#')) continue;
    SCOPED_TRACE(file.filename().string() + ":" + std::to_string(number) + ": " + line);
    read_line(pack, trim(line), world, tallies);
  }
}

std::map<std::string, Tally> run_all() {
  std::map<std::string, Tally> tallies;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(kCases))
    if (entry.path().extension() == ".case") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files)
    run_file(testing::shipped_pack(), file, tallies);
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

// What a profile adds, or says otherwise than the policies as written, has cases of its own.
TEST(PolicyCases, EveryProfileSaysWhatItsCasesSay) {
  const auto shipped = testing::shipped_pack();
  for (const std::string_view name : kProfiles) {
    SCOPED_TRACE(name);
    const auto pack = testing::profile_pack(name);
    EXPECT_EQ(pack->profile(), name);
    std::map<std::string, Tally> tallies;
    if (name != kStandardProfile) run_file(pack, kProfileCases / (std::string(name) + ".case"), tallies);
    for (const auto& policy : pack->policies().policies()) {
      const bool same = shipped->policies().find(policy.id) != nullptr &&
                        shipped->meta(policy.id).verdict == pack->meta(policy.id).verdict;
      if (same) continue;
      EXPECT_GE(tallies[policy.id].pass, 1) << policy.id;
      EXPECT_GE(tallies[policy.id].refuse, 2) << policy.id;
    }
  }
}

TEST(PolicyCases, EveryShippedPolicySaysWhoItIsAndWhy) {
  for (const std::string_view profile : kProfiles) {
    const auto pack = testing::profile_pack(profile);
    for (const auto& policy : pack->policies().policies())
      for (const char* name : {"id", "reason", "severity", "class", "control"}) {
        const std::string* value = policy.annotation(name);
        ASSERT_NE(value, nullptr) << policy.id << " has no @" << name;
        EXPECT_FALSE(value->empty()) << policy.id << " @" << name;
      }
  }
}

// The table in docs/policies.md: one row for each policy, in order, with its annotations and a rationale.
TEST(PolicyCases, TheDocumentedTableIsThePack) {
  std::ifstream in(fs::path(WEIR_SOURCE_DIR) / "docs/policies.md");
  std::vector<std::string> rows;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line == "<!-- shipped:end -->") inside = false;
    if (inside && line.starts_with("| `")) rows.push_back(line);
    if (line == "<!-- shipped:begin -->") inside = true;
  }
  const auto pack = testing::shipped_pack();
  std::size_t i = 0;
  for (const auto& policy : pack->policies().policies()) {
    const PolicyMeta& meta = pack->meta(policy.id);
    const std::string begin = "| `" + policy.id + "` | " + std::string(event::name(meta.verdict)) + " | " +
                              meta.severity + " | " + *policy.annotation("control") + " | " + meta.reason +
                              " | ";
    ASSERT_LT(i, rows.size()) << "docs/policies.md has no row for " << policy.id;
    EXPECT_TRUE(rows[i].starts_with(begin)) << rows[i] << "\nshould begin " << begin;
    EXPECT_GT(rows[i].size(), begin.size() + 20) << "why does " << policy.id << " ship?";
    ++i;
  }
  EXPECT_EQ(i, rows.size());
}

}  // namespace
}  // namespace weir::guard
