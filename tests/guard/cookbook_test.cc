// Every example of docs/cookbook.md, run: its policies load below the shipped ones, strictly typed, and the
// calls beside it get the verdicts that are written there.
#include <algorithm>
#include <fstream>

#include "guard/case_lines.h"

namespace weir::guard {
namespace {

using testing::CaseWorld;
using testing::first_word;
using testing::Session;

struct Recipe {
  std::string title;
  std::string policies;
  std::string waivers;
  std::vector<std::string> cases;
};

// Sections begin with "## "; blocks with ```cedar, ```yaml or ```cases.
std::vector<Recipe> read_cookbook() {
  std::ifstream in(std::string(WEIR_SOURCE_DIR) + "/docs/cookbook.md");
  std::vector<Recipe> recipes;
  std::string line;
  std::string block;
  while (std::getline(in, line)) {
    if (block.empty()) {
      if (line.starts_with("## ")) recipes.push_back({line.substr(3), "", "", {}});
      if (line.starts_with("```")) block = line.substr(3);
    } else if (line == "```") {
      block.clear();
    } else if (!recipes.empty()) {
      if (block == "cedar") recipes.back().policies += line + "\n";
      if (block == "yaml") recipes.back().waivers += line + "\n";
      if (block == "cases") recipes.back().cases.push_back(line);
    }
  }
  return recipes;
}

Result<std::shared_ptr<const Pack>> load(const Recipe& recipe) {
  PackSources sources = testing::shipped_sources();
  LayerSource user{Layer::user, {}, {}};
  if (!recipe.policies.empty()) user.policies.push_back({"cookbook.cedar", recipe.policies});
  if (!recipe.waivers.empty()) user.waivers.push_back({"waive.yaml", recipe.waivers});
  sources.layers.push_back(std::move(user));
  return Pack::load(sources);
}

bool objects(const event::Decision& decision, const Pack& pack) {
  return std::any_of(decision.policies.begin(), decision.policies.end(), [&](const auto& hit) {
    return hit.verdict != event::Verdict::allow && hit.mode == "enforce" &&
           (hit.policy == "default-deny" || pack.layer_of(hit.policy) == Layer::user);
  });
}

void run_case(const Recipe& recipe, const std::shared_ptr<const Pack>& pack, const CaseWorld& world,
              const std::string& expected, const std::string& what) {
  Session session(pack);
  enter(world, session);
  const auto event = event_of(what, world);
  ASSERT_TRUE(event) << "not a call: " << what;
  const auto decision = session.call(*event);
  SCOPED_TRACE(recipe.title + ": " + what + "\n" + testing::described(decision));
  if (expected == "pass" || expected == "other") {
    EXPECT_FALSE(objects(decision, *pack));
    if (expected == "pass") {
      EXPECT_LE(decision.verdict, event::Verdict::warn);
    }
    return;
  }
  EXPECT_EQ(event::name(decision.verdict), expected);
  EXPECT_EQ(objects(decision, *pack), expected != "allow");
}

TEST(Cookbook, EveryExampleLoadsAndDecidesAsItSays) {
  const auto recipes = read_cookbook();
  EXPECT_GE(recipes.size(), 25u);
  for (const auto& recipe : recipes) {
    const auto pack = load(recipe);
    ASSERT_TRUE(pack) << recipe.title << ": " << pack.error().message();
    CaseWorld world;
    int count = 0;
    for (const auto& line : recipe.cases) {
      const auto [word, rest] = first_word(line);
      if (word.empty() || testing::apply_directive(word, rest, world)) continue;
      run_case(recipe, *pack, world, word, rest);
      ++count;
    }
    EXPECT_GE(count, 2) << recipe.title << " needs a call that it stops and one that passes";
  }
}

}  // namespace
}  // namespace weir::guard
