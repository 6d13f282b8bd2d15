#include "http/zlib_stream.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

namespace weir::http {
namespace {

constexpr std::size_t kPieceBytes = 16 * 1024;
constexpr std::size_t kWindowBytes = 32 * 1024;
constexpr int kGzipBits = 16;     // added to the window's bits, zlib reads and writes gzip
constexpr int kBlockEnded = 128;  // in z_stream::data_type, see inflate() in zlib.h
constexpr int kUnusedBits = 7;
// A little memory for a little compression: a gateway has many of them.
constexpr int kMemoryLevel = 8;

int bits_of(DeflateFrame frame, int window_bits) {
  return frame == DeflateFrame::raw    ? -window_bits
         : frame == DeflateFrame::gzip ? window_bits + kGzipBits
                                       : window_bits;
}

// zlib counts in 32 bits: it is given no more at once.
void give(z_stream& stream, std::string_view bytes) {
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max()));
}

}  // namespace

Status Expansion::add(std::uint64_t bytes_in, std::uint64_t bytes_out) {
  in_ += bytes_in;
  out_ += bytes_out;
  if (out_ > most_.bytes_max) return fail(ErrorCode::limit, "compressed bytes hold more than they may");
  if (out_ > most_.ratio_free_bytes && out_ / most_.ratio_max > in_)
    return fail(ErrorCode::limit, "compressed bytes grow more than they may: a bomb");
  return {};
}

struct Inflater::State {
  z_stream stream{};
  explicit State(int bits) { CHECK(inflateInit2(&stream, bits) == Z_OK); }
  ~State() { inflateEnd(&stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Inflater::Inflater(DeflateFrame frame, int window_bits)
    : state_(std::make_unique<State>(bits_of(frame, window_bits))) {}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

Result<std::size_t> Inflater::take(std::string_view bytes, std::string& out, Expansion& expansion) {
  return run(bytes, out, expansion, Z_SYNC_FLUSH);
}

Result<std::size_t> Inflater::take_blocks(std::string_view bytes, std::string& out, Expansion& expansion) {
  return run(bytes, out, expansion, Z_BLOCK);
}

Result<std::size_t> Inflater::run(std::string_view bytes, std::string& out, Expansion& expansion, int flush) {
  z_stream& stream = state_->stream;
  std::array<Bytef, kPieceBytes> piece;
  std::size_t used = 0;
  while (!ended_) {
    give(stream, bytes.substr(used));
    const uInt given = stream.avail_in;
    stream.next_out = piece.data();
    stream.avail_out = kPieceBytes;
    const int done = inflate(&stream, flush);
    if (done != Z_OK && done != Z_STREAM_END && done != Z_BUF_ERROR)
      return fail("not a compressed stream as it says");
    const std::size_t taken = given - stream.avail_in;
    const std::size_t made = kPieceBytes - stream.avail_out;
    used += taken;
    out.append(reinterpret_cast<const char*>(piece.data()), made);
    TRY_STATUS(expansion.add(taken, made));
    ended_ = done == Z_STREAM_END;
    // With room left over and nothing more to read, all is said.
    if (taken == 0 && made == 0) break;
    if (used == bytes.size() && stream.avail_out > 0) break;
  }
  return used;
}

bool Inflater::between_blocks() const {
  return (state_->stream.data_type & kBlockEnded) != 0 && (state_->stream.data_type & kUnusedBits) == 0;
}

void Inflater::restart() {
  CHECK(inflateReset(&state_->stream) == Z_OK);
  ended_ = false;
}

Status Inflater::restart_in_window() {
  std::array<Bytef, kWindowBytes> window;
  uInt size = 0;
  CHECK(inflateGetDictionary(&state_->stream, window.data(), &size) == Z_OK);
  restart();
  if (inflateSetDictionary(&state_->stream, window.data(), size) != Z_OK)
    return fail(ErrorCode::internal, "a compressed stream cannot go on");
  return {};
}

struct Deflater::State {
  z_stream stream{};
  explicit State(int bits) {
    CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, bits, kMemoryLevel, Z_DEFAULT_STRATEGY) ==
          Z_OK);
  }
  ~State() { deflateEnd(&stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Deflater::Deflater(DeflateFrame frame, int window_bits)
    : state_(std::make_unique<State>(bits_of(frame, window_bits))) {}
Deflater::~Deflater() = default;
Deflater::Deflater(Deflater&&) noexcept = default;
Deflater& Deflater::operator=(Deflater&&) noexcept = default;

void Deflater::add(std::string_view bytes, std::string& out) {
  run(bytes, out, Z_NO_FLUSH);
}
void Deflater::flush(std::string& out) {
  run({}, out, Z_SYNC_FLUSH);
}
void Deflater::finish(std::string& out) {
  run({}, out, Z_FINISH);
}
void Deflater::restart() {
  CHECK(deflateReset(&state_->stream) == Z_OK);
}

void Deflater::run(std::string_view bytes, std::string& out, int flush) {
  z_stream& stream = state_->stream;
  std::array<Bytef, kPieceBytes> piece;
  std::size_t used = 0;
  while (true) {
    give(stream, bytes.substr(used));
    const uInt given = stream.avail_in;
    stream.next_out = piece.data();
    stream.avail_out = kPieceBytes;
    const int done = deflate(&stream, flush);
    CHECK(done == Z_OK || done == Z_STREAM_END || done == Z_BUF_ERROR);
    used += given - stream.avail_in;
    out.append(reinterpret_cast<const char*>(piece.data()), kPieceBytes - stream.avail_out);
    if (used == bytes.size() && stream.avail_out > 0) return;
  }
}

}  // namespace weir::http
