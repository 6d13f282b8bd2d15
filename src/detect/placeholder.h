// What stands where a secret would stand and is none: templates (${TOKEN}, <your-key>, {{ token }}), fillings
// (xxxxxxxx, ********), sequences (abcdefghij…), and, for values that only their name makes a secret, words.
//
// Two strictnesses, because a marked token ("sk_live_…", "ghp_…") is believed more readily than the right
// side of `password = `: `exact` wants proof that it is a placeholder, `loose` wants signs that it is a
// secret.
#pragma once

#include <string_view>

namespace weir::detect {

// A reference to a value kept elsewhere: $NAME, ${…}, $(…), `…`, {{…}}, <…>, %NAME%, [NAME], os.environ[…].
bool is_template(std::string_view value);

// A run of filling characters: five or more of x X * # . • in a row, eight zeros.
bool is_filled(std::string_view value);

// At least `run_min` neighbours that count up or down ("abcdef", "987654"), letters of one case.
bool is_sequential(std::string_view value, std::size_t run_min);

bool is_placeholder_exact(std::string_view value);
bool is_placeholder_loose(std::string_view value);

// UUID, digest in hex, Subresource Integrity ("sha512-…"), go.sum ("h1:…"), version number, date: values that
// look random and identify something public.
bool is_identifier_like(std::string_view value);

// Words and separators only ("my-secret-name", "org.example.Key", "src/key.pem"): a name, no random value.
bool is_wordy(std::string_view value);

}  // namespace weir::detect
