#include "a2a/operation.h"

#include <algorithm>
#include <charconv>

#include "a2a/limits.h"
#include "a2a/members.h"
#include "a2a/rest_target.h"

namespace weir::a2a {
namespace {

constexpr std::string_view kVersionField = "a2a-version";
constexpr std::string_view kVersionParameter = "A2A-Version";

struct Row {
  Act act;
  std::string_view v1;
  std::string_view v03;  // "" when 0.3 has no such method
};
constexpr Row kRows[] = {
    {Act::send, "SendMessage", "message/send"},
    {Act::stream, "SendStreamingMessage", "message/stream"},
    {Act::get_task, "GetTask", "tasks/get"},
    {Act::list_tasks, "ListTasks", ""},
    {Act::cancel, "CancelTask", "tasks/cancel"},
    {Act::subscribe, "SubscribeToTask", "tasks/resubscribe"},
    {Act::create_push, "CreateTaskPushNotificationConfig", "tasks/pushNotificationConfig/set"},
    {Act::get_push, "GetTaskPushNotificationConfig", "tasks/pushNotificationConfig/get"},
    {Act::list_push, "ListTaskPushNotificationConfigs", "tasks/pushNotificationConfig/list"},
    {Act::delete_push, "DeleteTaskPushNotificationConfig", "tasks/pushNotificationConfig/delete"},
    {Act::extended_card, "GetExtendedAgentCard", "agent/getAuthenticatedExtendedCard"},
};

Error wrong(std::string what, std::string where, std::string hint = "") {
  return {ErrorCode::invalid, std::move(what), std::move(where), std::move(hint)};
}

// One reading of a request: what is known of it so far goes into the problem, too.
class Reading {
 public:
  Reading(const HttpRequest& request, const Endpoint& endpoint) : request_(request), endpoint_(endpoint) {
    out_.binding = endpoint.binding;
  }

  std::expected<Operation, Problem> run() {
    auto problem = read();
    if (!problem) return std::move(out_);
    problem->binding = out_.binding;
    problem->version = out_.version;
    problem->rpc_id = out_.rpc_id;
    problem->streams = known_act_ && streams(out_.act);
    return std::unexpected(*std::move(problem));
  }

 private:
  using Found = std::optional<Problem>;  // none: all is well

  Found read() {
    if (request_.target.size() > limits::kTargetBytesMax || request_.body.size() > limits::kBodyBytesMax)
      return Problem(Fault::too_large, {ErrorCode::limit, "the request is too large", "request", ""});
    const auto mark = request_.target.find('?');
    path_ = request_.target.substr(0, mark);
    const auto query =
        read_query(mark == std::string_view::npos ? std::string_view() : request_.target.substr(mark + 1));
    if (!query) return Problem(Fault::invalid_request, query.error());
    query_ = *query;
    if (auto problem = read_version()) return problem;
    if (auto problem = read_extensions()) return problem;
    if (auto problem = check_content_type()) return problem;
    return endpoint_.binding == Binding::json_rpc ? read_rpc() : read_rest();
  }

  std::vector<std::string_view> fields(std::string_view lower_name) const {
    std::vector<std::string_view> out;
    for (const auto& field : request_.fields)
      if (to_lower_ascii(field.name) == lower_name) out.push_back(field.value);
    return out;
  }

  Found read_version() {
    const auto said = fields(kVersionField);
    const auto parameter = query_.find(kVersionParameter);
    for (const auto& [key, value] : query_)
      if (key != kVersionParameter && to_lower_ascii(key) == kVersionField)
        return Problem(Fault::invalid_request, wrong("is another spelling of A2A-Version", "query"));
    if (said.size() > 1) return Problem(Fault::invalid_request, wrong("is said twice", "A2A-Version"));
    std::string version(said.empty() ? std::string_view() : said.front());
    if (parameter != query_.end()) {
      if (!said.empty() && version != parameter->second)
        return Problem(Fault::invalid_request,
                       wrong("the header and the query name two versions", "A2A-Version"));
      out_.version_in_query_only = said.empty();
      version = parameter->second;
    }
    // Major and minor number only; patch numbers are not said (1.0 section 3.6).
    if (version == "1.0") {
      out_.version = Version::v1_0;
    } else if (!version.empty() && version != "0.3") {
      out_.version = Version::v1_0;  // the refusal is in the newest words
      return Problem(Fault::version_not_supported,
                     wrong("is neither 1.0 nor 0.3", "A2A-Version", "say A2A-Version: 1.0"));
    }
    return std::nullopt;
  }

