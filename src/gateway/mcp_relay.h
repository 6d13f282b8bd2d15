// What passes between an MCP client and a server, message by message: calls are judged before the server sees
// them, lists are checked before the client does. Bytes in, bytes out; who reads and writes them is above
// (mcp_stdio.h).
//
//   McpRelay relay({.server = "github", .launch = digest, .session = id, .ask = …});
//   const auto now = relay.from_client(line);     // now.to_server, now.to_client: messages without their
//   line ends
//
// * tools/call, prompts/get, resources/read and completion/complete, and what the server asks of the client
// (sampling,
//   elicitation), go through the one door. A refused tool call is answered with a result that the model
//   reads; nothing else of it leaves. Allowed ones pass as they came.
// * Lists and instructions are offers: what a policy keeps back is taken out. Results are told to the door,
// which
//   labels them; the result of a task belongs to the call that began it.
// * An answer that nobody asked for, an id that is in use, a message that two readers could understand
// differently:
//   not passed on.
// * No answer from the door is a refusal.
//
// from_client() and from_server() may run at the same time, each on one thread.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "mcp/message.h"

namespace weir::gateway {

inline constexpr std::size_t kMcpInFlightMax = 1024;  // requests of either side without an answer
inline constexpr std::size_t kMcpTasksMax = 4096;     // tasks whose call is remembered

class McpRelay {
 public:
  // event and payload of ingest/mcp_wire.h; the answer as render_mcp() writes it.
  using Ask = std::function<Result<Json>(const std::string& event, const Json& payload)>;
  struct Setup {
    std::string server;   // its name in the client's configuration
    std::string launch;   // digest of how it is started or reached
    std::string title;    // the same for people
    std::string session;  // id of this connection
    std::string cwd;
    Ask ask;
    std::function<void(const std::string&)> notice;  // one line for a person, printable
  };
  struct Passed {
    std::vector<std::string> to_client;
    std::vector<std::string> to_server;
  };

  explicit McpRelay(Setup setup) : setup_(std::move(setup)) {}

  Passed from_client(std::string_view bytes);
  Passed from_server(std::string_view bytes);

 private:
  struct Request {
    std::string method;
    std::string call_id;     // of a judged call, by which its result is told
    std::string name;        // of what is called
    bool explained = false;  // judged by a hook, which tells the result too
    bool first_page = true;
    std::string task;  // tasks/get, tasks/result: of which task
  };
  void client_message(const mcp::Message& message, std::string_view bytes, Passed& out);
  void server_message(const mcp::Message& message, std::string_view bytes, Passed& out);
  void client_request(const mcp::Message& message, std::string_view bytes, Passed& out);
  void server_request(const mcp::Message& message, std::string_view bytes, Passed& out);
  void server_answer(const mcp::Message& message, std::string_view bytes, Passed& out);
  void judge_call(const mcp::Message& message, std::string_view bytes, Request request, Passed& out);
  void check_list(const mcp::Message& message, const Request& request, std::string_view bytes, Passed& out);
  void check_instructions(const mcp::Message& message, const Request& request, std::string_view bytes,
                          Passed& out);
  void tell_result(const mcp::Message& message, const Request& request);
  bool remember(std::map<std::string, Request>& waiting, const std::string& id, Request request);
  Json payload() const;
  Json call_payload(const Request& request) const;
  std::string next_call_id();

  Setup setup_;
  std::mutex mutex_;                          // guards the members below; never held while asking
  std::map<std::string, Request> of_client_;  // by id
  std::map<std::string, Request> of_server_;
  std::map<std::string, Request> tasks_;  // by task id: the call that began it
  std::uint64_t calls_ = 0;
};

}  // namespace weir::gateway
