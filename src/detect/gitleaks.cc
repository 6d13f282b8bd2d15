#include "detect/gitleaks.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_map>
#include <utility>

#include "base/bytes.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/toml.h"

namespace weir::detect {
namespace {

constexpr std::size_t kExtendDepthMax = 2;  // as gitleaks

std::string at(std::string_view where, std::string_view rule, std::string_view key) {
  std::string out(where);
  if (!rule.empty()) out += ", rule " + std::string(rule);
  return out + ", " + std::string(key);
}

// gitleaks reads keys without regard to case.
const Json& member(const Json& table, std::string_view key) {
  static const Json kNone;
  if (const Json* exact = table.find(key)) return *exact;
  if (!table.is_object()) return kNone;
  const std::string wanted = to_lower_ascii(key);
  for (const auto& [name, value] : table.as_object())
    if (to_lower_ascii(name) == wanted) return value;
  return kNone;
}

Result<std::string> text_of(const Json& table, std::string_view key, const std::string& where) {
  const Json& value = member(table, key);
  if (value.is_null()) return std::string();
  if (!value.is_string()) return fail("this must be a text", where);
  return value.as_string();
}

Result<std::vector<std::string>> texts_of(const Json& table, std::string_view key, const std::string& where) {
  std::vector<std::string> out;
  const Json& value = member(table, key);
  if (value.is_null()) return out;
  if (!value.is_array()) return fail("this must be a list of texts", where);
  for (const Json& item : value.as_array()) {
    if (!item.is_string()) return fail("this must be a list of texts", where);
    out.push_back(item.as_string());
  }
  return out;
}

Result<std::size_t> count_of(const Json& value, const std::string& where) {
  constexpr std::int64_t kCountMax = 1'000'000'000;
  if (!value.is_int() || value.as_int() < 0 || value.as_int() > kCountMax)
    return fail("this must be a whole number", where);
  return static_cast<std::size_t>(value.as_int());
}

Result<double> number_of(const Json& table, std::string_view key, const std::string& where) {
  const Json& value = member(table, key);
  if (value.is_null()) return 0.0;
  if (value.is_number()) return value.as_double();
  // base/toml.h keeps floats as their text.
  if (value.is_string()) {
    const std::string& text = value.as_string();
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    if (!text.empty() && end == text.c_str() + text.size()) return number;
  }
  return fail("this must be a number", where);
}

Result<Allowlist> parse_allowlist(const Json& table, std::string_view where, std::string_view rule) {
  if (!table.is_object()) return fail("an allow-list must be a table", at(where, rule, "allowlist"));
  Allowlist list;
  TRY(list.description, text_of(table, "description", at(where, rule, "description")));
  TRY(const std::string condition, text_of(table, "condition", at(where, rule, "condition")));
  const std::string upper = to_lower_ascii(condition);
  if (upper == "and" || upper == "&&")
    list.all = true;
  else if (!upper.empty() && upper != "or" && upper != "||")
    return fail("the condition is not known: " + condition, at(where, rule, "condition"), "AND or OR");
  TRY(const std::string target, text_of(table, "regexTarget", at(where, rule, "regexTarget")));
  if (target == "match")
    list.target = Allowlist::Target::match;
  else if (target == "line")
    list.target = Allowlist::Target::line;
  else if (!target.empty() && target != "secret")
    return fail("the target is not known: " + target, at(where, rule, "regexTarget"),
                "secret, match or line");
  TRY(list.regexes, texts_of(table, "regexes", at(where, rule, "regexes")));
  TRY(list.paths, texts_of(table, "paths", at(where, rule, "paths")));
  TRY(list.stopwords, texts_of(table, "stopwords", at(where, rule, "stopwords")));
  TRY(list.commits, texts_of(table, "commits", at(where, rule, "commits")));
  TRY(list.target_rules, texts_of(table, "targetRules", at(where, rule, "targetRules")));
  for (std::string& word : list.stopwords)
    word = to_lower_ascii(word);
  if (list.regexes.empty() && list.paths.empty() && list.stopwords.empty() && list.commits.empty())
    return fail("an allow-list must allow something", at(where, rule, "allowlist"),
                "give regexes, paths, stopwords or commits");
  return list;
}

// `allowlist` (a table, old form) and `allowlists` (a list, new form) of one table.
Result<std::vector<Allowlist>> parse_allowlists(const Json& table, std::string_view where,
                                                std::string_view rule) {
  std::vector<Allowlist> out;
  for (const char* key : {"allowlist", "allowlists"}) {
    const Json& value = member(table, key);
    if (value.is_null()) continue;
    if (value.is_array()) {
      for (const Json& item : value.as_array()) {
        TRY(Allowlist list, parse_allowlist(item, where, rule));
        out.push_back(std::move(list));
      }
    } else {
      TRY(Allowlist list, parse_allowlist(value, where, rule));
      out.push_back(std::move(list));
    }
  }
  return out;
}

Result<std::vector<RequiredRule>> parse_required(const Json& table, std::string_view where,
                                                 std::string_view rule) {
  std::vector<RequiredRule> out;
  const Json& value = member(table, "required");
  if (value.is_null()) return out;
  if (!value.is_array()) return fail("this must be a list of tables", at(where, rule, "required"));
  for (const Json& item : value.as_array()) {
    RequiredRule required;
    TRY(required.id, text_of(item, "id", at(where, rule, "required.id")));
    if (required.id.empty()) return fail("a required rule needs an id", at(where, rule, "required"));
    if (const Json& lines = member(item, "withinLines"); !lines.is_null()) {
      TRY(required.within_lines, count_of(lines, at(where, rule, "withinLines")));
    }
    if (const Json& columns = member(item, "withinColumns"); !columns.is_null()) {
      TRY(required.within_columns, count_of(columns, at(where, rule, "withinColumns")));
    }
    out.push_back(std::move(required));
  }
  return out;
}

Result<SecretRule> parse_rule(const Json& table, std::string_view where) {
  SecretRule rule;
  TRY(rule.id, text_of(table, "id", at(where, "", "id")));
  if (rule.id.empty()) return fail("a rule needs an id", std::string(where), "add id = \"...\"");
  TRY(rule.description, text_of(table, "description", at(where, rule.id, "description")));
  TRY(rule.regex, text_of(table, "regex", at(where, rule.id, "regex")));
  TRY(rule.path, text_of(table, "path", at(where, rule.id, "path")));
  TRY(rule.entropy, number_of(table, "entropy", at(where, rule.id, "entropy")));
  TRY(rule.keywords, texts_of(table, "keywords", at(where, rule.id, "keywords")));
  TRY(rule.tags, texts_of(table, "tags", at(where, rule.id, "tags")));
  TRY(rule.allowlists, parse_allowlists(table, where, rule.id));
  TRY(rule.required, parse_required(table, where, rule.id));
  if (const Json& group = member(table, "secretGroup"); !group.is_null()) {
    TRY(rule.secret_group, count_of(group, at(where, rule.id, "secretGroup")));
  }
  rule.skip_report = member(table, "skipReport").bool_or(false);
  for (std::string& word : rule.keywords)
    word = to_lower_ascii(word);
  return rule;
}

// A rule of `more` in the place of one with the same id: what it gives replaces, lists are joined.
void override_rule(SecretRule& rule, SecretRule more) {
  if (!more.description.empty()) rule.description = std::move(more.description);
  if (!more.regex.empty()) rule.regex = std::move(more.regex);
  if (!more.path.empty()) rule.path = std::move(more.path);
  if (more.secret_group != 0) rule.secret_group = more.secret_group;
  if (more.entropy > 0) rule.entropy = more.entropy;
  const auto append = [](auto& to, auto&& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  append(rule.keywords, more.keywords);
  append(rule.tags, more.tags);
  append(rule.allowlists, more.allowlists);
  append(rule.required, more.required);
  rule.skip_report = rule.skip_report || more.skip_report;
}

Result<SecretRules> parse_at(std::string_view toml, std::string_view where, const ExtendFrom& extend_from,
                             std::size_t depth);

// What [extend] brings in, without the rules it disables.
Result<SecretRules> extended(const Json& extend, std::string_view where, const ExtendFrom& extend_from,
                             std::size_t depth) {
  SecretRules out;
  TRY(const std::string path, text_of(extend, "path", at(where, "", "extend.path")));
  const bool use_default = member(extend, "useDefault").bool_or(false);
  if (path.empty() && !use_default) return out;
  if (depth >= kExtendDepthMax) return out;  // gitleaks stops here too
  if (!extend_from)
    return fail("this file extends another one, which is not at hand", at(where, "", "extend"),
                "join the two files");
  TRY(const std::string text, extend_from(use_default ? std::string_view() : std::string_view(path)));
  TRY(out, parse_at(text, use_default ? "the default rules" : path, extend_from, depth + 1));
  TRY(const auto disabled, texts_of(extend, "disabledRules", at(where, "", "extend.disabledRules")));
  std::erase_if(out.rules, [&](const SecretRule& rule) {
    return std::find(disabled.begin(), disabled.end(), rule.id) != disabled.end();
  });
  return out;
}

Status parse_rules(const Json& root, std::string_view where, SecretRules& out) {
  const Json& rules = member(root, "rules");
  if (rules.is_null()) return {};
  if (!rules.is_array())
    return fail("`rules` must be a list of tables", std::string(where), "write [[rules]]");
  if (rules.as_array().size() > limits::kPatternsMax)
    return fail(ErrorCode::limit, "there are too many rules", std::string(where));
  SecretRules own;
  for (const Json& table : rules.as_array()) {
    TRY(SecretRule rule, parse_rule(table, where));
    own.rules.push_back(std::move(rule));
  }
  join(out, std::move(own));
  return {};
}

Result<SecretRules> parse_at(std::string_view toml, std::string_view where, const ExtendFrom& extend_from,
                             std::size_t depth) {
  TRY(const Json root, parse_toml(toml, where));
  TRY(SecretRules out, extended(member(root, "extend"), where, extend_from, depth));
  TRY_STATUS(parse_rules(root, where, out));
  TRY(auto lists, parse_allowlists(root, where, ""));
  for (Allowlist& list : lists)
    out.allowlists.push_back(std::move(list));
  for (const SecretRule& rule : out.rules)
    if (rule.regex.empty() && rule.path.empty())
      return fail("a rule needs a regex or a path", at(where, rule.id, "regex"));
  return out;
}

}  // namespace

std::string_view SecretRule::tag(std::string_view name) const {
  for (const std::string& tag : tags)
    if (tag.size() > name.size() && tag.starts_with(name) && tag[name.size()] == ':')
      return std::string_view(tag).substr(name.size() + 1);
  return {};
}

bool SecretRule::is(std::string_view tag_name) const {
  return std::find(tags.begin(), tags.end(), tag_name) != tags.end();
}

Result<SecretRules> parse_gitleaks(std::string_view toml, std::string_view where,
                                   const ExtendFrom& extend_from) {
  return parse_at(toml, where, extend_from, 0);
}

void join(SecretRules& rules, SecretRules more) {
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < rules.rules.size(); ++i)
    places.emplace(rules.rules[i].id, i);
  for (SecretRule& rule : more.rules) {
    const auto [place, is_new] = places.emplace(rule.id, rules.rules.size());
    if (is_new)
      rules.rules.push_back(std::move(rule));
    else
      override_rule(rules.rules[place->second], std::move(rule));
  }
  for (Allowlist& list : more.allowlists)
    rules.allowlists.push_back(std::move(list));
}

}  // namespace weir::detect
