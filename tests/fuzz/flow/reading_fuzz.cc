// Any bytes as a result and as a value: what is found lies inside what was read, between characters.
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "flow/fold.h"
#include "flow/reading.h"
#include "flow/shape.h"

using namespace weir::flow;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 65'536) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // The first line is the value, the rest what was read.
  const auto line = bytes.find('\n');
  const std::string value = comparable(bytes.substr(0, line));
  const std::string_view text = line == std::string_view::npos ? bytes : bytes.substr(line + 1);
  for (const auto as : {Reading::As::prose, Reading::As::result}) {
    const Reading read(text, as);
    for (const auto& place : read.find(value, 8)) {
      const std::string_view written = read.value(place);
      CHECK(place.begin <= place.end && place.end <= written.size());
      (void)read.member(place);
      (void)read.author(place);
    }
  }
  const std::string folded = fold(text);
  const auto span = written_span(text, folded.size() / 3, folded.size() / 2);
  CHECK(span.begin <= span.end && span.end <= text.size());
  return 0;
}