  Found read_extensions() {
    // 0.3 calls the field X-A2A-Extensions; agents of either version read it.
    for (const auto name : {"a2a-extensions", "x-a2a-extensions"})
      for (const auto value : fields(name))
        for (const auto item : split(value, ',')) {
          const std::string_view uri = trim(item);
          if (uri.empty()) continue;
          if (uri.size() > limits::kUrlBytesMax || out_.extensions.size() >= limits::kExtensionsMax)
            return Problem(Fault::too_large, {ErrorCode::limit, "too many extensions", "A2A-Extensions", ""});
          out_.extensions.emplace_back(uri);
        }
    return std::nullopt;
  }

  Found check_content_type() {
    const auto said = fields("content-type");
    if (said.size() > 1) return Problem(Fault::invalid_request, wrong("is said twice", "Content-Type"));
    if (request_.body.empty()) return std::nullopt;
    if (said.empty()) return Problem(Fault::content_type, wrong("is missing", "Content-Type"));
    const std::string type = to_lower_ascii(trim(said.front().substr(0, said.front().find(';'))));
    const bool fits =
        type == "application/json" || (endpoint_.binding == Binding::rest && type == "application/a2a+json");
    // What follows may say a charset; JSON between systems is UTF-8 (RFC 8259), whatever it says.
    const std::string rest = to_lower_ascii(said.front());
    const auto charset = rest.find("charset=");
    const bool utf8 = charset == std::string::npos || rest.substr(charset + 8).starts_with("utf-8") ||
                      rest.substr(charset + 8).starts_with("\"utf-8\"");
    if (!fits || !utf8)
      return Problem(Fault::content_type, wrong("must be application/json in UTF-8", "Content-Type"));
    return std::nullopt;
  }

  Shape shape() const {
    if (out_.version == Version::v1_0) return Shape::v1;
    return out_.binding == Binding::json_rpc ? Shape::v03 : Shape::v03_proto;
  }

  Found read_rpc() {
    if (request_.method != "POST")
      return Problem(Fault::invalid_request, wrong("JSON-RPC is asked with POST", "method"));
    const auto bare = [](std::string_view path) { return path.substr(0, path.find_last_not_of('/') + 1); };
    if (bare(path_) != bare(endpoint_.path))
      return Problem(Fault::method_not_found, wrong("is not the path of this interface", "path"));
    const auto json = parse_json(request_.body, {.bytes_max = limits::kBodyBytesMax});
    if (!json) return Problem(Fault::parse_error, json.error());
    Members in(*json, "request", {"jsonrpc", "id", "method", "params"});
    if (const auto status = in.status(); !status) return Problem(Fault::invalid_request, status.error());
    const Json& id = in.get("id");
    if (!id.is_int() && !id.is_uint64() && !(id.is_string() && id.as_string().size() <= limits::kIdBytesMax))
      return Problem(Fault::invalid_request, wrong("must be text or an integer", "id"));
    out_.rpc_id = canonical(id);
    const std::string method = in.text("method", limits::kIdBytesMax);
    if (in.get("jsonrpc").text_or("") != "2.0" || !in.status() || method.empty())
      return Problem(Fault::invalid_request, wrong("is not a request of JSON-RPC 2.0", "request"));
    if (auto problem = find_method(method)) return problem;
    const Json params = in.has("params") ? in.get("params") : Json::object();
    const auto status = read_params(params);
    if (!status) return Problem(Fault::invalid_params, status.error());
    return std::nullopt;
  }

