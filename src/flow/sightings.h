// Inside room `flow`: everything that is known of one value, for the files that judge it (session*.cc).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/session.h"

namespace weir::flow {

struct Session::Sightings {
  bool disguised = false;
  bool user = false, errand = false;
  bool listed = false, listed_named = false, listed_asked = false;
  bool workspace = false;
  bool free = false, free_named = false, free_asked = false;
  // The only one of its shape in a record that the user named or asked for, or in its free text.
  bool only = false, only_in_text = false;
  bool found = false;  // free text that a search returned
  bool complete = true;
  std::vector<std::uint64_t> listed_in, free_in;

  Origin origin() const {
    if (user) return Origin::user;
    if (errand) return Origin::errand;
    if (listed && !free) return Origin::listed;
    if (workspace && !free) return Origin::workspace_text;
    if (free_named) return Origin::named_text;
    if (free) return Origin::untrusted_text;
    return Origin::own;
  }
};

// take(text, name) for every text and number inside, name being that of the innermost member.
void each_scalar(const Json& value, std::string_view name,
                 const std::function<void(std::string_view text, std::string_view name)>& take,
                 int depth = 0);

// Of a comparable address: "user@host.example:8080/path" → "host.example".
std::string_view host_of(std::string_view address);

// One sentence for a person: the first value that is not endorsed, or what else speaks against the call.
// Empty when nothing does.
std::string sentence_of(const Assessment& now);
// The same of what would leave and must not: confidential values, what was read of a private thing in the
// events `private_in`, what is another tenant's. Empty when nothing does.
std::string stay_sentence(const Assessment& now, const std::vector<std::uint64_t>& private_in);

}  // namespace weir::flow
