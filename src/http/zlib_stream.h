// zlib behind values: DEFLATE (RFC 1951) alone, in zlib's frame (RFC 1950) or in gzip's (RFC 1952), out of
// bytes that come in pieces and bounded in what may come out of them. The only wrapper of zlib in this room.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/http_limits.h"

namespace weir::http {

// How much compressed bytes may become: in all, and for each byte that went in, so that a bomb ends long
// before it has filled the first. The ratio counts only beyond `ratio_free_bytes`.
struct ExpansionLimits {
  std::uint64_t bytes_max = limits::kExpandedBytesMax;
  std::uint64_t ratio_max = limits::kExpansionRatioMax;
  std::uint64_t ratio_free_bytes = limits::kExpansionFreeBytes;
};

// What went in and came out so far. Error `limit`.
class Expansion {
 public:
  explicit Expansion(const ExpansionLimits& most = {}) : most_(most) {}
  Status add(std::uint64_t bytes_in, std::uint64_t bytes_out);

 private:
  ExpansionLimits most_;
  std::uint64_t in_ = 0;
  std::uint64_t out_ = 0;
};

enum class DeflateFrame { raw, zlib, gzip };

class Inflater {
 public:
  // `window_bits`: 8 to 15, how far back matches may reach; further is an Error.
  explicit Inflater(DeflateFrame frame, int window_bits = 15);
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;

  // Appends what the bytes hold to `out`; how many of them belong to the stream: all, unless ended(). Errors:
  // `invalid` for bytes that are no such stream, `limit`.
  Result<std::size_t> take(std::string_view bytes, std::string& out, Expansion& expansion);
  // The last block, and of a frame its checksum, were seen.
  bool ended() const { return ended_; }
  // All blocks that were begun have ended, with whole bytes. Meaningful behind take_blocks().
  bool between_blocks() const;
  // As take(), looking at every end of a block. For the few bytes that end a message.
  Result<std::size_t> take_blocks(std::string_view bytes, std::string& out, Expansion& expansion);

  void restart();              // a new stream, that knows nothing of this one
  Status restart_in_window();  // raw: a new stream, whose matches may reach back into this one

 private:
  struct State;
  Result<std::size_t> run(std::string_view bytes, std::string& out, Expansion& expansion, int flush);

  std::unique_ptr<State> state_;
  bool ended_ = false;
};

class Deflater {
 public:
  // `window_bits`: 9 to 15 (zlib cannot make 8).
  explicit Deflater(DeflateFrame frame, int window_bits = 15);
  ~Deflater();
  Deflater(Deflater&&) noexcept;
  Deflater& operator=(Deflater&&) noexcept;

  void add(std::string_view bytes, std::string& out);
  void flush(std::string& out);   // all that was added can be read; ends with an empty stored block
  void finish(std::string& out);  // the stream ends
  void restart();

 private:
  struct State;
  void run(std::string_view bytes, std::string& out, int flush);

  std::unique_ptr<State> state_;
};

}  // namespace weir::http
