// What raises a label, and from when on values are held against a call: one table for the engine
// (flow/session.h, guard/flow_watch.h) and for the models of workflows (prove/model.h), so that what is
// proved of a model is proved of the rules that run.
//
//   rule_of(SourceClass::web).text                             →  untrusted
//   integrity_of_result(Integrity::untrusted, false)      →  workspace: values alone order nothing
//   values_count(Integrity::untrusted)                    →  true
//
// Only two things lower a label, and each is recorded where it happens: an endorsed value (session.h) and a
// narrow return (narrow.h, owners.h).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "flow/label.h"

namespace weir::flow {

// Where something that a session reads comes from.
enum class SourceClass : std::uint8_t {
  user,             // what the user typed
  workspace,        // files of this machine, commands that stayed on it
  tool,             // a tool that is known by its description only
  web,              // pages and searches
  network_command,  // a command that went into the network, or prints what others wrote
  agent,            // what another agent says
  credential        // keys, tokens, what password stores say
};

struct SourceRule {
  std::string_view name;
  Integrity text;  // of its free text
  Confidentiality confidentiality;
};

inline constexpr std::array<SourceRule, 7> kSources = {
    {{"user", Integrity::user, Confidentiality::open},
     {"workspace", Integrity::workspace, Confidentiality::open},
     {"tool", Integrity::untrusted, Confidentiality::open},
     {"web", Integrity::untrusted, Confidentiality::open},
     {"network-command", Integrity::untrusted, Confidentiality::open},
     {"agent", Integrity::untrusted, Confidentiality::open},
     {"credential", Integrity::workspace, Confidentiality::secret}}};

constexpr const SourceRule& rule_of(SourceClass source) {
  return kSources[static_cast<std::size_t>(source)];
}

constexpr std::optional<SourceClass> source_from(std::string_view name) {
  for (std::size_t i = 0; i < kSources.size(); ++i)
    if (kSources[i].name == name) return static_cast<SourceClass>(i);
  return std::nullopt;
}

// What a result whose free text is trusted so far does to a session: without free text it brings values only,
// which order nothing; and nothing that a tool returns is as good as what the user typed.
constexpr Integrity integrity_of_result(Integrity text, bool has_free_text) {
  return has_free_text ? std::max(text, Integrity::workspace) : Integrity::workspace;
}

// What a sub-agent whose whole answer is narrow has done to who asked it, whatever it read itself: a value
// came in. Of an answer that is free text nothing is lowered: it is as good as the sub-agent was.
constexpr Integrity integrity_of_return(Integrity sub_agent, bool narrow) {
  return integrity_of_result(sub_agent, !narrow);
}

// From which label of the session on policies are told of values (context.flow.watched).
inline constexpr Integrity kValuesCountFrom = Integrity::untrusted;
constexpr bool values_count(Integrity session) {
  return session >= kValuesCountFrom;
}

}  // namespace weir::flow
