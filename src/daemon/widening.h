// A request that a set of policies lets pass and another does not: tried with plain values, one for each
// shape of request that the schema has. Finds what a careless permit opens without a solver; finding nothing
// proves nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cedar/policy_set.h"
#include "cedar/schema.h"

namespace weir::daemon {

struct Widening {
  cedar::Request request;
  std::vector<cedar::Entity> entities;
  std::string policy;        // the permit that lets it pass
  std::string text() const;  // "Agent::"a" may Action::"db.delete" on Database::"d"", for people
};

std::optional<Widening> find_widening(const cedar::PolicySet& above, const cedar::PolicySet& with,
                                      const cedar::Schema& schema);

}  // namespace weir::daemon
