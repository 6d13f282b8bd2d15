// A request that came in, and its answer. For who answers: http_server.h makes them.
//
//   Task<void> answer(Exchange& exchange) {
//     auto body = co_await exchange.body_text(1024 * 1024);
//     …
//     (void)co_await exchange.answer(HeadWriter::response(200).add("Content-Type", "text/plain"), "hello");
//   }
//
// When the client goes away the handler's scope is cancelled: what it awaits ends with `unavailable`. An
// answer that was not begun becomes a 500, one that was not ended ends the connection.
#pragma once

#include <string>
#include <string_view>

#include "http/message_reader.h"
#include "net/input.h"
#include "net/outgoing.h"

namespace weir::net {

class HttpConnection;

class Exchange {
 public:
  // Views that hold as long as the exchange.
  const http::RequestHead& head() const { return head_; }

  // The next bytes of the body; "" at its end. They hold until the next call. Errors: `invalid`, `limit`,
  // `unavailable`; the connection ends with the answer then.
  Task<Result<std::string_view>> body();
  // All of it. Error `limit` for more than so many bytes.
  Task<Result<std::string>> body_text(std::size_t bytes_max);
  bool body_ended() const { return body_ended_; }

  // The whole answer.
  Task<Status> answer(http::HeadWriter head, std::string_view body = {});
  // Its parts: nothing goes out before the first write(), flush() or end(). Without a length it is chunked,
  // or ended by the connection where the client knows no chunks.
  Status begin(http::HeadWriter head);
  Status begin(http::HeadWriter head, std::uint64_t length);
  Task<Status> write(std::string_view data) { return out_.write(data); }
  Task<Status> flush() { return out_.flush(); }
  Task<Status> end() { return out_.end(); }
  bool begun() const { return out_.begun(); }
  bool ended() const { return out_.ended(); }

  // The connection ends after this answer.
  void close_after() { keep_ = false; }
  Loop& loop() const;

 private:
  friend class HttpConnection;
  explicit Exchange(HttpConnection& connection) : connection_(connection) {}
  void add_connection(http::HeadWriter& head);

  HttpConnection& connection_;
  std::string head_text_;
  http::RequestHead head_;
  Outgoing out_;
  bool body_ended_ = false;
  bool continued_ = false;  // 100 was said, or is not wanted
  bool keep_ = true;
};

}  // namespace weir::net
