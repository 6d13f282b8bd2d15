// Text that people are shown, from any hostile source: hiding secrets ends, a second pass shows nothing that
// the first has hidden, the text grows by no more than one mark for each byte, and what goes to a terminal is
// short and printable.
#include "base/redact.h"

#include <algorithm>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace {

// Bytes that stand outside of marks.
std::size_t plain_bytes(std::string_view text) {
  std::size_t marks = 0;
  for (std::size_t at = text.find(weir::kRedacted); at != std::string_view::npos;
       at = text.find(weir::kRedacted, at + weir::kRedacted.size()))
    ++marks;
  return text.size() - marks * weir::kRedacted.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string once = weir::redact(text);
  const std::string twice = weir::redact(once);
  CHECK(twice == once || plain_bytes(twice) < plain_bytes(once));
  CHECK(once.size() <= size * (weir::kRedacted.size() + 1));

  constexpr std::size_t kShownMax = 80;
  constexpr std::string_view kCut = "…";
  const std::string shown = weir::printable_redacted(text, kShownMax);
  CHECK(shown.size() <= kShownMax + kCut.size());
  CHECK(weir::valid_utf8(shown));
  CHECK(std::none_of(shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }));
  return 0;
}
