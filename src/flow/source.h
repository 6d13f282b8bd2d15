// What is known of where a tool's results come from and of who can see what it writes: part of what a
// product's description says (flow/products.h), believed only as far as who says it can be.
//
//   Source{.kind = "issue", .integrity = Integrity::untrusted, .author = "login"}
//
// A result is untrusted until something says better: its source, the author of one of its records, or the
// domain that it was fetched from.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "flow/label.h"
#include "flow/leaves.h"

namespace weir::flow {

inline constexpr std::array<std::string_view, 19> kSourceKinds = {
    "prompt", "workspace",    "web",        "search", "mail",     "calendar", "document",
    "issue",  "pull-request", "repository", "chat",   "database", "package",  "log",
    "design", "payment",      "agent",      "memory", "process"};

struct Source {
  std::string kind;                    // one of kSourceKinds; "": unknown
  std::optional<Integrity> integrity;  // of its free text; nullopt: as of any tool
  Confidentiality confidentiality = Confidentiality::open;
  std::vector<std::string> categories;  // sorted
  bool all_free = false;                // nothing in its results is a value of its own
  std::vector<std::string> prose;       // members that are free text whatever they look like
  std::vector<std::string> values;      // members that are values of their own whatever they look like
  std::string author;                   // member of a record that names who wrote it; "": none

  bool operator==(const Source&) const = default;
};

// Who can read what a tool writes. The wider the greater.
enum class Audience : std::uint8_t {
  unknown,  // nothing is known; to be taken for `listed`
  nobody,   // it writes nothing that anybody reads
  mine,     // the user alone
  listed,   // people that the user's organisation chose: a channel, a private repository, a mail
  everyone  // anybody: a public repository, a gist, a web page
};
std::string_view name(Audience audience);
std::optional<Audience> audience_from(std::string_view name);

// The same, of who may say anything: only what makes it more cautious is left.
Source only_cautious(Source source);
Audience only_cautious(Audience audience);

// Whether a leaf is free text, `usual` being what its name and length say.
bool is_free(const Source& source, const Leaf& leaf, bool usual);

// The label of what was read: `text` how far its free text can be trusted. Its kind is a category of its own,
// "source:mail".
Label label_of(const Source& source, Integrity text, std::uint64_t seq);

// {"author":"login","categories":[…],"confidentiality":"internal","integrity":"untrusted","kind":"issue",…};
// what is not known is left out.
Json to_json(const Source& source);

}  // namespace weir::flow
