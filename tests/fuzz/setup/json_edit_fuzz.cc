// Settings of an agent, edited as text. For every text that is accepted: the result parses and names Weir,
// what was put in comes out byte for byte, and taking Weir out by structure leaves valid settings without it.
#include <cstdint>
#include <string_view>

#include "setup/json_edit.h"

using namespace weir;
using namespace weir::setup;

namespace {

void check(std::string_view text, Comments comments) {
  static const std::vector<HookGroup> groups = hook_groups(
      Agent::codex, {"/opt/weir/weir-hook", "/run/e.sock", "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="});
  const auto before = parse_settings(text, comments);
  const auto edit = insert_hooks(text, groups, Json::object({{"x", 1}}), comments);
  if (!edit) return;
  CHECK(before.has_value());
  const auto settings = parse_settings(edit->text, comments);
  CHECK(settings && names_weir(*settings));
  const auto left = remove_hooks_by_structure(edit->text, comments);
  CHECK(left.has_value());
  const auto without = parse_settings(*left, comments);
  CHECK(without && !names_weir(*without));
  // A text that names weir-hook already loses those too: there only the structure is promised.
  if (text.find("weir-hook") != std::string_view::npos || names_weir(*before)) return;
  const auto back = remove_hooks(edit->text, edit->segments, comments);
  CHECK(back && *back == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text, Comments::refuse);
  check(text, Comments::allow);
  return 0;
}
