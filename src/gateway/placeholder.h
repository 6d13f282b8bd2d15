// Placeholders: what a program in the pod finds in place of a credential. It looks like one and is worth
// nothing.
//
//   TRY(std::string placeholder, make_placeholder(value));    // "ghp_…" → another "ghp_…", as long
//
// Programs look at prefixes, lengths and alphabets before they send a token, so these are kept: a known
// prefix (ghp_, sk-ant-api03- ...), every separator, the kinds of characters that occur. Of a JSON Web Token
// the first two parts are kept, since programs read who they are from them; without the third, its signature,
// it is none.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::gateway {

// Errors: `limit` (a value longer than kCredentialBytesMax), `invalid` (one so short that a placeholder could
// be met by chance, or with bytes that no header carries).
Result<std::string> make_placeholder(std::string_view value);

}  // namespace weir::gateway
