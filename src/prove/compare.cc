#include "prove/compare.h"

#include <algorithm>

#include "cedar/authorizer.h"
#include "prove/analyze.h"

namespace weir::prove {
namespace {

using Verdict = EnvironmentComparison::Verdict;

std::vector<std::string> determining(const cedar::PolicySet& policies, const Example& example) {
  const auto response = cedar::authorize(policies, example.request, example.entities);
  std::vector<std::string> out;
  for (const auto* policy : response.reason())
    out.push_back(policy->id);
  return out;
}

int rank_of(const std::string& severity) {
  const auto known = event::severity_from(severity);
  return known ? static_cast<int>(*known) + 1 : 0;
}

// The most severe forbid that matches the example.
std::string severity_of(const cedar::PolicySet& policies, const Example& example) {
  std::string out;
  for (const auto* policy : cedar::authorize(policies, example.request, example.entities).satisfied_forbids)
    if (const auto* severity = policy->annotation("severity");
        severity != nullptr && rank_of(*severity) > rank_of(out))
      out = *severity;
  return out;
}

class Comparer {
 public:
  Comparer(const cedar::PolicySet& before, const cedar::PolicySet& after, Prover& prover, Semantics semantics)
      : before_(before), after_(after), prover_(prover), semantics_(semantics) {}

  Result<EnvironmentComparison> run(const Sorts& sorts, const cedar::RequestEnvironment& environment) {
    EnvironmentComparison out;
    out.environment = environment;
    TRY(auto encoder, Encoder::make(sorts, environment));
    TRY(const bool may_loosen, direction(*encoder, true, out));
    TRY(const bool may_tighten, direction(*encoder, false, out));
    if (!out.why.empty()) {
      // One direction may still be certain, and a loosening that was found is one.
      out.verdict = out.loosened ? Verdict::incomparable : Verdict::unknown;
      if (out.loosened && !may_tighten) out.verdict = Verdict::looser;
    } else if (may_loosen) {
      out.verdict = may_tighten ? Verdict::incomparable : Verdict::looser;
    } else {
      out.verdict = may_tighten ? Verdict::tighter : Verdict::equivalent;
    }
    if (out.loosened) out.risk = rank_of(out.loosened->severity);
    return out;
  }

 private:
  // Looks for a request that gets a weaker (or a stronger) answer than before.
  Result<bool> direction(Encoder& encoder, bool loosening, EnvironmentComparison& out) {
    const auto& from = loosening ? before_ : after_;
    const auto& to = loosening ? after_ : before_;
    const auto formula = weakens(semantics_, from, to, encoder);
    if (!formula) {
      out.why = formula.error().message();
      return false;
    }
    TRY(Search search,
        prover_.find(encoder, *formula, loosening ? "nothing becomes weaker" : "nothing becomes stronger"));
    if (search.answer == Answer::unsat) return false;
    if (search.answer == Answer::unknown) {
      out.why = search.why;
      return false;
    }
    Change change{*std::move(search.example), {}, {}, {}, {}, {}};
    const int was = strength(semantics_, before_, change.example);
    const int is = strength(semantics_, after_, change.example);
    if (loosening ? is >= was : is <= was) {
      out.why = "the solver's example does not replay; this is a mistake of Weir";
      return false;
    }
    change.before = strength_name(semantics_, was);
    change.after = strength_name(semantics_, is);
    change.policies_before = determining(before_, change.example);
    change.policies_after = determining(after_, change.example);
    change.severity = severity_of(before_, change.example);
    (loosening ? out.loosened : out.tightened) = std::move(change);
    return true;
  }

  const cedar::PolicySet& before_;
  const cedar::PolicySet& after_;
  Prover& prover_;
  Semantics semantics_;
};

}  // namespace

std::string_view name(Verdict verdict) {
  static constexpr std::string_view kNames[] = {"equivalent", "tighter", "looser", "incomparable", "unknown"};
  return kNames[static_cast<std::size_t>(verdict)];
}

bool Comparison::looser() const {
  return std::any_of(environments.begin(), environments.end(),
                     [](const auto& at) { return at.loosened.has_value(); });
}
bool Comparison::unknown() const {
  return std::any_of(environments.begin(), environments.end(),
                     [](const auto& at) { return !at.why.empty(); });
}

Result<Comparison> compare(const cedar::PolicySet& before, const cedar::PolicySet& after,
                           const cedar::Schema& schema, Prover& prover, Semantics semantics) {
  TRY_STATUS(require_valid(before, schema));
  TRY_STATUS(require_valid(after, schema));
  const Sorts sorts(schema);
  Comparer comparer(before, after, prover, semantics);
  Comparison out;
  for (const auto& environment : schema.environments()) {
    TRY(EnvironmentComparison found, comparer.run(sorts, environment));
    out.environments.push_back(std::move(found));
  }
  std::stable_sort(out.environments.begin(), out.environments.end(), [](const auto& a, const auto& b) {
    if (a.loosened.has_value() != b.loosened.has_value()) return a.loosened.has_value();
    return a.risk > b.risk;
  });
  return out;
}

}  // namespace weir::prove
