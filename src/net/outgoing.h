// One message on its way out: its head, held back until it can go with the first bytes of its body, and the
// body framed as the head says.
//
//   CO_TRY_STATUS(out.begin(HeadWriter::response(200).add(…), Framing::chunked()));
//   CO_TRY_STATUS(co_await out.write(data));       // head and data in one system call
//   CO_TRY_STATUS(co_await out.end());
//
// Each write ends when the kernel has all of it. What is written is never copied.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/head_writer.h"
#include "net/stream.h"

namespace weir::net {

struct Framing {
  enum class Kind { none, length, chunked, until_close };
  Kind kind = Kind::none;
  std::uint64_t bytes = 0;  // of length

  static Framing none() { return {}; }
  static Framing length(std::uint64_t bytes) { return {Kind::length, bytes}; }
  static Framing chunked() { return {Kind::chunked, 0}; }
  static Framing until_close() { return {Kind::until_close, 0}; }
};

class Outgoing {
 public:
  // For the next message; `silent`: its body is announced and not sent (the answer to HEAD).
  void reset(Stream& stream, bool silent = false);

  // Adds what says where the message ends, unless its status has no body. Errors: `invalid` (the head; or a
  // message is under way), `limit`.
  Status begin(http::HeadWriter head, Framing framing);
  // Errors: `invalid` (more than announced, or nothing is begun), `unavailable`.
  Task<Status> write(std::string_view data);
  // What is held back goes now.
  Task<Status> flush();
  // Errors: as write(), and `invalid` for less than announced.
  Task<Status> end();
  // Head and body of a message in one go.
  Task<Status> whole(http::HeadWriter head, std::string_view body);

  bool begun() const { return begun_; }
  bool ended() const { return ended_; }
  // Only the end of the connection ends the message.
  bool needs_close() const { return framing_.kind == Framing::Kind::until_close; }
  // The head's text, from begin() until its first byte goes.
  std::string_view head() const { return head_; }

 private:
  Task<Status> write_chunk(std::string_view data);

  Stream* stream_ = nullptr;
  Framing framing_;
  std::string head_;  // held back
  bool silent_ = false;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace weir::net
