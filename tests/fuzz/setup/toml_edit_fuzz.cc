// Codex's config.toml, edited as text: the outline covers every byte in order; trust that was put in is read
// back and comes out byte for byte; quoting reads back.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "setup/hook_plan.h"
#include "setup/toml_edit.h"

using namespace weir;
using namespace weir::setup;

namespace {

void check_outline(std::string_view text) {
  const auto items = toml_outline(text);
  if (!items) return;
  std::size_t at = 0;
  for (const auto& item : *items) {
    CHECK(item.begin == at && item.end > item.begin);
    at = item.end;
  }
  CHECK(at == text.size());
}

void check_edit(std::string_view text) {
  const std::vector<HookTrust> entries = {{"/h/hooks.json:stop:0:0", "sha256:aa"},
                                          {"odd \"\\\n", "sha256:bb"}};
  const auto before = toml_outline(text);
  const auto edit = set_hook_trust(text, entries);
  if (!edit) return;
  const auto state = read_hook_state(edit->text);
  CHECK(state.has_value());
  for (const auto& entry : entries)
    CHECK(std::find(state->trusted.begin(), state->trusted.end(), entry) != state->trusted.end());
  const bool had = std::any_of(before->begin(), before->end(), [&](const TomlItem& item) {
    return item.path.size() > 2 && item.path[0] == "hooks" && item.path[1] == "state" &&
           (item.path[2] == entries[0].key || item.path[2] == entries[1].key);
  });
  const auto back = remove_hook_trust(edit->text, edit->segments, {entries[0].key, entries[1].key});
  CHECK(back && (had || *back == text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_outline(text);
  check_edit(text);
  const auto items = toml_outline(toml_quote(text) + "=1");
  CHECK(text.find('\0') != std::string_view::npos || (items && items->front().path[0] == text));
  if (const auto words = shell_words(shell_quote(text))) CHECK(words->size() == 1 && words->front() == text);
  return 0;
}
