// What of an agent's own state goes into a pod (`weir run --pod`), and where it lies there.
//
//   TRY(PodState state, pod_state(Agent::claude, {.around = around, .env = env, .workspace = cwd, .read_file
//   = …})); write state.files below a directory that the pod gets as state.at, and set state.env
//
// An agent in a pod starts with a state directory of its own. Copied into it is what shapes its work and
// holds no secret: instructions, and of its settings those keys that are known to be harmless. Not copied:
// sign-in (.credentials.json, auth.json: agent_credentials.h), histories and transcripts of other work,
// hooks, MCP servers, plugins, and everything that may carry a token or names a program of the host. Nothing
// comes back: what a hostile agent wrote there stays with the pod.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "setup/agent_credentials.h"
#include "setup/places.h"

namespace weir::setup {

struct PodState {
  std::string at;           // absolute, inside
  std::string transcripts;  // name below `at` of the directory of its transcripts; "" for none
  std::map<std::string, std::string> files;  // name below `at` → content
  std::map<std::string, std::string> env;    // set for the agent
  // Where the agent is set up to find its model: "127.0.0.1:8701", "api.anthropic.com:443".
  std::vector<std::string> models;
  // With what it signs in there. The values are for whoever speaks to these hosts for the pod, not for the
  // pod.
  std::vector<AgentCredential> credentials;
};

struct PodStateRequest {
  Surroundings around;
  std::map<std::string, std::string> env;
  std::string workspace;  // absolute
  // Error `not_found` for what is not there.
  std::function<Result<std::string>(const std::string& path)> read_file;
};

// Errors: settings that cannot be read, naming the file.
Result<PodState> pod_state(Agent agent, const PodStateRequest& request);
// The same for agents that Weir has no hooks for, by the name of their program: their configuration, without
// transcripts. Known are "opencode", "gemini" and "openclaw"; none for others.
bool has_contained_state(std::string_view program);
Result<PodState> contained_state(std::string_view program, const PodStateRequest& request);

// "http://127.0.0.1:8701/v1" → "127.0.0.1:8701"; 443 and 80 stand for https and http; "" for anything else.
std::string endpoint_of(std::string_view url);

}  // namespace weir::setup
