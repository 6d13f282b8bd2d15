// Where the schemas of one document can be found: by URI, by anchor, by JSON pointer.
//
//   TRY(auto catalogue, Catalogue::of(document));
//   TRY(auto place, catalogue.find("#/$defs/address", from));
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "jsonschema/dialect.h"

namespace weir::jsonschema {

// A schema and the resource ("$id") that it stands in.
struct Place {
  const Json* schema = nullptr;
  std::size_t resource = 0;
};

class Catalogue {
 public:
  struct Entry {
    std::string uri;
    const Json* root = nullptr;
    Draft draft = Draft::draft2020;
    std::map<std::string, Place, std::less<>> anchors;
    std::map<std::string, Place, std::less<>> dynamic_anchors;  // "" for "$recursiveAnchor"
  };

  // Keeps pointers into `document`. Errors: of draft_of(), `invalid` for two schemas of one name, `limit`.
  static Result<Catalogue> of(const Json& document);

  const std::vector<Entry>& entries() const { return entries_; }
  // What a $ref that stands in `from` means. Errors: `denied` outside the document, `invalid`.
  Result<Place> find(std::string_view reference, const Place& from) const;
  // The name when the reference ends in a dynamic anchor of the resource it leads to; else none.
  std::optional<std::string> dynamic_name(std::string_view reference, const Place& from) const;
  // The resource of a schema that was met on the way down, `otherwise` where none was recorded.
  std::size_t resource_of(const Json* schema, std::size_t otherwise) const;

 private:
  Status walk(const Json& schema, std::size_t resource, std::size_t depth);
  Result<std::size_t> enter(const Json& schema, std::size_t resource);
  Status name(const Json& schema, std::size_t resource);
  Result<Place> at_pointer(std::string_view pointer, std::size_t resource) const;
  const Entry* entry(std::string_view uri) const;

  std::vector<Entry> entries_;
  std::unordered_map<const Json*, std::size_t> resources_;  // of schemas that begin one
  std::size_t schemas_ = 0;
};

}  // namespace weir::jsonschema
