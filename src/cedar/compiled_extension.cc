// Extension functions over Datums: what call() of extension.h computes, without messages and without memory
// of its own. tests/cedar/compiled_test.cc holds the two against each other.
#include "cedar/compiled_program.h"

namespace weir::cedar {
namespace {

using enum ExtensionFunction;
using Kind = Datum::Kind;
using Fault = EvaluationError::Kind;

template <class T>
Datum number(Kind kind, const std::optional<T>& value, std::int64_t T::* member) {
  return value ? Datum::of(kind, (*value).*member) : Datum::fault(Fault::extension);
}

Datum construct(ExtensionFunction function, const std::string& text, Arena& arena) {
  if (function == ExtensionFunction::decimal)
    return number(Kind::decimal, Decimal::parse(text), &Decimal::ten_thousandths);
  if (function == ExtensionFunction::datetime)
    return number(Kind::datetime, Datetime::parse(text), &Datetime::unix_ms);
  if (function == ExtensionFunction::duration)
    return number(Kind::duration, Duration::parse(text), &Duration::ms);
  const auto address = IpAddr::parse(text);
  if (!address) return Datum::fault(Fault::extension);
  IpAddr& made = arena.take<IpAddr>(1)[0];
  made = *address;
  Datum out;
  out.kind = Kind::ipaddr;
  out.ipaddr = &made;
  return out;
}

Datum call_decimal(ExtensionFunction function, std::int64_t a, std::int64_t b) {
  if (function == less_than) return Datum::of(a < b);
  if (function == less_than_or_equal) return Datum::of(a <= b);
  if (function == greater_than) return Datum::of(a > b);
  return Datum::of(a >= b);
}

Datum call_ipaddr(ExtensionFunction function, std::span<const Datum> arguments) {
  const IpAddr& address = *arguments[0].ipaddr;
  if (function == is_ipv4) return Datum::of(!address.is_v6);
  if (function == is_ipv6) return Datum::of(address.is_v6);
  if (function == ExtensionFunction::is_loopback) return Datum::of(address.is_loopback());
  if (function == ExtensionFunction::is_multicast) return Datum::of(address.is_multicast());
  return Datum::of(address.in_range(*arguments[1].ipaddr));
}

Datum call_datetime(ExtensionFunction function, std::span<const Datum> arguments) {
  const Datetime time{arguments[0].integer};
  if (function == offset)
    return number(Kind::datetime, time.offset(Duration{arguments[1].integer}), &Datetime::unix_ms);
  if (function == duration_since)
    return number(Kind::duration, time.duration_since(Datetime{arguments[1].integer}), &Duration::ms);
  if (function == to_date) return number(Kind::datetime, time.to_date(), &Datetime::unix_ms);
  return Datum::of(Kind::duration, time.to_time().ms);
}

Datum call_duration(ExtensionFunction function, Duration length) {
  std::int64_t out = length.days();
  if (function == to_milliseconds) out = length.ms;
  if (function == to_seconds) out = length.seconds();
  if (function == to_minutes) out = length.minutes();
  if (function == to_hours) out = length.hours();
  return Datum::of(Kind::integer, out);
}

}  // namespace

Datum call_compiled(ExtensionFunction function, std::span<const Datum> arguments, Arena& arena) {
  const ExtensionSignature& expected = signature_of(function);
  if (arguments.size() != expected.arguments) return Datum::fault(Fault::extension);
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if (arguments[i].kind != static_cast<Kind>(i == 0 ? expected.first : expected.second))
      return Datum::fault(Fault::type);
  switch (expected.first) {
    case ValueKind::decimal:
      return call_decimal(function, arguments[0].integer, arguments[1].integer);
    case ValueKind::ipaddr:
      return call_ipaddr(function, arguments);
    case ValueKind::datetime:
      return call_datetime(function, arguments);
    case ValueKind::duration:
      return call_duration(function, Duration{arguments[0].integer});
    default:
      return construct(function, *arguments[0].string, arena);
  }
}

}  // namespace weir::cedar
