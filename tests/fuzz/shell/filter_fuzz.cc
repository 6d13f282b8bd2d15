// Decoders and filters over any bytes: the first line is a command, blanks between its words; the rest is its
// input. No crash, and no result beyond the limit.
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "base/limits.h"
#include "shell/arith.h"
#include "shell/filter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = text.substr(0, text.find('\n'));
  const auto input = line.size() < text.size() ? text.substr(line.size() + 1) : std::string_view{};
  const auto filtered = weir::shell::filter_text(weir::split(line, ' '), input);
  if (filtered && filtered->text.size() > weir::limits::kShellValueBytesMax) std::abort();
  const weir::shell::ArithmeticScope scope{
      .value = [](std::string_view name) { return std::optional<std::string>(name == "x" ? "y+1" : "3"); },
      .assign = [](std::string_view, std::int64_t) {}};
  (void)weir::shell::evaluate(line, scope);
  return 0;
}
