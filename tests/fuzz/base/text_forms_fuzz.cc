// Small textual forms from anyone: hex, base64, times, durations, UUIDs, UTF-8 and text for terminals. What
// is read is written back; what is repaired is valid; what is shown cannot move a cursor.
#include <algorithm>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time_text.h"
#include "base/uuid.h"

using namespace weir;

namespace {

void check_encodings(std::string_view text) {
  if (const auto bytes = from_hex(text)) CHECK(to_hex(*bytes) == to_lower_ascii(text));
  if (const auto bytes = from_base64(text)) CHECK(to_base64(*bytes) == text);
  CHECK(from_hex(to_hex(as_bytes(text))) == Bytes(text.begin(), text.end()));
  CHECK(from_base64(to_base64(as_bytes(text))) == Bytes(text.begin(), text.end()));
}

void check_times(std::string_view text) {
  if (const auto unix_ns = from_rfc3339(text)) CHECK(from_rfc3339(rfc3339(*unix_ns)) == unix_ns);
  if (const auto length_ns = duration_ns(text)) CHECK(*length_ns >= 0);
  if (is_uuid(text)) CHECK(text.size() == 36 && valid_utf8(text));
}

void check_utf8(std::string_view text) {
  const std::string valid = to_valid_utf8(text);
  CHECK(valid_utf8(valid));
  CHECK(!valid_utf8(text) || valid == text);
  const std::string shown = printable(text);
  CHECK(valid_utf8(shown));
  CHECK(std::none_of(shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }));
}

void check_pieces(std::string_view text) {
  std::size_t bytes = 0;
  const auto pieces = split(text, ',');
  for (const auto piece : pieces)
    bytes += piece.size();
  CHECK(bytes + pieces.size() - 1 == text.size());
  CHECK(trim(trim(text)) == trim(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_encodings(text);
  check_times(text);
  check_utf8(text);
  check_pieces(text);
  return 0;
}
