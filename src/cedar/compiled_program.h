// Expressions of many policies compiled into one array of nodes.
//
//   ProgramBuilder builder;
//   std::uint32_t root = builder.add(expression);           // the expression must outlive the program
//   Program program = std::move(builder).finish();
//   Machine machine(program, request, entities, memory);    // memory is reused from request to request
//   Datum value = machine.run(root);
//
// Equal subexpressions are one node, whichever policy they stand in, and constants are computed when they are
// added. Where several nodes use one, as `context.attrs` or `resource.path like "/etc/*"` in a pack, it gets
// a slot: it is computed at most once a request. What a node computes, and where it is a fault, which kind of
// fault, is exactly what Evaluator computes; that class words the messages.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cedar/compiled_value.h"
#include "cedar/entities.h"
#include "cedar/expression.h"
#include "cedar/request.h"

namespace weir::cedar {

// Operands by operation; the numbers are of nodes where nothing else is said.
//
//   literal                    a: constant
//   variable                   a: Variable
//   and_ or_ set record call   `b` of them from lists[a]; record: c: names, parallel
//   if_                        a: condition  b: then  c: else
//   attribute has              a: operand  b: names
//   like                       a: operand  b: names (the pattern)
//   is                         a: operand  b: names (the type)
//   is_in                      a: entity  b: right  c: names (the type)
//   in                         a: entity  b: right  c: 1 + entity set when the right is a constant set of
//   them others                     a: operand or left  b: right
struct Node {
  static constexpr std::uint16_t kNoSlot = UINT16_MAX;

  Op op = Op::literal;
  ExtensionFunction function = ExtensionFunction::decimal;
  std::uint16_t slot = kNoSlot;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;

  bool operator==(const Node&) const = default;
};

// A constant set of entities, to be asked for the ancestors of one.
class EntitySet {
 public:
  explicit EntitySet(const Datum& set);  // all of whose elements are entities
  // Whether `uid` is one of them or below one.
  bool holds(const EntityUid& uid, const Entities& entities) const;

 private:
  bool contains(const EntityUid& uid) const;
  std::vector<const EntityUid*> by_hash_;
};

struct Program {
  std::vector<Node> nodes;
  std::vector<std::uint32_t> lists;
  std::vector<Datum> constants;  // point into the expressions, or into `arena`
  std::vector<const std::vector<std::string>*> names;
  std::vector<EntitySet> entity_sets;
  std::unique_ptr<Arena> arena;
  std::uint32_t slots = 0;

  // Its value when it is the same for every request; nullptr otherwise.
  const Datum* constant(std::uint32_t node) const {
    return nodes[node].op == Op::literal ? &constants[nodes[node].a] : nullptr;
  }
};

class ProgramBuilder {
 public:
  ProgramBuilder();
  ~ProgramBuilder();

  // The node that computes the expression. It is borrowed, not copied.
  std::uint32_t add(const Expression& expression);
  // The conjunction of nodes, as && of Cedar: stops at the first that is false or a fault.
  std::uint32_t add_conjunction(const std::vector<std::uint32_t>& nodes);
  std::uint32_t add_negation(std::uint32_t node);
  // Counts a use of a node from outside, as the root of a policy.
  void use(std::uint32_t node);

  Program finish() &&;

 private:
  struct Tables;

  std::uint32_t constant(const Datum& value);
  std::uint32_t intern(const Node& node);
  std::uint32_t intern_list(Node node, const std::vector<std::uint32_t>& children);
  std::uint32_t logical(Op op, const std::vector<std::uint32_t>& children);
  std::uint32_t name(const std::vector<std::string>& names);
  std::uint32_t folded(std::uint32_t node);
  std::uint32_t entity_set(std::uint32_t right);

  Program program_;
  std::unique_ptr<Tables> tables_;
};

// What evaluating needs besides its input, kept from request to request. One thread at a time.
class MachineMemory {
 public:
  // Forgets the last request. Any program may be next.
  void begin(const Program& program);

 private:
  friend class Machine;
  struct Slot {
    std::uint32_t stamp = 0;  // of the request that filled it
    Datum value;
  };
  Arena arena_;
  std::vector<Slot> slots_;
  std::uint32_t stamp_ = 0;
};

// Runs nodes of a program for one request.
class Machine {
 public:
  // All must outlive the machine; values it returns are good until the memory is used for another request.
  Machine(const Program& program, const Request& request, const Entities& entities, MachineMemory& memory);

  Datum run(std::uint32_t node);

 private:
  using Kind = Datum::Kind;

  Datum compute(const Node& node);
  Datum variable(const Node& node) const;
  Datum logical(const Node& node);
  Datum if_then_else(const Node& node);
  Datum compare_values(const Node& node);
  Datum arithmetic(const Node& node);
  Datum in(const Datum& entity, const Datum& right) const;
  Datum in_node(const Node& node);
  Datum is(const Node& node);
  Datum set_operation(const Node& node);
  Datum tag(const Node& node);
  Datum attribute(const Node& node);
  Datum has(const Node& node);
  Datum set(const Node& node);
  Datum record(const Node& node);
  Datum call(const Node& node);
  Datum operand(std::uint32_t node, Kind kind);  // a fault (type) when it is of another kind
  Datum attribute_of(const Datum& base, const std::string& name) const;

  const Program& program_;
  const Request& request_;
  const Entities& entities_;
  MachineMemory& memory_;
};

// An extension function applied to values, as call() in extension.h without its messages.
Datum call_compiled(ExtensionFunction function, std::span<const Datum> arguments, Arena& arena);

}  // namespace weir::cedar
