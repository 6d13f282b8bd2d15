#include "cedar/extension.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "cedar/text.h"

namespace weir::cedar {
namespace {

using Outcome = std::expected<Value, EvaluationError>;
using Arguments = std::span<const Value* const>;
using enum ExtensionFunction;

// In the order of ExtensionFunction.
constexpr ExtensionSignature kSignatures[] = {
    {"decimal", 1, ValueKind::string, {}},
    {"ip", 1, ValueKind::string, {}},
    {"datetime", 1, ValueKind::string, {}},
    {"duration", 1, ValueKind::string, {}},
    {"lessThan", 2, ValueKind::decimal, ValueKind::decimal},
    {"lessThanOrEqual", 2, ValueKind::decimal, ValueKind::decimal},
    {"greaterThan", 2, ValueKind::decimal, ValueKind::decimal},
    {"greaterThanOrEqual", 2, ValueKind::decimal, ValueKind::decimal},
    {"isIpv4", 1, ValueKind::ipaddr, {}},
    {"isIpv6", 1, ValueKind::ipaddr, {}},
    {"isLoopback", 1, ValueKind::ipaddr, {}},
    {"isMulticast", 1, ValueKind::ipaddr, {}},
    {"isInRange", 2, ValueKind::ipaddr, ValueKind::ipaddr},
    {"offset", 2, ValueKind::datetime, ValueKind::duration},
    {"durationSince", 2, ValueKind::datetime, ValueKind::datetime},
    {"toDate", 1, ValueKind::datetime, {}},
    {"toTime", 1, ValueKind::datetime, {}},
    {"toMilliseconds", 1, ValueKind::duration, {}},
    {"toSeconds", 1, ValueKind::duration, {}},
    {"toMinutes", 1, ValueKind::duration, {}},
    {"toHours", 1, ValueKind::duration, {}},
    {"toDays", 1, ValueKind::duration, {}},
};

std::unexpected<EvaluationError> refuse(EvaluationError::Kind kind, std::string message) {
  return std::unexpected(EvaluationError{kind, std::move(message)});
}

// The value that a constructor parsed, or the error that names the text.
template <class T>
Outcome constructed(ExtensionFunction function, const std::optional<T>& value, const Value& text) {
  if (value) return Value(*value);
  return refuse(EvaluationError::Kind::extension,
                fmt::format("{} is not a valid {}", printable(text.text(), 80), name(function)));
}

template <class T>
Outcome checked(ExtensionFunction function, const std::optional<T>& value) {
  if (value) return Value(*value);
  return refuse(EvaluationError::Kind::extension, fmt::format("overflow in {}()", name(function)));
}

Outcome call_decimal(ExtensionFunction function, Arguments arguments) {
  const Decimal a = *arguments[0]->get_if<Decimal>();
  const Decimal b = *arguments[1]->get_if<Decimal>();
  if (function == less_than) return Value(a < b);
  if (function == less_than_or_equal) return Value(a <= b);
  if (function == greater_than) return Value(a > b);
  return Value(a >= b);
}

Outcome call_ipaddr(ExtensionFunction function, Arguments arguments) {
  const IpAddr& address = *arguments[0]->get_if<IpAddr>();
  if (function == is_ipv4) return Value(!address.is_v6);
  if (function == is_ipv6) return Value(address.is_v6);
  if (function == ExtensionFunction::is_loopback) return Value(address.is_loopback());
  if (function == ExtensionFunction::is_multicast) return Value(address.is_multicast());
  return Value(address.in_range(*arguments[1]->get_if<IpAddr>()));
}

Outcome call_datetime(ExtensionFunction function, Arguments arguments) {
  const Datetime time = *arguments[0]->get_if<Datetime>();
  if (function == offset) return checked(function, time.offset(*arguments[1]->get_if<Duration>()));
  if (function == duration_since)
    return checked(function, time.duration_since(*arguments[1]->get_if<Datetime>()));
  if (function == to_date) return checked(function, time.to_date());
  return Value(time.to_time());
}

Outcome call_duration(ExtensionFunction function, const Duration length) {
  if (function == to_milliseconds) return Value(length.ms);
  if (function == to_seconds) return Value(length.seconds());
  if (function == to_minutes) return Value(length.minutes());
  if (function == to_hours) return Value(length.hours());
  return Value(length.days());
}

Outcome construct(ExtensionFunction function, const Value& argument) {
  const std::string& text = *argument.get_if<std::string>();
  if (function == ExtensionFunction::decimal) return constructed(function, Decimal::parse(text), argument);
  if (function == ip) return constructed(function, IpAddr::parse(text), argument);
  if (function == ExtensionFunction::datetime) return constructed(function, Datetime::parse(text), argument);
  return constructed(function, Duration::parse(text), argument);
}

}  // namespace

const ExtensionSignature& signature_of(ExtensionFunction function) {
  return kSignatures[static_cast<std::size_t>(function)];
}

std::string_view name(ExtensionFunction function) {
  return signature_of(function).name;
}

std::optional<ExtensionFunction> extension_function(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kSignatures); ++i)
    if (kSignatures[i].name == name) return static_cast<ExtensionFunction>(i);
  return std::nullopt;
}

bool is_constructor(ExtensionFunction function) {
  return function <= ExtensionFunction::duration;
}

Outcome call(ExtensionFunction function, Arguments arguments) {
  const ExtensionSignature& expected = signature_of(function);
  if (arguments.size() != expected.arguments)
    return refuse(EvaluationError::Kind::extension,
                  fmt::format("{}() takes {} argument{} with its receiver, not {}", expected.name,
                              expected.arguments, expected.arguments == 1 ? "" : "s", arguments.size()));
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const ValueKind kind = i == 0 ? expected.first : expected.second;
    if (arguments[i]->kind() != kind)
      return refuse(EvaluationError::Kind::type, fmt::format("{}() needs a {}, not a {}", expected.name,
                                                             name(kind), name(arguments[i]->kind())));
  }
  switch (expected.first) {
    case ValueKind::decimal:
      return call_decimal(function, arguments);
    case ValueKind::ipaddr:
      return call_ipaddr(function, arguments);
    case ValueKind::datetime:
      return call_datetime(function, arguments);
    case ValueKind::duration:
      return call_duration(function, *arguments[0]->get_if<Duration>());
    default:
      return construct(function, *arguments[0]);
  }
}

}  // namespace weir::cedar
