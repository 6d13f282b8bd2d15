// One secret rule ready to run; used by secrets.cc only.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "detect/gitleaks.h"
#include "detect/verify.h"
#include "event/decision.h"
#include "match/regex.h"

namespace weir::detect {

struct CompiledAllowlist {
  bool all = false;
  Allowlist::Target target = Allowlist::Target::secret;
  bool has_commits = false;
  std::vector<match::Regex> regexes;
  std::vector<match::Regex> paths;
  std::vector<std::string> stopwords;
  std::vector<std::string> target_rules;
};
Result<CompiledAllowlist> compile(const Allowlist& list);

// How strictly placeholders are sorted out: tag "placeholder:exact" or "placeholder:loose"; gitleaks' own
// rules have none and are taken as they are.
enum class Placeholders { kept, exact, loose };

struct CompiledRule {
  SecretRule rule;
  std::optional<match::Regex> regex;
  std::optional<match::Regex> path;
  std::vector<CompiledAllowlist> allowlists;
  // What the first pass looks for instead of the keywords (match/core.h); none: the keywords.
  std::optional<std::string> core;
  // With a core: gitleaks wants a keyword somewhere in the text, and the expression does not ask for one.
  bool wants_keyword = false;
  // Bytes around the end of a core, or of a keyword, within which every match lies; none: anywhere.
  std::optional<std::size_t> reach;
  event::Severity severity = event::Severity::high;
  Placeholders placeholders = Placeholders::kept;
  std::string verify;
  bool generic = false;
};
Result<CompiledRule> compile(SecretRule rule);

// A match of a rule in a text.
struct SecretMatch {
  std::size_t rule = 0;
  std::size_t begin = 0;  // of the whole match
  std::size_t end = 0;
  std::size_t secret_begin = 0;
  std::size_t secret_end = 0;
  double entropy = 0;
  Checked checked;
};

// The match at or after `from` that ends by `to`, if it passes entropy, placeholders, structure and the
// rule's own allow-lists; `next` is where to look on. None when there is no further match; a match that does
// not pass has `passes` false.
struct Judged {
  SecretMatch match;
  bool passes = false;
};
std::optional<Judged> next_match(const CompiledRule& rule, std::string_view text, std::size_t from,
                                 std::size_t to, std::string_view path);

// Is the match allowed by this list? `id` is its rule's.
bool allows(const CompiledAllowlist& list, std::string_view id, const SecretMatch& match,
            std::string_view text, std::string_view path);

}  // namespace weir::detect
