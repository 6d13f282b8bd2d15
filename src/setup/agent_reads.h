// Valid JSON that makes an agent ignore a settings file, or the hooks of one event, without a word.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "setup/setup.h"

namespace weir::setup {

// Why the agent would not run the hooks in this file; none when nothing is known against it. Only what was
// measured with the real agents: an agent's whole schema is not kept here, `weir doctor --live` is the proof.
std::optional<std::string> why_ignored(Agent agent, std::string_view text, const Json& settings);

}  // namespace weir::setup
