#include "flow/shape.h"

#include <algorithm>
#include <array>

#include "flow/fold.h"

namespace weir::flow {
namespace {

constexpr std::size_t kValuesMax = 64;

bool is_alpha(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_label(char c) {
  return is_alpha(c) || is_digit(c) || c == '-';
}
// What may stand in the part of an address before the '@'.
bool is_mailbox(char c) {
  return is_label(c) || c == '.' || c == '_' || c == '+' || c == '%';
}
// Beside a value one of these makes it a part of a longer word. Letters beyond ASCII count as letters.
bool joins(char c) {
  return is_alpha(c) || is_digit(c) || c == '_' || c == '@' || static_cast<unsigned char>(c) >= 0x80;
}

// "example.com": the length of the host name at the begin of `text`; 0 when there is none. Its last label has
// letters only, two or more; a file name like "notes.txt" looks the same, and is told apart by `is_host`.
std::size_t host_length(std::string_view text) {
  std::size_t end = 0, label = 0, labels = 0;
  bool letters = true;
  std::size_t best = 0;
  while (end < text.size()) {
    if (is_label(text[end])) {
      letters = letters && is_alpha(text[end]);
      ++label;
      ++end;
    } else if (text[end] == '.' && label > 0 && end + 1 < text.size() && is_label(text[end + 1])) {
      ++labels;
      label = 0;
      letters = true;
      ++end;
    } else {
      break;
    }
  }
  constexpr std::size_t kLastLabelMin = 2;
  if (labels > 0 && letters && label >= kLastLabelMin) best = end;
  return best;
}

// Endings of files that people write in sentences; their names are no places in the network.
bool is_file_ending(std::string_view ending) {
  constexpr std::array<std::string_view, 34> kEndings = {
      "c",    "cc",  "cpp", "css",  "csv", "doc", "docx", "gif", "go",   "gz",  "h",    "html",
      "jpeg", "jpg", "js",  "json", "log", "md",  "mp3",  "pdf", "png",  "ppt", "pptx", "py",
      "rs",   "sh",  "sql", "ts",   "txt", "xls", "xlsx", "xml", "yaml", "yml"};
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}
bool is_host(std::string_view host) {
  return !is_file_ending(host.substr(host.rfind('.') + 1));
}

// The e-mail address around the '@' at `at`; empty when there is none.
std::string_view mail_around(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && is_mailbox(text[begin - 1]))
    --begin;
  const std::size_t host = host_length(text.substr(at + 1));
  if (begin == at || host == 0) return {};
  return text.substr(begin, at - begin + 1 + host);
}

bool is_amount(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) { return is_digit(c) || c == '.' || c == ','; });
}

// What stands before `at` makes the value there the end of something longer.
bool continues_left(std::string_view text, std::size_t at, std::string_view value) {
  constexpr std::string_view kMailboxSigns = ".-+%'";
  constexpr std::string_view kWorldWideWeb = "www.";
  if (at < 2 || !(is_alpha(text[at - 2]) || is_digit(text[at - 2]))) return false;
  const char sign = text[at - 1];
  if (is_amount(value)) return (sign == ',' || sign == '.') && is_digit(text[at - 2]);
  const Shape shape = shape_of(value);
  if (shape == Shape::mail) return kMailboxSigns.find(sign) != std::string_view::npos;
  return shape == Shape::address && (sign == '.' || sign == '-') &&
         !text.substr(0, at).ends_with(kWorldWideWeb);
}

// What stands behind `end` makes the value before it the begin of something longer.
bool continues_right(std::string_view text, std::size_t end, std::string_view value) {
  if (end + 1 >= text.size() || !(is_alpha(text[end + 1]) || is_digit(text[end + 1]))) return false;
  const char sign = text[end];
  if (is_amount(value)) return (sign == ',' || sign == '.') && is_digit(text[end + 1]);
  const Shape shape = shape_of(value);
  // People forget the blank behind a full stop: "on www.x.org.They said".
  if (shape == Shape::mail || shape == Shape::address)
    return sign == '-' || (sign == '.' && shape == Shape::mail);
  const bool path = value.find('/') != std::string_view::npos;
  return path && (sign == '/' || sign == '.' || sign == '-');
}

bool is_account(std::string_view word) {
  constexpr std::size_t kLengthMin = 14, kLengthMax = 34;  // ISO 13616
  return word.size() >= kLengthMin && word.size() <= kLengthMax && is_alpha(word[0]) && is_alpha(word[1]) &&
         is_digit(word[2]) && is_digit(word[3]);
}

void keep(std::vector<std::string_view>& values, std::string_view value) {
  if (values.size() < kValuesMax && std::find(values.begin(), values.end(), value) == values.end())
    values.push_back(value);
}

std::vector<std::string_view> mails_in(std::string_view text) {
  std::vector<std::string_view> values;
  for (auto at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1))
    if (const auto mail = mail_around(text, at); !mail.empty()) keep(values, mail);
  return values;
}

