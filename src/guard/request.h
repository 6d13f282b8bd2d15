// Actions as Cedar requests, one each.
//
//   Requests requests(situation, pack);
//   for (const auto& action : actions) {
//     TRY(const auto entities, requests.ask(action));
//     cedar::authorize(pack.policies(), requests.request(), entities);
//   }
//
// Principal Agent::"claude-code" (or SubAgent::"claude-code/<type>", which is in its Agent, which is in its
// User), action Action::"file.delete" in its groups, resource by the Action's type (Path::"/abs",
// Host::"h:443", …; a Path is in every PathClass it belongs to). All of it agrees with weir.cedarschema: an
// attribute of an Action that is not declared there is left out. docs/policies.md documents every attribute.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/entities.h"
#include "cedar/request.h"
#include "event/decision.h"
#include "event/event.h"
#include "flow/session.h"
#include "guard/pack.h"
#include "guard/session.h"

namespace weir::guard {

// What every request of one event shares.
struct Situation {
  const event::Event& event;
  const SessionState& state;
  const GuardOptions& options;
  std::string_view mode;  // "enforce" or "observe"
  std::string_view isolation;
  std::string_view level_verified = "none";
  std::string_view level_requested = "hook";
  std::int64_t approvals = 0;                            // people who have approved this very call
  std::span<const std::vector<std::string>> facts = {};  // by Action: names of facts that are true for it
  std::span<const event::Finding> findings = {};         // in the event's content
  const flow::Assessment* flow = nullptr;                // nullptr: the flow of data is not watched
};

struct CedarRequest {
  cedar::Request request;
  std::vector<cedar::Entity> entities;  // principal, its agent, action, resource
};

class Requests {
 public:
  Requests(const Situation& situation, const Pack& pack);

  // The same question in the same memory as the one before: what all Actions of an event share is made once.
  // request() is then about this Action, and the entities are those to ask with.
  Result<cedar::Entities> ask(const event::Action& action, std::span<const std::string> facts = {});
  const cedar::Request& request() const { return request_; }

  // By itself, with its own entities and no others.
  CedarRequest of(const event::Action& action, std::span<const std::string> facts = {}) const;

 private:
  void fill(cedar::Request& request, const event::Action& action, std::span<const std::string> facts) const;
  cedar::Entity resource_entity(const event::Action& action) const;
  cedar::Entity path_entity(const event::Action& action) const;
  cedar::Entity action_entity(const event::Action& action) const;
  const Situation& situation_;
  const Pack& pack_;
  cedar::EntityUid principal_;
  std::vector<cedar::Entity> principals_;
  cedar::Request request_;  // principal and context as far as they are the same for every Action
  Result<cedar::Entities> shared_entities_;  // of verbs and principals
};

}  // namespace weir::guard
