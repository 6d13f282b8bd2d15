// A change as text: what `git diff` would show of it, from the files themselves.
//
// The text shown is checked against the digest that was compared: when the agent, still running, changed the
// file in between, this is an Error and not something that was reviewed.
#pragma once

#include <string>

#include "changes/patch_text.h"
#include "changes/review.h"

namespace weir::changes {

inline constexpr std::uint64_t kShownBytesMax = std::uint64_t{4} << 20;  // of either side

struct ChangeText {
  Patch patch;       // empty for directories and what differs in nothing that git keeps
  std::string note;  // "" or why there is no text: "too large to show: …"
};

// A type change is two patches, as git has it. Error `unavailable` when a file is no longer what was
// compared.
Result<ChangeText> change_text(const OpenPod& open, const Change& change,
                               PatchBytes bytes = PatchBytes::escaped);

// "10.0 GiB, 12 KiB on disk": sizes for people.
std::string size_text(const Node& node);

}  // namespace weir::changes
