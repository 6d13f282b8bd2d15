#include "jsonschema/catalogue.h"

#include <charconv>
#include <optional>

#include "jsonschema/reference.h"
#include "jsonschema/schema.h"

namespace weir::jsonschema {
namespace {

const Json* member_or_item(const Json& value, const std::string& token) {
  if (value.is_object()) return value.find(token);
  if (!value.is_array() || token.empty() || (token.size() > 1 && token[0] == '0')) return nullptr;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc() || end != token.data() + token.size() || index >= value.as_array().size())
    return nullptr;
  return &value.as_array()[index];
}

std::string shown(std::string_view reference) {
  return std::string(reference.substr(0, kViolationBytesMax));
}

}  // namespace

Result<Catalogue> Catalogue::of(const Json& document) {
  Catalogue out;
  TRY(const Draft draft, draft_of(document, Draft::draft2020));
  out.entries_.push_back(
      {.uri = "", .root = &document, .draft = draft, .anchors = {}, .dynamic_anchors = {}});
  out.resources_[&document] = 0;
  if (document.is_object() && document["$id"].is_string() &&
      (draft != Draft::draft7 || !document.has("$ref")))
    out.entries_[0].uri = split_fragment(document["$id"].as_string()).document;
  TRY_STATUS(out.walk(document, 0, 0));
  return out;
}

// The resource that a schema begins, or the one it stands in.
Result<std::size_t> Catalogue::enter(const Json& schema, std::size_t resource) {
  const Json* id = schema.find("$id");
  if (id == nullptr || resources_.contains(&schema)) return resource_of(&schema, resource);
  const Draft outer = entries_[resource].draft;
  // In drafts up to 7 what stands beside $ref does not count, and "#name" is an anchor.
  if (outer == Draft::draft7 && schema.has("$ref")) return resource;
  if (!id->is_string()) return fail("must be a string", "$id");
  if (id->as_string().starts_with('#')) return resource;
  TRY(const Draft draft, draft_of(schema, outer));
  const std::string uri = split_fragment(resolve(entries_[resource].uri, id->as_string())).document;
  if (entry(uri) != nullptr) return fail("two schemas have this $id", shown(uri));
  entries_.push_back({.uri = uri, .root = &schema, .draft = draft, .anchors = {}, .dynamic_anchors = {}});
  resources_[&schema] = entries_.size() - 1;
  return entries_.size() - 1;
}

Status Catalogue::name(const Json& schema, std::size_t resource) {
  Entry& into = entries_[resource];
  const Place place{&schema, resource};
  const auto add = [&](auto& anchors, std::string_view text) -> Status {
    if (!anchors.emplace(text, place).second) return fail("two schemas have this anchor", shown(text));
    return {};
  };
  if (into.draft == Draft::draft7) {
    const std::string_view id = schema["$id"].text_or("");
    if (id.starts_with('#') && id.size() > 1 && !schema.has("$ref"))
      TRY_STATUS(add(into.anchors, id.substr(1)));
    return {};
  }
  if (schema["$anchor"].is_string()) TRY_STATUS(add(into.anchors, schema["$anchor"].as_string()));
  if (schema["$dynamicAnchor"].is_string() && into.draft == Draft::draft2020) {
    TRY_STATUS(add(into.anchors, schema["$dynamicAnchor"].as_string()));
    TRY_STATUS(add(into.dynamic_anchors, schema["$dynamicAnchor"].as_string()));
  }
  if (into.draft == Draft::draft2019 && schema["$recursiveAnchor"].bool_or(false))
    TRY_STATUS(add(into.dynamic_anchors, ""));
  return {};
}

Status Catalogue::walk(const Json& schema, std::size_t resource, std::size_t depth) {
  if (depth > kDepthMax || ++schemas_ > kNodesMax)
    return fail(ErrorCode::limit, "holds more schemas, or deeper ones, than Weir reads");
  if (!schema.is_object()) return {};
  TRY(const std::size_t own, enter(schema, resource));
  TRY_STATUS(name(schema, own));
  Status status;
  for_each_subschema(schema, [&](const Json& inner) {
    if (status) status = walk(inner, own, depth + 1);
  });
  return status;
}

std::size_t Catalogue::resource_of(const Json* schema, std::size_t otherwise) const {
  const auto it = resources_.find(schema);
  return it == resources_.end() ? otherwise : it->second;
}

const Catalogue::Entry* Catalogue::entry(std::string_view uri) const {
  for (const auto& one : entries_)
    if (one.uri == uri) return &one;
  return nullptr;
}

Result<Place> Catalogue::at_pointer(std::string_view pointer, std::size_t resource) const {
  const auto tokens = pointer_tokens(pointer);
  if (!tokens) return fail("is no JSON pointer", shown(pointer));
  const Json* at = entries_[resource].root;
  for (const auto& token : *tokens) {
    at = member_or_item(*at, token);
    if (at == nullptr) return fail("a reference leads nowhere", "#" + shown(pointer));
    resource = resource_of(at, resource);
  }
  return Place{at, resource};
}

Result<Place> Catalogue::find(std::string_view reference, const Place& from) const {
  const Address to = split_fragment(resolve(entries_[from.resource].uri, reference));
  const Entry* found = entry(to.document);
  if (found == nullptr)
    return fail(ErrorCode::denied, "refers to a schema outside of it, which Weir never fetches",
                shown(reference));
  const auto resource = static_cast<std::size_t>(found - entries_.data());
  if (to.fragment.empty() || to.fragment.starts_with('/')) return at_pointer(to.fragment, resource);
  const auto anchor = found->anchors.find(to.fragment);
  if (anchor == found->anchors.end()) return fail("a reference leads nowhere", shown(reference));
  return anchor->second;
}

std::optional<std::string> Catalogue::dynamic_name(std::string_view reference, const Place& from) const {
  const Address to = split_fragment(resolve(entries_[from.resource].uri, reference));
  const Entry* found = entry(to.document);
  if (found == nullptr || !found->dynamic_anchors.contains(to.fragment)) return std::nullopt;
  return to.fragment;
}

}  // namespace weir::jsonschema
