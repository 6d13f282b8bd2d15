// OpenAI's WebSocket mode: one connection, lanes (`stream_id`) of responses that build on each other.
//
//   Lanes lanes;
//   auto asked = lanes.client_frame(text);            // what the client wants, or the error frame it gets
//   if (!asked) send_client(asked.error().frame);
//   const Step step = lanes.vendor_frame(text);       // as ToolStream::take(), over all lanes
//   const Step after = lanes.verdict(call.number, verdict);
//
// A request names only what is new and the response it builds on, so the connection remembers for each
// response what was in force: tools and system prompt, also those of a warm-up (`generate:false`). A chain to
// a response that this connection did not see is refused. Several lanes may build on one response. A response
// nobody asked for, an event for a lane nobody opened, or a binary frame ends the connection: Step::broken.
// Frames of one lane keep their order; lanes do not wait for each other.
//
// Source: OpenAI's guide to WebSocket mode (at most 16 responses at work, 32 lanes).
#pragma once

#include <cstddef>
#include <deque>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_view.h"
#include "llm/request.h"
#include "llm/stream.h"

namespace weir::llm {

// A refused call whose output the vendor will demand when a request builds on its response: the client does
// not know the call, so whoever sends that request must add an output with the reason.
struct OwedOutput {
  std::string call_id;
  CallKind kind = CallKind::function;
  std::string reason;

  bool operator==(const OwedOutput&) const = default;
};

struct LaneRequest {
  Request request;
  std::vector<OfferedTool> tools;  // in force: the request's own, or those of the response it builds on
  std::string tools_digest;
  std::string system_digest;
  std::vector<OwedOutput> owed;
};

struct LaneRefusal {
  std::string frame;   // for the client
  bool close = false;  // the connection is over
};

class Lanes {
 public:
  Lanes();
  ~Lanes();
  Lanes(Lanes&&) noexcept;
  Lanes& operator=(Lanes&&) noexcept;

  std::expected<LaneRequest, LaneRefusal> client_frame(std::string_view text, bool binary = false);
  // Events in the Step have no names: their data are the frames. Calls are numbered over the whole
  // connection.
  Step vendor_frame(std::string text, bool binary = false);
  Step verdict(int number, const Verdict& verdict);
  // Whether a call of any lane waits for its verdict.
  bool waiting() const;

 private:
  struct Context;
  struct Answer;
  struct Lane;
  struct Known;
  struct CallPlace {
    std::string lane;
    std::size_t answer = 0;  // its serial
    int number = 0;          // in its own stream
  };

  LaneRefusal refusal(std::string_view code, std::string_view message, const Request& request) const;
  std::shared_ptr<const Context> context_of(const Request& request) const;
  Step broken(std::string what);
  Step begin(Lane& lane, std::string_view id, StreamEvent event);
  Step loose(Lane* lane, StreamEvent event);
  Step feed(Lane& lane, std::string_view type, JsonView data, StreamEvent event);
  Step publish(Lane& lane, Answer& answer, Step step);
  void note_refused(const std::string& response, const ToolCall& call, std::string reason);
  void remember(const std::string& id, std::shared_ptr<const Context> context);

  std::map<std::string, std::unique_ptr<Lane>, std::less<>> lanes_;
  std::map<std::string, Known, std::less<>> known_;  // responses that a request may build on
  std::deque<std::string> known_order_;              // the oldest is forgotten first
  std::map<int, CallPlace> calls_;                   // that wait for a verdict
  int next_call_ = 0;
  std::size_t next_answer_ = 0;
  std::size_t in_flight_ = 0;
  bool over_ = false;
};

}  // namespace weir::llm
