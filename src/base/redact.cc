#include "base/redact.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir {
namespace {

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};
using Spans = std::vector<Span>;

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_name(char c) {
  return is_alnum(c) || c == '_' || c == '-' || c == '.';
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_quote(char c) {
  return c == '"' || c == '\'' || c == '`';
}
// Ends an unquoted value, in shell, JSON and query strings alike.
bool ends_value(char c) {
  return is_space(c) || is_quote(c) || std::string_view(";|&<>(),}]").find(c) != std::string_view::npos;
}

std::size_t skip_spaces(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t'))
    ++at;
  return at;
}

// Behind one character, or behind a mark of what is hidden already, which is one thing.
std::size_t next(std::string_view text, std::size_t at) {
  return at + (text.substr(at).starts_with(kRedacted) ? kRedacted.size() : 1);
}

// The value that begins at `at`, without its quotes; a quote may be escaped, as in JSON inside JSON. Empty
// for variables, which are no secrets, and for what is not there.
Span value_at(std::string_view text, std::size_t at) {
  const std::size_t backslashes = at;
  while (at < text.size() && text[at] == '\\')
    ++at;
  const bool quoted = at < text.size() && is_quote(text[at]);
  if (!quoted) at = backslashes;
  const char quote = quoted ? text[at++] : '\0';
  std::size_t end = at;
  if (quoted) {
    end = std::min(text.find(quote, at), text.size());
    // The escape before the closing quote belongs to the quote.
    while (end > at && end < text.size() && text[end - 1] == '\\')
      --end;
  } else {
    while (end < text.size() && !ends_value(text[end]))
      end = next(text, end);
  }
  if (at < text.size() && text[at] == '$') return {at, at};
  return {at, end};
}

void add(Spans& spans, std::string_view text, Span span) {
  if (span.begin >= span.end || text.substr(span.begin).starts_with(kRedacted)) return;
  spans.push_back(span);
}

// Tokens that their issuers mark, and how many characters must follow at least.
struct Mark {
  std::string_view prefix;
  std::size_t rest_min;
};
constexpr std::array<Mark, 34> kMarks = {{{"ghp_", 20},
                                          {"gho_", 20},
                                          {"ghu_", 20},
                                          {"ghs_", 20},
                                          {"ghr_", 20},
                                          {"glpat-", 16},
                                          {"sk-", 20},
                                          {"sk_live_", 16},
                                          {"sk_test_", 16},
                                          {"rk_live_", 16},
                                          {"xoxb-", 10},
                                          {"xoxp-", 10},
                                          {"xoxa-", 10},
                                          {"xoxr-", 10},
                                          {"xoxs-", 10},
                                          {"xapp-", 10},
                                          {"AKIA", 16},
                                          {"ASIA", 16},
                                          {"AIza", 30},
                                          {"ya29.", 20},
                                          {"npm_", 30},
                                          {"pypi-", 30},
                                          {"hf_", 30},
                                          {"dop_v1_", 40},
                                          {"SG.", 30},
                                          {"shpat_", 20},
                                          {"glsa_", 20},
                                          {"dckr_pat_", 16},
                                          {"hvs.", 20},
                                          {"github_pat_", 20},
                                          {"AGE-SECRET-KEY-", 20},
                                          {"eyJ", 40},
                                          {"gsk_", 30},
                                          {"xai-", 30}}};

void find_marked(std::string_view text, std::size_t at, Spans& spans) {
  for (const auto& mark : kMarks) {
    if (!text.substr(at).starts_with(mark.prefix)) continue;
    std::size_t end = at + mark.prefix.size();
    while (end < text.size() && is_name(text[end]))
      ++end;
    if (end - at - mark.prefix.size() < mark.rest_min) continue;
    // What tells the kind stays.
    return add(spans, text, {at + mark.prefix.size(), end});
  }
}

// Does a variable, field, header or option of this name hold a secret?
bool names_secret(std::string_view raw) {
  std::string name = to_lower_ascii(raw);
  std::replace_if(name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  const auto begin = name.find_first_not_of('_');
  if (begin == std::string::npos) return false;
  name.erase(0, begin);
  constexpr std::array<std::string_view, 16> kEndings = {
      "token",     "password",   "passwd",      "passphrase",  "secret",     "apikey",
      "api_key",   "access_key", "accesskey",   "private_key", "privatekey", "secret_key",
      "secretkey", "auth_key",   "credentials", "account_key"};
  constexpr std::array<std::string_view, 8> kWhole = {"pass",       "authorization",  "proxy_authorization",
                                                      "cookie",     "set_cookie",     "pwd_hash",
                                                      "pgpassword", "secret_key_base"};
  constexpr std::array<std::string_view, 2> kLastWord = {"_pass", "_pwd"};
  const auto ends = [&](std::string_view ending) { return name.ends_with(ending); };
  return std::any_of(kEndings.begin(), kEndings.end(), ends) ||
         std::any_of(kLastWord.begin(), kLastWord.end(), ends) ||
         std::find(kWhole.begin(), kWhole.end(), name) != kWhole.end();
}

// After "Authorization: Bearer" and its like the scheme stays. Cookies go to the end of their line or quote.
Span header_value(std::string_view text, std::string_view name, Span value) {
  const std::string lower = to_lower_ascii(name);
  const bool cookie = lower.ends_with("cookie");
  if (!cookie && !lower.ends_with("authorization")) return value;
  constexpr std::size_t kHeaderMax = 16 * limits::kKiB;
  text = text.substr(0, value.begin + kHeaderMax);
  std::size_t end = value.begin;
  while (end < text.size() && !is_quote(text[end]) && text[end] != '\n' && text[end] != '\r' &&
         text[end] != '\\')
    ++end;
  if (cookie) return {value.begin, end};
  std::size_t scheme_end = value.begin;
  while (scheme_end < end && is_alnum(text[scheme_end]))
    ++scheme_end;
  const std::size_t token = skip_spaces(text, scheme_end);
  const bool has_scheme = token > scheme_end && token < end;
  if (has_scheme && text[token] == '$') return {token, token};
  return {has_scheme ? token : value.begin, end};
}

// NAME=value, "name": "value", Name: value, --name value. `begin` and `end` enclose the name.
void find_named(std::string_view text, std::size_t begin, std::size_t end, Spans& spans) {
  const std::string_view name = text.substr(begin, end - begin);
  if (!names_secret(name)) return;
  std::size_t at = end;
  while (at < text.size() && text[at] == '\\')
    ++at;
  const bool field = at < text.size() && is_quote(text[at]);
  at = skip_spaces(text, field ? at + 1 : end);
  if (at >= text.size()) return;
  const bool option = name.starts_with("--");
  if (text[at] == '=' && at == end) {
    add(spans, text, value_at(text, at + 1));
  } else if (text[at] == ':') {
    const std::size_t value = skip_spaces(text, at + 1);
    // host:/path and the like is no header.
    if (!field && value == at + 1 && value < text.size() && text[value] == '/') return;
    add(spans, text, header_value(text, name, value_at(text, value)));
  } else if (option && !field && at > end && text[at] != '-') {
    add(spans, text, value_at(text, at));
  }
}

// "Bearer abc…" wherever it stands.
void find_bearer(std::string_view text, std::size_t end, Spans& spans) {
  constexpr std::size_t kTokenMin = 8;
  const std::size_t at = skip_spaces(text, end);
  if (at == end) return;
  const Span value = value_at(text, at);
  if (value.end - value.begin >= kTokenMin) add(spans, text, value);
}

// scheme://user:secret@host, and scheme://secret@host when it is as long as a token. `at` is behind "://".
void find_userinfo(std::string_view text, std::size_t at, Spans& spans) {
  constexpr std::size_t kTokenMin = 20;
  constexpr std::size_t kUserinfoMax = 4 * limits::kKiB;
  text = text.substr(0, at + kUserinfoMax);
  std::size_t end = at;
  std::size_t colon = std::string_view::npos;
  std::size_t sign = std::string_view::npos;
  for (; end < text.size() && !ends_value(text[end]) && text[end] != '/'; end = next(text, end)) {
    if (text[end] == ':' && colon == std::string_view::npos) colon = end;
    if (text[end] == '@') sign = end;  // the last one: passwords may hold others
  }
  if (sign == std::string_view::npos) return;
  if (colon < sign) {
    if (colon + 1 < sign && text[colon + 1] != '$') add(spans, text, {colon + 1, sign});
  } else if (sign - at >= kTokenMin && text[at] != '$') {
    add(spans, text, {at, sign});
  }
}

// RFC 7468: the label is in capitals. What was hidden is not, so that hiding never makes a head of what was
// none.
void find_private_key(std::string_view text, std::size_t at, Spans& spans) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr std::string_view kDashes = "-----";
  constexpr std::string_view kLabel = " ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  constexpr std::size_t kHeadMax = 80;
  const std::string_view rest = text.substr(at);
  if (!rest.starts_with(kBegin)) return;
  const std::size_t head_end = rest.substr(0, kHeadMax).find_first_not_of(kLabel, kBegin.size());
  if (head_end == std::string_view::npos || !rest.substr(head_end).starts_with(kDashes)) return;
  if (rest.substr(0, head_end).find("PRIVATE KEY") == std::string_view::npos) return;
  const std::size_t end = rest.find("-----END ", head_end);
  add(spans, text, {at + head_end + kDashes.size(), end == std::string_view::npos ? text.size() : at + end});
}

// Programs whose short option takes a password, and whether it may stick to its value (mysql -psecret).
struct ShortOption {
  std::string_view program;
  std::string_view option;
  bool sticks;
  bool user_first;  // user:secret
};
constexpr std::array<ShortOption, 19> kShortOptions = {{{"mysql", "-p", true, false},
                                                        {"mysqldump", "-p", true, false},
                                                        {"mysqladmin", "-p", true, false},
                                                        {"mariadb", "-p", true, false},
                                                        {"mariadb-dump", "-p", true, false},
                                                        {"sshpass", "-p", true, false},
                                                        {"7z", "-p", true, false},
                                                        {"zip", "-P", true, false},
                                                        {"unzip", "-P", true, false},
                                                        {"redis-cli", "-a", false, false},
                                                        {"ldapsearch", "-w", false, false},
                                                        {"mongosh", "-p", false, false},
                                                        {"mongo", "-p", false, false},
                                                        {"sqlcmd", "-P", false, false},
                                                        {"curl", "-u", true, true},
                                                        {"curl", "--user", false, true},
                                                        {"docker login", "-p", false, false},
                                                        {"podman login", "-p", false, false},
                                                        {"az login", "-p", false, false}}};

struct Word {
  std::size_t begin = 0;
  std::size_t end = 0;
};

void find_short_option(std::string_view text, const ShortOption& option, const std::vector<Word>& words,
                       std::size_t index, Spans& spans) {
  const Word& word = words[index];
  const std::string_view shown = text.substr(word.begin, word.end - word.begin);
  if (!shown.starts_with(option.option)) return;
  std::size_t at = word.begin + option.option.size();
  if (at == word.end) {
    // mysql's -p stands alone when it asks.
    if (index + 1 >= words.size() || option.program.starts_with("mysql") ||
        option.program.starts_with("mariadb"))
      return;
    at = words[index + 1].begin;
    if (text[at] == '-') return;
  } else if (!option.sticks) {
    return;
  }
  Span value = value_at(text, at);
  if (option.user_first) {
    const auto colon = text.substr(0, value.end).find(':', value.begin);
    if (colon == std::string_view::npos || text.substr(colon + 1).starts_with("$")) return;
    value.begin = colon + 1;
  }
  add(spans, text, value);
}

// One simple command, roughly: its words from [begin, end).
void find_in_command(std::string_view text, std::size_t begin, std::size_t end, Spans& spans) {
  std::vector<Word> words;
  for (std::size_t at = begin; at < end;) {
    while (at < end && is_space(text[at]))
      ++at;
    const std::size_t from = at;
    char quote = '\0';
    while (at < end && (quote != '\0' || !is_space(text[at]))) {
      if (quote == '\0' && is_quote(text[at]))
        quote = text[at];
      else if (text[at] == quote)
        quote = '\0';
      ++at;
    }
    if (at > from) words.push_back({from, at});
  }
  constexpr std::size_t kLeadMax = 4;  // VAR=x sudo -E program
  for (std::size_t i = 0; i < words.size() && i < kLeadMax; ++i) {
    std::string_view program = text.substr(words[i].begin, words[i].end - words[i].begin);
    while (!program.empty() && (is_quote(program.front()) || program.front() == '{'))
      program.remove_prefix(1);
    program = program.substr(program.rfind('/') + 1);
    for (const auto& option : kShortOptions) {
      const auto space = option.program.find(' ');
      if (program != option.program.substr(0, space)) continue;
      if (space != std::string_view::npos &&
          (i + 1 >= words.size() || text.substr(words[i + 1].begin, words[i + 1].end - words[i + 1].begin) !=
                                        option.program.substr(space + 1)))
        continue;
      for (std::size_t j = i + 1; j < words.size(); ++j)
        find_short_option(text, option, words, j, spans);
    }
  }
}

void find_in_commands(std::string_view text, Spans& spans) {
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && std::string_view(";|&\n(").find(text[at]) == std::string_view::npos) continue;
    find_in_command(text, begin, at, spans);
    begin = at + 1;
  }
}

