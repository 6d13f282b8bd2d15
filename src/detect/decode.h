// Encoded payloads inside a text, peeled: base64, hex, percent escapes, HTML entities, \u escapes, ROT13.
//
//   for (const Payload& payload : find_payloads(text, 0, text.size())) look_at(payload.text);
//
// Only what becomes readable text is a payload: an image or a digest in base64 is none and costs a look at
// its first bytes. Bombs end at limits::kDecodedBytesMax for one payload; how many layers are peeled is the
// caller's business (limits::kDecodeLayersMax).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::detect {

struct Payload {
  std::string encoding;   // "base64", "hex", "percent", "entities", "escapes"
  std::size_t begin = 0;  // of the encoded bytes
  std::size_t end = 0;
  std::string text;
};

// By their place, none overlapping; at most 64 in one text.
std::vector<Payload> find_payloads(std::string_view text);

// Letters moved by 13, the rest as it is.
std::string rot13(std::string_view text);

// Nearly all printable ASCII: words, or another encoding, rather than noise.
bool is_readable(std::string_view text);

}  // namespace weir::detect
