// Code in other languages, given inline by anyone. The first byte chooses the language. What is found names a
// verb and quotes no more than the text has.
#include "shell/code_scan.h"

#include <array>
#include <cstdint>

#include "base/result.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr std::array<std::string_view, 8> kLanguages = {"python", "perl", "node", "ruby",
                                                          "php",    "awk",  "lua",  "unheard-of"};
  const std::string_view code(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto found = weir::shell::scan_code(kLanguages[data[0] % kLanguages.size()], code);
  CHECK(found.calls.size() <= code.size() && found.shell.size() <= code.size());
  for (const auto& call : found.calls)
    CHECK(call.verb.find('.') != std::string_view::npos);
  for (const auto& program : found.programs)
    CHECK(!program.empty());
  return 0;
}
