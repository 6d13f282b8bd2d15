#include "sigma/modifiers.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/bytes.h"
#include "base/limits.h"
#include "sigma/encode.h"

namespace weir::sigma {
namespace {

constexpr std::size_t kValueBytesMax = 16 * limits::kKiB;

// What the chain of modifiers behind a field asks for.
struct Chain {
  std::string field;
  std::vector<std::string_view> transforms;  // in order: those that change a text
  DatePart part = DatePart::none;
  bool all = false, cased = false, neq = false, expand = false;
  bool re = false, ignore_case = false, multi_line = false, dot_all = false;
  bool cidr = false, exists = false, fieldref = false;
  std::optional<Comparison::Op> compare;
};

bool is_transform(std::string_view name) {
  static constexpr std::string_view kNames[] = {"contains", "startswith", "endswith", "equals",
                                                "exact",    "windash",    "base64",   "base64offset",
                                                "utf16",    "utf16le",    "utf16be",  "wide"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

std::optional<Comparison::Op> comparison(std::string_view name) {
  using Op = Comparison::Op;
  if (name == "gt") return Op::gt;
  if (name == "gte") return Op::gte;
  if (name == "lt") return Op::lt;
  if (name == "lte") return Op::lte;
  return std::nullopt;
}

DatePart date_part(std::string_view wanted) {
  for (const auto part :
       {DatePart::minute, DatePart::hour, DatePart::day, DatePart::week, DatePart::month, DatePart::year})
    if (wanted == name(part)) return part;
  return DatePart::none;
}

// Whether `name` is a switch of the chain; sets it.
bool set_switch(Chain& chain, std::string_view name) {
  struct Switch {
    std::string_view name;
    bool Chain::* member;
  };
  static constexpr Switch kSwitches[] = {
      {"all", &Chain::all},
      {"cased", &Chain::cased},
      {"neq", &Chain::neq},
      {"expand", &Chain::expand},
      {"re", &Chain::re},
      {"i", &Chain::ignore_case},
      {"m", &Chain::multi_line},
      {"s", &Chain::dot_all},
      {"cidr", &Chain::cidr},
      {"exists", &Chain::exists},
      {"fieldref", &Chain::fieldref},
  };
  for (const Switch& known : kSwitches)
    if (known.name == name) {
      chain.*known.member = true;
      return true;
    }
  return false;
}

Status check_chain(const Chain& chain) {
  const int kinds = static_cast<int>(chain.re) + static_cast<int>(chain.cidr) +
                    static_cast<int>(chain.exists) + static_cast<int>(chain.fieldref) +
                    static_cast<int>(chain.compare.has_value());
  if (kinds > 1)
    return fail("these modifiers exclude each other", {}, "use one of re, cidr, exists, fieldref, gt … lte");
  if ((chain.ignore_case || chain.multi_line || chain.dot_all) && !chain.re)
    return fail("the modifiers i, m and s belong to a regular expression", {}, "write re|i");
  if ((chain.cidr || chain.exists || chain.compare) && !chain.transforms.empty())
    return fail(
        "the modifier \"" + std::string(chain.transforms.front()) + "\" changes text, and this value is none",
        {}, "leave it out");
  if (chain.part != DatePart::none && (chain.re || chain.cidr || chain.exists || chain.fieldref))
    return fail("a part of a date is a number", {}, "compare it: |hour|gte: 20");
  if (chain.field.empty() && (chain.cidr || chain.exists || chain.fieldref || chain.compare))
    return fail("keywords take only text", {}, "name a field before the modifier");
  return {};
}

Result<Chain> parse_chain(std::string_view key) {
  const auto parts = split(key, '|');
  Chain chain{.field = std::string(parts.front())};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string_view modifier = parts[i];
    if (set_switch(chain, modifier)) continue;
    if (is_transform(modifier)) {
      chain.transforms.push_back(modifier);
    } else if (const auto op = comparison(modifier)) {
      if (chain.compare) return fail("there are two comparisons", {}, "write a second entry for the field");
      chain.compare = op;
    } else if (const DatePart part = date_part(modifier); part != DatePart::none) {
      chain.part = part;
    } else {
      return fail("unknown modifier \"" + printable(modifier, 40) + "\"", {},
                  "Sigma 2.1 knows contains, startswith, endswith, all, cased, re, cidr, exists and others: "
                  "see docs/sigma.md");
    }
  }
  TRY_STATUS(check_chain(chain));
  return chain;
}

std::string text_of(const Json& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_null()) return {};
  return compact(value);
}

// ---- Text values ----

using Globs = std::vector<Glob>;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Every - or / that begins a word's flag stands for any dash: after the beginning or a character that is no
// part of a word, and before one that is.
Glob with_dashes(const Glob& glob) {
  Glob out;
  for (const Piece& piece : glob.pieces) {
    if (piece.kind != Piece::Kind::text) {
      out.add(piece.kind);
      continue;
    }
    std::string_view rest = piece.text;
    char before = 0;
    while (!rest.empty()) {
      std::size_t length = 1;
      bool dash = false;
      for (const std::string_view known : kDashes)
        if (rest.starts_with(known)) {
          length = known.size();
          dash = !is_word(before) && rest.size() > length && is_word(rest[length]);
        }
      if (dash)
        out.add(Piece::Kind::dash);
      else
        out.add_text(rest.substr(0, length));
      before = rest[length - 1];
      rest.remove_prefix(length);
    }
  }
  return out;
}

Result<Globs> encoded(const Glob& glob, std::string_view modifier) {
  const bool base64 = modifier.starts_with("base64");
  const bool fits =
      base64 ? glob.plain() : std::none_of(glob.pieces.begin(), glob.pieces.end(), [](const Piece& piece) {
        return piece.kind == Piece::Kind::one || piece.kind == Piece::Kind::dash;
      });
  if (!fits)
    return fail("a value with wildcards cannot be encoded", to_text(glob).substr(0, 80),
                "put " + std::string(modifier) + " before contains, or escape the wildcard");
  if (modifier == "base64") return Globs{plain_glob(to_base64(as_bytes(glob.text())))};
  Globs out;
  if (modifier == "base64offset") {
    for (const std::string& text : base64_offsets(glob.text()))
      if (!text.empty()) out.push_back(plain_glob(text));
    if (out.empty())
      return fail("the value is too short to be found inside Base64", glob.text(), "use a longer value");
    return out;
  }
  Glob wide;
  if (modifier == "utf16") wide.add_text("\xFF\xFE");
  for (const Piece& piece : glob.pieces)
    if (piece.kind == Piece::Kind::text)
      wide.add_text(utf16(piece.text, modifier == "utf16be"));
    else
      wide.add(piece.kind);
  out.push_back(std::move(wide));
  return out;
}

Glob surrounded(const Glob& glob, bool before, bool after) {
  Glob out;
  if (before) out.add(Piece::Kind::any);
  for (const Piece& piece : glob.pieces)
    if (piece.kind == Piece::Kind::text)
      out.add_text(piece.text);
    else
      out.add(piece.kind);
  if (after) out.add(Piece::Kind::any);
  return out;
}

Result<Globs> transformed(Glob glob, const Chain& chain) {
  Globs globs = {std::move(glob)};
  for (const std::string_view modifier : chain.transforms) {
    Globs next;
    for (const Glob& one : globs) {
      if (modifier == "contains") {
        next.push_back(surrounded(one, true, true));
      } else if (modifier == "startswith") {
        next.push_back(surrounded(one, false, true));
      } else if (modifier == "endswith") {
        next.push_back(surrounded(one, true, false));
      } else if (modifier == "windash") {
        next.push_back(with_dashes(one));
      } else if (modifier == "equals" || modifier == "exact") {
        next.push_back(one);
      } else {
        TRY(Globs more, encoded(one, modifier));
        next.insert(next.end(), more.begin(), more.end());
      }
    }
    globs = std::move(next);
  }
  return globs;
}

// The value with its placeholders replaced: one text for each combination. "\%" is a plain percent sign.
Result<std::vector<std::string>> expanded(std::string_view text, const ParseOptions& options) {
  std::vector<std::string> out = {""};
  const auto append = [&](std::string_view part) {
    for (auto& one : out)
      one += part;
  };
  while (!text.empty()) {
    const std::size_t end = text[0] == '%' ? text.find('%', 1) : std::string_view::npos;
    if (text.starts_with("\\%")) {
      append("%");
      text.remove_prefix(2);
    } else if (end != std::string_view::npos && end > 1) {
      const std::string name(text.substr(1, end - 1));
      const auto found = options.placeholders.find(name);
      if (found == options.placeholders.end())
        return fail("the placeholder %" + printable(name, 40) + "% has no values", {},
                    "give them with --placeholders FILE");
      if (out.size() * std::max<std::size_t>(found->second.size(), 1) > limits::kSigmaTermsMax)
        return fail(ErrorCode::limit, "the placeholders have too many values", name);
      std::vector<std::string> longer;
      for (const auto& one : out)
        for (const auto& value : found->second)
          longer.push_back(one + value);
      out = std::move(longer);
      text.remove_prefix(end + 1);
    } else {
      append(text.substr(0, 1));
      text.remove_prefix(1);
    }
  }
  return out;
}

// ---- One value ----

Result<double> number_of(const Json& value) {
  if (value.is_number()) return value.as_double();
  const std::string text = text_of(value);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number))
    return fail("this is no number", printable(text, 80), "comparisons and parts of dates take numbers");
  return number;
}

