// The compiled form against the tree evaluator, on generated policies; and that deciding allocates nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <random>

#include "cedar/authorizer.h"
#include "cedar/compiled_policies.h"
#include "cedar/parser.h"
#include "random_policies.h"
#include "reference.h"

// Counts what this program allocates (not inlined: g++ 12 would take the pair for a mismatch). Sanitizers
// bring an allocator of their own; there the test is skipped.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WEIR_COUNTS_ALLOCATIONS 0
#else
#define WEIR_COUNTS_ALLOCATIONS 1
namespace {
std::size_t g_allocations = 0;
}
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++g_allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
#endif

namespace weir::cedar {
namespace {

TEST(Compiled, DecidesAsTheTreeEvaluator) {
  constexpr std::uint32_t kRounds = 3000;
  std::size_t satisfied = 0, errors = 0, decided = 0;
  Workspace workspace;  // one for all sets: what it remembers of one must not show in the next
  for (std::uint32_t seed = 0; seed < kRounds; ++seed) {
    std::mt19937 engine(seed);
    RandomPolicies random([&](std::uint32_t n) { return static_cast<std::uint32_t>(engine() % n); });
    const std::string text = random.policies(1 + seed % 30);
    const auto policies = PolicySet::parse(text);
    ASSERT_TRUE(policies) << policies.error().message() << "\n" << text;
    const Entities entities = random.entities();
    for (int i = 0; i < 3; ++i) {
      const Request request = random.request();
      const Response expected = reference_response(*policies, request, entities);
      ASSERT_TRUE(same(authorize(*policies, request, entities), expected))
          << "seed " << seed << " request " << i << "\n"
          << text;
      Response again = authorize(*policies, request, entities, workspace);
      explain_errors(again, request, entities);
      ASSERT_TRUE(same(again, expected)) << "with a workspace: seed " << seed << "\n" << text;
      satisfied += expected.satisfied_permits.size() + expected.satisfied_forbids.size();
      errors += expected.errors.size();
      ++decided;
    }
  }
  // The generator is worth something only while policies are satisfied and err often.
  EXPECT_GT(satisfied, decided / 2);
  EXPECT_GT(errors, decided / 2);
}

TEST(Compiled, ComputesTheValuesOfTheTreeEvaluator) {
  std::size_t values = 0;
  for (std::uint32_t seed = 0; seed < 20'000; ++seed) {
    std::mt19937 engine(seed);
    RandomPolicies random([&](std::uint32_t n) { return static_cast<std::uint32_t>(engine() % n); });
    const auto expression = parse_expression(random.boolean(4));
    ASSERT_TRUE(expression);
    const Entities entities = random.entities();
    const Request request = random.request();
    ProgramBuilder builder;
    const std::uint32_t root = builder.add(*expression);
    builder.use(root);
    const Program program = std::move(builder).finish();
    MachineMemory memory;
    const Datum datum = Machine(program, request, entities, memory).run(root);
    Evaluator evaluator(request, entities);
    const Value* expected = evaluator.evaluate(*expression);
    ASSERT_EQ(datum.is_fault(), expected == nullptr) << "seed " << seed;
    if (expected == nullptr) {
      ASSERT_EQ(datum.fault_kind(), evaluator.error().kind) << "seed " << seed;
      continue;
    }
    ASSERT_EQ(datum.value(), *expected) << "seed " << seed;
    ++values;
  }
  EXPECT_GT(values, 5'000u);
}

TEST(Compiled, DecidingAllocatesNothing) {
#if WEIR_COUNTS_ALLOCATIONS
  std::mt19937 engine(7);
  RandomPolicies random([&](std::uint32_t n) { return static_cast<std::uint32_t>(engine() % n); });
  const PolicySet policies = *PolicySet::parse(random.policies(500));
  const Entities entities = random.entities();
  std::vector<Request> requests;
  for (int i = 0; i < 50; ++i)
    requests.push_back(random.request());
  Workspace workspace;
  std::size_t errors = 0, satisfied = 0;
  for (const Request& request : requests)
    authorize(policies, request, entities, workspace);  // grows to what is needed
  const std::size_t before = g_allocations;
  for (const Request& request : requests) {
    const Response& response = authorize(policies, request, entities, workspace);
    errors += response.errors.size();
    satisfied += response.satisfied_permits.size() + response.satisfied_forbids.size();
  }
  EXPECT_EQ(g_allocations - before, 0u);
  EXPECT_GT(errors, 500u);  // also where policies err, and where sets, records and addresses are made
  EXPECT_GT(satisfied, 500u);
#else
  GTEST_SKIP() << "the sanitizer's allocator is not counted";
#endif
}

TEST(Compiled, SharesWhatIsEqual) {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += "permit(principal, action, resource) when { context.a.b like \"x*\" && context.n > " +
            std::to_string(i) + " };";
  const PolicySet policies = *PolicySet::parse(text);
  const Program& program = policies.compiled().program;
  // context, its two attributes, like, n; and for each policy a constant, a comparison and a conjunction.
  EXPECT_LE(program.nodes.size(), 5u + 3 * 1000u);
  EXPECT_EQ(program.slots, 2u);  // the pattern and context.n; context.a.b is used once
}

// Each is told from the others by its hash: comparing every pair would take minutes.
TEST(Compiled, TakesManyDifferentConstants) {
  constexpr int kCount = 60'000;
  std::string text = "permit(principal, action, resource) when { [";
  for (int i = 0; i < kCount; ++i)
    text += "{a: " + std::to_string(i) + ", b: principal} == {a: " + std::to_string(i) + "}, ";
  text += "true].contains({a: [1, {b: true}]}) };";
  const auto policies = PolicySet::parse(text);
  ASSERT_TRUE(policies) << policies.error().message();
  EXPECT_GE(policies->compiled().program.constants.size(), static_cast<std::size_t>(kCount));
  const Request request(EntityUid("User", "a"), EntityUid("Action", "a"), EntityUid("File", "a"));
  EXPECT_EQ(authorize(*policies, request, Entities()).decision, Decision::deny);
}

TEST(Compiled, KnowsConstants) {
  const std::pair<const char*, bool> cases[] = {{"1 + 2 == 3", true},
                                                {"[1, 2].contains(2) && \"abc\" like \"a*\"", true},
                                                {"ip(\"10.0.0.1\").isInRange(ip(\"10.0.0.0/8\"))", true},
                                                {"false && context.x", false},
                                                {"true || context.x", true},
                                                {"{a: [User::\"x\"]}.a.contains(User::\"y\")", false},
                                                {"if 1 < 2 then User::\"a\" is User else context.x", true}};
  for (const auto& [text, expected] : cases) {
    const auto expression = parse_expression(text);
    ASSERT_TRUE(expression) << text;
    ProgramBuilder builder;
    const std::uint32_t root = builder.add(*expression);
    const Program program = std::move(builder).finish();
    ASSERT_NE(program.constant(root), nullptr) << text;
    EXPECT_EQ(program.constant(root)->boolean, expected) << text;
  }
  // Errors, and what asks the store, wait for a request.
  for (const char* text : {"9223372036854775807 + 1 == 0", "context.x && false", "User::\"a\" in User::\"b\"",
                           "decimal(\"x\") == decimal(\"1.0\")", "User::\"a\" has b", "1 && true"}) {
    const auto expression = parse_expression(text);
    ASSERT_TRUE(expression) << text;
    ProgramBuilder builder;
    const std::uint32_t root = builder.add(*expression);
    const Program program = std::move(builder).finish();
    EXPECT_EQ(program.constant(root), nullptr) << text;
  }
}

// Keys of a request may be many (deep hierarchies), keys of policies may be many, or both.
TEST(ScopeIndex, FindsTheSameWithManyAncestorsAndManyKeys) {
  constexpr int kGroups = 300;
  std::vector<Entity> store;
  for (int i = 0; i < kGroups; ++i)
    store.push_back({EntityUid("G", std::to_string(i)), {}, {}, {EntityUid("G", std::to_string(i + 1))}});
  const Entities entities = *Entities::make(std::move(store));
  std::mt19937 engine(3);
  for (const int count : {3, 100, 1500}) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      const auto group = [&] { return "G::\"" + std::to_string(engine() % (2 * kGroups)) + "\""; };
      text += "permit(principal in " + group() + ", action, resource" +
              (engine() % 3 == 0 ? std::string() : " in " + group()) + ");";
      if (engine() % 8 == 0)
        text +=
            "forbid(principal is H in " + group() + ", action in [Action::\"x\", Action::\"y\"], resource);";
    }
    const PolicySet policies = *PolicySet::parse(text);
    for (int i = 0; i < 40; ++i) {
      const Request request(EntityUid(i % 2 == 0 ? "G" : "H", std::to_string(engine() % kGroups)),
                            EntityUid("Action", "x"), EntityUid("G", std::to_string(engine() % kGroups)));
      ASSERT_TRUE(
          same(authorize(policies, request, entities), reference_response(policies, request, entities)))
          << count << " policies, request " << i;
    }
  }
}

}  // namespace
}  // namespace weir::cedar
