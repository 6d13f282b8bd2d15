#include "sigma/rulebook.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace weir::sigma {
namespace {

// What a tactic of ATT&CK means here, the telling ones first: of several tags the first of this table counts.
// ASI: OWASP Top 10 for Agentic Applications 2026.
struct Tactic {
  std::string_view tag, evidence_class, asi;
};
constexpr std::array<Tactic, 14> kTactics = {{{"attack.impact", "destruction", "ASI02"},
                                              {"attack.exfiltration", "exfiltration", "ASI02"},
                                              {"attack.credential-access", "credential", "ASI03"},
                                              {"attack.persistence", "persistence", "ASI10"},
                                              {"attack.defense-evasion", "evasion", "ASI10"},
                                              {"attack.stealth", "evasion", "ASI10"},
                                              {"attack.privilege-escalation", "execution", "ASI03"},
                                              {"attack.lateral-movement", "execution", "ASI03"},
                                              {"attack.command-and-control", "execution", "ASI05"},
                                              {"attack.initial-access", "execution", "ASI04"},
                                              {"attack.execution", "execution", "ASI05"},
                                              {"attack.collection", "discovery", "ASI02"},
                                              {"attack.discovery", "discovery", "ASI02"},
                                              {"attack.reconnaissance", "discovery", "ASI02"}}};
// T1562 "Impair Defenses" and T1070 "Indicator Removal" are tampering, other evasion is not.
constexpr std::array<std::string_view, 2> kTampering = {"attack.t1562", "attack.t1070"};
constexpr std::string_view kOtherClass = "anomaly";
constexpr std::string_view kOtherAsi = "ASI02";
constexpr std::size_t kSentenceBytesMax = 300;

event::Severity severity_of(Level level) {
  switch (level) {
    case Level::none:
    case Level::informational:
      return event::Severity::info;
    case Level::low:
      return event::Severity::low;
    case Level::medium:
      return event::Severity::medium;
    case Level::high:
      return event::Severity::high;
    case Level::critical:
      return event::Severity::critical;
  }
  return event::Severity::medium;
}

bool has_tag(const std::vector<std::string>& tags, std::string_view wanted) {
  return std::any_of(tags.begin(), tags.end(), [&](const std::string& tag) {
    return tag == wanted || (tag.starts_with(wanted) && tag[wanted.size()] == '.');
  });
}

const Tactic* tactic_of(const std::vector<std::string>& tags) {
  const auto found = std::find_if(kTactics.begin(), kTactics.end(),
                                  [&](const Tactic& one) { return has_tag(tags, one.tag); });
  return found == kTactics.end() ? nullptr : &*found;
}

// "attack.t1552.001" → T1552.001, "atlas.aml.t0051" → AML.T0051, "owasp.asi02" → ASI02; none for a tactic.
std::string technique_of(std::string_view tag) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (const auto& [space, letters] : {std::pair<std::string_view, std::string_view>{"attack.", "t"},
                                       {"atlas.", "aml.t"},
                                       {"owasp.", "asi"}}) {
    if (!tag.starts_with(space)) continue;
    const std::string_view id = tag.substr(space.size());
    if (id.size() <= letters.size() || !id.starts_with(letters) || !is_digit(id[letters.size()])) return {};
    std::string out(id);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return out;
  }
  return {};
}

std::string first_sentence(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kSentenceBytesMax)) {
    const bool space = c == '\n' || c == '\t' || c == '\r' || c == ' ';
    if (space && (out.empty() || out.back() == ' ')) continue;
    if (space && out.back() == '.') break;
    out += space ? ' ' : c;
  }
  while (!out.empty() && out.back() == ' ')
    out.pop_back();
  return printable(out, kSentenceBytesMax);
}

std::string sentence_of(const Meta& meta) {
  const std::string_view message = meta.custom["message"].text_or("");  // CanaryAI's
  for (const std::string_view text : {message, std::string_view(meta.description)})
    if (std::string sentence = first_sentence(text); !sentence.empty()) return sentence;
  return printable(meta.title, kSentenceBytesMax);
}

bool groups_by_input(const RuleSet& set) {
  return std::any_of(set.correlations.begin(), set.correlations.end(), [](const Correlation& one) {
    const auto is_input = [](const std::string& field) {
      return field == "input" || field.starts_with("input.");
    };
    const bool aliased = std::any_of(one.aliases.begin(), one.aliases.end(), [&](const auto& alias) {
      return std::any_of(alias.fields.begin(), alias.fields.end(),
                         [&](const auto& field) { return is_input(field.second); });
    });
    return aliased || std::any_of(one.group_by.begin(), one.group_by.end(), is_input) ||
           std::any_of(one.fields.begin(), one.fields.end(), is_input);
  });
}

}  // namespace

event::Finding finding_of(const Meta& meta) {
  event::Finding out;
  out.rule = meta.name.empty() ? meta.key() : meta.name;
  std::vector<std::string> tags;
  for (const std::string& tag : meta.tags)
    tags.push_back(to_lower_ascii(tag));
  const Tactic* tactic = tactic_of(tags);
  const bool tampers = std::any_of(kTampering.begin(), kTampering.end(),
                                   [&](std::string_view tag) { return has_tag(tags, tag); });
  out.evidence_class = tampers ? "tampering" : tactic != nullptr ? tactic->evidence_class : kOtherClass;
  out.severity = severity_of(meta.level);
  bool has_asi = false;
  for (const std::string& tag : tags) {
    std::string technique = technique_of(tag);
    has_asi = has_asi || technique.starts_with("ASI");
    if (!technique.empty()) out.techniques.push_back(std::move(technique));
  }
  if (!has_asi) out.techniques.emplace_back(tactic != nullptr ? tactic->asi : kOtherAsi);
  out.message = sentence_of(meta);
  return out;
}

Result<std::shared_ptr<const RuleBook>> RuleBook::make(RuleSet set, const std::string& product,
                                                       match::DatabaseStore* kept) {
  std::shared_ptr<RuleBook> book(new RuleBook());
  TRY(book->engine_, Engine::compile(set.rules, kept));
  book->set_ = std::move(set);
  for (std::size_t i = 0; i < kEventSources; ++i) {
    book->logsources_.push_back(logsource_of(static_cast<EventSource>(i), product));
    book->wanted_.sources[i] = book->engine_.covers(book->logsources_.back());
  }
  book->wanted_.input = book->engine_.looks_at("input") || groups_by_input(book->set_);
  for (const Rule& rule : book->set_.rules)
    book->findings_.push_back(finding_of(rule.meta));
  for (const Correlation& correlation : book->set_.correlations)
    book->findings_.push_back(finding_of(correlation.meta));
  return book;
}

bool RuleBook::reported(std::size_t source) const {
  const std::size_t rules = set_.rules.size();
  return source < rules ? set_.rules[source].reported : set_.correlations[source - rules].reported;
}

}  // namespace weir::sigma