Result<Check> expression_check(const Chain& chain, std::string text) {
  for (const std::string_view modifier : chain.transforms) {
    if (modifier == "startswith")
      text = "^(?:" + text + ")";
    else if (modifier == "endswith")
      text = "(?:" + text + ")$";
    else if (modifier != "contains")
      return fail("a regular expression cannot be changed by \"" + std::string(modifier) + "\"", {},
                  "leave the modifier out");
  }
  auto regex = match::Regex::compile(
      text, {.ignore_case = chain.ignore_case, .dot_all = chain.dot_all, .multi_line = chain.multi_line});
  if (!regex) {
    regex.error().hint =
        "Sigma 2.1 allows . ^ $ * + ? {n,m} [] | () in expressions; back references and look-around are "
        "outside it";
    return std::unexpected(std::move(regex.error()));
  }
  return Check(Expression{.text = std::move(text),
                          .ignore_case = chain.ignore_case,
                          .multi_line = chain.multi_line,
                          .dot_all = chain.dot_all,
                          .regex = *std::move(regex)});
}

Result<Check> reference_check(const Chain& chain, const Json& value) {
  if (!value.is_string() || value.as_string().empty())
    return fail("fieldref wants the name of a field", text_of(value), "write the other field's name");
  SameAs same{.field = value.as_string(), .cased = chain.cased};
  for (const std::string_view modifier : chain.transforms) {
    if (modifier == "startswith")
      same.how = SameAs::How::starts;
    else if (modifier == "endswith")
      same.how = SameAs::How::ends;
    else if (modifier == "contains")
      same.how = SameAs::How::contains;
    else
      return fail("fieldref does not go with \"" + std::string(modifier) + "\"", {}, "leave it out");
  }
  return Check(same);
}

