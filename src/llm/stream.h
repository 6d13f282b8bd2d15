// A model's answer on its way to the agent: words pass as they come, tool calls are held until decided.
//
//   ToolStream stream(Api::anthropic);
//   Step step = stream.take({"content_block_delta", data});
//   send(step.forward);                                   // now, in this order
//   for (const ToolCall& call : step.decide) …            // is complete; ask the guard, then:
//   send(stream.verdict(call.number, Verdict::release()).forward);
//
// Rules, the same for every API:
// - An event is forwarded with its very bytes unless a verdict changed it. Order is kept, because clients put
//   an answer together by order: what comes behind a held call waits for it. Keep-alives (`ping`) and errors
//   of the vendor do not wait. A client must be kept alive while calls are held; that is the caller's task.
// - A call is held from its first event to its last and given out once in `decide`, also when it stands only
// in
//   the final object at the end. When that object differs from what was streamed, the stream breaks.
// - Refused: the client finds words in the call's place. Rewritten: the new arguments stand in every place.
// - Weir refuses by itself (`refused`, with ToolCall::problem) a call whose arguments are no JSON object,
// that
//   disagrees with itself between events, or that is larger than limits::kHeldCallBytesMax.
// - A stream breaks (`broken`; nothing more is forwarded but one error event in the API's own form) when an
//   event is not JSON that all readers read alike, or has a call where none belongs (llm/shape.h).
// - A stream that ends inside a call: nothing of that call, or behind it, is ever released.
//
// One ToolStream reads one answer; in WebSocket mode one response (llm/lanes.h). docs/llm.md has the details.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "llm/api.h"

namespace weir::llm {

// One event of a stream: a server-sent event, or the text of a WebSocket frame (then without a name).
struct StreamEvent {
  std::string name;  // "event:" of the SSE; empty when there is none
  std::string data;  // "data:" lines, joined by newlines

  bool operator==(const StreamEvent&) const = default;
};

struct Step {
  std::vector<StreamEvent> forward;  // to the client, now, in this order
  std::vector<ToolCall> decide;      // complete; each wants one verdict()
  std::vector<ToolCall> happened;    // calls that the vendor made itself
  std::vector<ToolCall> refused;     // refused by Weir itself, with `problem`; need no verdict
  std::optional<Error> broken;       // the stream is over; `forward` ends with the error that says so
};

class StreamCore;

class ToolStream {
 public:
  explicit ToolStream(Api api);
  ~ToolStream();
  ToolStream(ToolStream&&) noexcept;
  ToolStream& operator=(ToolStream&&) noexcept;

  // The next event from the vendor. Never fails: what cannot be read shows in Step::broken.
  Step take(StreamEvent event);
  // An answer that was not streamed: its whole body (Gemini also: the JSON array that a stream without
  // `alt=sse` is). `forward` will have one event, whose data is the body for the client.
  Step take_whole(std::string body);
  // What is to happen to a call from `decide`. A number that waits for no verdict changes nothing. A rewrite
  // that the call's kind cannot carry (no JSON object, an unknown kind) becomes a refusal.
  Step verdict(int number, const Verdict& verdict);
  // Whether a complete call waits for its verdict, so that the connection must stay open.
  bool waiting() const;

 private:
  std::unique_ptr<StreamCore> core_;
};

}  // namespace weir::llm
