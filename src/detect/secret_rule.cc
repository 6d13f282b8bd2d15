#include "detect/secret_rule.h"

#include <algorithm>

#include "base/bytes.h"
#include "detect/entropy.h"
#include "detect/placeholder.h"
#include "match/core.h"
#include "match/database.h"

namespace weir::detect {
namespace {

constexpr std::size_t kReachMax = 8 * limits::kKiB;  // longer matches: the whole text is searched

// Go's expressions read UTF-8; bytes are faster and the same where no character beyond ASCII is named.
bool needs_utf8(std::string_view expression) {
  const bool plain = std::all_of(expression.begin(), expression.end(), [](char c) { return c > 0; });
  return !plain || expression.find("\\p") != std::string_view::npos ||
         expression.find("\\x{") != std::string_view::npos;
}

Result<match::Regex> go_regex(const std::string& expression) {
  return match::Regex::compile(expression, {.utf8 = needs_utf8(expression)});
}

// How the rule is announced, and how far around that its expression is looked for.
void announce(const match::Regex& regex, CompiledRule& out) {
  const SecretRule& rule = out.rule;
  if (!needs_utf8(rule.regex)) out.core = match::core_of(rule.regex);
  const bool holds_keyword = !rule.keywords.empty() && regex.requires_one_of(rule.keywords);
  out.wants_keyword = out.core && !rule.keywords.empty() && !holds_keyword;
  if (!out.core && !holds_keyword) return;
  const auto longest = match::longest_match({.text = rule.regex});
  if (longest && *longest <= kReachMax) out.reach = longest;
}

std::string_view line_around(std::string_view text, std::size_t begin, std::size_t end) {
  constexpr std::size_t kLineMax = 4 * limits::kKiB;
  const std::size_t from = begin > kLineMax ? begin - kLineMax : 0;
  const std::string_view before = text.substr(from, begin - from);
  const auto newline = before.rfind('\n');
  const std::size_t line_begin = newline == std::string_view::npos ? from : from + newline + 1;
  const std::size_t line_end = std::min({text.find('\n', end), text.size(), end + kLineMax});
  return text.substr(line_begin, line_end - line_begin);
}

// As gitleaks: the group asked for, else the first that took part, else all of the match without line breaks.
void place_secret(const CompiledRule& rule, std::string_view text, const match::Match& found,
                  SecretMatch& out) {
  std::string_view secret;
  if (rule.rule.secret_group > 0) {
    secret = found.group(rule.rule.secret_group);
  } else {
    for (std::size_t i = 1; i <= found.groups.size() && secret.empty(); ++i)
      secret = found.group(i);
  }
  if (secret.empty()) secret = text.substr(found.begin, found.size());
  while (!secret.empty() && secret.front() == '\n')
    secret.remove_prefix(1);
  while (!secret.empty() && secret.back() == '\n')
    secret.remove_suffix(1);
  out.secret_begin = secret.empty() ? found.begin : static_cast<std::size_t>(secret.data() - text.data());
  out.secret_end = out.secret_begin + secret.size();
}

bool is_placeholder(Placeholders strictness, std::string_view secret) {
  if (strictness == Placeholders::kept) return false;
  return strictness == Placeholders::exact ? is_placeholder_exact(secret) : is_placeholder_loose(secret);
}

// The rest was struck out: "xoxp-1234-5678-####".
bool is_masked_behind(std::string_view text, std::size_t end) {
  std::string_view rest = text.substr(end, 8);
  while (!rest.empty() && (rest.front() == '-' || rest.front() == '_'))
    rest.remove_prefix(1);
  return rest.starts_with("###") || rest.starts_with("***") || rest.starts_with("...") ||
         rest.starts_with("\xe2\x80\xa6") || rest.starts_with("\xe2\x80\xa2");
}

}  // namespace

Result<CompiledAllowlist> compile(const Allowlist& list) {
  CompiledAllowlist out{.all = list.all, .target = list.target, .has_commits = !list.commits.empty()};
  out.stopwords = list.stopwords;
  out.target_rules = list.target_rules;
  for (const std::string& text : list.regexes) {
    TRY(match::Regex regex, go_regex(text));
    out.regexes.push_back(std::move(regex));
  }
  for (const std::string& text : list.paths) {
    TRY(match::Regex regex, go_regex(text));
    out.paths.push_back(std::move(regex));
  }
  return out;
}

Result<CompiledRule> compile(SecretRule rule) {
  CompiledRule out;
  if (!rule.regex.empty()) {
    TRY(match::Regex regex, go_regex(rule.regex));
    if (rule.secret_group > regex.groups())
      return fail("secretGroup names a group that the expression does not have", rule.id);
    out.regex = std::move(regex);
  }
  if (!rule.path.empty()) {
    TRY(match::Regex path, go_regex(rule.path));
    out.path = std::move(path);
  }
  for (const Allowlist& list : rule.allowlists) {
    TRY(CompiledAllowlist compiled, compile(list));
    out.allowlists.push_back(std::move(compiled));
  }
  if (const auto severity = event::severity_from(rule.tag("severity"))) out.severity = *severity;
  const std::string_view strictness = rule.tag("placeholder");
  if (strictness == "exact") out.placeholders = Placeholders::exact;
  if (strictness == "loose") out.placeholders = Placeholders::loose;
  out.verify = rule.tag("verify");
  out.generic = rule.is("generic") || rule.id.starts_with("generic");
  out.rule = std::move(rule);
  if (out.regex) announce(*out.regex, out);
  return out;
}

bool allows(const CompiledAllowlist& list, std::string_view id, const SecretMatch& match,
            std::string_view text, std::string_view path) {
  if (!list.target_rules.empty() &&
      std::find(list.target_rules.begin(), list.target_rules.end(), id) == list.target_rules.end())
    return false;
  const std::string_view secret = text.substr(match.secret_begin, match.secret_end - match.secret_begin);
  std::string_view target = secret;
  if (list.target == Allowlist::Target::match) target = text.substr(match.begin, match.end - match.begin);
  if (list.target == Allowlist::Target::line) target = line_around(text, match.begin, match.end);
  const auto any = [](const std::vector<match::Regex>& regexes, std::string_view where) {
    return std::any_of(regexes.begin(), regexes.end(),
                       [&](const auto& regex) { return regex.contains(where); });
  };
  const bool by_regex = !list.regexes.empty() && any(list.regexes, target);
  const bool by_path = !list.paths.empty() && !path.empty() && any(list.paths, path);
  const std::string lower = list.stopwords.empty() ? std::string() : to_lower_ascii(secret);
  const bool by_word =
      std::any_of(list.stopwords.begin(), list.stopwords.end(),
                  [&](const std::string& word) { return lower.find(word) != std::string::npos; });
  if (!list.all) return by_regex || by_path || by_word;
  // AND: every kind of check that the list has must allow; a text has no commit.
  return !list.has_commits && (list.regexes.empty() || by_regex) && (list.paths.empty() || by_path) &&
         (list.stopwords.empty() || by_word);
}

std::optional<Judged> next_match(const CompiledRule& rule, std::string_view text, std::size_t from,
                                 std::size_t to, std::string_view path) {
  auto found = rule.regex->find_in(text, from, to);
  if (!found) return std::nullopt;
  // An open-ended expression may have been cut at the window's end.
  if (found->end == to && to < text.size() && !rule.reach) found = rule.regex->find(text, found->begin);
  if (!found) return std::nullopt;
  Judged out;
  out.match.begin = found->begin;
  out.match.end = found->end;
  place_secret(rule, text, *found, out.match);
  const std::string_view secret =
      text.substr(out.match.secret_begin, out.match.secret_end - out.match.secret_begin);
  out.match.entropy = shannon_entropy(secret);
  if (rule.rule.entropy > 0 && out.match.entropy <= rule.rule.entropy) return out;
  if (is_placeholder(rule.placeholders, secret)) return out;
  if (rule.placeholders != Placeholders::kept && is_masked_behind(text, out.match.secret_end)) return out;
  if (!rule.verify.empty()) {
    out.match.checked = verify(rule.verify, secret, text.substr(found->begin, found->size()));
    if (out.match.checked.check == Check::none) return out;
  }
  out.passes = std::none_of(
      rule.allowlists.begin(), rule.allowlists.end(),
      [&](const CompiledAllowlist& list) { return allows(list, rule.rule.id, out.match, text, path); });
  return out;
}

}  // namespace weir::detect
