// Which operation a path of the REST binding names, and its query.
//
//   TRY(const RestRoute route, read_rest_target("GET", "/tasks/7?historyLength=1", "", Version::v1_0));
//
// A segment is percent-decoded once. Refused: empty segments, "." and "..", an encoded '/' or '\', a tenant
// that is also the name of a route ("tasks", "v1" …), an id that ends like an action (":cancel"), a query
// parameter that is said twice.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "a2a/operation.h"

namespace weir::a2a {

struct RestRoute {
  Act act = Act::send;
  std::string tenant;
  std::string task_id;
  std::string push_id;
};

// Percent-encoding undone, once; none for a broken one or for bytes that are not UTF-8 or controls.
std::optional<std::string> percent_decoded(std::string_view text);

// Parameters by name. Errors: one is said twice, or not decodable.
using Query = std::map<std::string, std::string, std::less<>>;
Result<Query> read_query(std::string_view query);

// `path` is without the query. Errors: `not_found` when no route takes it, `invalid`.
Result<RestRoute> read_rest_path(std::string_view method, std::string_view path, std::string_view base,
                                 Version version);

}  // namespace weir::a2a
