#include "llm/stream_core.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "llm/limits.h"

namespace weir::llm {
namespace {

constexpr std::size_t kReasonNameBytesMax = 128;

}  // namespace

std::string refusal_text(const ToolCall& call, std::string_view reason) {
  if (reason.empty()) reason = "it is not permitted";
  return "Weir refused this call of " + printable(to_valid_utf8(call.name), kReasonNameBytesMax) + ": " +
         to_valid_utf8(reason);
}

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

Step StreamCore::take(StreamEvent event, bool whole) {
  if (over_) return {};
  auto where = read(event, whole);
  if (!where) {
    break_stream(std::move(where.error()));
  } else {
    const bool last = where->last;
    if (where->at_once) {
      step_.forward.push_back(std::move(event));
    } else {
      enqueue(std::move(event), *std::move(where));
    }
    if (last) {  // an error of the vendor: what still waits will never be complete
      over_ = true;
      queue_.clear();
    }
  }
  if (!over_) flush();
  return std::exchange(step_, {});
}

Result<StreamCore::Place> StreamCore::read(const StreamEvent& event, bool whole) {
  if (event.data.empty() || is_mark(event.data)) return Place{.at_once = event.data.empty()};
  auto parsed = document_.parse(event.data);
  if (!parsed) return bad("an event is not JSON that every reader reads alike: " + parsed.error().what);
  if (whole) return place_whole(*parsed, event);
  if (!parsed->is_object()) return bad("an event is no JSON object");
  const JsonView type = (*parsed)["type"];
  if (!type.is_null() && !type.is_string()) return bad("the type of an event is no text");
  const std::string_view word = type.text_or(event.name);
  if (!event.name.empty() && word != event.name)
    return bad("an event is named differently outside and inside");
  return place(word, *parsed, event);
}

void StreamCore::enqueue(StreamEvent event, Place place) {
  const std::size_t bytes = event.data.size() + event.name.size();
  for (const int number : place.calls) {
    Held& call = held(number);
    call.bytes += bytes;
    if (call.bytes > limits::kHeldCallBytesMax && call.state != Held::State::decided)
      refuse(number, "it is larger than " + std::to_string(limits::kHeldCallBytesMax) + " bytes");
  }
  queue_bytes_ += bytes;
  queue_.push_back({std::move(event), std::move(place)});
  if (queue_bytes_ > limits::kQueueBytesMax)
    break_stream(
        bad("more than " + std::to_string(limits::kQueueBytesMax) + " bytes wait for a verdict").error());
}

bool StreamCore::ready(const Queued& queued) const {
  if (all_at_once() && !queued.place.calls.empty() && undecided_ > 0) return false;
  return std::all_of(queued.place.calls.begin(), queued.place.calls.end(), [&](int number) {
    return held_[static_cast<std::size_t>(number)]->state == Held::State::decided;
  });
}

void StreamCore::flush() {
  while (!queue_.empty() && ready(queue_.front())) {
    Queued first = std::move(queue_.front());
    queue_.pop_front();
    queue_bytes_ -= first.event.data.size() + first.event.name.size();
    write(std::move(first), step_.forward);
  }
}

Step StreamCore::verdict(int number, const Verdict& verdict) {
  if (over_ || number < 0 || static_cast<std::size_t>(number) >= held_.size()) return {};
  Held& call = held(number);
  if (call.state != Held::State::complete) return {};
  call.state = Held::State::decided;
  --undecided_;
  call.verdict = verdict;
  if (verdict.kind == Verdict::Kind::rewrite) {
    const bool text = call.call.kind == CallKind::custom;
    const auto input = text ? Result<Json>(Json()) : parse_json(verdict.text);
    const bool fits = call.call.kind != CallKind::unknown && !call.member.empty() &&
                      (text ? valid_utf8(verdict.text) : input && input->is_object());
    if (!fits) {
      call.call.problem = "its rewritten arguments do not fit a call of this kind";
      call.verdict = Verdict::refuse(call.call.problem);
      step_.refused.push_back(call.call);
    }
  }
  flush();
  return std::exchange(step_, {});
}

bool StreamCore::waiting() const {
  return !over_ && std::any_of(held_.begin(), held_.end(),
                               [](const auto& held) { return held->state == Held::State::complete; });
}

Result<int> StreamCore::hold(ToolCall call) {
  if (held_.size() >= limits::kCallsMax)
    return bad("an answer has more than " + std::to_string(limits::kCallsMax) + " tool calls");
  if (call.id.size() > limits::kIdBytesMax) return bad("the id of a tool call is too long");
  for (const auto& other : held_)
    if (!call.id.empty() && other->call.id == call.id) return bad("two tool calls have the same id");
  call.number = static_cast<int>(held_.size());
  held_.push_back(std::make_unique<Held>());
  held_.back()->call = std::move(call);
  ++undecided_;
  return static_cast<int>(held_.size()) - 1;
}

void StreamCore::complete(int number) {
  Held& call = held(number);
  if (call.state != Held::State::open) return;
  const bool wants_object = call.call.kind == CallKind::function || call.call.kind == CallKind::mcp_approval;
  if (call.call.kind != CallKind::custom && !call.call.input) {
    auto input = parse_json(call.call.arguments.empty() ? "{}" : std::string_view(call.call.arguments));
    if (!input) return refuse(number, "its arguments cannot be read: " + input.error().what);
    call.call.input = *std::move(input);
  }
  if (wants_object && !call.call.input->is_object())
    return refuse(number, "its arguments are no JSON object");
  if (call.call.name.empty()) return refuse(number, "it names no tool");
  call.state = Held::State::complete;
  step_.decide.push_back(call.call);
}

void StreamCore::refuse(int number, std::string problem) {
  Held& call = held(number);
  if (call.state == Held::State::decided) return;
  if (call.state == Held::State::complete)  // given out a moment ago: the caller shall not be asked twice
    std::erase_if(step_.decide, [&](const ToolCall& asked) { return asked.number == number; });
  call.state = Held::State::decided;
  --undecided_;
  call.call.problem = std::move(problem);
  call.verdict = Verdict::refuse(call.call.problem);
  step_.refused.push_back(call.call);
}

std::unexpected<Error> StreamCore::bad(std::string what) const {
  return fail(ErrorCode::invalid, std::move(what), std::string(llm::name(api_)) + " answer",
              "the answer was stopped here; ask again");
}

void StreamCore::break_stream(Error error) {
  over_ = true;
  queue_.clear();
  step_.decide.clear();
  step_.forward.push_back(error_event("Weir stopped this answer: " + error.what));
  step_.broken = std::move(error);
}

}  // namespace weir::llm
