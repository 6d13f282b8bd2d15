#include "cedar/check_parse.h"

#include <fmt/format.h>

#include <charconv>

#include "base/bytes.h"
#include "cedar/diagnostic.h"
#include "cedar/entity_json.h"
#include "cedar/est_policy_set.h"
#include "cedar/parser.h"
#include "cedar/policy_set.h"
#include "cedar/schema.h"

namespace weir::cedar {
namespace {

Mistake in_text(const ParseError& error, std::string_view text, std::string_view name, Position at) {
  Mistake out;
  out.error = {error.code, error.what,
               fmt::format("{}{}{}:{}", name, name.empty() ? "" : ":", at.line, at.column), error.hint};
  out.span = error.span;
  out.position = at;
  out.picture = picture(text, name, error.span, {.message = error.what, .help = error.hint});
  return out;
}

// The byte at which a line and column stand.
std::optional<std::uint32_t> offset_of(std::string_view text, Position at) {
  std::size_t offset = 0;
  for (std::uint32_t line = 1; line < at.line; ++line) {
    offset = text.find('\n', offset);
    if (offset == std::string_view::npos) return std::nullopt;
    ++offset;
  }
  for (std::uint32_t column = 1; column < at.column && offset < text.size(); ++column)
    do
      ++offset;
    while (offset < text.size() && (static_cast<unsigned char>(text[offset]) & 0xC0) == 0x80);
  return static_cast<std::uint32_t>(offset);
}

// "name:line:column" at the end of `where`, as ParseError::in() writes it.
std::optional<Position> position_in(std::string_view where) {
  Position out;
  for (std::uint32_t* number : {&out.column, &out.line}) {
    const auto colon = where.rfind(':');
    const std::string_view digits = where.substr(colon == std::string_view::npos ? 0 : colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), *number);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    where = colon == std::string_view::npos ? std::string_view() : where.substr(0, colon);
  }
  return out;
}

// An Error about a place in a text.
Mistake placed(Error error, std::string_view text, std::string_view name) {
  const auto at = position_in(error.where);
  const auto offset = at ? offset_of(text, *at) : std::nullopt;
  if (!offset) {
    if (error.where.empty()) error.where = name;
    return plain_mistake(std::move(error));
  }
  return in_text({error.code, error.what, error.hint, {*offset, *offset + 1}}, text, name, *at);
}

Mistake in_document(Error error, std::string_view name) {
  if (!name.empty())
    error.where = error.where.empty() ? std::string(name) : fmt::format("{}: {}", name, error.where);
  return plain_mistake(std::move(error));
}

void append(std::vector<Mistake>& out, std::vector<Mistake> more) {
  out.insert(out.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

Mistake plain_mistake(Error error) {
  Mistake out;
  out.picture = fmt::format("error: {}\n", printable(error.message()));
  out.error = std::move(error);
  return out;
}

Json mistake_json(const Mistake& mistake) {
  Json out = Json::object(
      {{"what", mistake.error.what}, {"where", mistake.error.where}, {"hint", mistake.error.hint}});
  if (mistake.span)
    out.set("span", Json::object({{"begin", mistake.span->begin},
                                  {"end", mistake.span->end},
                                  {"line", mistake.position.line},
                                  {"column", mistake.position.column}}));
  return out;
}

std::vector<Mistake> check_policies(std::string_view text, std::string_view name) {
  std::vector<Mistake> out;
  LineCounter lines(text);
  for (const auto& error : parse_policies_fully(text).errors)
    out.push_back(in_text(error, text, name, lines.at(error.span.begin)));
  if (!out.empty()) return out;
  if (auto set = PolicySet::parse(text, name); !set)
    out.push_back(placed(std::move(set.error()), text, name));
  return out;
}

std::vector<Mistake> check_policies_json(const Json& document, std::string_view name) {
  auto set = read_policy_set_json(document, name);
  if (set) return {};
  return {in_document(std::move(set.error()), name)};
}

std::vector<Mistake> check_expression(std::string_view text, std::string_view name) {
  const auto parsed = parse_expression(text);
  if (parsed) return {};
  return {in_text(parsed.error(), text, name, position_of(text, parsed.error().span.begin))};
}

std::vector<Mistake> check_schema(std::string_view text, std::string_view name) {
  auto schema = Schema::parse(text, name);
  if (schema) return {};
  return {placed(std::move(schema.error()), text, name)};
}

std::vector<Mistake> check_schema_json(const Json& document, std::string_view name) {
  auto schema = Schema::from_json(document);
  if (schema) return {};
  return {in_document(std::move(schema.error()), name)};
}

Result<Json> check_row(const Json& row) {
  std::vector<Mistake> mistakes;
  const Json &policies = row["policies"], &expression = row["expression"], &schema = row["schema"];
  if (policies.is_string()) append(mistakes, check_policies(policies.as_string(), "policies"));
  if (const Json* json = row.find("json")) append(mistakes, check_policies_json(*json, "json"));
  if (expression.is_string()) append(mistakes, check_expression(expression.as_string(), "expression"));
  if (schema.is_string()) append(mistakes, check_schema(schema.as_string(), "schema"));
  if (schema.is_object()) append(mistakes, check_schema_json(schema, "schema"));
  if (const Json* entities = row.find("entities"))
    if (auto read = read_entities(*entities); !read)
      mistakes.push_back(in_document(std::move(read.error()), "entities"));
  if (!policies.is_string() && !expression.is_string() && schema.is_null() && !row.has("json") &&
      !row.has("entities"))
    return fail("a row needs something to check", {},
                "give \"policies\", \"json\", \"expression\", \"schema\" or \"entities\"");
  Json::Array errors;
  for (const auto& mistake : mistakes)
    errors.push_back(mistake_json(mistake));
  return Json::object({{"id", row["id"]}, {"valid", mistakes.empty()}, {"errors", Json(std::move(errors))}});
}

}  // namespace weir::cedar
