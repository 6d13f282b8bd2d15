// A tool server on standard input and output, with a McpRelay between it and the client (MCP, "stdio"
// transport: one message a line, UTF-8, nothing else; what it writes to standard error is the client's to
// show).
//
//   TRY(int code, run_mcp_stdio({.argv = {"npx", "-y", "…"}, .relay = relay}));
//
// The server is started in a process group of its own and ends with the client: when standard input ends its
// own is closed, it gets two seconds, then SIGTERM, then SIGKILL for the whole group. A line longer than 16
// MiB ends the connection.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "gateway/mcp_relay.h"

namespace weir::gateway {

struct McpStdio {
  std::vector<std::string> argv;
  McpRelay& relay;
  int in = 0;   // of the client
  int out = 1;  // to the client
};

// Until the client or the server ends. The server's exit code, 128 + signal. Errors: not_found, it cannot be
// started.
Result<int> run_mcp_stdio(McpStdio setup);

}  // namespace weir::gateway
