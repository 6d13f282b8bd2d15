// One value against one test.
#include <charconv>
#include <cmath>
#include <optional>

#include "sigma/program.h"

namespace weir::sigma {
namespace {

std::optional<double> number_of(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  if (at + count > text.size()) return std::nullopt;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

// Days since 1970-01-01 of the proleptic Gregorian calendar.
int days_of(int year, int month, int day) {
  const int y = month <= 2 ? year - 1 : year;
  const int era = (y >= 0 ? y : y - 399) / 400;
  const int of_era = y - era * 400;
  const int of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

// ISO 8601: the week of the Thursday.
int week_of(int year, int month, int day) {
  const int days = days_of(year, month, day);
  const int weekday = ((days + 3) % 7 + 7) % 7;  // Monday is 0
  const int thursday = days - weekday + 3;
  int of_year = year;
  if (thursday < days_of(year, 1, 1)) --of_year;
  if (thursday >= days_of(year + 1, 1, 1)) ++of_year;
  return (thursday - days_of(of_year, 1, 1)) / 7 + 1;
}

// From "YYYY-MM-DD", with "THH:MM" or " HH:MM" behind it for hour and minute. As written: Sigma converts no
// time zones.
std::optional<double> date_number(DatePart part, std::string_view text) {
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  if (!year || !month || !day || text[4] != text[7] || (text[4] != '-' && text[4] != '/'))
    return std::nullopt;
  if (*month < 1 || *month > 12 || *day < 1 || *day > 31) return std::nullopt;
  if (part == DatePart::year) return *year;
  if (part == DatePart::month) return *month;
  if (part == DatePart::day) return *day;
  if (part == DatePart::week) return week_of(*year, *month, *day);
  if (text.size() < 16 || (text[10] != 'T' && text[10] != 't' && text[10] != ' ') || text[13] != ':')
    return std::nullopt;
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2);
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  return part == DatePart::hour ? *hour : *minute;
}

bool compares(const Comparison& wanted, double value) {
  using Op = Comparison::Op;
  switch (wanted.op) {
    case Op::gt:
      return value > wanted.number;
    case Op::gte:
      return value >= wanted.number;
    case Op::lt:
      return value < wanted.number;
    case Op::lte:
      return value <= wanted.number;
    case Op::eq:
      return value == wanted.number;
    case Op::neq:
      return value != wanted.number;
  }
  return false;
}

struct Holds {
  const Test& test;
  const Field& value;

  bool operator()(const Glob& glob) const { return matches(glob, value.text); }
  bool operator()(const Expression& expression) const { return expression.regex.contains(value.text); }
  bool operator()(const AddressRange& range) const {
    const auto address = parse_address(value.text);
    return address && range.contains(*address);
  }
  bool operator()(const Comparison& comparison) const {
    const auto number =
        test.part == DatePart::none ? number_of(value.text) : date_number(test.part, value.text);
    return number && compares(comparison, *number);
  }
  bool operator()(const Exists&) const { return false; }  // a matter of presence: engine.cc
  bool operator()(const IsNull&) const { return false; }
  bool operator()(const SameAs&) const { return false; }
};

}  // namespace

bool holds(const Test& test, const Field& value) {
  return value.kind != Field::Kind::null && std::visit(Holds{test, value}, test.check);
}

bool holds(const SameAs& same, std::string_view value, std::string_view other) {
  switch (same.how) {
    case SameAs::How::equal:
      return same_text(value, other, same.cased);
    case SameAs::How::starts:
      return value.size() >= other.size() && same_text(value.substr(0, other.size()), other, same.cased);
    case SameAs::How::ends:
      return value.size() >= other.size() &&
             same_text(value.substr(value.size() - other.size()), other, same.cased);
    case SameAs::How::contains:
      return find_text(value, other, 0, same.cased) != std::string_view::npos;
  }
  return false;
}

}  // namespace weir::sigma
