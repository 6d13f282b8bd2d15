#include "net/http_connection.h"

namespace weir::net {
namespace {

using http::HeadWriter;
using Kind = http::Step::Kind;

int status_for(const Error& error) {
  switch (error.code) {
    case ErrorCode::limit:
      return 431;
    case ErrorCode::unavailable:
      return 408;
    default:
      return 400;
  }
}

}  // namespace

HttpConnection::HttpConnection(HttpServer& server, std::unique_ptr<Stream> stream)
    : server_(server), reader_(server.setup_.body_bytes_max), stream_(std::move(stream)) {
  input_.open(*stream_);
}

Task<void> HttpConnection::serve() {
  bool another = true;
  while (another)  // g++ 12 loses a loop whose body is empty and whose condition waits
    another = co_await one_request();
  if (answered_) co_await linger();
}

// True: another one may follow.
Task<bool> HttpConnection::one_request() {
  Exchange exchange(*this);
  if (!co_await awaits_head(exchange)) co_return false;
  // Whoever goes away while the request is worked on is not answered. A peer that only ends its own half is
  // taken for gone, too, as proxies do.
  Scope request(co_await CurrentScope());
  input_.watch([&request] { request.cancel(); });
  co_await server_.setup_.handler(exchange).in(request);
  input_.watch(nullptr);
  if (request.cancelled()) co_return false;
  co_return co_await finish(exchange);
}

// Until there is a request; false: there will be none.
Task<bool> HttpConnection::awaits_head(Exchange& exchange) {
  answered_ = false;
  exchange.out_.reset(*stream_);
  input_.rest();
  Scope head_scope(server_.idle_);
  bool late = false;
  Deadline deadline(server_.loop_, [&] {
    late = true;
    head_scope.cancel();
  });
  deadline.arm(server_.setup_.idle_ms);
  const Result<bool> got = co_await read_head(exchange, deadline).in(head_scope);
  deadline.disarm();
  if (got) co_return *got;
  // Nobody waits for an answer who has asked nothing, or is gone.
  const bool answered = !input_.waiting().empty() && !input_.ended() && (late || !head_scope.cancelled());
  if (answered) co_await refuse(exchange, late ? 408 : status_for(got.error()), got.error());
  co_return false;
}

// False: the connection ended where it may.
Task<Result<bool>> HttpConnection::read_head(Exchange& exchange, Deadline& deadline) {
  bool begun = false;
  input_.rest();
  while (true) {
    CO_TRY(const auto step, reader_.next(input_.waiting()));
    if (step.kind == Kind::head) {
      exchange.head_text_.assign(input_.waiting().substr(0, step.taken));
      CO_TRY(auto head, http::parse_request_head(exchange.head_text_));
      exchange.head_ = *std::move(head);
      exchange.continued_ = !exchange.head_.field("expect");
      input_.take(step.taken);
      exchange.out_.reset(*stream_, exchange.head_.method == "HEAD");
      co_return read_empty_body(exchange);
    }
    if (!begun && !input_.waiting().empty()) {
      begun = true;
      deadline.arm(server_.setup_.head_ms);
    }
    CO_TRY(const bool more, co_await input_.more());
    if (more) continue;
    CO_TRY_STATUS(reader_.ended(input_.waiting()));
    co_return false;
  }
}

// A body without a byte has been read with its head.
Result<bool> HttpConnection::read_empty_body(Exchange& exchange) {
  const auto& framing = exchange.head_.framing;
  if (framing.chunked || framing.length > 0) return true;
  TRY(const auto step, reader_.next(input_.waiting()));
  exchange.body_ended_ = step.kind == Kind::end;
  return true;
}

Task<Result<bool>> HttpConnection::more_body() {
  Scope scope(co_await CurrentScope());
  Deadline deadline(server_.loop_, [&] { scope.cancel(); });
  deadline.arm(server_.setup_.body_idle_ms);
  const auto more = [](Input& input) -> Task<Result<bool>> { co_return co_await input.more(); };
  co_return co_await more(input_).in(scope);
}

// What the handler left open. True: another request may follow.
Task<bool> HttpConnection::finish(Exchange& exchange) {
  answered_ = true;
  if (!exchange.begun()) {
    exchange.keep_ = false;
    (void)co_await exchange.answer(HeadWriter::response(500));
    co_return false;
  }
  if (!exchange.ended() || exchange.out_.needs_close() || !exchange.keep_) co_return false;
  // What is left of the body is read past, so that the next request is where it seems to be.
  std::size_t left = limits::kDrainBytesMax;
  while (!exchange.body_ended_) {
    exchange.continued_ = true;  // nobody wants it
    const auto piece = co_await exchange.body();
    if (!piece || piece->size() > left) co_return false;
    left -= piece->size();
  }
  co_return !reader_.waits() && exchange.keep_ && !server_.draining_;
}

Task<void> HttpConnection::refuse(Exchange& exchange, int status, const Error& error) {
  answered_ = true;
  exchange.keep_ = false;
  const std::string text = "This is no request that Weir can read: " + error.what + "\n";
  HeadWriter head = HeadWriter::response(status);
  head.add("Content-Type", "text/plain").add("Connection", "close");
  (void)co_await exchange.out_.whole(std::move(head), text);
}

// The last answer would be lost if the connection were reset while the client still sends.
Task<void> HttpConnection::linger() {
  stream_->end_write();
  if (input_.ended()) co_return;
  Scope scope(co_await CurrentScope());
  Deadline deadline(server_.loop_, [&] { scope.cancel(); });
  deadline.arm(limits::kLingerMs);
  const auto read_past = [](Input& input) -> Task<void> {
    std::size_t left = limits::kDrainBytesMax;
    while (true) {
      const std::size_t bytes = input.waiting().size();
      if (bytes > left) co_return;
      left -= bytes;
      input.take(bytes);
      const auto more = co_await input.more();
      if (!more || !*more) co_return;
    }
  };
  co_await read_past(input_).in(scope);
}

}  // namespace weir::net
