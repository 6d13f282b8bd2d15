// With what an agent signs in at its model, as far as a pod can have it without having it: which variables
// and which texts of its files are credentials, and of which host. The values stay outside; the pod gets
// placeholders (docs/credentials.md).
//
//   const auto found = claude_credentials(request);
//   found[0].variable, found[0].host, found[0].value     // "ANTHROPIC_API_KEY", "api.anthropic.com:443", …
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weir::setup {

struct PodStateRequest;

struct AgentCredential {
  std::string name;      // for the record; that of the variable, where it is in one
  std::string variable;  // of the agent's environment; "" where it is in a file
  std::string file;      // name below PodState::at; "" where it is in a variable
  std::string text;      // of the file, with "{}" where the placeholder belongs
  std::string host;      // HOST:PORT
  bool plain = false;    // the person has set the agent up to reach that host without TLS
  std::string value;
  std::int64_t expires_ms = 0;  // since 1970; 0: not known
};

// ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN, CLAUDE_CODE_OAUTH_TOKEN; else the access token of
// .credentials.json. `url`: where the agent finds its model.
std::vector<AgentCredential> claude_credentials(const PodStateRequest& request, const std::string& url);
// The variable that the model's provider names, or those of the vendor; else of auth.json the API key, or the
// access token of an account.
std::vector<AgentCredential> codex_credentials(const PodStateRequest& request, const std::string& url,
                                               const std::string& env_key);
// These variables, as far as they are set, for the host of `url`.
std::vector<AgentCredential> variable_credentials(const PodStateRequest& request, const std::string& url,
                                                  const std::vector<std::string>& variables);

}  // namespace weir::setup
