// What a schema is compiled into; schema.h is the way in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "match/regex.h"

namespace weir::jsonschema {

// Index of a node in Program::nodes.
using NodeId = std::size_t;

enum Type : unsigned {
  kNull = 1,
  kBoolean = 2,
  kInteger = 4,
  kNumber = 8,
  kString = 16,
  kArray = 32,
  kObject = 64
};

struct Bound {
  Json number;
  bool exclusive = false;
};

struct Counts {
  std::uint64_t least = 0;
  std::optional<std::uint64_t> most;
};

struct DynamicReference {
  NodeId initial = 0;
  std::optional<std::string> anchor;  // none: it leads where it says
};

// One schema object or boolean: each keyword by itself, in the order in which they are checked.
struct Node {
  std::size_t resource = 0;  // index in Program::resources
  std::optional<bool> always;

  unsigned types = 0;                                  // of Type; 0: any
  std::optional<std::set<std::string>> one_of_values;  // canonical form: enum, const
  std::optional<Bound> least, most;
  std::optional<Bound> above, below;
  std::optional<Json> multiple_of;
  Counts length;
  std::optional<match::Regex> pattern;

  Counts item_count;
  bool unique = false;
  std::vector<NodeId> first_items;
  std::optional<NodeId> items;
  std::optional<NodeId> contains;
  Counts contained{1, std::nullopt};

  Counts member_count;
  std::vector<std::string> required;
  std::map<std::string, std::vector<std::string>, std::less<>> required_with;
  std::map<std::string, NodeId, std::less<>> members;
  std::vector<std::pair<match::Regex, NodeId>> members_like;
  std::optional<NodeId> other_members;
  std::optional<NodeId> member_names;
  std::map<std::string, NodeId, std::less<>> with_member;

  std::vector<NodeId> all, any, one;
  std::optional<NodeId> none;
  std::optional<NodeId> condition, then, otherwise;
  std::optional<NodeId> reference;
  std::optional<DynamicReference> dynamic_reference;

  std::optional<NodeId> unseen_items, unseen_members;  // unevaluatedItems, unevaluatedProperties
};

struct Resource {
  std::string uri;
  std::map<std::string, NodeId> dynamic_anchors;
};

struct Program {
  Json source;  // what nodes were read from
  std::vector<Node> nodes;
  std::vector<Resource> resources;
  NodeId root = 0;
  bool tracks = false;  // some node asks what others have seen
};

}  // namespace weir::jsonschema
