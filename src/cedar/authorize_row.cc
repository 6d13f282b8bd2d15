#include "cedar/authorize_row.h"

#include <fmt/format.h>

#include "cedar/authorizer.h"
#include "cedar/entity_json.h"
#include "cedar/est_policy_set.h"
#include "cedar/template.h"
#include "cedar/validate_data.h"

namespace weir::cedar {
namespace {

// The Error of a member of the row, with the member before the place in it.
template <class T>
Result<T> in_member(std::string_view member, std::string_view separator, Result<T> result) {
  if (result) return result;
  std::string& where = result.error().where;
  where = where.empty() ? std::string(member) : fmt::format("{}{}{}", member, separator, where);
  return result;
}

Json response_json(const Response& response) {
  Json::Array reason, errors;
  for (const Policy* policy : response.reason())
    reason.emplace_back(policy->id);
  for (const auto& error : response.errors)
    errors.emplace_back(error.policy->id);
  return Json::object({{"decision", name(response.decision)},
                       {"reason", Json(std::move(reason))},
                       {"errors", Json(std::move(errors))}});
}

Result<std::optional<Schema>> row_schema(const Json& schema) {
  if (schema.is_null()) return std::nullopt;
  if (schema.is_string()) {
    TRY(Schema read, in_member("schema", ":", Schema::parse(schema.as_string())));
    return read;
  }
  TRY(Schema read, in_member("schema", "", Schema::from_json(schema)));
  return read;
}

// The first thing that is wrong with a request, as an Error.
Status check_request(const Request& request, const Schema& schema) {
  const auto problems = validate_request(request, schema);
  if (problems.empty()) return {};
  return fail(problems.front().message, problems.front().where, problems.front().help);
}

// Text, or Cedar's JSON form of a policy or a policy set.
Result<PolicySet> row_policies(const Json& policies) {
  if (policies.is_object()) return in_member("policies", ".", read_policy_set_json(policies));
  if (policies.is_string()) return in_member("policies", ":", PolicySet::parse(policies.as_string()));
  return fail("the policies must be a string or an object", "policies",
              "give Cedar policy text or its JSON form");
}

}  // namespace

Result<Json> authorize_row(const Json& row) {
  const Json& requests = row["requests"];
  TRY(PolicySet policies, row_policies(row["policies"]));
  if (!requests.is_array()) return fail("the requests must be an array", "requests", "give [{...}, ...]");
  if (const Json* links = row.find("links")) {
    TRY(const auto read, in_member("links", "", read_links_json(*links)));
    TRY(policies, in_member("links", "", link(policies, read)));
  }
  TRY(const std::optional<Schema> schema, row_schema(row["schema"]));
  const Schema* types = schema ? &*schema : nullptr;
  const Json none = Json::array();
  const Json* entities_json = row.find("entities");
  TRY(const Entities entities,
      in_member("entities", "", read_entities(entities_json == nullptr ? none : *entities_json, types)));
  Workspace workspace;
  Json::Array responses;
  for (std::size_t i = 0; i < requests.as_array().size(); ++i) {
    TRY(const Request request,
        in_member(fmt::format("requests[{}]", i), ".", read_request(requests.as_array()[i], types)));
    if (types != nullptr && requests.as_array()[i]["validateRequest"].bool_or(false))
      TRY_STATUS(in_member(fmt::format("requests[{}]", i), ".", check_request(request, *types)));
    responses.push_back(response_json(authorize(policies, request, entities, workspace)));
  }
  return Json::object({{"id", row["id"]}, {"responses", Json(std::move(responses))}});
}

Json authorize_line(std::string_view line) {
  auto row = parse_json(line);
  auto answer = row ? authorize_row(*row) : Result<Json>(std::unexpected(std::move(row.error())));
  if (answer) return *std::move(answer);
  const Error& error = answer.error();
  return Json::object(
      {{"id", row ? (*row)["id"] : Json()},
       {"error", Json::object({{"what", error.what}, {"where", error.where}, {"hint", error.hint}})}});
}

}  // namespace weir::cedar
