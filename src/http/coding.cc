#include "http/coding.h"

#include "base/bytes.h"
#include "http/syntax.h"

namespace weir::http {
namespace {

// RFC 1950 section 2.2: DEFLATE, a window that exists, and a sum that 31 divides.
bool is_zlib_head(std::string_view two) {
  const unsigned first = static_cast<unsigned char>(two[0]);
  const unsigned second = static_cast<unsigned char>(two[1]);
  return (first & 0x0f) == 8 && first >> 4 <= 7 && (first << 8 | second) % 31 == 0;
}

}  // namespace

Result<ContentDecoder> ContentDecoder::open(std::string_view coding, const ExpansionLimits& most) {
  const auto is = [&](std::string_view name) { return same_word(coding, name); };
  if (coding.empty() || is("identity")) return ContentDecoder(Coding::identity, most);
  if (is("gzip") || is("x-gzip")) return ContentDecoder(Coding::gzip, most);
  if (is("deflate")) return ContentDecoder(Coding::deflate, most);
  if (is("zstd")) return ContentDecoder(Coding::zstd, most);
  if (coding.contains(','))
    return fail("a body that is compressed more than once cannot be looked into", printable(coding, 60));
  return fail("a body that is compressed by this cannot be looked into", printable(coding, 60),
              "ask for gzip, deflate, zstd or identity in Accept-Encoding");
}

Status ContentDecoder::take(std::string_view bytes, std::string& out) {
  if (bytes.empty()) return {};
  begun_ = true;
  switch (coding_) {
    case Coding::identity:
      out += bytes;
      return expansion_.add(bytes.size(), bytes.size());
    case Coding::zstd:
      if (!zstd_) zstd_.emplace();
      return zstd_->take(bytes, out, expansion_);
    case Coding::gzip:
      if (!inflater_) inflater_.emplace(DeflateFrame::gzip);
      return inflate(bytes, out);
    case Coding::deflate:
      break;
  }
  if (inflater_) return inflate(bytes, out);
  const std::string_view begin = bytes.substr(0, 2 - start_.size());
  start_ += begin;
  bytes.remove_prefix(begin.size());
  if (start_.size() < 2) return {};
  inflater_.emplace(is_zlib_head(start_) ? DeflateFrame::zlib : DeflateFrame::raw);
  TRY_STATUS(inflate(start_, out));
  return inflate(bytes, out);
}

Status ContentDecoder::inflate(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    if (inflater_->ended()) {
      // RFC 1952 section 2.2: members follow each other. The others end once.
      if (coding_ != Coding::gzip) return fail("bytes behind a compressed body");
      inflater_->restart();
    }
    TRY(const std::size_t used, inflater_->take(bytes, out, expansion_));
    bytes.remove_prefix(used);
  }
  return {};
}

Status ContentDecoder::finish() const {
  if (!begun_ || coding_ == Coding::identity) return {};
  // A single byte is no body of deflate in either form.
  if (coding_ == Coding::zstd ? zstd_->between_frames() : inflater_ && inflater_->ended()) return {};
  return fail("a compressed body that is cut");
}

}  // namespace weir::http
