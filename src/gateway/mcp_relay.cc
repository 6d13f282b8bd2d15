#include "gateway/mcp_relay.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "mcp/offer.h"

namespace weir::gateway {
namespace {

using mcp::Message;
using mcp::MessageKind;

constexpr std::size_t kNoticeBytesMax = 400;

bool is_call(std::string_view method) {
  return method == "tools/call" || method == "prompts/get" || method == "resources/read" ||
         method == "completion/complete";
}

// What a server wants of the model or the person.
bool wants_something(std::string_view method) {
  return method == "sampling/createMessage" || method == "elicitation/create";
}

bool greets(std::string_view method) {
  return method == "initialize" || method == "server/discover";
}

bool of_task(std::string_view method) {
  return method == "tasks/get" || method == "tasks/result" || method == "tasks/update" ||
         method == "tasks/cancel";
}

// What is judged: of a tool its arguments, of all else what it names.
Json input_of(const Message& message) {
  if (message.method == "tools/call") return message.params()["arguments"];
  Json input = message.params();
  input.erase("_meta");
  return input;
}

std::string name_of(const Message& message) {
  if (message.method == "tools/call") return std::string(message.params()["name"].text_or(""));
  return message.method;
}

// The message with what the door wants in the place of what was judged.
std::string rewritten(const Message& message, const Json& input) {
  Json changed = message.whole;
  if (message.method == "tools/call") {
    changed.find("params")->set("arguments", input);
    return compact(changed);
  }
  Json params = input;
  if (message.params().has("_meta")) params.set("_meta", message.params()["_meta"]);
  changed.set("params", std::move(params));
  return compact(changed);
}

bool rewrites(const Json& answer) {
  return answer["verdict"].text_or("") == "transform";
}

bool allows(const Json& answer) {
  const auto verdict = answer["verdict"].text_or("");
  return verdict == "allow" || verdict == "warn" || verdict == "transform";
}

std::string reason_of(const Result<Json>& answer) {
  if (!answer) return "Weir could not decide about this: " + answer.error().message();
  const auto reason = trim((*answer)["reason"].text_or(""));
  return reason.empty() ? "Weir refused this." : std::string(reason);
}

}  // namespace

Json McpRelay::payload() const {
  Json json =
      Json::object({{"session_id", setup_.session}, {"server", setup_.server}, {"launch", setup_.launch}});
  if (!setup_.cwd.empty()) json.set("cwd", setup_.cwd);
  return json;
}

Json McpRelay::call_payload(const Request& request) const {
  return payload().set("method", request.method).set("name", request.name).set("call_id", request.call_id);
}

std::string McpRelay::next_call_id() {
  const std::lock_guard lock(mutex_);
  return "mcp-" + setup_.session + "-" + std::to_string(++calls_);
}

// False when the id is in use, or too many wait.
bool McpRelay::remember(std::map<std::string, Request>& waiting, const std::string& id, Request request) {
  const std::lock_guard lock(mutex_);
  if (waiting.size() >= kMcpInFlightMax) return false;
  return waiting.emplace(id, std::move(request)).second;
}

McpRelay::Passed McpRelay::from_client(std::string_view bytes) {
  Passed out;
  const auto messages = mcp::read_messages(bytes);
  if (!messages) {
    out.to_client.push_back(mcp::error_answer(
        "", mcp::kInvalidRequest, "Weir did not pass this message on: " + messages.error().message()));
    return out;
  }
  const bool batch = mcp::is_batch(bytes);
  for (const auto& message : *messages)
    client_message(message, batch ? compact(message.whole) : std::string(bytes), out);
  return out;
}

McpRelay::Passed McpRelay::from_server(std::string_view bytes) {
  Passed out;
  const auto messages = mcp::read_messages(bytes);
  if (!messages) {
    setup_.notice("the server wrote what is no message; it was not passed on: " + messages.error().message());
    return out;
  }
  const bool batch = mcp::is_batch(bytes);
  for (const auto& message : *messages)
    server_message(message, batch ? compact(message.whole) : std::string(bytes), out);
  return out;
}

void McpRelay::client_message(const Message& message, std::string_view bytes, Passed& out) {
  if (message.kind == MessageKind::notification) {
    out.to_server.emplace_back(bytes);
    return;
  }
  if (message.kind == MessageKind::request) return client_request(message, bytes, out);
  bool asked = false;
  {
    const std::lock_guard lock(mutex_);
    asked = of_server_.erase(message.id) > 0;
  }
  if (asked)
    out.to_server.emplace_back(bytes);
  else
    setup_.notice("the client answered what nobody asked; it was not passed on");
}

void McpRelay::client_request(const Message& message, std::string_view bytes, Passed& out) {
  Request request{.method = message.method, .call_id = {}, .name = name_of(message), .task = {}};
  request.first_page = message.params()["cursor"].text_or("").empty();
  if (is_call(message.method)) return judge_call(message, bytes, std::move(request), out);
  if (of_task(message.method)) {
    request.task = message.params()["taskId"].text_or("");
    const std::lock_guard lock(mutex_);
    if (!tasks_.contains(request.task)) {
      out.to_client.push_back(
          mcp::error_answer(message.id, mcp::kRefused, "Weir knows no call that began this task."));
      return;
    }
  }
  if (!remember(of_client_, message.id, std::move(request))) {
    out.to_client.push_back(mcp::error_answer(message.id, mcp::kInvalidRequest,
                                              "A request with this id is still open, or too many are."));
    return;
  }
  out.to_server.emplace_back(bytes);
}

void McpRelay::judge_call(const Message& message, std::string_view bytes, Request request, Passed& out) {
  {
    const std::lock_guard lock(mutex_);
    if (of_client_.contains(message.id) || of_client_.size() >= kMcpInFlightMax) {
      out.to_client.push_back(mcp::error_answer(message.id, mcp::kInvalidRequest,
                                                "A request with this id is still open, or too many are."));
      return;
    }
  }
  request.call_id = next_call_id();
  const auto answer = setup_.ask("Call", call_payload(request).set("input", input_of(message)));
  if (!answer || !allows(*answer)) {
    const std::string why = reason_of(answer);
    out.to_client.push_back(message.method == "tools/call"
                                ? mcp::refused_call(message.id, why)
                                : mcp::error_answer(message.id, mcp::kRefused, why));
    return;
  }
  request.explained = (*answer)["explained"].bool_or(false);
  if (!remember(of_client_, message.id, std::move(request))) return;
  out.to_server.push_back(rewrites(*answer) ? rewritten(message, (*answer)["input"]) : std::string(bytes));
}

void McpRelay::server_message(const Message& message, std::string_view bytes, Passed& out) {
  if (message.kind == MessageKind::notification)
    out.to_client.emplace_back(bytes);
  else if (message.kind == MessageKind::request)
    server_request(message, bytes, out);
  else
    server_answer(message, bytes, out);
}

void McpRelay::server_request(const Message& message, std::string_view bytes, Passed& out) {
  Request request{.method = message.method, .call_id = {}, .name = message.method, .task = {}};
  std::string passed(bytes);
  if (wants_something(message.method)) {
    request.call_id = next_call_id();
    const auto answer = setup_.ask("Call", call_payload(request).set("input", input_of(message)));
    if (!answer || !allows(*answer)) {
      out.to_server.push_back(mcp::error_answer(message.id, mcp::kRefused, reason_of(answer)));
      return;
    }
    if (rewrites(*answer)) passed = rewritten(message, (*answer)["input"]);
  }
  if (!remember(of_server_, message.id, std::move(request))) {
    out.to_server.push_back(mcp::error_answer(message.id, mcp::kInvalidRequest,
                                              "A request with this id is still open, or too many are."));
    return;
  }
  out.to_client.push_back(std::move(passed));
}

void McpRelay::server_answer(const Message& message, std::string_view bytes, Passed& out) {
  Request request;
  {
    const std::lock_guard lock(mutex_);
    const auto it = of_client_.find(message.id);
    if (it == of_client_.end()) {
      // An error without an id is about what could not be read; everything else nobody asked for.
      if (!message.id.empty()) setup_.notice("the server answered what nobody asked; it was not passed on");
      return;
    }
    request = std::move(it->second);
    of_client_.erase(it);
  }
  if (!message.failed && mcp::listed_by(request.method)) return check_list(message, request, bytes, out);
  if (!message.failed && greets(request.method)) return check_instructions(message, request, bytes, out);
  if (is_call(request.method) || of_task(request.method)) tell_result(message, request);
  out.to_client.emplace_back(bytes);
}

void McpRelay::check_list(const Message& message, const Request& request, std::string_view bytes,
                          Passed& out) {
  const auto kind = *mcp::listed_by(request.method);
  Json offer = payload();
  offer.set("kind", mcp::name(kind)).set("title", setup_.title).set("first_page", request.first_page);
  offer.set("last_page", !mcp::has_more(message.result())).set("list", message.result());
  const auto answer = setup_.ask("Offer", offer);
  if (!answer || !(*answer)["kept"].is_array()) {
    out.to_client.push_back(mcp::error_answer(message.id, mcp::kRefused, reason_of(answer)));
    return;
  }
  std::set<std::string> kept;
  for (const auto& name : (*answer)["kept"].as_array())
    kept.emplace(name.text_or(""));
  std::set<std::string> withheld;
  const auto items = mcp::offered_in(kind, message.result());
  if (!items) return;  // the door has read it: does not happen
  for (const auto& item : *items)
    if (!kept.contains(item.name)) withheld.insert(item.name);
  if ((*answer)["withheld"].is_array())
    for (const auto& one : (*answer)["withheld"].as_array())
      setup_.notice(
          "kept from the agent: " + setup_.server + " " +
          printable(std::string(one["name"].text_or("")) + ": " + std::string(one["reason"].text_or("")),
                    kNoticeBytesMax));
  if (withheld.empty()) {
    out.to_client.emplace_back(bytes);
    return;
  }
  Json changed = message.whole;
  changed.set("result", mcp::without(kind, message.result(), withheld));
  out.to_client.push_back(compact(changed));
}

// What the server says to the model before anything else.
void McpRelay::check_instructions(const Message& message, const Request&, std::string_view bytes,
                                  Passed& out) {
  Json offer = payload();
  offer.set("kind", "instructions").set("title", setup_.title).set("first_page", true).set("last_page", true);
  offer.set("text", mcp::instructions_in(message.result()));
  const auto answer = setup_.ask("Offer", offer);
  if (!answer || !(*answer)["kept"].is_array()) {
    out.to_client.push_back(mcp::error_answer(message.id, mcp::kRefused, reason_of(answer)));
    return;
  }
  if (!(*answer)["kept"].as_array().empty() || !message.result().has("instructions")) {
    out.to_client.emplace_back(bytes);
    return;
  }
  setup_.notice("the instructions of " + setup_.server +
                " are kept from the agent: they changed, or are suspicious");
  Json changed = message.whole;
  changed.find("result")->erase("instructions");
  out.to_client.push_back(compact(changed));
}

// Not waited for by a verdict: it labels what comes next. A daemon that is gone refuses the next call anyway.
void McpRelay::tell_result(const Message& message, const Request& request) {
  Request call = request;
  {
    const std::lock_guard lock(mutex_);
    if (of_task(request.method)) {
      const auto it = tasks_.find(request.task);
      if (it == tasks_.end()) return;
      call = it->second;
    } else if (const auto task = message.result()["task"]["taskId"].text_or(""); !task.empty()) {
      if (tasks_.size() >= kMcpTasksMax) tasks_.erase(tasks_.begin());
      tasks_.insert_or_assign(std::string(task), call);
    }
  }
  if (call.explained) return;
  Json result = call_payload(call);
  result.set("failed", message.failed || message.result()["isError"].bool_or(false));
  result.set("output", message.failed ? message.whole["error"] : message.result());
  const auto told = setup_.ask("Result", result);
  if (!told)
    setup_.notice("a result could not be recorded: " + printable(told.error().message(), kNoticeBytesMax));
}

}  // namespace weir::gateway
