// Values as solvers print them (SMT-LIB 2.6, appendix B; sets as cvc5 does) back to Cedar's.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>

#include "base/bytes.h"
#include "prove/script.h"

namespace weir::prove {
namespace {

std::unexpected<Error> misfit(const SExpr& value, std::string_view wanted) {
  return fail(ErrorCode::internal, fmt::format("the solver's value is no {}", wanted),
              printable(to_text(value), 200));
}

// Bits of "#b0101", "#xAB" or "(_ bv5 64)", most significant first.
std::optional<std::string> bits_of(const SExpr& value) {
  if (value.calls("_") && value.list.size() == 3 && value.list[1].text.starts_with("bv")) {
    std::uint64_t number = 0;
    unsigned width = 0;
    const std::string& digits = value.list[1].text;
    const std::string& size = value.list[2].text;
    const auto read = std::from_chars(digits.data() + 2, digits.data() + digits.size(), number);
    std::from_chars(size.data(), size.data() + size.size(), width);
    if (read.ec != std::errc() || width == 0 || width > 128) return std::nullopt;
    std::string out(width, '0');
    for (unsigned i = 0; i < std::min(width, 64U); ++i)
      out[width - 1 - i] = ((number >> i) & 1) != 0 ? '1' : '0';
    return out;
  }
  if (value.kind != SExpr::Kind::symbol) return std::nullopt;
  const std::string_view text = value.text;
  if (text.starts_with("#b")) return std::string(text.substr(2));
  if (!text.starts_with("#x")) return std::nullopt;
  std::string out;
  for (const char c : text.substr(2)) {
    unsigned digit = 0;
    if (std::from_chars(&c, &c + 1, digit, 16).ec != std::errc()) return std::nullopt;
    for (int bit = 3; bit >= 0; --bit)
      out.push_back(((digit >> bit) & 1) != 0 ? '1' : '0');
  }
  return out;
}

std::uint64_t number_of(std::string_view bits) {
  std::uint64_t out = 0;
  for (const char bit : bits)
    out = (out << 1) | (bit == '1' ? 1U : 0U);
  return out;
}

Result<cedar::Value> number_value(const SExpr& value, Sort::Kind kind) {
  const auto bits = bits_of(value);
  if (!bits || bits->size() != 64) return misfit(value, "number of 64 bits");
  const auto number = std::bit_cast<std::int64_t>(number_of(*bits));
  if (kind == Sort::Kind::decimal) return cedar::Value(cedar::Decimal{number});
  if (kind == Sort::Kind::datetime) return cedar::Value(cedar::Datetime{number});
  if (kind == Sort::Kind::duration) return cedar::Value(cedar::Duration{number});
  return cedar::Value(number);
}

// (V4 #x0a000000 (Prefix4 #b01000)), (V6 #x… Whole6)
Result<cedar::Value> address_value(const SExpr& value) {
  const bool is_v6 = value.calls("V6");
  if ((!is_v6 && !value.calls("V4")) || value.list.size() != 3) return misfit(value, "address");
  const std::size_t bytes = is_v6 ? 16 : 4;
  const auto bits = bits_of(value.list[1]);
  if (!bits || bits->size() != bytes * 8) return misfit(value, "address");
  cedar::IpAddr out;
  out.is_v6 = is_v6;
  for (std::size_t i = 0; i < bytes; ++i)
    out.bytes[i] = static_cast<std::uint8_t>(number_of(std::string_view(*bits).substr(i * 8, 8)));
  out.prefix_bits = static_cast<std::uint8_t>(bytes * 8);
  if (value.list[2].is_list()) {
    const auto prefix = value.list[2].list.size() == 2 ? bits_of(value.list[2].list[1]) : std::nullopt;
    if (!prefix || prefix->size() > 7) return misfit(value, "address");
    out.prefix_bits = static_cast<std::uint8_t>(number_of(*prefix));
  }
  return cedar::Value(out);
}

}  // namespace

Result<cedar::Value> Script::decode(const SExpr& value, const Sort& sort) const {
  switch (sort.kind) {
    case Sort::Kind::boolean:
      if (!value.is("true") && !value.is("false")) return misfit(value, "boolean");
      return cedar::Value(value.is("true"));
    case Sort::Kind::string: {
      if (value.kind != SExpr::Kind::string) return misfit(value, "string");
      TRY(std::string text, from_smt_string(value.text));
      return cedar::Value(std::move(text));
    }
    case Sort::Kind::ipaddr:
      return address_value(value);
    case Sort::Kind::entity: {
      const std::string name = sort_text(sort);
      if (!sort.closed) {
        if (!value.calls(name) || value.list.size() != 2) return misfit(value, "entity");
        TRY(std::string id, from_smt_string(value.list[1].text));
        return cedar::Value(cedar::EntityUid(sort.name, std::move(id)));
      }
      for (std::size_t i = 0; i < sort.choices.size(); ++i)
        if (value.is(fmt::format("{}.{}", name, i)))
          return cedar::Value(cedar::EntityUid(sort.name, sort.choices[i]));
      return misfit(value, "entity of an enumerated type");
    }
    case Sort::Kind::set:
      return decode_set(value, sort);
    case Sort::Kind::record:
      return decode_record(value, sort);
    case Sort::Kind::option:
      return misfit(value, "value");
    default:
      return number_value(value, sort.kind);
  }
}

// (as set.empty …), (set.singleton x), (set.insert x … s), (set.union s t)
Result<cedar::Value> Script::decode_set(const SExpr& value, const Sort& sort) const {
  std::vector<cedar::Value> elements;
  std::vector<const SExpr*> open{&value};
  while (!open.empty()) {
    const SExpr& at = *open.back();
    open.pop_back();
    if (at.calls("as") && at.list.size() == 3 && at.list[1].is("set.empty")) continue;
    if (at.calls("set.union")) {
      for (std::size_t i = 1; i < at.list.size(); ++i)
        open.push_back(&at.list[i]);
    } else if (at.calls("set.singleton") && at.list.size() == 2) {
      TRY(cedar::Value element, decode(at.list[1], *sort.element));
      elements.push_back(std::move(element));
    } else if (at.calls("set.insert") && at.list.size() >= 3) {
      for (std::size_t i = 1; i + 1 < at.list.size(); ++i) {
        TRY(cedar::Value element, decode(at.list[i], *sort.element));
        elements.push_back(std::move(element));
      }
      open.push_back(&at.list.back());
    } else {
      return misfit(at, "set");
    }
  }
  return cedar::Value(cedar::Set(std::move(elements)));
}

Result<cedar::Value> Script::decode_record(const SExpr& value, const Sort& sort) const {
  std::vector<cedar::Record::Field> fields;
  const std::string name = sort_text(sort);
  if (sort.fields.empty() && value.is(name)) return cedar::Value(cedar::Record());
  if (!value.calls(name) || value.list.size() != sort.fields.size() + 1) return misfit(value, "record");
  for (std::size_t i = 0; i < sort.fields.size(); ++i) {
    const auto& field = sort.fields[i];
    const SExpr* at = &value.list[i + 1];
    if (!field.required) {
      const std::string option = sort_text(*Sorts::option_of(field.sort));
      if (at->is(option + ".none")) continue;
      if (!at->calls(option + ".some") || at->list.size() != 2) return misfit(*at, "optional attribute");
      at = &at->list[1];
    }
    TRY(cedar::Value decoded, decode(*at, *field.sort));
    fields.emplace_back(field.name, std::move(decoded));
  }
  return cedar::Value(cedar::Record(std::move(fields)));
}

}  // namespace weir::prove
