// A compressed body: the same text, or an Error, however it is cut; what zlib makes of it in one call is the
// same; what was compressed is read back.
#include <zlib.h>
#include <zstd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/coding.h"

namespace {

using namespace weir::http;

constexpr ExpansionLimits kMost = {.bytes_max = 1 << 19, .ratio_max = UINT32_MAX};

// None: an Error. What was read before it may depend on the cutting.
std::optional<std::string> decoded(std::string_view coding, std::string_view body, std::size_t piece) {
  auto decoder = ContentDecoder::open(coding, kMost);
  if (!decoder) std::abort();
  std::string out;
  for (std::size_t at = 0; at < body.size(); at += std::min(piece, body.size() - at))
    if (!decoder->take(body.substr(at, piece), out)) return std::nullopt;
  if (!decoder->finish()) return std::nullopt;
  return out;
}

// zlib in one call, for one member of gzip.
std::optional<std::string> inflated_by_zlib(std::string_view body) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) std::abort();
  std::string out(kMost.bytes_max + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = inflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  const bool whole = done == Z_STREAM_END && stream.avail_in == 0 && out.size() <= kMost.bytes_max;
  inflateEnd(&stream);
  if (!whole) return std::nullopt;
  return out;
}

void check_written(std::string_view text) {
  for (const auto& [coding, frame] : {std::pair<std::string_view, DeflateFrame>{"gzip", DeflateFrame::gzip},
                                      {"deflate", DeflateFrame::zlib}}) {
    Deflater deflater(frame);
    std::string body;
    deflater.add(text.substr(0, text.size() / 2), body);
    deflater.flush(body);
    deflater.add(text.substr(text.size() / 2), body);
    deflater.finish(body);
    if (decoded(coding, body, 3) != text) std::abort();
  }
  std::string body(ZSTD_compressBound(text.size()), '\0');
  body.resize(ZSTD_compress(body.data(), body.size(), text.data(), text.size(), 1));
  if (decoded("zstd", body, 3) != text) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const std::string_view coding : {"gzip", "deflate", "zstd"}) {
    const auto whole = decoded(coding, body, SIZE_MAX);
    for (const std::size_t piece : {1, 7})
      if (decoded(coding, body, piece) != whole) std::abort();
    if (coding == "gzip" && size > 0)
      if (const auto other = inflated_by_zlib(body); other && other != whole) std::abort();
  }
  if (size < 4096) check_written(body);
  return 0;
}
