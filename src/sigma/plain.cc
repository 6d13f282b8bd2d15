#include "sigma/plain.h"

#include <algorithm>

#include "sigma/program.h"

namespace weir::sigma {
namespace {

bool is_about(const Test& test, const Field& field) {
  return test.field.empty() ? field.kind != Field::Kind::object : field.name == test.field;
}

bool same_values(const Test& test, const SameAs& same, Record record) {
  for (const Field& a : record)
    for (const Field& b : record)
      if (a.name == test.field && b.name == same.field && a.kind != Field::Kind::null &&
          b.kind != Field::Kind::null && holds(same, a.text, b.text))
        return true;
  return false;
}

bool test_holds(const Test& test, Record record) {
  const auto some = [&](auto wanted) {
    return std::any_of(record.begin(), record.end(),
                       [&](const Field& field) { return is_about(test, field) && wanted(field); });
  };
  if (const auto* exists = std::get_if<Exists>(&test.check))
    return exists->wanted == some([](const Field&) { return true; });
  if (std::holds_alternative<IsNull>(test.check))
    return !some([](const Field& field) { return field.kind != Field::Kind::null; });
  if (const auto* same = std::get_if<SameAs>(&test.check)) return same_values(test, *same, record);
  return some([&](const Field& field) { return holds(test, field); });
}

}  // namespace

bool holds_plainly(const Expr& expr, Record record) {
  const auto part_holds = [&](const Expr& part) { return holds_plainly(part, record); };
  switch (expr.kind) {
    case Expr::Kind::test:
      return test_holds(*expr.test, record);
    case Expr::Kind::all:
      return std::all_of(expr.parts.begin(), expr.parts.end(), part_holds);
    case Expr::Kind::any:
      return std::any_of(expr.parts.begin(), expr.parts.end(), part_holds);
    case Expr::Kind::negation:
      return !part_holds(expr.parts.front());
  }
  return false;
}

}  // namespace weir::sigma
