// Which requests a rule or a credential means, by host, method and path; and paths that two programs would
// read differently.
//
//   if (path_matches("/repos/*", "/repos/a/b")) …
//   if (auto why = ambiguous_path(target)) …   // "/repos/%2e%2e/admin"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::gateway {

// "*" stands for any text, "/" included; everything else for itself, byte by byte. The query does not belong
// to the path.
bool path_matches(std::string_view pattern, std::string_view path);
// One of the patterns, or there are none. The same for methods, which are compared in their case.
bool any_path_matches(const std::vector<std::string>& patterns, std::string_view path);
bool any_method(const std::vector<std::string>& methods, std::string_view method);

// The path of a target ("/a?b" → "/a").
std::string_view path_of(std::string_view target);

// Why a server might take this path for another one than it says: dot segments, also percent-encoded, several
// times encoded or before a ";", backslashes, control characters. None for a plain one.
std::optional<std::string> ambiguous_path(std::string_view path);

// For the record: what looks like an identifier becomes "*", no query, at most six segments.
std::string path_shape(std::string_view target);

}  // namespace weir::gateway
