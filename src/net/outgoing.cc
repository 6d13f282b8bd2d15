#include "net/outgoing.h"

#include <array>
#include <charconv>

namespace weir::net {
namespace {

using Kind = Framing::Kind;

constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace

void Outgoing::reset(Stream& stream, bool silent) {
  stream_ = &stream;
  framing_ = {};
  head_.clear();
  silent_ = silent;
  begun_ = ended_ = false;
}

Status Outgoing::begin(http::HeadWriter head, Framing framing) {
  if (begun_) return fail("a message is under way on this connection");
  if (head.framed()) framing = Framing::none();
  if (framing.kind == Kind::length) head.length(framing.bytes);
  if (framing.kind == Kind::chunked) head.chunked();
  TRY(head_, head.text());
  framing_ = framing;
  begun_ = true;
  return {};
}

Task<Status> Outgoing::flush() {
  if (head_.empty()) co_return Status();
  const std::string head = std::exchange(head_, {});
  co_return co_await stream_->write(head);
}

Task<Status> Outgoing::write_chunk(std::string_view data) {
  std::array<char, 18> line;
  const auto end = std::to_chars(line.data(), line.data() + line.size() - 2, data.size(), 16).ptr;
  const std::size_t digits = static_cast<std::size_t>(end - line.data());
  line[digits] = '\r';
  line[digits + 1] = '\n';
  const std::string_view size(line.data(), digits + 2);
  const std::string head = std::exchange(head_, {});
  const std::string_view line_end = "\r\n";
  co_return co_await stream_->write(head, size, data, line_end);
}

Task<Status> Outgoing::write(std::string_view data) {
  if (!begun_ || ended_) co_return fail("no message is under way on this connection");
  if (data.empty() || silent_) co_return Status();
  switch (framing_.kind) {
    case Kind::none:
      co_return fail("a message with this status has no body");
    case Kind::chunked:
      co_return co_await write_chunk(data);
    case Kind::length:
      if (data.size() > framing_.bytes) co_return fail("a body is longer than its head says");
      framing_.bytes -= data.size();
      break;
    case Kind::until_close:
      break;
  }
  const std::string head = std::exchange(head_, {});
  co_return co_await stream_->write(head, data);
}

Task<Status> Outgoing::end() {
  if (!begun_ || ended_) co_return fail("no message is under way on this connection");
  if (framing_.kind == Kind::length && framing_.bytes > 0 && !silent_)
    co_return fail("a body is shorter than its head says");
  ended_ = true;
  if (framing_.kind != Kind::chunked || silent_) co_return co_await flush();
  const std::string head = std::exchange(head_, {});
  co_return co_await stream_->write(head, kLastChunk);
}

Task<Status> Outgoing::whole(http::HeadWriter head, std::string_view body) {
  CO_TRY_STATUS(begin(std::move(head), Framing::length(body.size())));
  if (framing_.kind != Kind::none) CO_TRY_STATUS(co_await write(body));
  co_return co_await end();
}

}  // namespace weir::net
