// One direction of an HTTP/1 connection as messages: requests one behind the other, or the answers to them.
//
//   RequestReader reader;
//   while (true) {
//     TRY(auto step, reader.next(waiting));          // an Error: the connection ends, nothing more is read
//     if (step.kind == Step::Kind::more) break;      // until more bytes have come
//     … step.kind: head → reader.head();  body → step.data;  end;  open → it is not HTTP any more …
//     forward(waiting.substr(0, step.taken));        // byte for byte what was read
//     waiting.remove_prefix(step.taken);
//   }
//   at the end of the connection: TRY_STATUS(reader.ended(waiting));
//
// `waiting` begins where the taken bytes ended. The steps' data and whether there is an Error are the same
// however the bytes are cut; the heads and data are views into them. What follows a request for another
// protocol (CONNECT, an upgrade) is not looked at before the caller says what the server answered: read as
// requests by one and as something else by the other, it would pass unseen.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "http/body.h"
#include "http/request_head.h"
#include "http/response_head.h"

namespace weir::http {

struct Step {
  enum class Kind {
    more,  // needs more bytes, or to be told that the protocol was switched
    head,
    body,  // framing of chunks, data, or both
    end,   // of one message
    open   // all bytes, of another protocol
  };
  Kind kind = Kind::more;
  std::size_t taken = 0;
  std::string_view data;  // of the body
};

// The end of a head in bytes that come in pieces, each byte looked at once. For the readers below.
class HeadScan {
 public:
  // `bytes`: the head from its first byte. How long it is; none: more is needed. Errors: `invalid` (control
  // characters, line ends other than CR LF), `limit` (kHeadBytesMax).
  Result<std::optional<std::size_t>> find(std::string_view bytes);

 private:
  std::size_t seen_ = 0;
  std::size_t line_ = 0;  // where the line begins
};

// What a request has to be beyond its syntax, so that every server finds the same one in it: a Host, a target
// in one of the four forms that fits method and Host, no expectation but "100-continue", no upgrade but to
// websocket, nothing in Connection that says where the message goes or ends. Error `invalid`.
Status check_request(const RequestHead& head);
// Does the connection stay open for another message? RFC 9112 section 9.3.
bool persists(const RequestHead& head);
bool persists(const ResponseHead& head);

class RequestReader {
 public:
  explicit RequestReader(std::uint64_t body_bytes_max = limits::kBodyBytesMax) : bytes_max_(body_bytes_max) {}

  Result<Step> next(std::string_view waiting);
  // Of the last head step, until its bytes go.
  const RequestHead& head() const { return head_; }
  // The request that was read asks for another protocol; `switched` tells what became of it.
  bool waits() const { return part_ == Part::switching; }
  void switched(bool agreed) { part_ = agreed ? Part::open : last_ ? Part::over : Part::head; }
  // The connection has ended; `waiting` was not taken. Error `invalid` inside a request.
  Status ended(std::string_view waiting);

 private:
  enum class Part { head, body, switching, open, over };
  Result<Step> read_head(std::string_view waiting);
  Step read_end();

  std::uint64_t bytes_max_;
  Part part_ = Part::head;
  HeadScan scan_;
  RequestHead head_;
  BodyReader body_;
  bool last_ = false;    // nothing comes behind this request
  bool leaves_ = false;  // it asks for another protocol
};

class ResponseReader {
 public:
  explicit ResponseReader(std::uint64_t body_bytes_max = limits::kBodyBytesMax)
      : bytes_max_(body_bytes_max) {}

  // A request was sent: the next answers are to those that were asked, in their order. Error `limit`
  // (kPipelineMax).
  Status asked(const RequestHead& request);
  Result<Step> next(std::string_view waiting);
  const ResponseHead& head() const { return head_; }
  std::size_t pending() const { return asked_.size(); }
  bool open() const { return part_ == Part::open; }
  // The connection has ended. Error `invalid` inside an answer, or before one that is owed.
  Status ended(std::string_view waiting);

 private:
  enum class Part { head, body, open, over };
  struct Asked {
    bool head = false;  // HEAD
    bool connect = false;
    bool upgrade = false;
  };
  Result<Step> read_head(std::string_view waiting);
  Status check_head(const Asked& asked);

  std::uint64_t bytes_max_;
  Part part_ = Part::head;
  std::deque<Asked> asked_;
  HeadScan scan_;
  ResponseHead head_;
  BodyReader body_;
  bool last_ = false;              // nothing comes behind this answer
  std::size_t informational_ = 0;  // answers before this one
};

}  // namespace weir::http
