// What an HTTP request asks of an agent: one value, however it is written.
//
//   POST /rpc  {"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{…}}      JSON-RPC, 1.0
//   POST /rpc  {"jsonrpc":"2.0","id":1,"method":"message/send","params":{…}}     JSON-RPC, 0.3
//   POST /message:send {…}, GET /tasks/ID …                                      REST, 1.0
//   POST /v1/message:send {…}, GET /v1/tasks/ID …                                REST, 0.3
//
//   const auto asked = read_operation(request, {Binding::json_rpc, "/rpc"});
//   if (!asked) answer = refusal_of(asked.error());        // refusal.h
//   … asked->act, asked->version, asked->message->parts …
//
// The version is what the A2A-Version header says, or the query parameter of that name; said nowhere it is
// 0.3 (1.0 section 3.6.2). Refused: a header and a parameter that differ, a method, path or tenant of another
// version than the one said, a path that two routes take, a task or tenant that the path and the body name
// differently, methods that no version has.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "a2a/message.h"
#include "http/request_head.h"

namespace weir::a2a {

enum class Binding { json_rpc, rest };
enum class Version { v0_3, v1_0 };
std::string_view name(Version version);  // "0.3" "1.0"

enum class Act {
  send,
  stream,
  get_task,
  list_tasks,
  cancel,
  subscribe,
  create_push,
  get_push,
  list_push,
  delete_push,
  extended_card,
};
std::string_view name(Act act);  // "SendMessage" …: the method of 1.0
bool streams(Act act);           // is it answered with events?

// Where an agent is told of a task: a webhook that the other side calls.
struct Push {
  std::string id;
  std::string task_id;
  std::string url;
  std::string token;  // a secret
  std::vector<std::string> schemes;
  std::string credentials;  // a secret
  bool operator==(const Push&) const = default;
};

struct Operation {
  Act act = Act::send;
  Version version = Version::v0_3;
  Binding binding = Binding::json_rpc;
  bool version_in_query_only = false;  // whoever forwards it says it in the header too: not all read both
  std::string rpc_id;                  // canonical JSON of the id; "" over REST
  std::string tenant;
  std::string task_id;     // that is asked about; of a message the one it belongs to
  std::string context_id;  // of a message, or what a list is limited to
  std::optional<Message> message;
  std::optional<Push> push;
  std::string push_id;                    // of get_push and delete_push
  std::vector<std::string> output_modes;  // media types that the client takes
  std::optional<std::int64_t> history_length;
  std::optional<bool> blocking;         // wait for the end of the task
  std::string state;                    // of list_tasks: as said
  std::vector<std::string> extensions;  // that the request asks for (A2A-Extensions)
  Json metadata;                        // of the request; an object or null
};

// What is the same over both bindings, as one value: secrets by their presence only.
Json to_json(const Operation& operation);

// What is wrong with a request, in the words of the protocol (1.0 section 5.4).
enum class Fault {
  parse_error,
  invalid_request,
  method_not_found,
  invalid_params,
  content_type,
  version_not_supported,
  too_large,
  refused,  // by policy
};

// Why a request is not read, and what its refusal needs.
struct Problem {
  Problem(Error why) : error(std::move(why)) {}
  Problem(Fault what, Error why) : fault(what), error(std::move(why)) {}
  Fault fault = Fault::invalid_params;
  Error error;
  Binding binding = Binding::json_rpc;
  Version version = Version::v0_3;
  bool streams = false;
  std::string rpc_id;  // "" when unknown
};

struct HttpRequest {
  std::string_view method;
  std::string_view target;  // origin form: "/a2a/tasks/7?historyLength=1"
  const std::vector<http::Field>& fields;
  std::string_view body;  // whole, without codings
};

// An interface of the agent as it is reached.
struct Endpoint {
  Binding binding = Binding::json_rpc;
  std::string path;  // of the interface's URL: "/rpc", "/a2a"; of REST what stands before "/message:send"
};

std::expected<Operation, Problem> read_operation(const HttpRequest& request, const Endpoint& endpoint);

// A webhook as 1.0 writes it flat, and as 0.3 does with the task beside it.
Result<Push> read_push(const Json& json, Shape shape, const std::string& where);

}  // namespace weir::a2a