Result<bool> flag_of(const Json& value) {
  if (value.is_bool()) return value.as_bool();
  const std::string text = to_lower_ascii(text_of(value));
  if (text == "true" || text == "yes") return true;
  if (text == "false" || text == "no") return false;
  return fail("exists wants true or false", printable(text, 80), "write true or false without quotes");
}

Expr test_of(const Chain& chain, Check check) {
  return Expr::of({.field = chain.field, .part = chain.part, .check = std::move(check)});
}

Result<Expr> text_value(const Chain& chain, const Json& value, const ParseOptions& options) {
  std::vector<std::string> texts = {text_of(value)};
  if (chain.expand) {
    TRY(texts, expanded(texts.front(), options));
  }
  const bool literal = std::any_of(chain.transforms.begin(), chain.transforms.end(),
                                   [](std::string_view m) { return m == "equals" || m == "exact"; });
  std::vector<Expr> parts;
  for (const std::string& text : texts) {
    if (text.size() > kValueBytesMax)
      return fail(ErrorCode::limit, "the value is longer than 16 KiB", printable(text, 40), "shorten it");
    if (chain.re) {
      TRY(Check check, expression_check(chain, text));
      parts.push_back(test_of(chain, std::move(check)));
      continue;
    }
    TRY(Globs globs, transformed(literal ? plain_glob(text) : parse_glob(text), chain));
    for (Glob& glob : globs) {
      if (chain.field.empty()) glob = surrounded(glob, true, true);
      glob.cased = chain.cased;
      parts.push_back(test_of(chain, std::move(glob)));
    }
  }
  if (parts.empty()) return fail("the placeholder stands for no value", {}, "give it at least one");
  return Expr::joined(Expr::Kind::any, std::move(parts));
}

