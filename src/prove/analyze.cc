#include "prove/analyze.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "cedar/text.h"
#include "cedar/validate.h"
#include "prove/strength.h"

namespace weir::prove {
namespace {

using Kind = AnalysisFinding::Kind;

// Of one policy in one environment.
enum class Matches : std::uint8_t { none, some, all, unknown };

// One environment, question by question. Unknown answers are listed and make no finding.
class Analyst {
 public:
  Analyst(Scene& scene, const AnalysisOptions& options) : scene_(scene), options_(options) {}

  Status run() {
    for (std::size_t i = 0; i < scene_.size(); ++i) {
      TRY(const Matches found, matches(i));
      matches_.push_back(found);
    }
    TRY_STATUS(pairs());
    add_redundant();
    add_sorted(shadowed_);
    add_sorted(overridden_);
    add_sorted(conflicting_);
    for (std::size_t i = 0; i < scene_.size(); ++i) {
      TRY(const Checked safe, scene_.never_errs(i));
      if (safe.truth == Truth::no)
        out_.findings.push_back({Kind::may_error, scene_.policy(i).id, "", safe.example,
                                 scene_.policy(i).effect == cedar::Effect::forbid
                                     ? AnalysisSeverity::error
                                     : AnalysisSeverity::warning});
      if (safe.truth == Truth::unknown) note(i, "may err", safe.why);
    }
    out_.environment = scene_.environment();
    return {};
  }

  const std::vector<Matches>& matches() const { return matches_; }
  EnvironmentAnalysis take() { return std::move(out_); }

 private:
  void note(std::size_t i, std::string_view question, const std::string& why) {
    out_.unknown.push_back(fmt::format("{}: whether it {}: {}", scene_.policy(i).id, question, why));
  }

  Result<Matches> matches(std::size_t i) {
    TRY(const Checked never, scene_.never_matches(i));
    if (never.truth == Truth::yes) return Matches::none;
    if (never.truth == Truth::unknown) {
      note(i, "ever matches", never.why);
      return Matches::unknown;
    }
    TRY(const Checked always, scene_.always_matches(i));
    if (always.truth == Truth::yes) return Matches::all;
    if (always.truth == Truth::no) return Matches::some;
    note(i, "always matches", always.why);
    return Matches::unknown;
  }

  bool takes_part(std::size_t i) const { return matches_[i] == Matches::some || matches_[i] == Matches::all; }

  Status pairs() {
    for (std::size_t i = 0; i < scene_.size(); ++i) {
      if (!takes_part(i)) continue;
      for (std::size_t j = i + 1; j < scene_.size(); ++j) {
        if (!takes_part(j)) continue;
        const bool i_permits = scene_.policy(i).effect == cedar::Effect::permit;
        const bool j_permits = scene_.policy(j).effect == cedar::Effect::permit;
        if (i_permits == j_permits)
          TRY_STATUS(same_effect(i, j));
        else
          TRY_STATUS(i_permits ? opposed(i, j) : opposed(j, i));
      }
    }
    return {};
  }

  // Whether every request that i matches is matched by j; unknown counts as no and is listed.
  Result<bool> covers(std::size_t i, std::size_t j) {
    if (matches_[j] == Matches::all) return true;
    if (matches_[i] == Matches::all) return false;
    TRY(const Checked implied, scene_.implies(i, j));
    if (implied.truth == Truth::unknown) note(i, "is covered by " + scene_.policy(j).id, implied.why);
    return implied.truth == Truth::yes;
  }

  Status same_effect(std::size_t i, std::size_t j) {
    TRY(const bool j_covers, covers(i, j));
    TRY(const bool i_covers, covers(j, i));
    if (i_covers && j_covers)
      equal_[j].insert(i);
    else if (j_covers)
      shadowed_.push_back({Kind::shadowed, scene_.policy(i).id, scene_.policy(j).id, {}});
    else if (i_covers)
      shadowed_.push_back({Kind::shadowed, scene_.policy(j).id, scene_.policy(i).id, {}});
    return {};
  }

