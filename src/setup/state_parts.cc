#include "setup/state_parts.h"

namespace weir::setup {

Json only(const Json& from, const Keys& keys) {
  Json out = Json::object();
  for (const auto key : keys)
    if (from.has(key)) out.set(key, from[key]);
  return out;
}

Result<std::string> content(const PodStateRequest& request, const std::string& path) {
  auto text = request.read_file(path);
  if (!text && text.error().code == ErrorCode::not_found) return std::string();
  return text;
}

std::string value_or(const std::map<std::string, std::string>& env, const std::string& key,
                     const std::string& fallback) {
  const auto it = env.find(key);
  return it != env.end() && !it->second.empty() ? it->second : fallback;
}

void add_model(const std::string& url, PodState& state) {
  if (std::string endpoint = endpoint_of(url); !endpoint.empty()) state.models.push_back(std::move(endpoint));
}

}  // namespace weir::setup
