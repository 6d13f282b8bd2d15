#include "http/body.h"

#include <algorithm>

namespace weir::http {

Result<BodyReader> BodyReader::make(Kind kind, std::uint64_t length, std::uint64_t bytes_max) {
  BodyReader body;
  body.kind_ = kind;
  body.left_ = kind == Kind::length ? length : bytes_max;
  body.chunks_ = ChunkReader(bytes_max);
  if (body.left_ > bytes_max) return fail(ErrorCode::limit, "the body is longer than a body may be");
  return body;
}

Result<BodyReader> BodyReader::of(const RequestHead& head, std::uint64_t bytes_max) {
  return make(head.framing.chunked ? Kind::chunked : Kind::length, head.framing.length, bytes_max);
}

Result<BodyReader> BodyReader::of(const ResponseHead& head, std::uint64_t bytes_max) {
  switch (head.body) {
    case ResponseHead::Body::none:
      return BodyReader();
    case ResponseHead::Body::length:
      return make(Kind::length, head.length, bytes_max);
    case ResponseHead::Body::chunked:
      return make(Kind::chunked, 0, bytes_max);
    case ResponseHead::Body::until_close:
      break;
  }
  return make(Kind::until_close, 0, bytes_max);
}

Result<ChunkReader::Piece> BodyReader::next(std::string_view bytes) {
  if (kind_ == Kind::chunked) return chunks_.next(bytes);
  if (kind_ == Kind::until_close && bytes.size() > left_)
    return fail(ErrorCode::limit, "the body is longer than a body may be");
  const std::size_t n = std::min<std::uint64_t>(left_, bytes.size());
  left_ -= n;
  return ChunkReader::Piece{.taken = n, .data = bytes.substr(0, n)};
}

bool BodyReader::done() const {
  switch (kind_) {
    case Kind::length:
      return left_ == 0;
    case Kind::chunked:
      return chunks_.done();
    case Kind::until_close:
      break;
  }
  return false;
}

Status BodyReader::ended() {
  if (kind_ == Kind::until_close || done()) {
    *this = BodyReader();
    return {};
  }
  return fail("the connection ended inside a body");
}

}  // namespace weir::http
