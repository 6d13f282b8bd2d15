#include "detect/secrets.h"

#include <algorithm>
#include <unordered_map>

#include "base/bytes.h"
#include "base/limits.h"
#include "detect/secret_rule.h"

namespace weir::detect {

namespace {

// What a hit of a pattern means.
struct Announced {
  std::vector<std::uint32_t> rules;  // to be looked for around it
  std::vector<std::uint32_t> arms;   // to be looked for at all
};

}  // namespace

struct SecretDetector::State {
  std::vector<CompiledRule> rules;
  std::vector<CompiledAllowlist> allowlists;  // global
  std::vector<match::Pattern> patterns;
  std::vector<Announced> announced;   // by pattern
  std::vector<std::uint32_t> always;  // rules that no pattern can announce
  std::unordered_map<std::string, std::size_t> by_id;
  std::vector<Problem> problems;
  match::Database database;

  void add(SecretRules given);
  void plan();
  void look_always_for(std::size_t pattern);
  std::vector<SecretMatch> kept(std::string_view text, const std::vector<SecretMatch>& matches,
                                std::string_view path) const;
};

namespace {

using Rules = std::vector<CompiledRule>;

std::string message_of(const CompiledRule& rule, const SecretMatch& match) {
  std::string out = rule.rule.description.empty() ? "This looks like a secret (" + rule.rule.id + ")"
                                                  : rule.rule.description;
  while (!out.empty() && (out.back() == '.' || out.back() == ' '))
    out.pop_back();
  if (!match.checked.note.empty()) out += "; " + match.checked.note;
  return out;
}

event::Severity severity_of(const CompiledRule& rule, const SecretMatch& match) {
  if (match.checked.check == Check::failed) return std::min(rule.severity, event::Severity::medium);
  if (match.checked.check == Check::passed) return std::max(rule.severity, event::Severity::high);
  return rule.severity;
}

Report report_of(const CompiledRule& rule, const SecretMatch& match) {
  Report report;
  report.finding.rule = rule.rule.id;
  report.finding.evidence_class = "secret";
  report.finding.severity = severity_of(rule, match);
  // MITRE ATT&CK T1552 Unsecured Credentials; OWASP Agentic ASI03 Identity and Privilege Abuse.
  report.finding.techniques = {"T1552", "ASI03"};
  report.finding.span = {static_cast<std::uint32_t>(match.secret_begin),
                         static_cast<std::uint32_t>(match.secret_end)};
  report.finding.message = message_of(rule, match);
  report.score = match.entropy;
  return report;
}

// The more telling of two findings in one place: passed checks, then no generic rule, then the longer one,
// then one that does not call itself generic ("generic-api-key"): it names more.
bool tells_more(const CompiledRule& a, const SecretMatch& am, const CompiledRule& b, const SecretMatch& bm) {
  const bool a_passed = am.checked.check == Check::passed;
  const bool b_passed = bm.checked.check == Check::passed;
  if (a_passed != b_passed) return a_passed;
  if (a.generic != b.generic) return !a.generic;
  const auto length = [](const SecretMatch& m) { return m.secret_end - m.secret_begin; };
  if (length(am) != length(bm)) return length(am) > length(bm);
  if (a.severity != b.severity) return a.severity > b.severity;
  const auto named = [](const CompiledRule& rule) { return !rule.rule.id.starts_with("generic"); };
  return named(a) && !named(b);
}

// Of overlapping matches only the most telling one stays; the rest comes back by place.
std::vector<SecretMatch> without_overlaps(std::vector<SecretMatch> matches, const Rules& rules) {
  std::stable_sort(matches.begin(), matches.end(), [](const SecretMatch& a, const SecretMatch& b) {
    return a.secret_begin < b.secret_begin;
  });
  std::vector<SecretMatch> out;
  for (const SecretMatch& match : matches) {
    if (out.empty() || match.secret_begin >= out.back().secret_end) {
      out.push_back(match);
    } else if (tells_more(rules[match.rule], match, rules[out.back().rule], out.back())) {
      out.back() = match;
    }
  }
  return out;
}

// Lines and columns of offsets, counted once a text and only when a composite rule asks.
class Places {
 public:
  explicit Places(std::string_view text) : text_(text) {}
  std::size_t line(std::size_t offset) {
    if (breaks_.empty()) {
      breaks_.push_back(0);
      for (std::size_t i = text_.find('\n'); i != std::string_view::npos; i = text_.find('\n', i + 1))
        breaks_.push_back(i + 1);
    }
    return static_cast<std::size_t>(std::upper_bound(breaks_.begin(), breaks_.end(), offset) -
                                    breaks_.begin());
  }
  std::size_t column(std::size_t offset) { return offset - breaks_[line(offset) - 1]; }

