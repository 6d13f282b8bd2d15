#include "daemon/action_places.h"

namespace weir::daemon {

std::string place_of(const event::Action& action) {
  if (action.resource_type != "Path" || action.certainty == event::Certainty::opaque ||
      action.attrs.has("remote") || action.attrs.has("container"))
    return {};
  const auto resolved = action.attrs["resolved"].text_or("");
  std::string path(resolved.empty() ? std::string_view(action.resource) : resolved);
  return path.starts_with('/') ? path : std::string();
}

std::string before_pattern(const event::Action& action) {
  std::string path = place_of(action);
  if (!action.attrs["glob"].bool_or(false)) return path;
  const auto pattern = path.find_first_of("*?[");
  if (pattern == std::string::npos) return path;
  const auto slash = path.rfind('/', pattern);
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

bool reaches_many(const event::Action& action) {
  const auto is_true = [&](std::string_view name) { return action.attrs[name].bool_or(false); };
  return place_of(action) != before_pattern(action) || is_true("recursive") || is_true("search") ||
         action.attrs["unknown"].text_or("") == "partial";
}

}  // namespace weir::daemon
