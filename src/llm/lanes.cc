#include "llm/lanes.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/json.h"
#include "base/json_view.h"
#include "llm/limits.h"

namespace weir::llm {

// What is in force for a response.
struct Lanes::Context {
  std::vector<OfferedTool> tools;
  std::string tools_digest;
  std::string system_digest;
};

struct Lanes::Answer {
  std::size_t serial = 0;
  std::string id;
  std::shared_ptr<const Context> context;
  ToolStream stream{Api::responses};
  std::vector<StreamEvent> backlog;  // waits for the answer before it
  std::size_t backlog_bytes = 0;
  std::vector<ToolCall> asked;
  bool ended = false;
};

struct Lanes::Lane {
  std::string name;
  std::deque<std::shared_ptr<const Context>> pending;  // requests without a response yet, in order
  std::deque<std::unique_ptr<Answer>> answers;         // not yet all with the client
  std::shared_ptr<const Context> steered;              // of a response whose continuation comes unasked
};

struct Lanes::Known {
  std::shared_ptr<const Context> context;
  std::vector<OwedOutput> owed;
};

namespace {

bool ends(std::string_view type) {
  return type == "response.completed" || type == "response.incomplete" || type == "response.failed" ||
         type == "response.cancelled";
}

std::string error_frame(std::string_view code, std::string_view message, std::string_view lane, int status) {
  Json frame = Json::object(
      {{"type", "error"},
       {"status", status},
       {"error",
        Json::object(
            {{"type", "invalid_request_error"}, {"code", code}, {"message", message}, {"param", nullptr}})}});
  if (!lane.empty()) frame.set("stream_id", lane);
  return compact(frame);
}

}  // namespace

Lanes::Lanes() = default;
Lanes::~Lanes() = default;
Lanes::Lanes(Lanes&&) noexcept = default;
Lanes& Lanes::operator=(Lanes&&) noexcept = default;

LaneRefusal Lanes::refusal(std::string_view code, std::string_view message, const Request& request) const {
  return {.frame = error_frame(code, message, request.stream_id, 400)};
}

std::shared_ptr<const Lanes::Context> Lanes::context_of(const Request& request) const {
  const auto before = known_.find(request.previous_response_id);
  auto context = std::make_shared<Context>();
  const bool chained = before != known_.end() && before->second.context;
  if (chained) *context = *before->second.context;
  if (request.has_tools || !chained) {
    context->tools = request.tools;
    context->tools_digest = request.tools_digest;
  }
  if (request.has_system || !chained) context->system_digest = request.system_digest;
  return context;
}

std::expected<LaneRequest, LaneRefusal> Lanes::client_frame(std::string_view text, bool binary) {
  if (binary || over_) {
    over_ = true;
    return std::unexpected(
        LaneRefusal{error_frame("invalid_frame", "only text frames are understood", {}, 400), true});
  }
  auto request = read_frame(text);
  if (!request)
    return std::unexpected(
        refusal("invalid_request", "Weir refused this frame: " + request.error().what, {}));
  const std::string& before = request->previous_response_id;
  const auto at = lanes_.find(request->stream_id);
  if (request->steer) {  // only a response that is at work can be steered
    const bool works = at != lanes_.end() && !at->second->answers.empty() &&
                       !at->second->answers.back()->ended && at->second->answers.back()->id == before;
    if (!works)
      return std::unexpected(refusal("previous_response_not_found", "no such response is at work", *request));
    const auto& context = *at->second->answers.back()->context;
    return LaneRequest{*std::move(request), context.tools, context.tools_digest, context.system_digest, {}};
  }
  const auto known = known_.find(before);
  if (!before.empty() && (known == known_.end() || !known->second.context))
    return std::unexpected(
        refusal("previous_response_not_found",
                "this connection has not seen the response " + before + "; send the whole input", *request));
  const bool full = at == lanes_.end() && lanes_.size() >= limits::kLanesMax;
  if (full || in_flight_ >= limits::kInFlightMax)
    return std::unexpected(
        refusal("websocket_stream_limit_reached", "too many lanes, or responses at work", *request));
  auto& lane = lanes_[request->stream_id];
  if (!lane) lane = std::make_unique<Lane>(Lane{.name = request->stream_id});
  auto context = context_of(*request);
  lane->pending.push_back(context);
  ++in_flight_;
  LaneRequest asked{*std::move(request), context->tools, context->tools_digest, context->system_digest, {}};
  if (known != known_.end()) asked.owed = known->second.owed;
  return asked;
}

Step Lanes::broken(std::string what) {
  over_ = true;
  calls_.clear();
  Step step;
  step.forward.push_back({{}, error_frame("weir_refused", "Weir stopped this connection: " + what, {}, 403)});
  step.broken = Error{ErrorCode::invalid, std::move(what), "WebSocket of a model API", "connect again"};
  return step;
}

Step Lanes::vendor_frame(std::string text, bool binary) {
  if (over_) return {};
  if (binary) return broken("a binary frame came");
  JsonDocument document;
  const auto data = document.parse(text);
  if (!data) return broken("a frame is not JSON that every reader reads alike: " + data.error().what);
  const JsonView lane_name = (*data)["stream_id"];
  if (!data->is_object() || !(*data)["type"].is_string() || (!lane_name.is_null() && !lane_name.is_string()))
    return broken("a frame has no type, or a lane that is no text");
  const std::string_view type = (*data)["type"].text_or("");
  const auto at = lanes_.find(lane_name.text_or(""));
  Lane* const lane = at == lanes_.end() ? nullptr : at->second.get();
  if (lane == nullptr && !lane_name.is_null()) return broken("a frame is for a lane that nobody opened");
  if (lane == nullptr)
    return type == "response.created" ? broken("a response came unasked") : loose(nullptr, {{}, text});
  if (type == "response.created")
    return begin(*lane, (*data)["response"]["id"].text_or(""), {{}, std::move(text)});
  if (lane->answers.empty() || lane->answers.back()->ended) return loose(lane, {{}, std::move(text)});
  return feed(*lane, type, *data, {{}, text});
}

// A frame of no response: words about the connection. A call cannot stand there.
Step Lanes::loose(Lane* lane, StreamEvent event) {
  const auto json = parse_json(event.data);
  const bool error = json && (*json)["type"].text_or("") == "error";
  if (error && lane != nullptr && !lane->pending.empty()) {  // the request that waits longest failed
    lane->pending.pop_front();
    --in_flight_;
  }
  ToolStream alone(Api::responses);
  Step step = alone.take(std::move(event));
  if (step.broken || !step.decide.empty() || !step.refused.empty())
    return broken("a tool call came outside any response");
  return step;
}

Step Lanes::begin(Lane& lane, std::string_view id, StreamEvent event) {
  if (id.empty() || id.size() > limits::kIdBytesMax || known_.contains(id))
    return broken("a response has no id of its own");
  if (!lane.answers.empty() && !lane.answers.back()->ended)
    return broken("a response came before the last was over");
  auto answer = std::make_unique<Answer>();
  if (lane.steered) {
    answer->context = std::exchange(lane.steered, nullptr);
  } else if (!lane.pending.empty()) {
    answer->context = std::move(lane.pending.front());
    lane.pending.pop_front();
  } else {
    return broken("a response came unasked");
  }
  answer->serial = next_answer_++;
  answer->id = id;
  lane.answers.push_back(std::move(answer));
  Answer& last = *lane.answers.back();
  return publish(lane, last, last.stream.take(std::move(event)));
}

Step Lanes::feed(Lane& lane, std::string_view type, JsonView data, StreamEvent event) {
  Answer& answer = *lane.answers.back();
  if (ends(type) || type == "error") {
    if (ends(type) && data["response"]["id"].text_or("") != answer.id)
      return broken("a response ends under another id than it began");
    answer.ended = true;
    const bool steered = data["response"]["incomplete_details"]["reason"].text_or("") == "steered";
    if (steered) lane.steered = answer.context;  // the continuation comes unasked, and is still at work
    if (!steered) --in_flight_;
    if (ends(type)) remember(answer.id, answer.context);
  }
  return publish(lane, answer, answer.stream.take(std::move(event)));
}

// Gives calls their numbers, and the client what it may see of the lane by now.
Step Lanes::publish(Lane& lane, Answer& answer, Step step) {
  if (step.broken) {
    over_ = true;
    calls_.clear();
  }
  for (const ToolCall& call : step.refused)
    note_refused(answer.id, call, call.problem);
  for (ToolCall& call : step.decide) {
    calls_[next_call_] = {lane.name, answer.serial, call.number};
    answer.asked.push_back(call);
    call.number = next_call_++;
  }
  for (StreamEvent& event : step.forward) {
    answer.backlog_bytes += event.data.size();
    answer.backlog.push_back(std::move(event));
  }
  step.forward.clear();
  while (!lane.answers.empty()) {
    Answer& first = *lane.answers.front();
    std::move(first.backlog.begin(), first.backlog.end(), std::back_inserter(step.forward));
    first.backlog.clear();
    first.backlog_bytes = 0;
    if (!first.ended || first.stream.waiting()) break;
    std::erase_if(calls_, [&](const auto& call) {
      return call.second.lane == lane.name && call.second.answer == first.serial;
    });
    lane.answers.pop_front();
  }
  std::size_t waiting = 0;
  for (const auto& each : lane.answers)
    waiting += each->backlog_bytes;
  if (waiting > limits::kQueueBytesMax) return broken("too much waits for a verdict");
  return step;
}

Step Lanes::verdict(int number, const Verdict& verdict) {
  const auto at = over_ ? calls_.end() : calls_.find(number);
  if (at == calls_.end()) return {};
  const CallPlace place = std::move(at->second);
  calls_.erase(at);
  Lane& lane = *lanes_.at(place.lane);
  for (const auto& answer : lane.answers) {
    if (answer->serial != place.answer) continue;
    for (const ToolCall& call : answer->asked)
      if (call.number == place.number && verdict.kind == Verdict::Kind::refuse)
        note_refused(answer->id, call, verdict.text);
    return publish(lane, *answer, answer->stream.verdict(place.number, verdict));
  }
  return {};
}

bool Lanes::waiting() const {
  return !over_ && !calls_.empty();
}

void Lanes::note_refused(const std::string& response, const ToolCall& call, std::string reason) {
  known_[response].owed.push_back({call.id, call.kind, std::move(reason)});
}

void Lanes::remember(const std::string& id, std::shared_ptr<const Context> context) {
  known_[id].context = std::move(context);
  known_order_.push_back(id);
  if (known_order_.size() <= limits::kLaneResponsesMax) return;
  known_.erase(known_order_.front());
  known_order_.pop_front();
}

}  // namespace weir::llm