Result<Expr> one_value(const Chain& chain, const Json& value, const ParseOptions& options) {
  if (value.is_array() || value.is_object())
    return fail("a value must be text, a number, true, false or null", {}, "write a plain list of values");
  if (chain.exists) {
    TRY(const bool wanted, flag_of(value));
    return test_of(chain, Exists{wanted});
  }
  if (chain.compare || chain.part != DatePart::none) {
    TRY(const double number, number_of(value));
    return test_of(chain, Comparison{chain.compare.value_or(Comparison::Op::eq), number});
  }
  if (value.is_null() && !chain.expand) {
    if (!chain.transforms.empty() || chain.re || chain.cidr || chain.fieldref || chain.field.empty())
      return fail("null is no text and takes no modifier", {}, "write '' for an empty text");
    return test_of(chain, IsNull{});
  }
  if (chain.cidr) {
    TRY(AddressRange range, parse_range(text_of(value)));
    return test_of(chain, std::move(range));
  }
  if (chain.fieldref) {
    TRY(Check check, reference_check(chain, value));
    return test_of(chain, std::move(check));
  }
  return text_value(chain, value, options);
}

}  // namespace

Result<Expr> detection_item(std::string_view key, const Json& value, const ParseOptions& options) {
  TRY(const Chain chain, parse_chain(key));
  std::vector<Expr> parts;
  if (!value.is_array()) {
    TRY(Expr one, one_value(chain, value, options));
    parts.push_back(std::move(one));
  } else {
    if (value.as_array().empty()) return fail("the list of values is empty", {}, "give at least one value");
    for (const Json& item : value.as_array()) {
      if (item.is_null())
        return fail("null cannot be part of a list of values (Sigma 2.1, special field values)", {},
                    "make a selection of its own for null");
      TRY(Expr one, one_value(chain, item, options));
      parts.push_back(std::move(one));
      if (parts.size() > limits::kSigmaTermsMax) return fail(ErrorCode::limit, "there are too many values");
    }
  }
  Expr joined = Expr::joined(chain.all ? Expr::Kind::all : Expr::Kind::any, std::move(parts));
  return chain.neq ? Expr::negated(std::move(joined)) : joined;
}

const std::vector<std::string_view>& modifier_names() {
  static const std::vector<std::string_view> names = {
      "all",     "base64",  "base64offset", "cased",    "cidr",    "contains", "day",  "endswith",   "equals",
      "exact",   "exists",  "expand",       "fieldref", "gt",      "gte",      "hour", "i",          "lt",
      "lte",     "m",       "minute",       "month",    "neq",     "re",       "s",    "startswith", "utf16",
      "utf16be", "utf16le", "week",         "wide",     "windash", "year"};
  return names;
}

}  // namespace weir::sigma
