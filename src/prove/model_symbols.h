// Expressions of a model → terms. What a path means is the caller's (ModelSymbols): variables of the flat
// model, or the inputs of a gate. Internal to the room.
#pragma once

#include <string>
#include <vector>

#include "prove/model_expression.h"
#include "prove/model_system.h"

namespace weir::prove {

struct ModelTyped {
  ModelTermId term = 0;
  ModelVariable::Says says = ModelVariable::Says::truth;
};

class ModelSymbols {
 public:
  virtual ~ModelSymbols() = default;
  virtual ModelTerms& terms() = 0;
  // `self`: the agent that an any() or every() around the path has chosen; -1 outside.
  virtual Result<ModelTyped> path(const std::string& path, int self) = 0;
  // The instances of a group, for any() and every().
  virtual Result<std::vector<int>> members(const std::string& group) = 0;
};

// Errors: unknown names, comparisons of unlike things. `where`: "file:line".
Result<ModelTyped> compile_expression(const ModelExpression& expression, ModelSymbols& symbols,
                                      const std::string& where, int self = -1);
// The same, when it must be a condition.
Result<ModelTermId> compile_condition(const ModelExpression& expression, ModelSymbols& symbols,
                                      const std::string& where);

// The context of a gate. Expressions may read what `symbols` allow.
Result<ModelContext> compile_context(const Json& json, ModelSymbols& symbols, const std::string& where);

}  // namespace weir::prove
