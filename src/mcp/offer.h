// What a server offers, item by item, and a digest of each: over all that a client shows to a model or a
// person, so that no word of it changes unseen.
//
//   for (const auto& item : offered_in("tools/list", message.result())) … item.name, item.digest
//   without("tools/list", result, {"delete_all"});       // the list as the client shall see it
//
// The digest is SHA-256 of the canonical form (RFC 8785) of the item without "_meta" and "icons", which no
// model reads, so the order of members does not count.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace weir::mcp {

inline constexpr std::size_t kItemsMax = 4096;                  // of one list
inline constexpr std::size_t kItemBytesMax = 1 * limits::kMiB;  // one item in canonical form
inline constexpr std::size_t kNameBytesMax = 256;

// The lists that are pinned. Resources come and go with what they are of; their templates do not.
enum class OfferKind { tool, prompt, resource_template };
std::string_view name(OfferKind kind);  // "tool" "prompt" "template"
std::optional<OfferKind> offer_kind(std::string_view name);
// Of "tools/list" and so on; none for other methods.
std::optional<OfferKind> listed_by(std::string_view method);

struct Offered {
  OfferKind kind = OfferKind::tool;
  std::string name;       // of a template its uriTemplate
  std::string digest;     // "sha256:…"
  Json descriptor;        // what the digest is over
  bool repeated = false;  // another item of the list has this name
};

// Errors: `invalid` when the list or a name is malformed (1 to 256 printable bytes), `limit`.
Result<std::vector<Offered>> offered_in(OfferKind kind, const Json& result);
// The result with only those items that are not named.
Json without(OfferKind kind, const Json& result, const std::set<std::string>& withheld);
// Is there another page?
bool has_more(const Json& result);

// Of "initialize" (to 2025-11-25) and "server/discover" (2026-07-28): what the server says to the model.
std::string instructions_in(const Json& result);

}  // namespace weir::mcp
