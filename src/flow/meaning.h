// What a tool does and which of its fields give a call its power, from its own description or, where there is
// none, from its name and the names of its arguments.
//
//   const ToolMeaning meaning = meaning_of({"send_email", "Sends an email …", schema}, words);
//   meaning.effect → "send";   meaning.role("recipients") → authority;   meaning.role("body") → payload
//
// A description is the tool's own claim. It is believed only where that is the cautious thing: a tool whose
// name or description says that it changes something changes something, whatever else it says; a field that
// is nothing known gives power. No tool is known here by its name; those of real products are described in
// content/flow (flow/products.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "flow/source.h"
#include "flow/words.h"

namespace weir::flow {

// As an MCP server lists it.
struct ToolDescription {
  std::string name;
  std::string description;
  Json schema;  // JSON Schema of its input; null when it is not known
};

enum class Role : std::uint8_t {
  authority,  // who or what is affected: a recipient, an account, an id, a path, a command
  address,    // a place in the network, which counts for reading as well
  payload,    // what is said
  setting     // how: times, limits, filters, choices from a list
};
std::string_view name(Role role);
std::optional<Role> role_from(std::string_view name);

struct FieldMeaning {
  std::string name;
  Role role = Role::authority;
};

struct ToolMeaning {
  std::string name;
  std::string effect = "other";  // of words.yaml; "other": nothing is known of it
  bool changes = true;
  bool makes_new = false;
  std::vector<FieldMeaning> fields;      // those that the schema names, or that are known
  Source source;                         // what its results are
  Audience readers = Audience::unknown;  // who can read what it writes
  std::string product;                   // whose tool it is taken for (flow/products.h); "": nobody's
  bool confirmed = false;                // that is more than a guess

  // Of a field that the schema does not name: by its name alone.
  Role role(std::string_view field, const Words& words) const;
};

ToolMeaning meaning_of(const ToolDescription& tool, const Words& words);

// {"changes":true,"effect":"send","fields":{"body":"payload",…},"tool":"send_email"}
Json to_json(const ToolMeaning& meaning);

}  // namespace weir::flow