  Status opposed(std::size_t permit, std::size_t forbid) {
    if (matches_[permit] == Matches::some && matches_[forbid] == Matches::some) {
      TRY(const bool covered, covers(permit, forbid));
      if (covered)
        overridden_.push_back({Kind::overridden, scene_.policy(permit).id, scene_.policy(forbid).id, {}});
    }
    if (!options_.conflicts) return {};
    TRY(const Checked apart, scene_.disjoint(permit, forbid));
    if (apart.truth == Truth::no)
      conflicting_.push_back({Kind::conflicting, scene_.policy(permit).id, scene_.policy(forbid).id,
                              apart.example, AnalysisSeverity::note});
    return {};
  }

  // A class of equal policies is reported once for each but its first.
  void add_redundant() {
    for (const auto& [later, earlier] : equal_)
      out_.findings.push_back(
          {Kind::redundant, scene_.policy(later).id, scene_.policy(*earlier.begin()).id, {}});
  }

  void add_sorted(std::vector<AnalysisFinding>& findings) {
    std::sort(findings.begin(), findings.end(), [](const auto& a, const auto& b) {
      return std::tie(a.policy, a.by) < std::tie(b.policy, b.by);
    });
    out_.findings.insert(out_.findings.end(), findings.begin(), findings.end());
  }

