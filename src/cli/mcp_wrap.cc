// `weir mcp wrap`: a tool server (MCP over standard input and output) with Weir between it and its client.
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "base/hash.h"
#include "cli/commands.h"
#include "daemon/keys.h"
#include "gateway/door.h"
#include "gateway/mcp_stdio.h"
#include "ingest/mcp_wire.h"
#include "ingest/tools.h"
#include "os/files.h"
#include "os/random.h"

namespace weir::cli {
namespace {

// The last part of what is started, without what a package manager is told: "npx -y @scope/server-x@1 /dir"
// is "server-x".
std::string usual_name(const std::vector<std::string>& argv) {
  std::string name = "server";
  for (const auto& word : argv) {
    if (word.starts_with("-")) continue;
    std::string last = word.substr(word.rfind('/') + 1);
    if (const auto at = last.find('@'); at != std::string::npos && at > 0) last = last.substr(0, at);
    if (last.empty()) continue;
    name = last;
    if (last != "npx" && last != "node" && last != "uvx" && last != "python3" && last != "docker" &&
        last != "sh")
      break;
  }
  for (char& c : name)
    if (!ingest::valid_server_name(std::string(1, c)) && c != '.') c = '_';
  return ingest::valid_server_name(name) ? name : "server";
}

int wrap(const Args& args, Context& context) {
  const auto& argv = args.rest();
  if (argv.empty())
    return report(fail("no server to start", "mcp wrap", "weir mcp wrap -- npx -y SERVER").error(), context);
  const std::string name = args.value_or("--name", usual_name(argv));
  if (!ingest::valid_server_name(name))
    return report(fail("not the name of a server", "--name", "1 to 64 letters, digits, _ - .").error(),
                  context);
  const auto key_text = daemon::hook_public_key(context.places);
  if (!key_text) return report(key_text.error(), context);
  gateway::Door::Setup at{.socket = context.places.event_socket()};
  const auto key = from_base64(*key_text);
  if (!key || key->size() != at.key.size())
    return report(fail(ErrorCode::corrupt, "the daemon's public key is damaged",
                       context.places.public_key_file(), "start the daemon, then try again")
                      .error(),
                  context);
  std::copy(key->begin(), key->end(), at.key.begin());
  const gateway::Door door(at);
  ::signal(SIGPIPE, SIG_IGN);
  std::error_code error;
  gateway::McpRelay relay(
      {.server = name,
       .launch = digest_text(sha256(canonical(Json::strings(argv)))),
       .title = ingest::quote_words(argv),
       .session = os::new_uuid(),
       .cwd = std::filesystem::current_path(error).string(),
       .ask = [&](const std::string& event, const Json& payload) { return door.ask("mcp", event, payload); },
       .notice =
           [&](const std::string& line) {
             if (!context.quiet) context.err << "weir: " << line << std::endl;
           }});
  const auto code = gateway::run_mcp_stdio({.argv = argv, .relay = relay});
  return code ? *code : report(code.error(), context);
}

}  // namespace

CommandSpec mcp_wrap_command() {
  return {
      .name = "mcp wrap",
      .summary = "Start a tool server (MCP) with Weir between it and the agent",
      .description =
          "Write it in front of the server's command in the agent's configuration. Every call is judged "
          "before the "
          "server sees it; what the server says of its tools is pinned at its first offer, and what changes "
          "later "
          "is kept from the agent until a person approves it (weir mcp diff, weir mcp approve). Without the "
          "daemon "
          "every call is refused. Ends with the server's exit code.",
      .options = {{"--name", "NAME",
                   "what the agent calls the server; pins are kept by it (default: from the command)"}},
      .positionals = {},
      .takes_rest = true,
      .examples = {{"weir mcp wrap --name files -- npx -y @modelcontextprotocol/server-filesystem ~/notes",
                    "a server of files"},
                   {"claude mcp add files -- weir mcp wrap --name files -- npx -y SERVER",
                    "for Claude Code"}},
      .run = wrap};
}

}  // namespace weir::cli
