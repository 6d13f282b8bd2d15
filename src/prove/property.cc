#include "prove/property.h"

#include <fmt/format.h>

#include <set>

#include "base/bytes.h"
#include "cedar/evaluator.h"
#include "prove/analyze.h"
#include "prove/strength.h"

namespace weir::prove {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// A text of properties as one of policies: `always` becomes `permit`, `never` becomes `forbid` and takes the
// space behind it, so that places in the text stay what they are. A statement begins where the text does and
// behind each `;`; before its first word stand only annotations, comments and space.
class Rewriter {
 public:
  explicit Rewriter(std::string_view text) : text_(text) {}

  Result<std::string> run(std::string_view name) {
    bool at_start = true;
    while (at_ < text_.size()) {
      if (skip_quiet()) continue;
      const char c = text_[at_];
      if (c == '@') {
        annotation();
      } else if (at_start && is_word(c)) {
        const std::string_view word = next_word();
        if (word != "never" && word != "always")
          return fail(
              fmt::format("a property begins with \"never\" or \"always\", not \"{}\"", printable(word, 60)),
              fmt::format("{}:{}", name, cedar::position_of(text_, static_cast<std::uint32_t>(at_)).line),
              "write never (principal, action, resource) when { … };");
        at_start = false;
        if (word == "always") {
          out_ += "permit";
          at_ += word.size();
        } else {
          at_ += word.size();
          out_ += "forbid";
          if (at_ < text_.size() && text_[at_] == ' ') ++at_;
        }
      } else {
        if (c == ';') at_start = true;
        copy(1);
      }
    }
    return std::move(out_);
  }

 private:
  void copy(std::size_t count) {
    out_ += text_.substr(at_, count);
    at_ += count;
  }
  std::string_view next_word() const {
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end]))
      ++end;
    return text_.substr(at_, end - at_);
  }
  // Comments and strings are copied as they are.
  bool skip_quiet() {
    if (text_.substr(at_).starts_with("//")) {
      copy(std::min(text_.find('\n', at_), text_.size()) - at_);
      return true;
    }
    if (text_[at_] != '"') return false;
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '"')
      end += text_[end] == '\\' ? 2 : 1;
    copy(std::min(end + 1, text_.size()) - at_);
    return true;
  }
  // @name, and its value in parentheses.
  void annotation() {
    copy(1);
    copy(next_word().size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
};

Result<Property> property_of(const cedar::Policy& rule) {
  Property out;
  const std::string where = fmt::format("{}:{}", rule.source, rule.position.line);
  out.always = rule.effect == cedar::Effect::permit;
  out.verdict = out.always ? event::Verdict::allow : event::Verdict::deny;
  for (const auto& [key, value] : rule.annotations) {
    if (key == "id") {
      out.id = value;
    } else if (key == "description") {
      out.description = value;
    } else if (key == "verdict") {
      const auto verdict = event::verdict_from(value);
      if (!verdict) return fail(fmt::format("\"{}\" is no verdict", printable(value, 60)), where);
      out.verdict = *verdict;
    } else if (key == "approvals") {
      if (value != "1" && value != "2")
        return fail(fmt::format("\"{}\" is no number of people", printable(value, 60)), where,
                    "write 1 or 2");
      out.approvals = value == "2" ? 2 : 1;
    } else {
      return fail(fmt::format("the annotation @{} means nothing in a property", printable(key, 60)), where,
                  "use @id, @description, @verdict and @approvals");
    }
  }
  if (rule.annotation("approvals") != nullptr && out.verdict != event::Verdict::ask)
    return fail("@approvals goes with @verdict(\"ask\")", where, "nobody is asked otherwise");
  if (out.id.empty()) return fail("a property needs an @id", where, "write @id(\"…\") before it");
  if (rule.is_template()) return fail("a property cannot have slots", where);
  out.rule = rule;
  out.rule.id = out.id;
  return out;
}

// One property in one environment; what it finds is kept in the outcome.
class Examiner {
 public:
  Examiner(const cedar::PolicySet& policies, Encoder& encoder, Prover& prover)
      : policies_(policies), encoder_(encoder), prover_(prover) {}

  Status run(const Property& property, PropertyOutcome& out) {
    const auto condition = encoder_.policy(property.rule);
    if (!condition) return unknown(out, condition.error().message());
    Terms& terms = encoder_.terms();
    if (terms.is_false(condition->holds) && terms.is_false(condition->errs)) return {};
    TRY(const Search met, prover_.find(encoder_, condition->holds, property.id + ": some request meets it"));
    if (met.answer == Answer::unsat && terms.is_false(condition->errs)) return {};
    ++out.environment_count;
    TRY(const Search errs,
        prover_.find(encoder_, condition->errs, property.id + ": its conditions never err"));
    if (errs.answer != Answer::unsat)
      return unknown(out, "its own conditions can err, so it says nothing there");
    const int rank = strength_of(property.verdict, property.approvals) + (property.always ? 1 : 0);
    const auto strong = at_least(Semantics::weir, rank, policies_, encoder_);
    if (!strong) return unknown(out, strong.error().message());
    const Term broken = terms.all({condition->holds, property.always ? *strong : terms.negate(*strong)});
    TRY(Search search, prover_.find(encoder_, broken, property.id));
    if (search.answer == Answer::unsat) return {};
    if (search.answer == Answer::unknown) return unknown(out, search.why);
    const int found = strength(Semantics::weir, policies_, *search.example);
    if (property.always ? found < rank : found >= rank)
      return unknown(out, "the solver's example does not replay; this is a mistake of Weir");
    if (!meets(property.rule, *search.example))
      return unknown(out, "the solver's example does not meet the property; this is a mistake of Weir");
    out.truth = Truth::no;
    out.environment = encoder_.environment();
    out.answer = strength_name(Semantics::weir, found);
    out.example = std::move(search.example);
    out.why.clear();
    return {};
  }

 private:
  Status unknown(PropertyOutcome& out, std::string why) {
    if (out.truth == Truth::no || !out.why.empty()) return {};
    out.truth = Truth::unknown;
    out.environment = encoder_.environment();
    out.why = std::move(why);
    return {};
  }

  static bool meets(const cedar::Policy& rule, const Example& example) {
    const auto set = cedar::PolicySet::make({rule});
    return set && effects(*set, example).front() == Effect::match;
  }

  const cedar::PolicySet& policies_;
  Encoder& encoder_;
  Prover& prover_;
};

}  // namespace