 private:
  std::string_view text_;
  std::vector<std::size_t> breaks_;
};

std::size_t apart(std::size_t a, std::size_t b) {
  return a > b ? a - b : b - a;
}

}  // namespace

// Rules and global allow-lists; what cannot be compiled becomes a problem.
void SecretDetector::State::add(SecretRules given) {
  for (SecretRule& rule : given.rules) {
    const std::string id = rule.id;
    auto compiled = detect::compile(std::move(rule));
    if (!compiled) {
      problems.push_back({id, compiled.error()});
      continue;
    }
    by_id.emplace(id, rules.size());
    rules.push_back(*std::move(compiled));
  }
  for (const Allowlist& list : given.allowlists) {
    auto compiled = detect::compile(list);
    if (compiled)
      allowlists.push_back(*std::move(compiled));
    else
      problems.push_back({"allowlist", compiled.error()});
  }
}

// Cores and keywords, each once; then the expressions of rules that have neither, which announce themselves.
void SecretDetector::State::plan() {
  std::unordered_map<std::string, std::size_t> by_text;
  // The place of a pattern; `kind` keeps apart what is the same text and another pattern.
  const auto pattern = [&](char kind, match::Pattern wanted) -> Announced& {
    const auto [place, is_new] = by_text.emplace(kind + wanted.text, patterns.size());
    if (is_new) {
      patterns.push_back(std::move(wanted));
      announced.emplace_back();
    }
    return announced[place->second];
  };
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    const CompiledRule& rule = rules[i];
    if (!rule.regex) continue;
    if (rule.core) pattern('c', {.text = *rule.core}).rules.push_back(i);
    for (const std::string& word : rule.rule.keywords) {
      if (word.empty() || (rule.core && !rule.wants_keyword)) continue;
      if (rule.core)
        pattern('a', {.text = word, .literal = true, .ignore_case = true, .once = true}).arms.push_back(i);
      else
        pattern('k', {.text = word, .literal = true, .ignore_case = true}).rules.push_back(i);
    }
    if (!rule.core && rule.rule.keywords.empty())
      pattern('r', {.text = rule.rule.regex, .once = true, .somewhere = true}).rules.push_back(i);
  }
}

// What the engine cannot hold has to be looked for without it.
void SecretDetector::State::look_always_for(std::size_t pattern) {
  for (const std::uint32_t rule : announced[pattern].rules) {
    rules[rule].reach.reset();
    always.push_back(rule);
  }
  for (const std::uint32_t rule : announced[pattern].arms)
    rules[rule].wants_keyword = false;
}

Result<SecretDetector> SecretDetector::compile(SecretRules rules, FirstPass first_pass) {
  auto state = std::make_shared<State>();
  state->add(std::move(rules));
  state->plan();
  if (first_pass == FirstPass::own) {
    TRY(auto compiled, match::Database::compile(state->patterns));
    for (const auto& rejected : compiled.rejected)
      state->look_always_for(rejected.pattern);
    state->database = std::move(compiled.database);
  }
  SecretDetector out;
  out.state_ = std::move(state);
  return out;
}

SecretDetector SecretDetector::without(std::span<const std::size_t> patterns) const {
  if (patterns.empty()) return *this;
  auto state = std::make_shared<State>(*state_);
  for (const std::size_t pattern : patterns)
    state->look_always_for(pattern);
  SecretDetector out;
  out.state_ = std::move(state);
  return out;
}

const std::vector<match::Pattern>& SecretDetector::patterns() const {
  return state_->patterns;
}
const std::vector<SecretDetector::Problem>& SecretDetector::problems() const {
  return state_->problems;
}
std::size_t SecretDetector::rules() const {
  return state_->rules.size();
}