  Found find_method(std::string_view method) {
    for (const auto& row : kRows) {
      const bool mine = method == (out_.version == Version::v1_0 ? row.v1 : row.v03);
      const bool other = method == (out_.version == Version::v1_0 ? row.v03 : row.v1);
      if (!mine && !other) continue;
      out_.act = row.act;
      known_act_ = true;
      if (mine) return std::nullopt;
      return Problem(Fault::method_not_found, wrong("is a method of another version than A2A-Version says (" +
                                                        std::string(name(out_.version)) + ")",
                                                    "method"));
    }
    return Problem(Fault::method_not_found, wrong("no version of A2A has this method", "method"));
  }

  Found read_rest() {
    auto route = read_rest_path(request_.method, path_, endpoint_.path, out_.version);
    if (!route)
      return Problem(
          route.error().code == ErrorCode::not_found ? Fault::method_not_found : Fault::invalid_request,
          route.error());
    out_.act = route->act;
    known_act_ = true;
    const bool takes_body = request_.method == "POST" && out_.act != Act::subscribe;
    if (!request_.body.empty() && !takes_body)
      return Problem(Fault::invalid_request, wrong("this request has no body", "body"));
    Json params = Json::object();
    if (!request_.body.empty()) {
      auto json = parse_json(request_.body, {.bytes_max = limits::kBodyBytesMax});
      if (!json) return Problem(Fault::parse_error, json.error());
      params = *std::move(json);
    }
    auto status = add_query(params);
    if (status) status = read_params(params);
    if (status) status = add_route(*route);
    if (!status) return Problem(Fault::invalid_params, status.error());
    return std::nullopt;
  }

  // Parameters of a GET are members of the same message (1.0 section 11.5).
  Status add_query(Json& params) const {
    for (const auto& [key, value] : query_) {
      if (key == kVersionParameter) continue;
      if (!params.is_object() || params.has(key)) return fail("is in the query and in the body", key);
      if (key == "historyLength" || key == "pageSize") {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
        if (error != std::errc() || end != value.data() + value.size())
          return fail("must be a decimal number", key);
        params.set(key, number);
      } else if (key == "includeArtifacts") {
        if (value != "true" && value != "false") return fail("must be true or false", key);
        params.set(key, value == "true");
      } else {
        params.set(key, value);
      }
    }
    return {};
  }

  // What the path says is what counts; a body that says something else is two requests in one.
  Status add_route(const RestRoute& route) {
    const auto one = [](std::string& into, const std::string& said, const char* where) -> Status {
      if (!into.empty() && !said.empty() && into != said)
        return fail("the path and the body name two of them", where);
      if (into.empty()) into = said;
      return {};
    };
    TRY_STATUS(one(out_.tenant, route.tenant, "tenant"));
    if (out_.act != Act::send && out_.act != Act::stream)
      TRY_STATUS(one(out_.task_id, route.task_id, "task"));
    if (out_.act == Act::create_push) out_.push->task_id = out_.task_id;
    TRY_STATUS(one(out_.push_id, route.push_id, "id"));
    return check_ids();
  }