Result<std::vector<Property>> parse_properties(std::string_view text, std::string_view name) {
  if (text.size() > limits::kPropertyBytesMax)
    return fail(ErrorCode::limit, fmt::format("more than {} bytes of properties", limits::kPropertyBytesMax),
                std::string(name));
  TRY(const std::string policies, Rewriter(text).run(name));
  TRY(const cedar::PolicySet parsed, cedar::PolicySet::parse(policies, name));
  std::vector<Property> out;
  for (const auto* list : {&parsed})
    for (const auto& rule : list->policies()) {
      TRY(Property property, property_of(rule));
      out.push_back(std::move(property));
    }
  if (!parsed.templates().empty()) return fail("a property cannot have slots", std::string(name));
  return out;
}

Result<std::vector<PropertyOutcome>> prove_properties(const std::vector<Property>& properties,
                                                      const cedar::PolicySet& policies,
                                                      const cedar::Schema& schema, Prover& prover) {
  TRY_STATUS(require_valid(policies, schema));
  std::vector<cedar::Policy> rules;
  std::vector<PropertyOutcome> out;
  for (const auto& property : properties) {
    rules.push_back(property.rule);
    out.push_back({property.id, property.description, Truth::yes});
  }
  TRY(const cedar::PolicySet rule_set, cedar::PolicySet::make(std::move(rules)));
  TRY_STATUS(require_valid(rule_set, schema));
  const Sorts sorts(schema);
  for (const auto& environment : schema.environments()) {
    TRY(auto encoder, Encoder::make(sorts, environment, prover.keeps_obligations()));
    Examiner examiner(policies, *encoder, prover);
    for (std::size_t i = 0; i < properties.size(); ++i)
      if (out[i].truth != Truth::no) TRY_STATUS(examiner.run(properties[i], out[i]));
  }
  for (auto& outcome : out)
    outcome.vacuous = outcome.truth == Truth::yes && outcome.environment_count == 0;
  return out;
}

}  // namespace weir::prove
