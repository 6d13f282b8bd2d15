// The detection section: search identifiers and the condition over them.
#include <algorithm>

#include "base/bytes.h"
#include "sigma/condition.h"
#include "sigma/document.h"

namespace weir::sigma {
namespace {

// RFC 6901, as base/yaml.h writes the places of values.
std::string escaped(std::string_view key) {
  std::string out;
  for (const char c : key)
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  return out;
}

class Detection {
 public:
  Detection(Document& document, const ParseOptions& options) : document_(document), options_(options) {}

  // All entries hold.
  Result<Expr> map(const std::string& pointer, const Json& value) {
    std::vector<Expr> parts;
    for (const auto& [key, item] : value.as_object()) {
      const std::string place = pointer + "/" + escaped(key);
      if (item.is_array() && item.as_array().size() == 1 && key.find("|all") != std::string::npos)
        document_.warn(place, "the modifier all has one value only",
                       "leave it out (Sigma 2.1, modifier all)");
      auto part = detection_item(key, item, options_);
      if (!part) return std::unexpected(document_.placed(std::move(part.error()), place));
      parts.push_back(*std::move(part));
    }
    if (parts.empty()) return wrong(pointer, "the search identifier is empty", "give it fields and values");
    return Expr::joined(Expr::Kind::all, std::move(parts));
  }

  // Maps and keywords: one of them holds.
  Result<Expr> list(const std::string& pointer, const Json& value) {
    std::vector<Expr> parts;
    for (std::size_t i = 0; i < value.as_array().size(); ++i) {
      const Json& item = value.as_array()[i];
      const std::string place = pointer + "/" + std::to_string(i);
      auto part = item.is_object() ? map(place, item) : keyword(place, item);
      if (!part) return part;
      parts.push_back(*std::move(part));
    }
    if (parts.empty()) return wrong(pointer, "the search identifier is empty", "give it values");
    return Expr::joined(Expr::Kind::any, std::move(parts));
  }

  Result<Expr> identifier(const std::string& pointer, const Json& value) {
    if (value.is_object()) return map(pointer, value);
    if (value.is_array()) return list(pointer, value);
    return keyword(pointer, value);
  }

  std::unexpected<Error> wrong(const std::string& pointer, std::string what, std::string hint) const {
    return std::unexpected(
        document_.placed({ErrorCode::invalid, std::move(what), {}, std::move(hint)}, pointer));
  }

 private:
  Result<Expr> keyword(const std::string& pointer, const Json& value) {
    if (value.is_array()) return wrong(pointer, "a list stands inside a list", "write one list of values");
    if (value.is_null()) return wrong(pointer, "a keyword is null", "write the text to look for");
    auto expr = detection_item("", value, options_);
    if (!expr) return std::unexpected(document_.placed(std::move(expr.error()), pointer));
    return expr;
  }

  Document& document_;
  const ParseOptions& options_;
};

// Conditions of a list are joined by "or".
Result<Expr> read_conditions(Document& document, const std::string& pointer, const Json& value,
                             const Identifiers& identifiers, std::vector<std::string>& used) {
  std::vector<Expr> parts;
  for (const std::string& text : document.texts(pointer, value)) {
    auto part = parse_condition(text, identifiers, &used);
    if (!part) return std::unexpected(document.placed(std::move(part.error()), pointer));
    parts.push_back(*std::move(part));
  }
  if (parts.empty())
    return std::unexpected(document.placed(
        {ErrorCode::invalid, "there is no condition", {}, "say which search identifiers must be found"},
        pointer));
  return Expr::joined(Expr::Kind::any, std::move(parts));
}

}  // namespace

Result<Expr> read_detection(Document& document, const std::string& section, const ParseOptions& options) {
  const Json& value = document.root()[section.substr(1)];
  Detection detection(document, options);
  if (!value.is_object())
    return detection.wrong(section, "there is no " + section.substr(1) + " section",
                           "add search identifiers and a condition");
  Identifiers identifiers;
  for (const auto& [name, item] : value.as_object()) {
    if (name == "condition" || (section == "/filter" && name == "rules")) continue;
    const std::string pointer = section + "/" + escaped(name);
    if (name == "timeframe") {
      document.warn(pointer, "timeframe has no meaning in a rule since Sigma 2.0",
                    "write a correlation rule with a timespan");
      continue;
    }
    TRY(Expr expr, detection.identifier(pointer, item));
    if (count_tests(expr) > limits::kSigmaTermsMax)
      return detection.wrong(pointer, "the search identifier has too many values", "split it");
    identifiers.emplace_back(name, std::move(expr));
  }
  std::vector<std::string> used;
  TRY(Expr condition,
      read_conditions(document, section + "/condition", value["condition"], identifiers, used));
  for (const auto& [name, expr] : identifiers)
    if (!name.starts_with('_') && std::find(used.begin(), used.end(), name) == used.end())
      document.warn(section + "/" + escaped(name),
                    "the condition does not use \"" + printable(name, 60) + "\"", "use it or remove it");
  return condition;
}

}  // namespace weir::sigma
