// Looking into a body with a Content-Encoding (RFC 9110 section 8.4.1): gzip, deflate, zstd, or none. The
// body is forwarded as it came; what it holds is only read.
//
//   TRY(auto decoder, ContentDecoder::open(head.field("content-encoding").value_or("")));
//   TRY_STATUS(decoder.take(piece.data, text));        // any pieces
//   TRY_STATUS(decoder.finish());                      // at the end of the body
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/zlib_stream.h"
#include "http/zstd_stream.h"

namespace weir::http {

class ContentDecoder {
 public:
  // `coding`: the field's value, any case. "deflate" is zlib's frame, and what many servers send instead:
  // none. Error `invalid` for br and other codings, and for several.
  static Result<ContentDecoder> open(std::string_view coding, const ExpansionLimits& most = {});

  // What the bytes hold is appended to `out`. Errors: `invalid`, `limit`. An Error that comes at one cutting
  // of the bytes comes at every other, not always for the same reason.
  Status take(std::string_view bytes, std::string& out);
  // Error `invalid` when the body was cut. One without a byte is none, in every coding.
  Status finish() const;

 private:
  enum class Coding { identity, gzip, deflate, zstd };
  ContentDecoder(Coding coding, const ExpansionLimits& most) : coding_(coding), expansion_(most) {}
  Status inflate(std::string_view bytes, std::string& out);

  Coding coding_;
  Expansion expansion_;
  bool begun_ = false;
  std::string start_;  // of deflate: the two bytes that tell whether there is a frame
  std::optional<Inflater> inflater_;
  std::optional<ZstdReader> zstd_;
};

}  // namespace weir::http
