#include "a2a/refusal.h"

#include "base/bytes.h"

namespace weir::a2a {
namespace {

struct Row {
  int code;  // of JSON-RPC
  int http;
  std::string_view status;  // of google.rpc.Status
  std::string_view reason;  // of google.rpc.ErrorInfo; "" for errors that are not A2A's own
};

Row row(Fault fault) {
  switch (fault) {
    case Fault::parse_error:
      return {-32700, 400, "INVALID_ARGUMENT", ""};
    case Fault::invalid_request:
      return {-32600, 400, "INVALID_ARGUMENT", ""};
    case Fault::method_not_found:
      return {-32601, 404, "NOT_FOUND", ""};
    case Fault::invalid_params:
      return {-32602, 400, "INVALID_ARGUMENT", ""};
    case Fault::content_type:
      return {-32005, 400, "INVALID_ARGUMENT", "CONTENT_TYPE_NOT_SUPPORTED"};
    case Fault::version_not_supported:
      return {-32009, 400, "FAILED_PRECONDITION", "VERSION_NOT_SUPPORTED"};
    case Fault::too_large:
      return {-32600, 413, "INVALID_ARGUMENT", ""};
    case Fault::refused:
      break;
  }
  return {-32004, 400, "FAILED_PRECONDITION", "UNSUPPORTED_OPERATION"};
}

Json details(const Row& error) {
  Json list = Json::array();
  if (!error.reason.empty())
    list.push(Json::object({{"@type", "type.googleapis.com/google.rpc.ErrorInfo"},
                            {"reason", error.reason},
                            {"domain", "a2a-protocol.org"}}));
  return list;
}

std::string rpc(std::string_view id, std::string_view member, const Json& value) {
  return R"({"jsonrpc":"2.0","id":)" + std::string(id.empty() ? "null" : id) + ",\"" + std::string(member) +
         "\":" + compact(value) + "}";
}

// The error as the body of an answer, or as the data of an event.
std::string error_body(Fault fault, Binding binding, Version version, std::string_view id,
                       std::string_view why) {
  const Row error = row(fault);
  const bool v1 = version == Version::v1_0;
  if (binding == Binding::json_rpc) {
    Json value = Json::object({{"code", error.code}, {"message", why}});
    if (v1 && !error.reason.empty()) value.set("data", details(error));
    return rpc(id, "error", value);
  }
  if (v1)
    return compact(Json::object({{"error", Json::object({{"code", error.http},
                                                         {"status", error.status},
                                                         {"message", why},
                                                         {"details", details(error)}})}}));
  return compact(Json::object({{"code", error.code}, {"message", why}}));
}

Refusal error_answer(Fault fault, Binding binding, Version version, std::string_view id,
                     std::string_view why) {
  return {binding == Binding::json_rpc ? 200 : row(fault).http, "application/json",
          error_body(fault, binding, version, id, why)};
}

Json text_message(const Operation& asked, const TaskNames& names, std::string_view why) {
  const bool v03 = asked.version == Version::v0_3;
  const bool by_schema = v03 && asked.binding == Binding::json_rpc;
  Json part = Json::object({{"text", why}});
  if (by_schema) part.set("kind", "text");
  Json message = Json::object({{"messageId", names.message_id},
                               {"contextId", names.context_id},
                               {"taskId", names.task_id},
                               {"role", by_schema ? "agent" : "ROLE_AGENT"}});
  if (by_schema) message.set("kind", "message");
  message.set(v03 && !by_schema ? "content" : "parts", Json::array({std::move(part)}));
  return message;
}

Json status_value(const Operation& asked, const TaskNames& names, std::string_view why, bool rejected) {
  const bool by_schema = asked.version == Version::v0_3 && asked.binding == Binding::json_rpc;
  const std::string_view state = rejected ? (by_schema ? "rejected" : "TASK_STATE_REJECTED")
                                          : (by_schema ? "failed" : "TASK_STATE_FAILED");
  return Json::object({{"state", state}, {"message", text_message(asked, names, why)}});
}

// In the envelope that the answer to a message has.
std::string enveloped(const Operation& asked, std::string_view member, Json value) {
  const bool by_schema = asked.version == Version::v0_3 && asked.binding == Binding::json_rpc;
  const Json payload = by_schema ? std::move(value) : Json::object({{std::string(member), std::move(value)}});
  return asked.binding == Binding::json_rpc ? rpc(asked.rpc_id, "result", payload) : compact(payload);
}

std::string event(std::string_view type, const std::string& data) {
  return (type.empty() ? std::string() : "event: " + std::string(type) + "\n") + "data: " + data + "\n\n";
}

}  // namespace

Refusal refuse(const Problem& problem) {
  return error_answer(problem.fault, problem.binding, problem.version, problem.rpc_id,
                      problem.error.message());
}

Refusal refuse(const Operation& asked, std::string_view why) {
  return error_answer(Fault::refused, asked.binding, asked.version, asked.rpc_id, why);
}

Refusal refuse_as_task(const Operation& asked, const TaskNames& names, std::string_view why) {
  const bool begins = (asked.act == Act::send || asked.act == Act::stream) && asked.task_id.empty();
  if (!begins) return refuse(asked, why);
  Json task = Json::object({{"id", names.task_id},
                            {"contextId", names.context_id},
                            {"status", status_value(asked, names, why, true)}});
  if (asked.version == Version::v0_3 && asked.binding == Binding::json_rpc) task.set("kind", "task");
  const std::string body = enveloped(asked, "task", std::move(task));
  if (asked.act == Act::stream) return {200, "text/event-stream", event("", body)};
  return {200, "application/json", body};
}

std::string refuse_in_stream(const Operation& asked, const TaskNames& names, std::string_view why) {
  if (names.task_id.empty())
    return event("error", error_body(Fault::refused, asked.binding, asked.version, asked.rpc_id, why));
  const bool v03 = asked.version == Version::v0_3;
  Json update = Json::object({{"taskId", names.task_id},
                              {"contextId", names.context_id},
                              {"status", status_value(asked, names, why, false)}});
  if (v03) update.set("final", true);
  if (v03 && asked.binding == Binding::json_rpc) update.set("kind", "status-update");
  return event("", enveloped(asked, "statusUpdate", std::move(update)));
}

}  // namespace weir::a2a
