// What is to be decided: may `principal` do `action` to `resource` under `context`?
//
//   Request request(EntityUid("Agent", "s1"), EntityUid("Action", "file.read"), EntityUid("File",
//   "/etc/passwd"),
//                   Record({{"workspace", Value("/work")}}));
#pragma once

#include "cedar/value.h"

namespace weir::cedar {

class Request {
 public:
  Request(EntityUid principal, EntityUid action, EntityUid resource, Record context = {})
      : principal_(std::move(principal)),
        action_(std::move(action)),
        resource_(std::move(resource)),
        context_(std::move(context)) {}

  const EntityUid& principal() const { return *principal_.get_if<EntityUid>(); }
  const EntityUid& action() const { return *action_.get_if<EntityUid>(); }
  const EntityUid& resource() const { return *resource_.get_if<EntityUid>(); }
  const Record& context() const { return *context_.get_if<Record>(); }

  // For the next question of the same kind: what is not set stays as it is.
  void set_action(EntityUid uid) { action_ = Value(std::move(uid)); }
  void set_resource(EntityUid uid) { resource_ = Value(std::move(uid)); }
  void set_context(std::string_view name, Value value) {
    context_.get_if<Record>()->set(name, std::move(value));
  }

  // The same as values, as expressions see them.
  const Value& principal_value() const { return principal_; }
  const Value& action_value() const { return action_; }
  const Value& resource_value() const { return resource_; }
  const Value& context_value() const { return context_; }

 private:
  Value principal_;
  Value action_;
  Value resource_;
  Value context_;
};

}  // namespace weir::cedar
