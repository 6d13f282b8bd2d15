// Who may say what: policies come in layers, and a lower one may only narrow what those above it say.
//
//   built-in        ships with Weir
//   organisation    a signed pack (docs/formats/pack.md)
//   user            ~/.config/weir/policies
//   project         .weir/policies of a workspace
//
// The top owner is the organisation where there is one, else the user. Only it may waive or replace built-in
// policies: `@replaces("files.system")` on its own policy, or a file waive.yaml:
//
//   waive:
//     - policy: files.agent-memory
//       reason: Skills live in our repository and are reviewed there.
//
// Below the top owner every file must leave each verdict at least as strong as it was. A `forbid` always does
// (the strongest verdict wins). A `permit` does where something above permits the same already; where that
// cannot be seen from the texts it is an obligation for the solver (daemon/pack_loader.h).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cedar/policy_set.h"
#include "guard/annotations.h"
#include "guard/path_classes.h"

namespace weir::guard {

enum class Layer { builtin, organisation, user, project };  // from the top down
std::string_view name(Layer layer);

struct LayerSource {
  Layer layer = Layer::user;
  std::vector<NamedText> policies;  // *.cedar, in order
  std::vector<NamedText> waivers;   // waive.yaml
  NamedText profile = {};  // of the built-in layer (guard/profile.h); "" for none: verdicts as written
};

// A built-in policy that the top owner took out.
struct Waiver {
  std::string policy;
  Layer by = Layer::user;
  std::string reason;
  std::string replaced_by;  // id of the policy that took its place; "" when nothing did
  std::string where;        // "waive.yaml:3", "team.cedar:7: team.system"
};
Json to_json(const Waiver& waiver);

// What must be proved before the layers are in force: nothing that `with` allows is refused by `above`.
struct Obligation {
  Layer layer = Layer::project;
  std::string where;       // the first policy that might widen
  cedar::PolicySet above;  // what is permitted and refused without the layer
  cedar::PolicySet with;   // and with its permits
};

struct Composition {
  cedar::PolicySet policies;  // all that are in force
  std::map<std::string, PolicyMeta, std::less<>> meta;
  std::map<std::string, Layer, std::less<>> layer_of;
  std::string profile;  // its name; "" for none
  std::vector<Waiver> waivers;
  std::vector<Obligation> obligations;
};

// Puts layers together, built-in first. Errors: syntax, annotations, ids used twice, waivers without right or
// object; each with file and line.
Result<Composition> compose(const std::vector<LayerSource>& layers);

}  // namespace weir::guard
