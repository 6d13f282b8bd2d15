#include "http/chunks.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "http/request_head.h"
#include "http/syntax.h"

namespace weir::http {
namespace {

constexpr std::size_t kSizeDigitsMax = 15;  // so that no size overflows 64 bits

// Fields that say where a message goes, ends, or how it is read: a trailer that changed one would be read by
// some (RFC 9110 section 6.5.1).
constexpr std::array<std::string_view, 14> kNeverTrailers = {
    "transfer-encoding", "content-length", "host",          "content-encoding",
    "content-type",      "content-range",  "trailer",       "te",
    "connection",        "upgrade",        "authorization", "cookie",
    "set-cookie",        "expect"};

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<ChunkReader::Piece> ChunkReader::next(std::string_view bytes) {
  Piece piece;
  while (piece.taken < bytes.size() && part_ != Part::done) {
    if (part_ != Part::data) {
      TRY_STATUS(take_byte(bytes[piece.taken]));
      ++piece.taken;
      continue;
    }
    const std::size_t n = std::min<std::uint64_t>(left_, bytes.size() - piece.taken);
    piece.data = bytes.substr(piece.taken, n);
    piece.taken += n;
    left_ -= n;
    if (left_ == 0) part_ = Part::data_return;
    break;
  }
  return piece;
}

Result<std::size_t> ChunkReader::take(std::string_view bytes, std::string* data) {
  std::size_t used = 0;
  while (used < bytes.size() && !done()) {
    TRY(const Piece piece, next(bytes.substr(used)));
    if (data != nullptr) *data += piece.data;
    used += piece.taken;
  }
  return used;
}

Status ChunkReader::take_byte(char c) {
  switch (part_) {
    case Part::size:
      return size_byte(c);
    case Part::extension:
    case Part::value:
    case Part::quoted:
    case Part::escaped:
    case Part::behind_quoted:
      return extension_byte(c);
    case Part::line_feed:
      if (c != '\n') return fail("a line in the chunks does not end with CR LF");
      return size_ends();
    case Part::data_return:
      if (c != '\r') return fail("a chunk does not end where it says");
      part_ = Part::data_feed;
      return {};
    case Part::data_feed:
      if (c != '\n') return fail("a chunk does not end where it says");
      part_ = Part::size;
      return {};
    default:
      return trailer_byte(c);
  }
}

Status ChunkReader::size_byte(char c) {
  ++line_bytes_;
  if (const int digit = hex_value(c); digit >= 0) {
    if (++digits_ > kSizeDigitsMax) return fail("not the size of a chunk: more than 15 digits");
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return {};
  }
  if (digits_ == 0 || (c != ';' && c != '\r')) return fail("not the size of a chunk");
  word_ = false;
  part_ = c == ';' ? Part::extension : Part::line_feed;
  return {};
}

// chunk-ext = *( ";" token [ "=" ( token / quoted-string ) ] ); the blanks that the standard lets a reader
// bear are refused.
Status ChunkReader::extension_byte(char c) {
  if (++line_bytes_ + 2 > limits::kChunkLineBytesMax)
    return fail(ErrorCode::limit, "a line in the chunks is too long");
  if (part_ == Part::quoted || part_ == Part::escaped) {
    if (!is_field_byte(c)) return fail("a control character in the chunks");
    if (part_ == Part::escaped)
      part_ = Part::quoted;
    else if (c == '\\')
      part_ = Part::escaped;
    else if (c == '"')
      part_ = Part::behind_quoted;
    return {};
  }
  if (part_ != Part::behind_quoted && is_token_byte(c)) {
    word_ = true;
    return {};
  }
  if (part_ == Part::value && !word_ && c == '"') {
    part_ = Part::quoted;
    return {};
  }
  if (part_ != Part::behind_quoted && !word_) return fail("not an extension of a chunk");
  word_ = false;
  if (c == '=' && part_ == Part::extension)
    part_ = Part::value;
  else if (c == ';')
    part_ = Part::extension;
  else if (c == '\r')
    part_ = Part::line_feed;
  else
    return fail("not an extension of a chunk");
  return {};
}

Status ChunkReader::size_ends() {
  if (left_ > room_) return fail(ErrorCode::limit, "the chunks hold more than a body may");
  room_ -= left_;
  part_ = left_ == 0 ? Part::trailer : Part::data;
  digits_ = 0;
  line_bytes_ = 0;
  return {};
}

Status ChunkReader::trailer_byte(char c) {
  if (++trailer_bytes_ > limits::kTrailerBytesMax)
    return fail(ErrorCode::limit, "the trailers of the chunks are too long");
  if (part_ == Part::trailer_feed) {
    if (c != '\n') return fail("a line in the chunks does not end with CR LF");
    return trailer_read();
  }
  if (c == '\r') {
    part_ = Part::trailer_feed;
    return {};
  }
  if (c == '\n') return fail("a line in the chunks does not end with CR LF");
  if (!is_field_byte(c)) return fail("a control character in the chunks");
  line_ += c;
  return {};
}

Status ChunkReader::trailer_read() {
  if (line_.empty()) {
    part_ = Part::done;
    return {};
  }
  const auto field = parse_field(line_);
  if (!field) return fail("a trailer that is no field");
  for (const std::string_view name : kNeverTrailers)
    if (same_word(field->name, name)) return fail("a trailer that belongs into the head", std::string(name));
  line_.clear();
  part_ = Part::trailer;
  return {};
}

void write_chunk(std::string& out, std::string_view data) {
  if (data.empty()) return;
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), data.size(), 16).ptr;
  out.append(digits.data(), end);
  out += "\r\n";
  out += data;
  out += "\r\n";
}

void write_last_chunk(std::string& out) {
  out += "0\r\n\r\n";
}

}  // namespace weir::http
