// A text without its secrets, for showing: what the rules find is cut out, then base's redact() goes over the
// rest, which knows where secrets stand (options, headers, variables) though it knows few formats.
//
//   out << redact(text, detector, workspace);          // "token [redacted]"
#pragma once

#include <string>
#include <string_view>

#include "detect/secrets.h"

namespace weir::detect {

// Idempotent up to what base's redact() is. A text too large to be looked at becomes kRedacted as a whole.
std::string redact(std::string_view text, const SecretDetector& detector, SecretWorkspace& workspace);

}  // namespace weir::detect
