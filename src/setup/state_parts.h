// What the states of all agents in a pod (pod_state.h) are made with. Inside the room only.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "setup/pod_state.h"

namespace weir::setup {

using Keys = std::vector<std::string_view>;

// These members of an object, as far as they are there.
Json only(const Json& from, const Keys& keys);
// "" for a file that is not there.
Result<std::string> content(const PodStateRequest& request, const std::string& path);
// The variable, where it is set and not empty.
std::string value_or(const std::map<std::string, std::string>& env, const std::string& key,
                     const std::string& fallback);
// Where this URL leads is where the agent finds its model; nothing for what is none.
void add_model(const std::string& url, PodState& state);

}  // namespace weir::setup
