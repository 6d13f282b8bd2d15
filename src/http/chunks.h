// Chunked bodies (RFC 9112 section 7.1): read strictly out of bytes that come in pieces, and written.
//
//   ChunkReader chunks;
//   while (!chunks.done() && !bytes.empty()) {
//     TRY(auto piece, chunks.next(bytes));     // piece.data: part of the body, a view into the bytes
//     bytes.remove_prefix(piece.taken);        // to be forwarded as they are
//   }
//
// Every byte is decided on when it is seen, so the outcome does not depend on how the bytes are cut. Refused
// are: a line end other than CR LF, a size that is not 1 to 15 hexadecimal digits, blanks around it,
// extensions that do not follow the grammar, trailers that are no fields or that say where a message goes or
// ends.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/http_limits.h"

namespace weir::http {

class ChunkReader {
 public:
  struct Piece {
    std::size_t taken = 0;  // bytes at the front, framing included
    std::string_view data;  // what they hold of the body
  };

  // `body_bytes_max`: what all chunks may hold together.
  explicit ChunkReader(std::uint64_t body_bytes_max = limits::kBodyBytesMax) : room_(body_bytes_max) {}

  // Up to the end of one run of data, the end of the body, or the end of the bytes. Errors: `invalid`,
  // `limit` (kChunkLineBytesMax, kTrailerBytesMax, body_bytes_max).
  Result<Piece> next(std::string_view bytes);
  // As many as belong to the body; what the chunks hold is appended to `data`.
  Result<std::size_t> take(std::string_view bytes, std::string* data = nullptr);
  bool done() const { return part_ == Part::done; }

 private:
  enum class Part {
    size,           // hexadecimal digits
    extension,      // behind ";": a name
    value,          // behind "="
    quoted,         // inside "..."
    escaped,        // behind a backslash in it
    behind_quoted,  // behind the closing quote
    line_feed,      // of the line with the size
    data,
    data_return,
    data_feed,
    trailer,
    trailer_feed,
    done
  };
  Status take_byte(char c);
  Status size_byte(char c);
  Status extension_byte(char c);
  Status trailer_byte(char c);
  Status trailer_read();
  Status size_ends();

  Part part_ = Part::size;
  std::uint64_t room_;             // that is left in the body
  std::uint64_t left_ = 0;         // of this chunk
  std::size_t digits_ = 0;         // of its size
  std::size_t line_bytes_ = 0;     // of the line with its size, so far
  bool word_ = false;              // the name or value of an extension has begun
  std::size_t trailer_bytes_ = 0;  // of all trailers
  std::string line_;               // of a trailer, until it is whole
};

// One chunk with these bytes; nothing for none, since an empty chunk would be the last.
void write_chunk(std::string& out, std::string_view data);
// "0" and the empty line behind it.
void write_last_chunk(std::string& out);

}  // namespace weir::http
