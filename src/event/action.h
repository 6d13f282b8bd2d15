// What an Event would do: a verb on a resource. One tool call has many Actions; policies judge each one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace weir::event {

// How sure we are that the Action would happen. `opaque` stands for what could not be seen through.
enum class Certainty { certain, possible, opaque };
std::string_view name(Certainty certainty);

// Bytes [begin, end) of the text an Action or Finding is about.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool operator==(const Span&) const = default;
};

// Verbs, e.g. "file.delete". The set is open: policies match what they know, the rest is judged by the pack's
// default. docs/actions.md lists all that Weir itself makes.
struct Action {
  std::string verb;           // "shell.exec", "file.write", "net.connect", "mcp.call", …
  std::string resource_type;  // Cedar entity type: Path Host Url Tool Program Package Repository Database
                              // Service Infra Agent Memory Process
  std::string resource;       // absolute path, host[:port], URL, …; "" when unknown
  Certainty certainty = Certainty::certain;
  Span span;   // in the command or text it came from
  Json attrs;  // object: recursive, force, workspace, …; becomes Cedar context

  bool operator==(const Action&) const = default;
};

Json to_json(const Action& action);
Json to_json(const std::vector<Action>& actions);
// canonical(to_json(action)) at the end of `out`, without the Json.
void append_canonical(std::string& out, const Action& action);
Result<Action> action_from_json(const Json& json);

}  // namespace weir::event
