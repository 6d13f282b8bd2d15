// Extension functions as terms: decimal, datetime and duration are 64-bit numbers, addresses a datatype with
// helper functions (script.cc). As Cedar.SymCC.ExtFun in cedar-policy/cedar-spec.
#include <array>

#include "prove/encoder.h"

namespace weir::prove {
namespace {

using cedar::ExtensionFunction;
using Kind = Sort::Kind;

constexpr std::int64_t kDayMs = 86'400'000;

struct Signature {
  std::size_t arguments;
  Kind first;
  Kind second;
};

Signature signature(ExtensionFunction function) {
  using enum ExtensionFunction;
  switch (function) {
    case less_than:
    case less_than_or_equal:
    case greater_than:
    case greater_than_or_equal:
      return {2, Kind::decimal, Kind::decimal};
    case is_ipv4:
    case is_ipv6:
    case is_loopback:
    case is_multicast:
      return {1, Kind::ipaddr, Kind::ipaddr};
    case is_in_range:
      return {2, Kind::ipaddr, Kind::ipaddr};
    case offset:
      return {2, Kind::datetime, Kind::duration};
    case duration_since:
      return {2, Kind::datetime, Kind::datetime};
    case to_date:
    case to_time:
      return {1, Kind::datetime, Kind::datetime};
    default:
      return {1, Kind::duration, Kind::duration};
  }
}

cedar::IpAddr address(std::string_view text) {
  return *cedar::IpAddr::parse(text);
}

}  // namespace

// Only of a literal text, as strict validation demands.
Result<Encoder::Outcome> Encoder::construct(const cedar::Expression& expression) {
  if (expression.args.size() != 1 || expression.args[0].op != cedar::Op::literal)
    return fail("an extension value is made of a text that is not a literal, which is not supported");
  const std::array<const cedar::Value*, 1> arguments{&expression.args[0].value};
  const auto value = cedar::call(expression.function, arguments);
  if (!value) return fail(value.error().message);
  if (const auto* decimal = value->get_if<cedar::Decimal>())
    return certain(terms_.number(decimal->ten_thousandths, Sorts::plain(Kind::decimal)));
  if (const auto* time = value->get_if<cedar::Datetime>())
    return certain(terms_.number(time->unix_ms, Sorts::plain(Kind::datetime)));
  if (const auto* length = value->get_if<cedar::Duration>())
    return certain(terms_.number(length->ms, Sorts::plain(Kind::duration)));
  return certain(terms_.address(*value->get_if<cedar::IpAddr>()));
}

Result<Encoder::Outcome> Encoder::call(const cedar::Expression& expression) {
  using enum ExtensionFunction;
  if (cedar::is_constructor(expression.function)) return construct(expression);
  const Signature expected = signature(expression.function);
  if (expression.args.size() != expected.arguments)
    return fail("an extension function has too many or too few arguments");
  std::vector<Outcome> args;
  std::vector<Term> defined;
  for (const auto& arg : expression.args) {
    TRY(Outcome next, operand(arg, args.empty() ? expected.first : expected.second));
    defined.push_back(next.defined);
    args.push_back(std::move(next));
  }
  if (expected.first == Kind::datetime) return call_time(expression.function, args);
  if (expected.first == Kind::duration) return call_duration(expression.function, args[0]);
  const Term all = terms_.all(std::move(defined));
  if (expected.first == Kind::ipaddr)
    return Outcome{symbolic(terms_, call_address(expression.function, args)), all};
  const Term a = args[0].value.term;
  const Term b = args[1].value.term;
  const Term value = expression.function == less_than            ? terms_.less(a, b)
                     : expression.function == less_than_or_equal ? terms_.less_equal(a, b)
                     : expression.function == greater_than       ? terms_.less(b, a)
                                                                 : terms_.less_equal(b, a);
  return Outcome{symbolic(terms_, value), all};
}

Term Encoder::call_address(ExtensionFunction function, const std::vector<Outcome>& args) {
  const SortPtr boolean = Sorts::plain(Kind::boolean);
  const Term a = args[0].value.term;
  const auto within = [&](Term range) { return terms_.call("weir.in_range", boolean, {a, range}); };
  switch (function) {
    case ExtensionFunction::is_ipv4:
      return terms_.call("(_ is V4)", boolean, {a});
    case ExtensionFunction::is_ipv6:
      return terms_.call("(_ is V6)", boolean, {a});
    case ExtensionFunction::is_loopback:
      return terms_.any(
          {within(terms_.address(address("127.0.0.0/8"))), within(terms_.address(address("::1")))});
    case ExtensionFunction::is_multicast:
      return terms_.any(
          {within(terms_.address(address("224.0.0.0/4"))), within(terms_.address(address("ff00::/8")))});
    default:
      return within(args[1].value.term);
  }
}

Result<Encoder::Outcome> Encoder::call_time(ExtensionFunction function, const std::vector<Outcome>& args) {
  const SortPtr time = Sorts::plain(Kind::datetime);
  const SortPtr length = Sorts::plain(Kind::duration);
  const Term a = args[0].value.term;
  const Term day = terms_.number(kDayMs, time);
  // What is left of the day, never negative (SMT-LIB's bvsmod takes the sign of the divisor).
  const auto in_day = [&] { return terms_.call("bvsmod", time, {a, day}); };
  switch (function) {
    case ExtensionFunction::offset: {
      const Term by = terms_.retyped(args[1].value.term, time);
      return Outcome{
          symbolic(terms_, terms_.add(a, by)),
          terms_.all({args[0].defined, args[1].defined, terms_.negate(terms_.add_overflows(a, by))})};
    }
    case ExtensionFunction::duration_since: {
      const Term b = args[1].value.term;
      return Outcome{
          symbolic(terms_, terms_.retyped(terms_.subtract(a, b), length)),
          terms_.all({args[0].defined, args[1].defined, terms_.negate(terms_.subtract_overflows(a, b))})};
    }
    case ExtensionFunction::to_date: {
      const Term rest = in_day();
      return Outcome{symbolic(terms_, terms_.subtract(a, rest)),
                     terms_.all({args[0].defined, terms_.negate(terms_.subtract_overflows(a, rest))})};
    }
    default:
      return Outcome{symbolic(terms_, terms_.retyped(in_day(), length)), args[0].defined};
  }
}

Encoder::Outcome Encoder::call_duration(ExtensionFunction function, const Outcome& length) {
  using enum ExtensionFunction;
  const SortPtr integer = Sorts::plain(Kind::integer);
  const Term value = terms_.retyped(length.value.term, integer);
  const std::int64_t unit = function == to_seconds   ? 1000
                            : function == to_minutes ? 60'000
                            : function == to_hours   ? 3'600'000
                            : function == to_days    ? kDayMs
                                                     : 1;
  if (unit == 1) return {symbolic(terms_, value), length.defined};
  return {symbolic(terms_, terms_.call("bvsdiv", integer, {value, terms_.number(unit, integer)})),
          length.defined};
}

}  // namespace weir::prove
