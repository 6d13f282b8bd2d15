#include "cedar/level.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir::cedar {
namespace {

using Kind = SchemaType::Kind;

class LevelChecker {
 public:
  LevelChecker(const RequestEnvironment& environment, std::uint32_t level_max)
      : environment_(environment), level_max_(level_max) {}

  // Everything in an expression, whose own value is not followed further.
  void check(const TypedExpression& e) {
    switch (e.expression->op) {
      case Op::has_tag:
      case Op::get_tag:
      case Op::in:
        access(e);
        check(e.args[1]);
        return;
      case Op::has:
      case Op::attribute:
        if (is(e.args[0], Kind::entity))
          access(e);
        else
          check(e.args[0]);
        return;
      default:
        for (const auto& arg : e.args)
          check(arg);
    }
  }

  std::vector<Diagnostic> take() { return std::move(errors_); }

 private:
  static bool is(const TypedExpression& e, Kind kind) { return e.type != nullptr && e.type->kind == kind; }

  void access(const TypedExpression& e) {
    const std::uint32_t steps = target(e.args[0], {});
    if (steps < level_max_) return;
    errors_.push_back(
        {{},
         fmt::format("this policy requires level {}, which exceeds the maximum allowed level ({})", steps + 1,
                     level_max_),
         "",
         e.expression->span});
  }

  // The steps that lead to the entity which `e` is. `path`: the attributes to follow into records, innermost
  // last, as for `{a: principal}.a.name`.
  std::uint32_t target(const TypedExpression& e, std::vector<const std::string*> path) {
    switch (e.expression->op) {
      case Op::literal:
        literal(e);
        return 0;
      case Op::if_: {
        check(e.args[0]);
        std::uint32_t steps = 0;
        for (std::size_t i = 1; i < e.args.size(); ++i)
          steps = std::max(steps, target(e.args[i], path));
        return steps;
      }
      case Op::attribute:
        if (is(e.args[0], Kind::entity)) return target(e.args[0], std::move(path)) + 1;
        path.push_back(&e.expression->names.front());
        return target(e.args[0], std::move(path));
      case Op::get_tag: {
        const std::uint32_t steps = target(e.args[0], std::move(path)) + 1;
        check(e.args[1]);
        return steps;
      }
      case Op::record:
        return in_record(e, std::move(path));
      default:
        return 0;  // a variable; nothing else is an entity or holds one
    }
  }

  std::uint32_t in_record(const TypedExpression& e, std::vector<const std::string*> path) {
    if (path.empty()) return 0;
    const std::string wanted = *path.back();
    path.pop_back();
    std::uint32_t steps = 0;
    for (std::size_t i = 0; i < e.args.size(); ++i) {
      if (e.expression->names[i] == wanted)
        steps = target(e.args[i], path);
      else
        check(e.args[i]);
    }
    return steps;
  }

  void literal(const TypedExpression& e) {
    const EntityUid* uid = e.expression->value.get_if<EntityUid>();
    if (uid == nullptr || *uid == environment_.action) return;
    errors_.push_back({{}, "entity literals cannot be dereferenced at any level", "", e.expression->span});
  }

  const RequestEnvironment& environment_;
  std::uint32_t level_max_;
  std::vector<Diagnostic> errors_;
};

}  // namespace

std::vector<Diagnostic> check_level(const TypedExpression& condition, const RequestEnvironment& environment,
                                    std::uint32_t level_max) {
  LevelChecker checker(environment, level_max);
  checker.check(condition);
  return checker.take();
}

}  // namespace weir::cedar
