#include "net/http_exchange.h"

#include "net/http_connection.h"

namespace weir::net {

Loop& Exchange::loop() const {
  return connection_.server_.loop_;
}

Task<Result<std::string_view>> Exchange::body() {
  using Kind = http::Step::Kind;
  HttpConnection& from = connection_;
  while (!body_ended_) {
    auto step = from.reader_.next(from.input_.waiting());
    if (!step) {
      keep_ = false;
      co_return std::unexpected(std::move(step.error()));
    }
    from.input_.take(step->taken);
    if (step->kind == Kind::end) {
      body_ended_ = true;
      from.input_.look();
    } else if (step->kind == Kind::body) {
      if (!step->data.empty()) co_return step->data;
    } else if (step->kind == Kind::more) {
      if (!std::exchange(continued_, true)) {
        constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
        CO_TRY_STATUS(co_await from.stream_->write(kContinue));
      }
      auto more = co_await from.more_body();
      if (more && *more) continue;
      keep_ = false;
      if (!more) co_return std::unexpected(std::move(more.error()));
      co_return fail(ErrorCode::unavailable, "the client ended inside its request");
    } else {
      keep_ = false;
      co_return fail("the request asks for another protocol");
    }
  }
  co_return std::string_view();
}

Task<Result<std::string>> Exchange::body_text(std::size_t bytes_max) {
  std::string all;
  while (true) {
    CO_TRY(const std::string_view piece, co_await body());
    if (piece.empty()) co_return all;
    if (piece.size() > bytes_max - all.size()) {
      keep_ = false;
      co_return fail(ErrorCode::limit, "the body of a request is too large");
    }
    all += piece;
  }
}

void Exchange::add_connection(http::HeadWriter& head) {
  if (connection_.server_.draining_ || !http::persists(head_)) keep_ = false;
  if (!keep_)
    head.add("Connection", "close");
  else if (head_.minor == 0)
    head.add("Connection", "keep-alive");
}

Task<Status> Exchange::answer(http::HeadWriter head, std::string_view body) {
  add_connection(head);
  co_return co_await out_.whole(std::move(head), body);
}

Status Exchange::begin(http::HeadWriter head) {
  if (head_.minor == 0) keep_ = false;
  add_connection(head);
  return out_.begin(std::move(head), head_.minor == 0 ? Framing::until_close() : Framing::chunked());
}

Status Exchange::begin(http::HeadWriter head, std::uint64_t length) {
  add_connection(head);
  return out_.begin(std::move(head), Framing::length(length));
}

}  // namespace weir::net
