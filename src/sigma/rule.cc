#include "sigma/rule.h"

#include <algorithm>
#include <array>

namespace weir::sigma {
namespace {

constexpr std::array<std::string_view, 6> kLevels = {"none",   "informational", "low",
                                                     "medium", "high",          "critical"};
constexpr std::array<std::string_view, 7> kParts = {"none", "minute", "hour", "day", "week", "month", "year"};
constexpr std::array<std::string_view, 7> kTypes = {"event_count",      "value_count", "temporal",
                                                    "temporal_ordered", "value_sum",   "value_avg",
                                                    "value_percentile"};

// With its length before it, so that no two sequences of texts look alike.
std::string counted(std::string_view text) {
  return std::to_string(text.size()) + ":" + std::string(text);
}

struct CheckKey {
  std::string operator()(const Glob& glob) const {
    std::string out = glob.cased ? "G" : "g";
    for (const Piece& piece : glob.pieces)
      out += std::to_string(static_cast<int>(piece.kind)) + counted(piece.text);
    return out;
  }
  std::string operator()(const Expression& e) const {
    return std::string("r") + (e.ignore_case ? 'i' : '-') + (e.multi_line ? 'm' : '-') +
           (e.dot_all ? 's' : '-') + counted(e.text);
  }
  std::string operator()(const AddressRange& range) const { return "c" + counted(range.text); }
  std::string operator()(const Comparison& c) const {
    return "n" + std::to_string(static_cast<int>(c.op)) + canonical(Json(c.number));
  }
  std::string operator()(const Exists& exists) const { return exists.wanted ? "e1" : "e0"; }
  std::string operator()(const IsNull&) const { return "0"; }
  std::string operator()(const SameAs& same) const {
    return std::string("f") + (same.cased ? "c" : "-") + std::to_string(static_cast<int>(same.how)) +
           counted(same.field);
  }
};

}  // namespace

bool covers(const LogSource& wanted, const LogSource& log) {
  const auto fits = [](const std::string& want, const std::string& have) {
    return want.empty() || want == have;
  };
  return fits(wanted.category, log.category) && fits(wanted.product, log.product) &&
         fits(wanted.service, log.service);
}

Json to_json(const LogSource& logsource) {
  Json out = Json::object();
  if (!logsource.product.empty()) out.set("product", logsource.product);
  if (!logsource.category.empty()) out.set("category", logsource.category);
  if (!logsource.service.empty()) out.set("service", logsource.service);
  return out;
}

std::string_view name(Level level) {
  return kLevels[static_cast<std::size_t>(level)];
}

std::optional<Level> level_named(std::string_view wanted) {
  const auto it = std::find(kLevels.begin() + 1, kLevels.end(), wanted);
  if (it == kLevels.end()) return std::nullopt;
  return static_cast<Level>(it - kLevels.begin());
}

std::string_view name(DatePart part) {
  return kParts[static_cast<std::size_t>(part)];
}

std::string_view name(CorrelationType type) {
  return kTypes[static_cast<std::size_t>(type)];
}

std::string key(const Test& test) {
  return counted(test.field) + std::to_string(static_cast<int>(test.part)) +
         std::visit(CheckKey{}, test.check);
}

Expr Expr::of(Test test) {
  return {.kind = Kind::test, .parts = {}, .test = std::move(test)};
}

Expr Expr::joined(Kind kind, std::vector<Expr> parts) {
  if (parts.size() == 1) return std::move(parts.front());
  return {.kind = kind, .parts = std::move(parts), .test = std::nullopt};
}

Expr Expr::negated(Expr part) {
  Expr out{.kind = Kind::negation, .parts = {}, .test = std::nullopt};
  out.parts.push_back(std::move(part));
  return out;
}

std::size_t count_tests(const Expr& expr) {
  std::size_t count = expr.kind == Expr::Kind::test ? 1 : 0;
  for (const Expr& part : expr.parts)
    count += count_tests(part);
  return count;
}

}  // namespace weir::sigma