void find_by_name(std::string_view text, Spans& spans) {
  constexpr std::size_t kNameMax = 128;
  std::size_t known = 0;  // spans found before this turn
  for (std::size_t at = 0; at < text.size();) {
    // Inside of what is hidden already nothing needs to be found.
    if (spans.size() > known) at = std::max(at, spans.back().end);
    known = spans.size();
    if (at >= text.size()) break;
    if (text.substr(at).starts_with("-----BEGIN ")) find_private_key(text, at, spans);
    if (text.substr(at).starts_with("://")) find_userinfo(text, at + 3, spans);
    if (!is_name(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && is_name(text[end]))
      ++end;
    find_marked(text, at, spans);
    if (end - at <= kNameMax) find_named(text, at, end, spans);
    const std::string_view word = text.substr(at, end - at);
    if (word == "Bearer" || word == "bearer") find_bearer(text, end, spans);
    at = end;
  }
}

}  // namespace

std::vector<HiddenSpan> hidden_spans(std::string_view text) {
  Spans spans;
  find_by_name(text, spans);
  find_in_commands(text, spans);
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
  std::vector<HiddenSpan> hidden;
  for (const auto& span : spans) {
    if (hidden.empty() || span.begin >= hidden.back().end)
      hidden.push_back({span.begin, span.end});
    else  // overlapping findings are one
      hidden.back().end = std::max(hidden.back().end, span.end);
  }
  return hidden;
}

std::string redact(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  for (const auto& span : hidden_spans(text)) {
    out += text.substr(at, span.begin - at);
    out += kRedacted;
    at = span.end;
  }
  out += text.substr(at);
  return out;
}

std::string printable_redacted(std::string_view text, std::size_t bytes_max) {
  constexpr std::size_t kLookBytes = 16 * limits::kKiB;
  return printable(redact(text.substr(0, kLookBytes)), bytes_max);
}

}  // namespace weir
