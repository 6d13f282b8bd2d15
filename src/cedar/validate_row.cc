#include "cedar/validate_row.h"

#include <fmt/format.h>

namespace weir::cedar {
namespace {

Json diagnostic_json(const Diagnostic& diagnostic, std::string_view text) {
  Json out = Json::object({{"policy", diagnostic.policy}, {"message", diagnostic.message}});
  if (!diagnostic.help.empty()) out.set("help", diagnostic.help);
  const Position at = position_of(text, diagnostic.span.begin);
  out.set("span", Json::object({{"begin", diagnostic.span.begin},
                                {"end", diagnostic.span.end},
                                {"line", at.line},
                                {"column", at.column}}));
  return out;
}

// A level from the row; absent or null is none.
Result<std::optional<std::uint32_t>> level_of(const Json& row) {
  const Json& level = row["level"];
  if (level.is_null()) return std::nullopt;
  if (!level.is_int() || level.as_int() < 0 || level.as_int() > UINT32_MAX)
    return fail("the level must be a number from 0", "level", "leave it out to check types only");
  return static_cast<std::uint32_t>(level.as_int());
}

}  // namespace

Json diagnostics_json(const std::vector<Diagnostic>& diagnostics, std::string_view text) {
  Json::Array out;
  for (const auto& diagnostic : diagnostics)
    out.push_back(diagnostic_json(diagnostic, text));
  return Json(std::move(out));
}

Result<Schema> read_schema_member(const Json& schema, std::string_view where) {
  auto read = schema.is_string() ? Schema::parse(schema.as_string(), where) : Schema::from_json(schema);
  if (!read && !schema.is_string())
    read.error().where =
        read.error().where.empty() ? std::string(where) : fmt::format("{}.{}", where, read.error().where);
  return read;
}

Result<Json> validate_row(const Json& row) {
  const Json& text = row["policies"];
  if (!text.is_string()) return fail("the policies must be a string", "policies", "give Cedar policy text");
  TRY(const PolicySet policies, PolicySet::parse(text.as_string(), "policies"));
  TRY(const Schema schema, read_schema_member(row["schema"], "schema"));
  TRY(const auto level, level_of(row));
  const ValidationResult result = validate(policies, schema, {level});
  return Json::object({{"id", row["id"]},
                       {"valid", result.valid()},
                       {"errors", diagnostics_json(result.errors, text.as_string())},
                       {"warnings", diagnostics_json(result.warnings, text.as_string())}});
}

}  // namespace weir::cedar
