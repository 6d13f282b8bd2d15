#include "a2a/answer.h"

#include <algorithm>

#include "a2a/limits.h"
#include "a2a/members.h"

namespace weir::a2a {
namespace {

struct StateRow {
  TaskState state;
  std::string_view v1;
  std::string_view v03;
};
constexpr StateRow kStates[] = {
    {TaskState::unspecified, "TASK_STATE_UNSPECIFIED", "unknown"},
    {TaskState::submitted, "TASK_STATE_SUBMITTED", "submitted"},
    {TaskState::working, "TASK_STATE_WORKING", "working"},
    {TaskState::completed, "TASK_STATE_COMPLETED", "completed"},
    {TaskState::failed, "TASK_STATE_FAILED", "failed"},
    {TaskState::canceled, "TASK_STATE_CANCELED", "canceled"},
    {TaskState::input_required, "TASK_STATE_INPUT_REQUIRED", "input-required"},
    {TaskState::rejected, "TASK_STATE_REJECTED", "rejected"},
    {TaskState::auth_required, "TASK_STATE_AUTH_REQUIRED", "auth-required"},
};

// What a stream event or the answer to a message holds, as one of these members (1.0 and REST of 0.3).
constexpr std::pair<std::string_view, AnswerKind> kPayloads[] = {
    {"task", AnswerKind::task},
    {"message", AnswerKind::message},
    {"statusUpdate", AnswerKind::status},
    {"artifactUpdate", AnswerKind::artifact},
};
// JSON-RPC of 0.3 says it in "kind".
constexpr std::pair<std::string_view, AnswerKind> kKinds[] = {
    {"task", AnswerKind::task},
    {"message", AnswerKind::message},
    {"status-update", AnswerKind::status},
    {"artifact-update", AnswerKind::artifact},
};

Shape shape_of(Version version, Binding binding) {
  if (version == Version::v1_0) return Shape::v1;
  return binding == Binding::json_rpc ? Shape::v03 : Shape::v03_proto;
}

// REST of 0.3 by the JSON schema says states and kinds as JSON-RPC does.
Shape refine(const Json& json, Shape shape) {
  return shape == Shape::v03_proto && json["kind"].is_string() ? Shape::v03 : shape;
}

Status read_status(const Json& json, Shape shape, Answer& out) {
  Members in(json, "status", {"state", "message", "update", "timestamp"});
  if (in.has("update")) in.wrong("is another spelling of \"message\"", "update");
  const std::string state = in.text("state", limits::kNameBytesMax);
  out.state = task_state(state, shape);
  if (!out.state) in.wrong("is not a state of this version", "state");
  in.text("timestamp", limits::kNameBytesMax);
  TRY_STATUS(in.status());
  if (in.has("message")) {
    TRY(Message message, read_message(in.get("message"), shape, "status.message"));
    out.messages.push_back(std::move(message));
  }
  out.ends = is_final(*out.state);
  return {};
}

Result<Artifact> read_artifact(const Json& json, Shape shape, const std::string& where) {
  Members in(json, where, {"artifactId", "name", "description", "parts", "metadata", "extensions"});
  Artifact out;
  out.id = in.text("artifactId", limits::kIdBytesMax);
  out.name = in.text("name", limits::kNameBytesMax);
  out.description = in.free_text("description");
  out.extensions = in.texts("extensions", limits::kUrlBytesMax, limits::kExtensionsMax);
  out.metadata = in.object("metadata");
  TRY_STATUS(in.status());
  TRY(out.parts, read_parts(in.get("parts"), shape, where + ".parts"));
  return out;
}

Result<Answer> read_task(const Json& json, Shape given) {
  const Shape shape = refine(json, given);
  Members in(json, "task", {"id", "contextId", "status", "artifacts", "history", "metadata", "kind"});
  Answer out{.kind = AnswerKind::task};
  out.task_id = in.text("id", limits::kIdBytesMax);
  if (out.task_id.empty()) in.wrong("is missing", "id");
  out.context_id = in.text("contextId", limits::kIdBytesMax);
  out.metadata = in.object("metadata");
  const auto& artifacts = in.list("artifacts", limits::kArtifactsMax);
  const auto& history = in.list("history", limits::kHistoryMax);
  TRY_STATUS(in.status());
  TRY_STATUS(read_status(in.get("status"), shape, out));
  for (const auto& one : artifacts) {
    TRY(Artifact artifact, read_artifact(one, shape, "artifact"));
    out.artifacts.push_back(std::move(artifact));
  }
  for (const auto& one : history) {
    TRY(Message message, read_message(one, shape, "history"));
    out.messages.push_back(std::move(message));
  }
  return out;
}

Result<Answer> read_update(const Json& json, Shape given, AnswerKind kind) {
  const Shape shape = refine(json, given);
  Members in(
      json, "update",
      {"taskId", "contextId", "status", "artifact", "append", "lastChunk", "final", "metadata", "kind"});
  Answer out{.kind = kind};
  out.task_id = in.text("taskId", limits::kIdBytesMax);
  if (out.task_id.empty()) in.wrong("is missing", "taskId");
  out.context_id = in.text("contextId", limits::kIdBytesMax);
  out.metadata = in.object("metadata");
  out.append = in.flag("append");
  out.last_chunk = in.flag("lastChunk");
  const bool final = in.flag("final");
  if (in.has(kind == AnswerKind::status ? "artifact" : "status")) in.wrong("is an update of two kinds", "");
  TRY_STATUS(in.status());
  if (kind == AnswerKind::status) {
    TRY_STATUS(read_status(in.get("status"), shape, out));
    out.ends = out.ends || final;
  } else {
    TRY(Artifact artifact, read_artifact(in.get("artifact"), shape, "artifact"));
    out.artifacts.push_back(std::move(artifact));
  }
  return out;
}

Result<Answer> read_payload(const Json& json, Shape shape, AnswerKind kind) {
  if (kind == AnswerKind::task) return read_task(json, shape);
  if (kind != AnswerKind::message) return read_update(json, shape, kind);
  TRY(Message message, read_message(json, refine(json, shape), "message"));
  Answer out{.kind = AnswerKind::message};
  out.task_id = message.task_id;
  out.context_id = message.context_id;
  out.ends = true;
  out.messages.push_back(std::move(message));
  return out;
}

// The answer to a message, or an event.
Result<Answer> read_envelope(const Json& json, Shape shape) {
  if (shape == Shape::v03) {
    const std::string_view said = json["kind"].text_or("");
    for (const auto& [kind_name, kind] : kKinds)
      if (said == kind_name) return read_payload(json, shape, kind);
    return fail("is not a kind of answer", "kind");
  }
  Members in(json, "answer", {"task", "message", "msg", "statusUpdate", "artifactUpdate"});
  if (in.has("msg")) in.wrong("is another spelling of \"message\"", "msg");
  TRY_STATUS(in.status());
  std::optional<std::pair<std::string_view, AnswerKind>> found;
  for (const auto& payload : kPayloads)
    if (in.has(payload.first)) {
      if (found) return fail("holds two payloads", "answer");
      found = payload;
    }
  if (!found) return fail("holds none of task, message, statusUpdate, artifactUpdate", "answer");
  return read_payload(in.get(found->first), shape, found->second);
}

Result<Answer> read_tasks(const Json& json) {
  Members in(json, "tasks", {"tasks", "nextPageToken", "pageSize", "totalSize"});
  Answer out{.kind = AnswerKind::tasks};
  in.text("nextPageToken", limits::kNameBytesMax);
  const auto& tasks = in.list("tasks", limits::kTasksMax);
  TRY_STATUS(in.status());
  for (const auto& one : tasks) {
    TRY(Answer task, read_task(one, Shape::v1));
    out.tasks.push_back(std::move(task));
  }
  return out;
}

Result<Answer> read_pushes(const Json& json, Shape shape) {
  Answer out{.kind = AnswerKind::pushes};
  const Json wrapped = json.is_array() ? Json::object({{"configs", json}}) : json;
  if (json.is_array() != (shape == Shape::v03)) return fail("is not the list of this version", "answer");
  Members in(wrapped, "answer", {"configs", "nextPageToken"});
  const auto& configs = in.list("configs", limits::kPushMax);
  TRY_STATUS(in.status());
  for (const auto& one : configs) {
    TRY(Push push, read_push(one, shape, "config"));
    out.pushes.push_back(std::move(push));
  }
  return out;
}

Result<Answer> read_result(const Operation& asked, const Json& json) {
  const Shape shape = shape_of(asked.version, asked.binding);
  switch (asked.act) {
    case Act::send:
    case Act::stream:
    case Act::subscribe: {
      TRY(Answer out, read_envelope(json, shape));
      if (asked.act == Act::send && out.kind != AnswerKind::task && out.kind != AnswerKind::message)
        return fail("is an event where a task or a message belongs", "answer");
      return out;
    }
    case Act::get_task:
    case Act::cancel:
      return read_task(json, shape);
    case Act::list_tasks:
      return read_tasks(json);
    case Act::create_push:
    case Act::get_push: {
      Answer out{.kind = AnswerKind::push};
      TRY(Push push, read_push(json, shape, "answer"));
      out.pushes.push_back(std::move(push));
      return out;
    }
    case Act::list_push:
      return read_pushes(json, shape);
    case Act::delete_push:
      if (!json.is_null() && !(json.is_object() && json.as_object().empty()))
        return fail("must be empty", "answer");
      return Answer{};
    case Act::extended_card: {
      Answer out{.kind = AnswerKind::card};
      if (!json.is_object()) return fail("must be an object", "answer");
      out.card = json;
      return out;
    }
  }
  return fail("is no answer", "answer");
}

// {"code","message","data"?} of JSON-RPC, {"error":{"code","status","message","details"?}} of REST 1.0,
// {"code","message","data"?} of REST 0.3.
Result<Answer> read_error(const Json& json) {
  Members in(json, "error", {"code", "message", "data", "details", "status"});
  Answer out{.kind = AnswerKind::error};
  const Json& code = in.get("code");
  if (!code.is_int()) in.wrong("must be a number", "code");
  out.text = in.free_text("message");
  TRY_STATUS(in.status());
  out.code = code.as_int();
  out.ends = true;
  for (const auto key : {"details", "data"})
    if (in.get(key).is_array())
      for (const auto& detail : in.get(key).as_array())
        if (detail["domain"].text_or("") == "a2a-protocol.org")
          out.reason = printable(detail["reason"].text_or(""), 100);
  return out;
}

Result<Answer> read_rpc(const Operation& asked, const Json& json) {
  Members in(json, "answer", {"jsonrpc", "id", "result", "error"});
  TRY_STATUS(in.status());
  if (in.get("jsonrpc").text_or("") != "2.0") return fail("must be \"2.0\"", "jsonrpc");
  const bool failed = in.has("error");
  if (failed && in.has("result")) return fail("holds a result and an error", "answer");
  // An error about a request that could not be read has no id to give.
  if (canonical(in.get("id")) != asked.rpc_id && !(failed && !in.has("id")))
    return fail("answers another request", "id");
  if (failed) return read_error(in.get("error"));
  if (!json.has("result")) return fail("holds neither a result nor an error", "answer");
  return read_result(asked, in.get("result"));
}

Result<Answer> read_rest_error(const Operation& asked, const Json& json, int status) {
  const bool v1 = asked.version == Version::v1_0;
  const Json& error = v1 || json.has("error") ? json["error"] : json;
  if (error.is_object()) return read_error(error);
  // Not one of the protocol's: of a proxy before it, say.
  Answer out{.kind = AnswerKind::error, .ends = true, .code = status};
  return out;
}

}  // namespace

std::string_view name(TaskState state) {
  return kStates[static_cast<std::size_t>(state)].v1;
}

std::optional<TaskState> task_state(std::string_view name, Shape shape) {
  if (shape == Shape::v03_proto && name == "TASK_STATE_CANCELLED") return TaskState::canceled;
  for (const auto& row : kStates)
    if (name == (shape == Shape::v03 ? row.v03 : row.v1)) return row.state;
  return std::nullopt;
}

bool is_final(TaskState state) {
  return state == TaskState::completed || state == TaskState::failed || state == TaskState::canceled ||
         state == TaskState::rejected;
}

std::string_view name(AnswerKind kind) {
  constexpr std::string_view kNames[] = {"message", "task",   "status", "artifact", "tasks",
                                         "push",    "pushes", "card",   "nothing",  "error"};
  return kNames[static_cast<std::size_t>(kind)];
}

Result<Answer> read_answer(const Operation& asked, const HttpAnswer& answer) {
  const bool good = answer.status >= 200 && answer.status < 300;
  if (answer.status >= 300 && answer.status < 400)
    return fail("an agent does not send its clients elsewhere", "status");
  if (answer.body.empty() && asked.binding == Binding::rest && good) {
    if (asked.act == Act::delete_push) return Answer{};
    return fail("is empty", "answer");
  }
  auto json = parse_json(answer.body, {.bytes_max = limits::kBodyBytesMax});
  if (!json) {
    if (good) return std::unexpected(json.error());
    return Answer{.kind = AnswerKind::error, .ends = true, .code = answer.status};
  }
  if (asked.binding == Binding::json_rpc) return read_rpc(asked, *json);
  return good ? read_result(asked, *json) : read_rest_error(asked, *json, answer.status);
}

Result<Answer> read_event(const Operation& asked, std::string_view type, std::string_view data) {
  if (type != "message" && type != "error") return fail("is not a type of event", "event");
  TRY(const Json json, parse_json(data, {.bytes_max = limits::kBodyBytesMax}));
  if (asked.binding == Binding::json_rpc) {
    TRY(Answer answer, read_rpc(asked, json));
    if (type == "error" && answer.kind != AnswerKind::error) return fail("is no error", "event");
    return answer;
  }
  // Over REST the type says that it is an error; one among the others is read as one as well.
  const bool looks_failed = asked.version == Version::v1_0 ? json.has("error") : json["code"].is_int();
  if (type == "error" || looks_failed) return read_rest_error(asked, json, 200);
  return read_result(asked, json);
}

Result<Answer> read_notification(Version version, std::string_view body) {
  TRY(const Json json, parse_json(body, {.bytes_max = limits::kBodyBytesMax}));
  if (version == Version::v1_0) return read_envelope(json, Shape::v1);
  return read_task(json, Shape::v03);
}

std::vector<const Part*> brought(const Answer& answer) {
  std::vector<const Part*> out;
  for (const auto& message : answer.messages)
    for (const auto& part : message.parts)
      out.push_back(&part);
  for (const auto& artifact : answer.artifacts)
    for (const auto& part : artifact.parts)
      out.push_back(&part);
  for (const auto& task : answer.tasks)
    for (const auto* part : brought(task))
      out.push_back(part);
  return out;
}

Json to_json(const Answer& answer) {
  Json out = Json::object({{"kind", name(answer.kind)}});
  const auto add = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) out.set(key, value);
  };
  add("task_id", answer.task_id);
  add("context_id", answer.context_id);
  if (answer.state) out.set("state", name(*answer.state));
  const auto list = [&](std::string_view key, const auto& items, const auto& one) {
    if (items.empty()) return;
    Json all = Json::array();
    for (const auto& item : items)
      all.push(one(item));
    out.set(key, std::move(all));
  };
  list("messages", answer.messages, [](const Message& message) { return to_json(message); });
  list("artifacts", answer.artifacts, [](const Artifact& artifact) {
    Json parts = Json::array();
    for (const auto& part : artifact.parts)
      parts.push(to_json(part));
    return Json::object({{"id", artifact.id}, {"name", artifact.name}, {"parts", std::move(parts)}});
  });
  list("tasks", answer.tasks, [](const Answer& task) { return to_json(task); });
  list("pushes", answer.pushes, [](const Push& push) {
    return Json::object({{"id", push.id}, {"task_id", push.task_id}, {"url", push.url}});
  });
  if (answer.append) out.set("append", true);
  if (answer.last_chunk) out.set("last_chunk", true);
  if (answer.ends) out.set("ends", true);
  add("text", answer.text);
  return out;
}

}  // namespace weir::a2a
