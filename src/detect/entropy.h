// Shannon entropy of a text's bytes, in bits per byte, as gitleaks measures what it calls entropy: 0 for
// "aaaa", 4 for sixteen different bytes. Random base64 of 40 characters has about 4.8, an English word
// about 3.
#pragma once

#include <string_view>

namespace weir::detect {

double shannon_entropy(std::string_view text);

}  // namespace weir::detect
