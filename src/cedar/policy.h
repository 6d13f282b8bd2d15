// One policy as written: annotations, effect, scope, conditions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cedar/expression.h"

namespace weir::cedar {

enum class Effect : std::uint8_t { permit, forbid };
std::string_view name(Effect effect);

// The constraint on principal, action or resource.
struct Scope {
  enum class Kind : std::uint8_t {
    any,     // principal
    equal,   // principal == U::"x"
    in,      // principal in G::"x"
    in_any,  // action in [A::"x", A::"y"]; action only
    is,      // principal is U
    is_in,   // principal is U in G::"x"
  };
  Kind kind = Kind::any;
  bool slot = false;                // equal, in, is_in: ?principal or ?resource instead of an entity
  std::string entity_type;          // is, is_in
  std::vector<EntityUid> entities;  // one for equal, in, is_in without slot; any number for in_any
};

struct Condition {
  bool unless = false;
  Expression body;
};

struct Policy {
  using Annotation = std::pair<std::string, std::string>;

  std::string id;  // given by PolicySet: the value of @id, else policy0, policy1, ...
  Effect effect = Effect::permit;
  Scope principal;
  Scope action;
  Scope resource;
  std::vector<Condition> conditions;
  std::vector<Annotation> annotations;  // in the order written; names unique; "" where no value was given
  // Names of the annotations that have no value: `@draft` means what `@draft("")` means, but Cedar's JSON
  // form tells them apart.
  std::vector<std::string> bare_annotations;
  std::string template_id;  // of the template that this policy was linked from; empty: of none
  std::string source;       // name of the text it came from; may be empty
  Span span;                // of the whole policy in that text
  Position position;        // of its first character

  bool is_template() const { return principal.slot || resource.slot; }
  // The value of an annotation, nullptr when absent.
  const std::string* annotation(std::string_view name) const;
  bool is_bare(std::string_view name) const;
};

}  // namespace weir::cedar
