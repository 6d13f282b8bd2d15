// What the four protocols share: the queue behind held calls, limits, verdicts, the end of a stream. A
// protocol reads one event at a time and says which calls it belongs to (place), and writes it once all of
// those are decided (write). Only the room's own .cc files include this.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_view.h"
#include "llm/stream.h"

namespace weir::llm {

class StreamCore {
 public:
  explicit StreamCore(Api api) : api_(api) {}
  virtual ~StreamCore() = default;
  StreamCore(const StreamCore&) = delete;
  StreamCore& operator=(const StreamCore&) = delete;

  Step take(StreamEvent event, bool whole);
  Step verdict(int number, const Verdict& verdict);
  bool waiting() const;

 protected:
  // A call from its first event on.
  struct Held {
    ToolCall call;
    enum class State { open, complete, decided } state = State::open;
    Verdict verdict;
    std::size_t bytes = 0;
    bool started = false;    // its first event, or its replacement, is written
    bool carried = false;    // one of its deltas carries the rewritten arguments
    std::string streamed;    // what its deltas said
    std::int64_t place = 0;  // index or output_index
    std::string member;      // where its payload stands in an item (Responses), or "args", "input"
    bool released() const { return state == State::decided && verdict.kind != Verdict::Kind::refuse; }
    bool refused() const { return state == State::decided && verdict.kind == Verdict::Kind::refuse; }
    bool rewritten() const { return state == State::decided && verdict.kind == Verdict::Kind::rewrite; }
  };
  // Where an event goes.
  struct Place {
    std::vector<int> calls;  // of which it is a part: it waits until all are decided
    bool at_once = false;    // does not wait for what is before it
    bool last = false;       // nothing comes after it
    bool edit = false;       // write() looks at it although it belongs to no call
    bool whole = false;      // a whole answer
  };
  struct Queued {
    StreamEvent event;
    Place place;
  };
  using Out = std::vector<StreamEvent>;

  virtual Result<Place> place(std::string_view type, JsonView data, const StreamEvent& event) = 0;
  virtual Result<Place> place_whole(JsonView body, const StreamEvent& event) = 0;
  virtual void write(Queued queued, Out& out) = 0;
  virtual StreamEvent error_event(std::string_view message) = 0;
  // Data that is no JSON and says nothing ("[DONE]").
  virtual bool is_mark(std::string_view) const { return false; }
  // True when an event may only be written when every call so far is decided.
  virtual bool all_at_once() const { return false; }

  // A new call; its number. Errors: too many, an id that is too long or that another call has.
  Result<int> hold(ToolCall call);
  Held& held(int number) { return *held_[static_cast<std::size_t>(number)]; }
  const Held& held(int number) const { return *held_[static_cast<std::size_t>(number)]; }
  std::size_t held_count() const { return held_.size(); }
  // The call has been seen to its end: read its arguments, and ask for a verdict or refuse.
  void complete(int number);
  void refuse(int number, std::string problem);
  void happened(ToolCall call) { step_.happened.push_back(std::move(call)); }
  // A mistake of the stream, as an Error that breaks it.
  std::unexpected<Error> bad(std::string what) const;
  const Api api_;

 private:
  Result<Place> read(const StreamEvent& event, bool whole);
  void break_stream(Error error);
  void enqueue(StreamEvent event, Place place);
  void flush();
  bool ready(const Queued& queued) const;

  JsonDocument document_;
  std::deque<Queued> queue_;
  std::size_t queue_bytes_ = 0;
  std::vector<std::unique_ptr<Held>> held_;
  std::size_t undecided_ = 0;
  bool over_ = false;
  Step step_;
};

// What the client reads in place of a refused call.
std::string refusal_text(const ToolCall& call, std::string_view reason);
// `text` as a JSON string.
std::string quoted(std::string_view text);

std::unique_ptr<StreamCore> anthropic_stream();
std::unique_ptr<StreamCore> responses_stream();
std::unique_ptr<StreamCore> chat_stream();
std::unique_ptr<StreamCore> gemini_stream();

}  // namespace weir::llm
