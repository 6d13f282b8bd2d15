// A patch of any two texts under any name: it ends, and nothing in it moves a cursor.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "changes/patch_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  // Name, text before and text after, parted by bytes 0x01.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto first = text.find('\x01');
  const auto second = first == std::string_view::npos ? first : text.find('\x01', first + 1);
  if (second == std::string_view::npos) return 0;
  const changes::PatchSide before{
      .kind = changes::NodeKind::file, .mode = 0644, .text = text.substr(first + 1, second - first - 1)};
  const changes::PatchSide after{
      .kind = changes::NodeKind::file, .mode = 0755, .text = text.substr(second + 1)};
  const std::string name(text.substr(0, first));
  const auto patch = changes::git_patch(name, before, after);
  for (const char c : patch.text) {
    const auto byte = static_cast<unsigned char>(c);
    CHECK(byte >= 0x20 || c == '\n' || c == '\t' || c == '\r');
    CHECK(byte != 0x7f);
  }
  CHECK(changes::git_patch(name, before, before).text.empty());
  return 0;
}
