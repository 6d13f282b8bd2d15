// The body of one message, whatever ends it: nothing, a length, its last chunk, or the end of the connection.
//
//   BodyReader body = BodyReader::of(head, kMine);
//   TRY(auto piece, body.next(bytes));      // piece.data: a view into the bytes; piece.taken: forward them
//   if (body.done()) …                      // what follows belongs to the next message
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "http/chunks.h"
#include "http/request_head.h"
#include "http/response_head.h"

namespace weir::http {

class BodyReader {
 public:
  BodyReader() = default;  // no body
  // `bytes_max`: what it may hold. Error `limit` when the head says already that it holds more.
  static Result<BodyReader> of(const RequestHead& head, std::uint64_t bytes_max = limits::kBodyBytesMax);
  static Result<BodyReader> of(const ResponseHead& head, std::uint64_t bytes_max = limits::kBodyBytesMax);

  // One run of data. Errors: those of ChunkReader, and `limit` for a body that only the connection ends.
  Result<ChunkReader::Piece> next(std::string_view bytes);
  bool done() const;
  // The connection has ended: was that the end of the body? Error `invalid` when it was too early.
  Status ended();

 private:
  enum class Kind { length, chunked, until_close };
  static Result<BodyReader> make(Kind kind, std::uint64_t length, std::uint64_t bytes_max);

  Kind kind_ = Kind::length;
  std::uint64_t left_ = 0;  // bytes that are to come, or that may come until the connection ends
  ChunkReader chunks_;
};

}  // namespace weir::http