  Scene& scene_;
  const AnalysisOptions& options_;
  EnvironmentAnalysis out_;
  std::vector<Matches> matches_;
  std::map<std::size_t, std::set<std::size_t>> equal_;
  std::vector<AnalysisFinding> shadowed_;
  std::vector<AnalysisFinding> overridden_;
  std::vector<AnalysisFinding> conflicting_;
};

// Attributes that the outcome of some policy depends on: "context.tool", "File.owner", as smt_name() writes
// them.
void collect_read(Scene& scene, std::set<std::string>& read) {
  Encoder& encoder = scene.encoder();
  std::vector<Term> roots;
  for (std::size_t i = 0; i < scene.size(); ++i)
    if (scene.unsupported(i).empty()) {
      roots.push_back(scene.condition(i).holds);
      roots.push_back(scene.condition(i).errs);
    }
  for (const Term term : encoder.reachable(roots)) {
    const TermNode& node = encoder.terms().node(term);
    std::string path = node.text;
    if (node.op == TermOp::function) path = encoder.terms().sort(node.args[0])->name + "." + node.text;
    if (node.op != TermOp::function && node.op != TermOp::symbol) continue;
    if (path.ends_with('?')) path.pop_back();
    // An attribute that holds a record is read where a part of it is.
    for (std::size_t end = path.size(); end != std::string::npos; end = path.rfind('.', end - 1)) {
      read.insert(path.substr(0, end));
      if (end == 0) break;
    }
  }
}

std::vector<std::string> unread_attributes(const cedar::Schema& schema, const std::set<std::string>& read) {
  std::set<std::string> out;
  const auto add = [&](const std::string& owner, const cedar::SchemaType& record) {
    for (const auto& attribute : record.attributes)
      if (!read.contains(owner + "." + smt_name(attribute.name))) out.insert(owner + "." + attribute.name);
  };
  for (const auto& [type, declaration] : schema.entity_types())
    add(type, *declaration.attributes);
  for (const auto& [uid, declaration] : schema.actions())
    if (!declaration.principals.empty() && !declaration.resources.empty())
      add("context", *declaration.context);
  return {out.begin(), out.end()};
}

// Conditions that never or always hold in this environment only: the policy as a whole is not vacuous.
void add_local(const Scene& scene, const std::vector<Matches>& matches, const std::set<std::string>& vacuous,
               EnvironmentAnalysis& out) {
  for (std::size_t i = 0; i < matches.size(); ++i) {
    const auto& policy = scene.policy(i);
    if (policy.conditions.empty() || vacuous.contains(policy.id)) continue;
    if (matches[i] == Matches::none && !scene.out_of_scope(i))
      out.findings.push_back({Kind::never_applies, policy.id, "", {}});
    if (matches[i] == Matches::all) out.findings.push_back({Kind::always_applies, policy.id, "", {}});
  }
}

// A policy without conditions whose scope names nothing says itself that it is about every request.
bool is_open(const cedar::Policy& policy) {
  using ScopeKind = cedar::Scope::Kind;
  return policy.conditions.empty() && policy.principal.kind == ScopeKind::any &&
         policy.action.kind == ScopeKind::any && policy.resource.kind == ScopeKind::any;
}

// What the environments say of each policy together.
std::vector<Vacuous> vacuous_policies(const cedar::PolicySet& policies,
                                      const std::vector<std::vector<Matches>>& matches) {
  std::vector<Vacuous> out;
  for (std::size_t i = 0; i < policies.policies().size(); ++i) {
    const auto everywhere = [&](Matches wanted) {
      return std::all_of(matches.begin(), matches.end(), [&](const auto& row) { return row[i] == wanted; });
    };
    const auto& policy = policies.policies()[i];
    if (everywhere(Matches::all) || everywhere(Matches::none))
      out.push_back({policy.id, everywhere(Matches::all) && !matches.empty(),
                     is_open(policy) ? AnalysisSeverity::note : AnalysisSeverity::warning});
  }
  return out;
}

// Whether the guard would answer the same without the policy that a finding is about.
bool is_idle(const AnalysisFinding& finding, const cedar::PolicySet& policies) {
  const auto* policy = policies.find(finding.policy);
  const auto* by = policies.find(finding.by);
  if (policy == nullptr || by == nullptr) return false;
  if (finding.kind == Kind::redundant) return true;
  if (finding.kind == Kind::shadowed) return demanded(*policy) <= demanded(*by);
  return finding.kind == Kind::overridden && demanded(*by) >= strength_of(event::Verdict::deny);
}

// A policy that is idle wherever it matches is a warning, one that is so in some environments only a note.
void grade(const cedar::PolicySet& policies, const std::vector<std::vector<Matches>>& matches,
           std::vector<EnvironmentAnalysis>& found) {
  std::map<std::string, std::size_t> matching, idle;  // environments, by policy
  for (const auto& row : matches)
    for (std::size_t i = 0; i < row.size(); ++i)
      if (row[i] != Matches::none) ++matching[policies.policies()[i].id];
  for (const auto& at : found) {
    std::set<std::string> here;
    for (const auto& finding : at.findings)
      if (is_idle(finding, policies)) here.insert(finding.policy);
    for (const auto& policy : here)
      ++idle[policy];
  }
  for (auto& at : found)
    for (auto& finding : at.findings) {
      if (finding.kind == Kind::may_error || finding.kind == Kind::conflicting) continue;
      const bool everywhere = is_idle(finding, policies) && idle[finding.policy] == matching[finding.policy];
      finding.severity = everywhere ? AnalysisSeverity::warning : AnalysisSeverity::note;
    }
}

}  // namespace

std::string_view name(Kind kind) {
  static constexpr std::string_view kNames[] = {
      "redundant", "shadowed", "overridden", "conflicting", "never_applies", "always_applies", "may_error"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name(AnalysisSeverity severity) {
  static constexpr std::string_view kNames[] = {"note", "warning", "error"};
  return kNames[static_cast<std::size_t>(severity)];
}
std::optional<AnalysisSeverity> severity_from(std::string_view text) {
  for (const auto severity : {AnalysisSeverity::note, AnalysisSeverity::warning, AnalysisSeverity::error})
    if (name(severity) == text) return severity;
  return std::nullopt;
}

std::size_t Analysis::count(AnalysisSeverity severity) const {
  const auto is = [severity](const auto& one) { return one.severity == severity; };
  auto out = std::count_if(vacuous.begin(), vacuous.end(), is);
  for (const auto& at : environments)
    out += std::count_if(at.findings.begin(), at.findings.end(), is);
  return static_cast<std::size_t>(out);
}
bool Analysis::has_findings(AnalysisSeverity at_least) const {
  for (const auto severity : {AnalysisSeverity::note, AnalysisSeverity::warning, AnalysisSeverity::error})
    if (severity >= at_least && count(severity) > 0) return true;
  return false;
}
bool Analysis::has_unknown() const {
  return std::any_of(environments.begin(), environments.end(),
                     [](const auto& at) { return !at.unknown.empty(); });
}

Status require_valid(const cedar::PolicySet& policies, const cedar::Schema& schema) {
  if (!policies.templates().empty())
    return fail("the policies have a template, which no request is decided by",
                printable(policies.templates().front().id, 100), "link the templates first");
  const auto result = cedar::validate(policies, schema);
  if (result.valid()) return {};
  const auto& first = result.errors.front();
  return fail(fmt::format("{} mistake{} against the schema; the first: {}", result.errors.size(),
                          result.errors.size() == 1 ? "" : "s", printable(first.message, 300)),
              fmt::format("policy {}", printable(first.policy, 100)),
              "see all with `weir cedar validate`; only valid policies can be analysed");
}

Result<Analysis> analyze(const cedar::PolicySet& policies, const cedar::Schema& schema, Prover& prover,
                         const AnalysisOptions& options) {
  TRY_STATUS(require_valid(policies, schema));
  const Sorts sorts(schema);
  Analysis out;
  std::vector<std::vector<Matches>> matches;
  std::set<std::string> read;
  std::vector<EnvironmentAnalysis> found;
  std::vector<std::unique_ptr<Scene>> scenes;
  out.allows_all = out.denies_all = true;
  for (const auto& environment : schema.environments()) {
    TRY(Scene made, Scene::make(sorts, environment, policies, prover));
    auto scene = std::make_unique<Scene>(std::move(made));
    Analyst analyst(*scene, options);
    TRY_STATUS(analyst.run());
    if (out.allows_all) {
      TRY(const Checked all, scene->always_allows());
      out.allows_all = all.truth == Truth::yes;
    }
    if (out.denies_all) {
      TRY(const Checked none, scene->never_allows());
      out.denies_all = none.truth == Truth::yes;
    }
    collect_read(*scene, read);
    matches.push_back(analyst.matches());
    found.push_back(analyst.take());
    scene->forget();
    scenes.push_back(std::move(scene));
  }
  out.environment_count = found.size();
  out.vacuous = vacuous_policies(policies, matches);
  std::set<std::string> vacuous;
  for (const auto& entry : out.vacuous)
    vacuous.insert(entry.policy);
  for (std::size_t i = 0; i < found.size(); ++i)
    add_local(*scenes[i], matches[i], vacuous, found[i]);
  grade(policies, matches, found);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i].findings.empty() || !found[i].unknown.empty())
      out.environments.push_back(std::move(found[i]));
  }
  out.unread = unread_attributes(schema, read);
  return out;
}

ShortNames::ShortNames(const cedar::Schema& schema) {
  for (const auto& [type, declaration] : schema.entity_types())
    ++types_[std::string(cedar::base_name(type))];
  for (const auto& [uid, declaration] : schema.actions())
    ++actions_[uid.id()];
}

std::string ShortNames::type(const std::string& full) const {
  std::string short_name(cedar::base_name(full));
  const auto at = types_.find(short_name);
  return at != types_.end() && at->second > 1 ? full : short_name;
}

std::string ShortNames::action(const cedar::EntityUid& uid) const {
  const auto at = actions_.find(uid.id());
  return at != actions_.end() && at->second > 1 ? uid.text() : uid.id();
}

}  // namespace weir::prove
