// What a set of policies is made of: which policies do nothing, which say what another says already, which
// can err.
//
//   TRY(Prover prover, Prover::start({}));
//   TRY(const Analysis analysis, analyze(policies, schema, prover, {}));
//
// Findings are those of the official `analyze policies` (cedar-lean-cli in cedar-policy/cedar-spec), for each
// request environment: two policies of one effect that match the same requests are redundant, one whose
// matches another covers is shadowed, a permit whose matches a forbid covers is overridden. Policies that
// match nothing or everything are vacuous and take no part in the rest, as there. Besides: conditions that
// never or always hold in an environment, policies that can err, and attributes that no policy's outcome
// depends on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "prove/scene.h"

namespace weir::prove {

// As linters have it. A warning is a policy that does nothing anywhere, or not what it seems to. A note tells
// what is so and may be meant: a policy that says itself that it is about everything; one that does nothing
// in some environments and something in others, or that another covers with a weaker verdict. An error is a
// forbid that may be skipped.
enum class AnalysisSeverity : std::uint8_t { note, warning, error };
std::string_view name(AnalysisSeverity severity);
std::optional<AnalysisSeverity> severity_from(std::string_view name);

struct AnalysisFinding {
  enum class Kind : std::uint8_t {
    redundant,
    shadowed,
    overridden,
    conflicting,  // only when asked for: a permit and a forbid that match one request
    never_applies,
    always_applies,
    may_error,
  };
  Kind kind = Kind::redundant;
  std::string policy;
  std::string by;                  // the other policy; "" where there is none
  std::optional<Example> example;  // conflicting, may_error
  AnalysisSeverity severity = AnalysisSeverity::warning;
};
std::string_view name(AnalysisFinding::Kind kind);

struct EnvironmentAnalysis {
  cedar::RequestEnvironment environment{"", cedar::EntityUid("", ""), ""};
  std::vector<AnalysisFinding> findings;
  std::vector<std::string> unknown;  // questions without an answer, and why
};

struct Vacuous {
  std::string policy;
  bool always = false;                                    // it matches every request; else none
  AnalysisSeverity severity = AnalysisSeverity::warning;  // note: it has no conditions and an open scope
};

struct Analysis {
  std::vector<Vacuous> vacuous;  // in the order of the policies
  bool allows_all = false;       // the whole set
  bool denies_all = false;
  std::vector<EnvironmentAnalysis> environments;  // only those with findings or open questions
  std::vector<std::string> unread;                // "File.owner", "context.tool"
  std::size_t environment_count = 0;

  std::size_t count(AnalysisSeverity severity) const;  // findings and vacuous policies
  bool has_findings(AnalysisSeverity at_least = AnalysisSeverity::note) const;
  bool has_unknown() const;
};

struct AnalysisOptions {
  bool conflicts = false;
};

// Errors: the policies do not validate against the schema; internal.
Result<Analysis> analyze(const cedar::PolicySet& policies, const cedar::Schema& schema, Prover& prover,
                         const AnalysisOptions& options);

// An Error that names the first mistakes, unless the policies validate strictly.
Status require_valid(const cedar::PolicySet& policies, const cedar::Schema& schema);

// Names as the official tools print them: types and action ids without their namespaces, unless two would
// then be called the same.
class ShortNames {
 public:
  explicit ShortNames(const cedar::Schema& schema);
  std::string type(const std::string& full) const;
  std::string action(const cedar::EntityUid& uid) const;

 private:
  std::map<std::string, int> types_;
  std::map<std::string, int> actions_;
};

}  // namespace weir::prove
