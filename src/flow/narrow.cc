#include "flow/narrow.h"

#include <algorithm>
#include <array>

#include "flow/fold.h"
#include "flow/shape.h"

namespace weir::flow {
namespace {

constexpr std::size_t kWordBytesMax = 32;  // of a choice or an id
constexpr std::size_t kDigitsMax = 15;
constexpr std::size_t kFractionMax = 6;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool is_boolean(std::string_view answer) {
  constexpr std::array<std::string_view, 4> kWords = {"true", "false", "yes", "no"};
  return std::any_of(kWords.begin(), kWords.end(), [&](auto word) { return same_word(word, answer); });
}

std::size_t digits_at(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  return static_cast<std::size_t>(end - text.begin());
}

bool is_number(std::string_view answer) {
  if (answer.starts_with('-') || answer.starts_with('+')) answer.remove_prefix(1);
  const std::size_t whole = digits_at(answer);
  if (whole == 0 || whole > kDigitsMax) return false;
  answer.remove_prefix(whole);
  if (answer.empty()) return true;
  if (!answer.starts_with('.')) return false;
  answer.remove_prefix(1);
  const std::size_t fraction = digits_at(answer);
  return fraction > 0 && fraction <= kFractionMax && fraction == answer.size();
}

bool is_word_sign(char c) {
  return is_letter(c) || is_digit(c) || c == '_' || c == '-';
}

// What may stand beside a word of a task without being part of it. Bytes of other scripts may not: "lów"
// holds no "w". Nor may what makes an address or a path of several words, but for the full stop that ends a
// sentence.
bool ends_word(std::string_view task, std::size_t at) {
  constexpr std::string_view kApart = " \t\r\n,;:|/()[]{}<>\"'`*!?=";
  if (at >= task.size()) return true;
  if (task[at] != '.') return kApart.find(task[at]) != std::string_view::npos;
  return at + 1 == task.size() || task[at + 1] == ' ' || task[at + 1] == '\n';
}

bool begins_word(std::string_view task, std::size_t at) {
  return at == 0 || (task[at - 1] != '.' && ends_word(task, at - 1));
}

bool is_choice(std::string_view answer, std::string_view task) {
  if (answer.size() > kWordBytesMax || !std::all_of(answer.begin(), answer.end(), is_word_sign)) return false;
  if (std::none_of(answer.begin(), answer.end(), is_letter) || answer.starts_with('-')) return false;
  for (std::size_t at = 0; at + answer.size() <= task.size(); ++at)
    if (same_word(task.substr(at, answer.size()), answer) && begins_word(task, at) &&
        ends_word(task, at + answer.size()))
      return true;
  return false;
}

// "delete-all-files-1" has the signs of an id, and is an order.
bool is_phrase(std::string_view answer) {
  constexpr std::size_t kWordLetters = 2;  // so many letters may be a word
  constexpr std::size_t kWordsMax = 2;     // parts that hold one
  constexpr std::size_t kLongLetters = 4;  // so many letters are one
  constexpr std::size_t kLettersMax = 8;   // in long ones
  std::size_t words = 0, letters = 0;
  for (std::size_t at = 0; at < answer.size();) {
    const std::size_t end = std::min(answer.find_first_of("_.-", at), answer.size());
    std::size_t run = 0, longest = 0;
    for (std::size_t i = at; i <= end; ++i) {
      if (i < end && is_letter(answer[i])) {
        longest = std::max(longest, ++run);
        continue;
      }
      if (run >= kLongLetters) letters += run;
      run = 0;
    }
    if (longest >= kWordLetters) ++words;
    at = end + 1;
  }
  return words > kWordsMax || letters > kLettersMax;
}

bool is_id(std::string_view answer) {
  if (answer.empty() || answer.size() > kWordBytesMax) return false;
  const auto fits = [](char c) { return is_word_sign(c) || c == '.'; };
  if (!std::all_of(answer.begin(), answer.end(), fits)) return false;
  if (std::none_of(answer.begin(), answer.end(), is_digit)) return false;
  if (!is_letter(answer.front()) && !is_digit(answer.front())) return false;  // "-rf1", "..", ".env1"
  if (!is_letter(answer.back()) && !is_digit(answer.back())) return false;
  if (answer.find("..") != std::string_view::npos) return false;
  // Without a letter it is a number, or a date.
  if (std::none_of(answer.begin(), answer.end(), is_letter) &&
      (answer.find_first_of("._") != std::string_view::npos ||
       std::count_if(answer.begin(), answer.end(), is_digit) > static_cast<std::ptrdiff_t>(kDigitsMax)))
    return false;
  // "evil1.example" is a host and "run1.sh" a file: behind the last point there are digits.
  if (const auto point = answer.rfind('.'); point != std::string_view::npos) {
    const std::string_view ending = answer.substr(point + 1);
    if (digits_at(ending) != ending.size() || ending.empty()) return false;
  }
  return shape_of(fold(answer)) == Shape::other && !is_phrase(answer);
}

}  // namespace

std::string_view name(NarrowKind kind) {
  constexpr std::array<std::string_view, 4> kNames = {"boolean", "number", "choice", "id"};
  return kNames[static_cast<std::size_t>(kind)];
}

Json to_json(const std::vector<NarrowReturn>& narrow) {
  constexpr std::size_t kShownMax = 8;
  Json out = Json::array();
  for (std::size_t i = narrow.size() - std::min(narrow.size(), kShownMax); i < narrow.size(); ++i)
    out.push(Json::object({{"agent", narrow[i].agent}, {"as", name(narrow[i].as)}, {"seq", narrow[i].seq}}));
  return out;
}

std::string_view trimmed_answer(std::string_view answer) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto begin = answer.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return answer.substr(begin, answer.find_last_not_of(kBlanks) + 1 - begin);
}

std::optional<NarrowKind> narrow_kind(std::string_view answer, std::string_view task) {
  answer = trimmed_answer(answer);
  if (answer.empty() || answer.size() > kWordBytesMax) return std::nullopt;
  if (is_boolean(answer)) return NarrowKind::boolean;
  if (is_number(answer)) return NarrowKind::number;
  if (is_choice(answer, task)) return NarrowKind::choice;
  if (is_id(answer)) return NarrowKind::id;
  return std::nullopt;
}

}  // namespace weir::flow
