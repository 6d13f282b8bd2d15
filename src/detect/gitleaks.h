// Secret rules in gitleaks' TOML format (github.com/gitleaks/gitleaks, config of v8), read as values.
//
//   TRY(SecretRules rules, parse_gitleaks(toml, "aws.toml"));
//
// Everything of the format is kept: `regex`, `secretGroup`, `entropy`, `keywords`, `path`, `tags`;
// allow-lists in the old form (`[allowlist]`, `[rules.allowlist]`) and the new (`[[allowlists]]` with
// `targetRules`,
// `[[rules.allowlists]]`) with `condition`, `regexTarget`, `regexes`, `paths`, `stopwords`, `commits`;
// composite rules (`[[rules.required]]`, `skipReport`); `[extend]` with `path`, `useDefault`,
// `disabledRules`. Unknown keys are ignored, as gitleaks does. Two kinds of tags mean something to Weir and
// nothing to gitleaks: "severity:critical" and "verify:github" (see verify.h); "generic" marks a rule that
// gives way to others.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::detect {

// What is allowed although a rule matches.
struct Allowlist {
  enum class Target { secret, match, line };
  std::string description;
  bool all = false;  // condition = "AND": every kind of check that is given must allow
  Target target = Target::secret;
  std::vector<std::string> regexes;
  std::vector<std::string> paths;  // regular expressions
  std::vector<std::string> stopwords;
  std::vector<std::string> commits;
  std::vector<std::string> target_rules;  // of a global list: only these rules; empty: all
};

// Another rule that must match near by for a composite rule to report.
struct RequiredRule {
  std::string id;
  std::optional<std::size_t> within_lines;    // none: anywhere in the text
  std::optional<std::size_t> within_columns;  // none: any column
};

struct SecretRule {
  std::string id;
  std::string description;
  std::string regex;                  // Go syntax, which is RE2's; empty: the path alone decides
  std::string path;                   // regular expression; empty: any
  std::size_t secret_group = 0;       // 0: the first group that took part, else the whole match
  double entropy = 0;                 // of the secret; 0: any
  std::vector<std::string> keywords;  // lower case; one of them must occur in the text
  std::vector<std::string> tags;
  std::vector<Allowlist> allowlists;
  std::vector<RequiredRule> required;
  bool skip_report = false;  // only serves as a part of others

  // The value of the tag "NAME:value", "" without one.
  std::string_view tag(std::string_view name) const;
  bool is(std::string_view tag_name) const;
};

struct SecretRules {
  std::vector<SecretRule> rules;
  std::vector<Allowlist> allowlists;  // global
};

// The text of a file named in `[extend] path`, or of gitleaks' default rules when asked for "".
using ExtendFrom = std::function<Result<std::string>(std::string_view path)>;

// Errors: `invalid` with the place; `limit`; what `extend_from` answers. Without `extend_from` an [extend]
// that names something is an error. Limits: limits::kYamlBytesMax, limits::kPatternsMax, two levels of
// [extend].
Result<SecretRules> parse_gitleaks(std::string_view toml, std::string_view where,
                                   const ExtendFrom& extend_from = {});

// `more` joined to `rules`: a rule with an id that exists takes the values that `more` gives, as in [extend].
void join(SecretRules& rules, SecretRules more);

}  // namespace weir::detect