namespace {

// All matches of one rule in the windows around its cues.
void match_rule(const CompiledRule& rule, std::size_t index, std::string_view text,
                const std::vector<std::uint32_t>& ends, std::string_view path,
                std::vector<SecretMatch>& out) {
  if (rule.path && (path.empty() || !rule.path->contains(path))) return;
  std::size_t done = 0;  // everything before was searched
  for (std::size_t i = 0; i < ends.size();) {
    std::size_t from = 0;
    std::size_t to = text.size();
    ++i;
    if (rule.reach) {
      from = ends[i - 1] > *rule.reach ? ends[i - 1] - *rule.reach : 0;
      to = std::min(text.size(), ends[i - 1] + *rule.reach);
      while (i < ends.size() && ends[i] <= to + *rule.reach) {
        to = std::min(text.size(), ends[i] + *rule.reach);
        ++i;
      }
    }
    from = std::max(from, done);
    while (out.size() < limits::kDetectFindingsMax) {
      auto judged = next_match(rule, text, from, to, path);
      if (!judged) break;
      judged->match.rule = index;
      from = std::max(judged->match.end, judged->match.begin + 1);
      if (judged->passes) out.push_back(judged->match);
    }
    done = std::max(done, from);
    if (!rule.reach) return;
  }
}

}  // namespace

// What stays when global allow-lists and required neighbours have been heard.
std::vector<SecretMatch> SecretDetector::State::kept(std::string_view text,
                                                     const std::vector<SecretMatch>& matches,
                                                     std::string_view path) const {
  Places places(text);
  const auto near = [&](const SecretMatch& match, const RequiredRule& required) {
    const auto id = by_id.find(required.id);
    return id != by_id.end() && std::any_of(matches.begin(), matches.end(), [&](const SecretMatch& other) {
             if (other.rule != id->second) return false;
             if (required.within_lines &&
                 apart(places.line(other.begin), places.line(match.begin)) > *required.within_lines)
               return false;
             return !required.within_columns ||
                    apart(places.column(other.begin), places.column(match.begin)) <= *required.within_columns;
           });
  };
  std::vector<SecretMatch> out;
  for (const SecretMatch& match : matches) {
    const CompiledRule& rule = rules[match.rule];
    if (rule.rule.skip_report) continue;
    const auto allowed = [&](const CompiledAllowlist& list) {
      return allows(list, rule.rule.id, match, text, path);
    };
    if (std::any_of(allowlists.begin(), allowlists.end(), allowed)) continue;
    const auto& required = rule.rule.required;
    if (std::all_of(required.begin(), required.end(), [&](const auto& one) { return near(match, one); }))
      out.push_back(match);
  }
  return out;
}

std::vector<Report> SecretDetector::judge(std::string_view text, std::span<const Cue> cues,
                                          SecretWorkspace& workspace, std::string_view path) const {
  const auto& rules = state_->rules;
  workspace.ends.resize(std::max(workspace.ends.size(), rules.size()));
  const auto touch = [&](std::uint32_t rule, std::uint32_t end) {
    if (workspace.ends[rule].empty()) workspace.touched.push_back(rule);
    workspace.ends[rule].push_back(end);
  };
  workspace.armed.assign(rules.size(), false);
  for (const Cue& cue : cues) {
    const Announced& announced = state_->announced[cue.pattern];
    for (const std::uint32_t rule : announced.rules)
      touch(rule, cue.end);
    for (const std::uint32_t rule : announced.arms)
      workspace.armed[rule] = true;
  }
  for (const std::uint32_t rule : state_->always)
    touch(rule, 0);
  if (workspace.touched.empty()) return {};

  std::vector<SecretMatch> matches;
  for (const std::uint32_t rule : workspace.touched) {
    if (!rules[rule].wants_keyword || workspace.armed[rule])
      match_rule(rules[rule], rule, text, workspace.ends[rule], path, matches);
    workspace.ends[rule].clear();
  }
  workspace.touched.clear();

  std::vector<Report> out;
  for (const SecretMatch& match : without_overlaps(state_->kept(text, matches, path), rules))
    out.push_back(report_of(rules[match.rule], match));
  return out;
}

Result<std::vector<Report>> SecretDetector::scan(std::string_view text, SecretWorkspace& workspace,
                                                 std::string_view path) const {
  if (text.size() > limits::kDetectBytesMax)
    return fail(ErrorCode::limit, "the text is larger than one look may be", {}, "look at it in parts");
  if (state_->database.empty() && !state_->patterns.empty())
    return fail(ErrorCode::internal, "this detector of secrets has no database of its own", {},
                "compile it with FirstPass::own");
  workspace.cues.clear();
  TRY_STATUS(state_->database.scan(text, workspace.scratch, [&](std::size_t pattern, std::size_t end) {
    workspace.cues.push_back({static_cast<std::uint32_t>(pattern), static_cast<std::uint32_t>(end)});
    return true;
  }));
  return judge(text, workspace.cues, workspace, path);
}

}  // namespace weir::detect
