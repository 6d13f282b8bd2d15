#include "a2a/rest_target.h"

#include <algorithm>

#include "a2a/limits.h"
#include "base/bytes.h"

namespace weir::a2a {
namespace {

constexpr std::string_view kMessage = "message";
constexpr std::string_view kTasks = "tasks";
constexpr std::string_view kPush = "pushNotificationConfigs";
constexpr std::string_view kActions[] = {":cancel", ":subscribe", ":send", ":stream"};
// What no tenant is called: a reader that knows fewer routes would see another path.
constexpr std::string_view kTaken[] = {kMessage, kTasks, "v1", "card", "extendedAgentCard", kPush};

bool ends_like_an_action(std::string_view text) {
  return std::ranges::any_of(kActions, [&](auto action) { return text.ends_with(action); });
}

// The parts of a path behind its base, decoded; the last one keeps its ":action" apart.
struct Path {
  std::vector<std::string> parts;
  std::string action;
};

Result<Path> split_path(std::string_view path) {
  Path out;
  if (!path.starts_with('/')) return fail(ErrorCode::not_found, "no route of A2A", "path");
  for (const auto raw : split(path.substr(1), '/')) {
    std::string_view name = raw;
    if (raw.data() + raw.size() == path.data() + path.size()) {
      const auto colon = raw.rfind(':');
      if (colon != std::string_view::npos && ends_like_an_action(raw.substr(colon))) {
        out.action = raw.substr(colon);
        name = raw.substr(0, colon);
      }
    }
    const auto decoded = percent_decoded(name);
    if (!decoded || decoded->empty() || decoded == "." || decoded == ".." ||
        decoded->find_first_of("/\\") != std::string::npos)
      return fail("a part of the path is empty, \".\", \"..\" or not decodable", "path");
    if (decoded->size() > limits::kIdBytesMax)
      return fail(ErrorCode::limit, "a part of the path is longer than 512 bytes", "path");
    if (ends_like_an_action(*decoded)) return fail("an id ends like an action", "path");
    out.parts.push_back(*decoded);
  }
  return out;
}

// The routes; none when the path has another form.
std::optional<RestRoute> route_of(std::string_view method, const Path& path, std::size_t from,
                                  Version version) {
  const auto rest = std::span(path.parts).subspan(from);
  const bool get = method == "GET";
  const bool post = method == "POST";
  RestRoute out;
  const auto is = [&](Act act) {
    out.act = act;
    return std::optional(out);
  };
  if (rest.size() == 1 && rest[0] == kMessage && post) {
    if (path.action == ":send") return is(Act::send);
    if (path.action == ":stream") return is(Act::stream);
    return std::nullopt;
  }
  const std::string_view card = version == Version::v1_0 ? "extendedAgentCard" : "card";
  if (rest.size() == 1 && rest[0] == card && get && path.action.empty()) return is(Act::extended_card);
  if (rest.empty() || rest[0] != kTasks) return std::nullopt;
  if (rest.size() == 1) return get && path.action.empty() ? is(Act::list_tasks) : std::nullopt;
  out.task_id = rest[1];
  if (rest.size() == 2) {
    if (path.action == ":cancel") return post ? is(Act::cancel) : std::nullopt;
    // 1.0 says POST in its text and GET in its .proto; agents take both.
    if (path.action == ":subscribe") return get || post ? is(Act::subscribe) : std::nullopt;
    return get && path.action.empty() ? is(Act::get_task) : std::nullopt;
  }
  if (rest[2] != kPush || !path.action.empty()) return std::nullopt;
  if (rest.size() == 3) return post ? is(Act::create_push) : get ? is(Act::list_push) : std::nullopt;
  if (rest.size() != 4) return std::nullopt;
  out.push_id = rest[3];
  return get ? is(Act::get_push) : method == "DELETE" ? is(Act::delete_push) : std::nullopt;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto byte = i + 2 < text.size() ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
    if (!byte) return std::nullopt;
    out += static_cast<char>(byte->front());
    i += 2;
  }
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (!valid_utf8(out) || std::ranges::any_of(out, control)) return std::nullopt;
  return out;
}

Result<Query> read_query(std::string_view query) {
  Query out;
  if (query.empty()) return out;
  for (const auto pair : split(query, '&')) {
    const auto equals = pair.find('=');
    std::string value(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
    std::ranges::replace(value, '+', ' ');
    const auto key = percent_decoded(pair.substr(0, equals));
    const auto decoded = percent_decoded(value);
    if (!key || key->empty() || !decoded) return fail("a parameter is empty or not decodable", "query");
    if (!out.emplace(*key, *decoded).second) return fail("a parameter is said twice", "query");
  }
  return out;
}

Result<RestRoute> read_rest_path(std::string_view method, std::string_view path, std::string_view base,
                                 Version version) {
  while (base.ends_with('/'))
    base.remove_suffix(1);
  if (!path.starts_with(base)) return fail(ErrorCode::not_found, "no route of A2A", "path");
  TRY(const Path parts, split_path(path.substr(base.size())));
  const bool legacy = parts.parts.front() == "v1";
  if (legacy != (version == Version::v0_3))
    return fail(legacy ? "a path of 0.3 in a request of another version"
                       : "a path of 1.0 in a request of 0.3, or A2A-Version is missing",
                "path");
  if (const auto route = route_of(method, parts, legacy ? 1 : 0, version)) return *route;
  // "/{tenant}/…", of 1.0 only.
  if (!legacy && parts.parts.size() > 1 && std::ranges::find(kTaken, parts.parts.front()) == std::end(kTaken))
    if (auto route = route_of(method, parts, 1, version)) {
      route->tenant = parts.parts.front();
      return *std::move(route);
    }
  return fail(ErrorCode::not_found, "no route of A2A", "path");
}

}  // namespace weir::a2a
