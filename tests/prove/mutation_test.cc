// Seeded mutations of the shipped pack against an exhaustive search. In every request environment, what the
// comparison says of a mutant must be what evaluating each request of a small but complete domain (domain.h)
// says: nothing that is answered more weakly may be missed, and what is called looser comes with a request
// that shows it. Mutants are drawn until 100 weaken the pack; those that do not are the controls.
// WEIR_TEST_LEVEL=full also changes every two of the attributes that the mutated policy does not read.
// Under AddressSanitizer, where each request costs twenty times as much and only memory errors can come out
// differently, a fifth of them is drawn; the release build always does all.
#include "os/files.h"
#include "prove/compare.h"
#include "prove/domain.h"
#include "prove/mutator.h"
#include "prove/property.h"
#include "prove/scene.h"
#include "prove/support.h"

#include <fmt/format.h>

#include <cstdlib>
#include <iostream>
#include <set>

namespace weir::prove {
namespace {

using namespace testing_support;
using Kind = Mutator::Kind;
using Verdict = EnvironmentComparison::Verdict;

#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t kWeakening = 20;
#else
constexpr std::size_t kWeakening = 100;
#endif

bool full() {
  const char* level = std::getenv("WEIR_TEST_LEVEL");
  return level != nullptr && std::string_view(level) == "full";
}

struct Shipped {
  cedar::Schema schema;
  cedar::PolicySet policies;
  std::vector<Property> properties;
};

Shipped shipped() {
  const std::string content = WEIR_SOURCE_DIR "/content";
  std::string pack;
  for (const auto& name : os::list_dir(content + "/policies"))
    if (name.ends_with(".cedar")) pack += *os::read_file(content + "/policies/" + name, 1 << 20) + "\n";
  Shipped out{schema(*os::read_file(content + "/policies/weir.cedarschema", 1 << 20)), policies(pack), {}};
  for (const auto& name : os::list_dir(content + "/properties"))
    if (auto read = parse_properties(*os::read_file(content + "/properties/" + name, 1 << 20), name))
      std::move(read->begin(), read->end(), std::back_inserter(out.properties));
  return out;
}

// What a search through the domain of one environment saw.
struct Seen {
  std::optional<Example> weaker;
  std::optional<Example> stronger;
  std::size_t requests = 0;
};

// Ends early once there is an example of both.
Seen search(const Shipped& pack, const cedar::RequestEnvironment& environment, const Mutant& mutant) {
  Domain domain(pack.schema, environment);
  Dimensions core;
  bool concerned = false;
  for (const auto* policy : {&mutant.before, &mutant.after}) {
    if (!*policy || !domain.applies(**policy)) continue;
    concerned = true;
    for (const std::size_t at : domain.read(**policy))
      if (std::find(core.begin(), core.end(), at) == core.end()) core.push_back(at);
  }
  for (const auto& policy : pack.policies.policies())
    if (domain.applies(policy)) domain.read(policy);
  Seen out;
  out.requests = domain.visit(core, full() && concerned, [&](const Example& example) {
    const double before = guard_answer(pack.policies, example);
    const double after = guard_answer(mutant.policies, example);
    if (after < before && !out.weaker) out.weaker = example;
    if (after > before && !out.stronger) out.stronger = example;
    return !out.weaker || !out.stronger;
  });
  return out;
}

struct Tally {
  std::size_t mutants = 0, looser = 0, confirmed = 0, tighter = 0, same = 0, properties = 0;
  std::size_t rejected = 0, repeated = 0, no_place = 0;
  std::size_t requests = 0, environments = 0, environments_looser = 0, environments_confirmed = 0;
};

// One environment of one mutant: the comparison's verdict against the search, and its examples replayed.
bool check(const Shipped& pack, const EnvironmentComparison& at, const Mutant& mutant, Tally& tally) {
  const Seen seen = search(pack, at.environment, mutant);
  tally.requests += seen.requests;
  ++tally.environments;
  const bool looser = at.verdict == Verdict::looser || at.verdict == Verdict::incomparable;
  const bool tighter = at.verdict == Verdict::tighter || at.verdict == Verdict::incomparable;
  EXPECT_NE(at.verdict, Verdict::unknown) << at.why;
  EXPECT_TRUE(!seen.weaker || looser)
      << name(at.environment) << ": missed " << canonical(to_json(*seen.weaker));
  EXPECT_TRUE(!seen.stronger || tighter)
      << name(at.environment) << ": missed " << canonical(to_json(*seen.stronger));
  EXPECT_EQ(looser, at.loosened.has_value());
  EXPECT_EQ(tighter, at.tightened.has_value());
  for (const auto* change : {&at.loosened, &at.tightened}) {
    if (!*change) continue;
    const double before = guard_answer(pack.policies, (*change)->example);
    const double after = guard_answer(mutant.policies, (*change)->example);
    EXPECT_TRUE(change == &at.loosened ? after < before : after > before) << "an example that shows nothing";
  }
  tally.environments_looser += looser ? 1 : 0;
  tally.environments_confirmed += seen.weaker ? 1 : 0;
  return seen.weaker.has_value();
}

// All environments of one mutant.
void check(const Shipped& pack, const Comparison& comparison, const Mutant& mutant, Prover& solver,
           Tally& tally) {
  ++tally.mutants;
  bool weaker = false, tighter = false;
  for (const auto& at : comparison.environments) {
    weaker = check(pack, at, mutant, tally) || weaker;
    tighter = tighter || at.tightened.has_value();
  }
  if (!comparison.looser()) {
    EXPECT_FALSE(weaker);
    ++(tighter ? tally.tighter : tally.same);
    return;
  }
  ++tally.looser;
  tally.confirmed += weaker ? 1 : 0;
  if (!weaker) std::cout << "not confirmed: " << mutant.what << "\n";
  const auto proved = prove_properties(pack.properties, mutant.policies, pack.schema, solver);
  ASSERT_TRUE(proved) << proved.error().message();
  tally.properties +=
      std::any_of(proved->begin(), proved->end(), [](const auto& one) { return one.truth == Truth::no; });
}

TEST(Mutation, EveryWeakeningOfTheShippedPackIsCaught) {
  NEEDS_SOLVER();
  const Shipped pack = shipped();
  Prover solver = prover();
  Mutator mutator(pack.policies, 6);
  std::set<std::string> drawn;
  Tally tally;
  // Kinds take turns, so that those with few places in the pack have their share.
  for (std::size_t round = 0; tally.looser < kWeakening && round < 100 * kWeakening; ++round) {
    const auto mutant = mutator.draw(static_cast<Kind>(round % Mutator::kKinds));
    if (!mutant) {
      ++tally.no_place;
      continue;
    }
    SCOPED_TRACE(mutant->what);
    if (!drawn.insert(mutant->text).second) {
      ++tally.repeated;
      continue;
    }
    const auto comparison = compare(pack.policies, mutant->policies, pack.schema, solver, Semantics::weir);
    if (comparison)
      check(pack, *comparison, *mutant, solver, tally);
    else
      ++tally.rejected;  // it does not validate, so it would not load
  }
  std::cout << fmt::format(
      "{} mutants ({} more rejected by validation, {} drawn twice, {} draws without a place): {} looser, {} "
      "only "
      "tighter, {} equivalent; {} of the looser confirmed by brute force; {} break a property that ships\n"
      "{} environments compared, {} looser, {} of them confirmed; {} requests evaluated\n",
      tally.mutants, tally.rejected, tally.repeated, tally.no_place, tally.looser, tally.tighter, tally.same,
      tally.confirmed, tally.properties, tally.environments, tally.environments_looser,
      tally.environments_confirmed, tally.requests);
  EXPECT_EQ(tally.looser, kWeakening);
  EXPECT_GE(tally.confirmed * 100, tally.looser * 95) << "the domain is too small to be evidence";
}

}  // namespace
}  // namespace weir::prove