std::vector<std::string_view> hosts_in(std::string_view text) {
  std::vector<std::string_view> values;
  for (std::size_t at = 0; at < text.size();) {
    const bool begins = is_label(text[at]) && (at == 0 || !joins(text[at - 1]));
    const std::size_t length = begins ? host_length(text.substr(at)) : 0;
    const bool mailbox = at + length < text.size() && text[at + length] == '@';
    std::string_view host = text.substr(at, length);
    if (length > 0 && !mailbox && is_host(host)) {
      if (host.starts_with("www.")) host.remove_prefix(4);
      keep(values, host);
    }
    // On to the end of this word, so that no host is found inside another.
    at += std::max<std::size_t>(length, 1);
    while (at < text.size() && is_label(text[at]) && length == 0 && begins)
      ++at;
  }
  return values;
}

std::vector<std::string_view> accounts_in(std::string_view text) {
  std::vector<std::string_view> values;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && (is_alpha(text[end]) || is_digit(text[end])))
      ++end;
    if (is_account(text.substr(at, end - at))) keep(values, text.substr(at, end - at));
    at = end + 1;
  }
  return values;
}

}  // namespace

Shape shape_of(std::string_view value) {
  const auto at = value.find('@');
  if (at != std::string_view::npos && mail_around(value, at) == value) return Shape::mail;
  const std::size_t host = host_length(value);
  if (host > 0 && is_host(value.substr(0, host)) &&
      (host == value.size() || value[host] == '/' || value[host] == ':' || value[host] == '?' ||
       value[host] == '#'))
    return Shape::address;
  if (is_account(value) &&
      std::all_of(value.begin(), value.end(), [](char c) { return is_alpha(c) || is_digit(c); }))
    return Shape::account;
  return Shape::other;
}

std::vector<std::string_view> values_of_shape(std::string_view text, Shape shape) {
  switch (shape) {
    case Shape::mail:
      return mails_in(text);
    case Shape::address:
      return hosts_in(text);
    case Shape::account:
      return accounts_in(text);
    case Shape::other:
      break;
  }
  return {};
}

std::string comparable(std::string_view value) {
  std::string out = fold(value);
  for (const std::string_view prefix : {"http://", "https://", "www."})
    if (out.starts_with(prefix)) out.erase(0, prefix.size());
  while (out.size() > 1 && out.ends_with('/'))  // the root stays
    out.pop_back();
  return out;
}

std::size_t find_value(std::string_view text, std::string_view value, std::size_t from) {
  if (value.empty()) return std::string_view::npos;
  for (auto at = text.find(value, from); at != std::string_view::npos; at = text.find(value, at + 1)) {
    const std::size_t end = at + value.size();
    if ((at == 0 || !joins(text[at - 1])) && (end == text.size() || !joins(text[end]))) return at;
  }
  return std::string_view::npos;
}

bool contains_value(std::string_view text, std::string_view value) {
  return find_value(text, value) != std::string_view::npos;
}

namespace {

// "/", "*" and ".." are parts of everything, and typed only where they stand alone.
bool stands_apart(std::string_view text, std::string_view value) {
  constexpr std::string_view kBefore = " \"'`(", kBehind = " \"'`)", kEnds = ".,;!?";
  for (auto at = find_value(text, value); at != std::string_view::npos;
       at = find_value(text, value, at + 1)) {
    std::size_t end = at + value.size();
    if (end < text.size() && kEnds.find(text[end]) != std::string_view::npos) ++end;
    const bool before = at == 0 || kBefore.find(text[at - 1]) != std::string_view::npos;
    const bool behind = end == text.size() || kBehind.find(text[end]) != std::string_view::npos;
    if (before && behind) return true;
  }
  return false;
}

}  // namespace

bool stands_typed(std::string_view text, std::string_view value) {
  if (std::none_of(value.begin(), value.end(), joins)) return stands_apart(text, value);
  for (auto at = find_value(text, value); at != std::string_view::npos; at = find_value(text, value, at + 1))
    if (!continues_left(text, at, value) && !continues_right(text, at + value.size(), value)) return true;
  return false;
}

bool is_named_number(std::string_view text, std::size_t at) {
  constexpr std::size_t kBetweenMax = 4;
  std::size_t end = at;
  while (end > 0 && at - end < kBetweenMax && !is_alpha(text[end - 1]) && !is_digit(text[end - 1])) {
    if (text[end - 1] == '#') return true;
    --end;
  }
  std::size_t begin = end;
  while (begin > 0 && (is_alpha(text[begin - 1]) || text[begin - 1] == '_'))
    --begin;
  const std::string_view word = text.substr(begin, end - begin);
  constexpr std::array<std::string_view, 5> kNames = {"id", "ids", "no", "nr", "number"};
  return std::find(kNames.begin(), kNames.end(), word) != kNames.end() || word.ends_with("_id");
}

}  // namespace weir::flow