  Status read_params(const Json& params) {
    if (out_.act == Act::send || out_.act == Act::stream) return read_send(params);
    if (out_.act == Act::create_push) return read_create(params);
    Members in(
        params, "params",
        {"id", "taskId", "tenant", "name", "historyLength", "contextId", "status", "pageSize", "pageToken",
         "includeArtifacts", "statusTimestampAfter", "metadata", "pushNotificationConfigId"});
    out_.tenant = in.text("tenant", limits::kIdBytesMax);
    const std::string id = in.text("id", limits::kIdBytesMax);
    const std::string task = in.text("taskId", limits::kIdBytesMax);
    const bool of_push =
        out_.act == Act::get_push || out_.act == Act::list_push || out_.act == Act::delete_push;
    if (of_push && out_.version == Version::v1_0) {
      out_.task_id = task;
      out_.push_id = id;
    } else {
      if (!task.empty()) in.wrong("is not a parameter of this method", "taskId");
      out_.task_id = id;
      out_.push_id = in.text("pushNotificationConfigId", limits::kIdBytesMax);
    }
    out_.history_length = in.count("historyLength");
    in.count("pageSize");
    in.text("pageToken", limits::kNameBytesMax);
    in.text("statusTimestampAfter", limits::kNameBytesMax);
    in.maybe_flag("includeArtifacts");
    out_.context_id = in.text("contextId", limits::kIdBytesMax);
    out_.state = in.text("status", limits::kNameBytesMax);
    out_.metadata = in.object("metadata");
    TRY_STATUS(in.status());
    return out_.binding == Binding::rest ? Status() : check_ids();
  }

  Status read_send(const Json& params) {
    Members in(params, "params", {"message", "request", "configuration", "metadata", "tenant"});
    if (in.has("request")) in.wrong("is another spelling of \"message\"", "request");
    out_.tenant = in.text("tenant", limits::kIdBytesMax);
    out_.metadata = in.object("metadata");
    TRY_STATUS(in.status());
    TRY(out_.message, read_message(in.get("message"), shape(), "message"));
    if (out_.message->from_agent) return fail("a client speaks as the user", "message.role");
    out_.task_id = out_.message->task_id;
    out_.context_id = out_.message->context_id;
    if (!in.has("configuration")) return {};
    Members how(in.get("configuration"), "configuration",
                {"acceptedOutputModes", "taskPushNotificationConfig", "pushNotificationConfig",
                 "pushNotification", "historyLength", "returnImmediately", "blocking"});
    out_.output_modes = how.texts("acceptedOutputModes", limits::kNameBytesMax, limits::kModesMax);
    out_.history_length = how.count("historyLength");
    const bool v1 = out_.version == Version::v1_0;
    if (how.has(v1 ? "blocking" : "returnImmediately"))
      how.wrong("is not of this version", v1 ? "blocking" : "returnImmediately");
    if (const auto flag = how.maybe_flag(v1 ? "returnImmediately" : "blocking")) out_.blocking = v1 != *flag;
    TRY_STATUS(how.status());
    int found = 0;
    for (const auto key : {"taskPushNotificationConfig", "pushNotificationConfig", "pushNotification"}) {
      if (!how.has(key)) continue;
      if (++found > 1 || v1 != (std::string_view(key) == "taskPushNotificationConfig"))
        return fail("is not of this version, or said twice", std::string("configuration.") + key);
      // Here 0.3 has the setting alone.
      TRY(out_.push, read_push(how.get(key), Shape::v1, std::string("configuration.") + key));
    }
    return {};
  }

  Status read_create(const Json& params) {
    TRY(out_.push, read_push(params, shape(), "params"));
    out_.tenant = std::string(params["tenant"].text_or(""));
    out_.task_id = out_.push->task_id;
    return out_.binding == Binding::rest ? Status() : check_ids();
  }

  Status check_ids() const {
    const bool needs_task = out_.act != Act::send && out_.act != Act::stream && out_.act != Act::list_tasks &&
                            out_.act != Act::extended_card;
    if (needs_task && out_.task_id.empty()) return fail("names no task", "params");
    const bool needs_push =
        (out_.act == Act::get_push && out_.version == Version::v1_0) || out_.act == Act::delete_push;
    if (needs_push && out_.push_id.empty()) return fail("names no setting", "params");
    return {};
  }

