// What tool servers declare of their tools' arguments and results, as JSON Schemas, and whether a value fits.
//
//   McpSchemas schemas;
//   const Fit fit = schemas.check(pin.digest, "inputSchema", pin.descriptor, arguments);
//
// Compiled once for each description, and forgotten when there are many. Any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "jsonschema/schema.h"

namespace weir::daemon {

struct Fit {
  // A schema is there and could not be used: not one of ours, too large, or it took too long.
  bool unchecked = false;
  std::vector<std::string> wrong;  // "/to/0 must be a string", kViolationsMax at most; empty: it fits
};

class McpSchemas {
 public:
  // `digest` names the descriptor, `member` the schema in it. Without such a member everything fits.
  Fit check(const std::string& digest, const std::string& member, const Json& descriptor, const Json& value);

 private:
  std::mutex mutex_;
  // None: it cannot be compiled.
  std::map<std::string, std::shared_ptr<const std::optional<jsonschema::Schema>>> compiled_;
};

}  // namespace weir::daemon
