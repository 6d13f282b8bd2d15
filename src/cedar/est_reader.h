// The expression half of the reader of Cedar's JSON form; see est.h. Internal to the room.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "cedar/expression.h"

namespace weir::cedar {

// Puts a step of the path before `where` while an error travels outwards.
template <class T>
Result<T> under(std::string_view step, Result<T> result) {
  if (result) return result;
  std::string& where = result.error().where;
  std::string path(step);
  if (!where.empty() && where[0] != '[') path += '.';
  where = path + where;
  return result;
}

// Reads the expressions of one policy, counting them against the limits.
class EstReader {
 public:
  Result<Expression> expression(const Json& json) { return expression(json, 1); }

 private:
  using Names = std::vector<std::string>;

  // `depth`: levels of the tree around, itself included.
  Result<Expression> expression(const Json& json, std::size_t depth);
  Result<Expression> operation(const std::string& key, const Json& body, std::size_t depth);
  Result<Expression> operands(Op op, const Json& body, std::initializer_list<const char*> members,
                              std::size_t depth, std::initializer_list<const char*> others = {});
  Result<Expression> chain(Op op, const std::string& key, const Json& body, std::size_t depth);
  Result<Expression> variable(const Json& body);
  Result<Expression> attribute(const Json& body, std::size_t depth);
  Result<Expression> has(const Json& body, std::size_t depth);
  Result<Expression> like(const Json& body, std::size_t depth);
  Result<Expression> is(const Json& body, std::size_t depth);
  Result<Expression> set(const Json& body, std::size_t depth, bool values);
  Result<Expression> record(const Json& body, std::size_t depth, bool values);
  Result<Expression> call(std::string_view function, const Json& arguments, std::size_t depth, bool values);
  // What stands in {"Value": ...}, where arrays and objects hold values again, not expressions.
  Result<Expression> value(const Json& json, std::size_t depth);
  Result<Expression> extension_value(const Json& extn, std::size_t depth);
  Result<Expression> item(const Json& json, std::size_t depth, bool values) {
    return values ? value(json, depth) : expression(json, depth);
  }
  Result<Expression> literal(Value value);
  Result<Expression> node(Op op, std::vector<Expression> args, Names names = {});

  std::size_t nodes_ = 0;
};

}  // namespace weir::cedar