  const HttpRequest& request_;
  const Endpoint& endpoint_;
  std::string_view path_;
  Query query_;
  Operation out_;
  bool known_act_ = false;
};

}  // namespace

std::string_view name(Version version) {
  return version == Version::v1_0 ? "1.0" : "0.3";
}
std::string_view name(Act act) {
  return kRows[static_cast<std::size_t>(act)].v1;
}
bool streams(Act act) {
  return act == Act::stream || act == Act::subscribe;
}

Result<Push> read_push(const Json& json, Shape shape, const std::string& where) {
  if (shape != Shape::v1) {
    Members outer(json, where, {"taskId", "pushNotificationConfig", "name", "url", "token"});
    std::string task = outer.text("taskId", limits::kIdBytesMax);
    const std::string path = outer.text("name", limits::kUrlBytesMax);
    if (outer.has("url") || outer.has("token")) outer.wrong("belongs into \"pushNotificationConfig\"", "url");
    if (!path.empty()) {  // by the .proto: "tasks/ID/pushNotificationConfigs/ID"
      const auto parts = split(path, '/');
      if (shape != Shape::v03_proto || !task.empty() || parts.size() != 4 || parts[0] != "tasks" ||
          parts[2] != "pushNotificationConfigs")
        outer.wrong("is not the name of a setting", "name");
      else
        task = parts[1];
    }
    TRY_STATUS(outer.status());
    TRY(Push push,
        read_push(outer.get("pushNotificationConfig"), Shape::v1, where + ".pushNotificationConfig"));
    if (!push.task_id.empty()) return fail("is not of this version", where + ".taskId");
    push.task_id = std::move(task);
    return push;
  }
  Members in(json, where,
             {"tenant", "id", "taskId", "url", "token", "authentication", "pushNotificationConfig"});
  Push push;
  in.text("tenant", limits::kIdBytesMax);
  push.id = in.text("id", limits::kIdBytesMax);
  push.task_id = in.text("taskId", limits::kIdBytesMax);
  push.url = in.text("url", limits::kUrlBytesMax);
  if (push.url.empty()) in.wrong("is missing", "url");
  push.token = in.text("token", limits::kSecretBytesMax);
  if (in.has("pushNotificationConfig")) in.wrong("is not of this version", "pushNotificationConfig");
  if (in.has("authentication")) {
    Members how(in.get("authentication"), where + ".authentication", {"scheme", "schemes", "credentials"});
    push.schemes = how.texts("schemes", limits::kNameBytesMax, limits::kModesMax);
    if (const auto one = how.text("scheme", limits::kNameBytesMax); !one.empty()) {
      if (!push.schemes.empty()) how.wrong("is said in two ways", "scheme");
      push.schemes.push_back(one);
    }
    push.credentials = how.text("credentials", limits::kSecretBytesMax);
    in.pass(how.status());
  }
  TRY_STATUS(in.status());
  return push;
}

std::expected<Operation, Problem> read_operation(const HttpRequest& request, const Endpoint& endpoint) {
  return Reading(request, endpoint).run();
}

Json to_json(const Operation& operation) {
  Json out = Json::object({{"act", name(operation.act)}});
  const auto add = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) out.set(key, value);
  };
  add("tenant", operation.tenant);
  add("task_id", operation.task_id);
  add("context_id", operation.context_id);
  add("push_id", operation.push_id);
  add("state", operation.state);
  if (operation.message) out.set("message", to_json(*operation.message));
  if (operation.push)
    out.set("push", Json::object({{"id", operation.push->id},
                                  {"task_id", operation.push->task_id},
                                  {"url", operation.push->url},
                                  {"token", !operation.push->token.empty()},
                                  {"schemes", Json::strings(operation.push->schemes)},
                                  {"credentials", !operation.push->credentials.empty()}}));
  if (!operation.output_modes.empty()) out.set("output_modes", Json::strings(operation.output_modes));
  if (operation.history_length) out.set("history_length", *operation.history_length);
  if (operation.blocking) out.set("blocking", *operation.blocking);
  if (!operation.extensions.empty()) out.set("extensions", Json::strings(operation.extensions));
  if (!operation.metadata.is_null()) out.set("metadata", operation.metadata);
  return out;
}

}  // namespace weir::a2a
