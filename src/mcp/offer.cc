#include "mcp/offer.h"

#include <map>

#include "base/bytes.h"
#include "base/hash.h"

namespace weir::mcp {
namespace {

struct Row {
  OfferKind kind;
  std::string_view name;
  std::string_view method;
  std::string_view list;  // the member of the result
  std::string_view key;   // by which an item is called
};
constexpr Row kRows[] = {
    {OfferKind::tool, "tool", "tools/list", "tools", "name"},
    {OfferKind::prompt, "prompt", "prompts/list", "prompts", "name"},
    {OfferKind::resource_template, "template", "resources/templates/list", "resourceTemplates",
     "uriTemplate"},
};

const Row& row(OfferKind kind) {
  return kRows[static_cast<std::size_t>(kind)];
}

}  // namespace

std::string_view name(OfferKind kind) {
  return row(kind).name;
}

std::optional<OfferKind> offer_kind(std::string_view name) {
  for (const auto& one : kRows)
    if (one.name == name) return one.kind;
  return std::nullopt;
}

std::optional<OfferKind> listed_by(std::string_view method) {
  for (const auto& one : kRows)
    if (one.method == method) return one.kind;
  return std::nullopt;
}

Result<std::vector<Offered>> offered_in(OfferKind kind, const Json& result) {
  const Row& which = row(kind);
  const Json& list = result[which.list];
  if (!list.is_array()) return fail("must be a list", std::string(which.list));
  if (list.as_array().size() > kItemsMax)
    return fail(ErrorCode::limit, "the server offers more than 4096 items", std::string(which.list));
  std::vector<Offered> items;
  std::map<std::string, std::size_t> seen;
  for (const auto& item : list.as_array()) {
    const Json& called = item[which.key];
    if (!called.is_string() || called.as_string().empty() || called.as_string().size() > kNameBytesMax ||
        !valid_utf8(called.as_string()) || printable(called.as_string()) != called.as_string())
      return fail("an item has no name of 1 to 256 printable bytes", std::string(which.list));
    Offered one{.kind = kind, .name = called.as_string(), .digest = {}, .descriptor = item};
    one.descriptor.erase("_meta");
    one.descriptor.erase("icons");
    const std::string text = canonical(one.descriptor);
    if (text.size() > kItemBytesMax)
      return fail(ErrorCode::limit, "an item is longer than 1 MiB", printable(one.name, 60));
    one.digest = digest_text(sha256(text));
    if (const auto [at, fresh] = seen.emplace(one.name, items.size()); !fresh)
      one.repeated = items[at->second].repeated = true;
    items.push_back(std::move(one));
  }
  return items;
}

Json without(OfferKind kind, const Json& result, const std::set<std::string>& withheld) {
  const Row& which = row(kind);
  Json::Array kept;
  for (const auto& item : result[which.list].as_array())
    if (!withheld.contains(std::string(item[which.key].text_or("")))) kept.push_back(item);
  Json changed = result;
  changed.set(which.list, Json(std::move(kept)));
  return changed;
}

bool has_more(const Json& result) {
  return !result["nextCursor"].text_or("").empty();
}

std::string instructions_in(const Json& result) {
  return std::string(result["instructions"].text_or(""));
}

}  // namespace weir::mcp
