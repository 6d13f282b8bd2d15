#include "cedar/compiled_program.h"
#include "cedar/evaluator.h"

namespace weir::cedar {
namespace {

using Fault = EvaluationError::Kind;

Datum type_fault() {
  return Datum::fault(Fault::type);
}

template <class T>
bool ordered(Op op, const T& a, const T& b) {
  if (op == Op::less) return a < b;
  if (op == Op::less_equal) return a <= b;
  if (op == Op::greater) return a > b;
  return a >= b;
}

}  // namespace

void MachineMemory::begin(const Program& program) {
  arena_.reset();
  if (slots_.size() < program.slots) slots_.resize(program.slots);
  if (++stamp_ == 0) {  // after 2^32 requests old stamps could be taken for new ones
    for (auto& slot : slots_)
      slot.stamp = 0;
    stamp_ = 1;
  }
}

Machine::Machine(const Program& program, const Request& request, const Entities& entities,
                 MachineMemory& memory)
    : program_(program), request_(request), entities_(entities), memory_(memory) {
  memory_.begin(program);
}

Datum Machine::run(std::uint32_t number) {
  const Node& node = program_.nodes[number];
  if (node.slot == Node::kNoSlot) return compute(node);
  auto& slot = memory_.slots_[node.slot];
  if (slot.stamp != memory_.stamp_) {
    slot.value = compute(node);
    slot.stamp = memory_.stamp_;
  }
  return slot.value;
}

Datum Machine::operand(std::uint32_t number, Kind kind) {
  const Datum value = run(number);
  return value.kind == kind || value.is_fault() ? value : type_fault();
}

Datum Machine::compute(const Node& node) {
  switch (node.op) {
    case Op::literal:
      return program_.constants[node.a];
    case Op::variable:
      return variable(node);
    case Op::and_:
    case Op::or_:
      return logical(node);
    case Op::if_:
      return if_then_else(node);
    case Op::not_: {
      const Datum value = operand(node.a, Kind::boolean);
      return value.is_fault() ? value : Datum::of(!value.boolean);
    }
    case Op::equal:
    case Op::not_equal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
      return compare_values(node);
    case Op::negate:
    case Op::add:
    case Op::subtract:
    case Op::multiply:
      return arithmetic(node);
    case Op::in:
      return in_node(node);
    case Op::is:
    case Op::is_in:
      return is(node);
    case Op::like: {
      const Datum text = operand(node.a, Kind::string);
      return text.is_fault() ? text : Datum::of(matches(*text.string, *program_.names[node.b]));
    }
    case Op::contains:
    case Op::contains_all:
    case Op::contains_any:
    case Op::is_empty:
      return set_operation(node);
    case Op::has_tag:
    case Op::get_tag:
      return tag(node);
    case Op::attribute:
      return attribute(node);
    case Op::has:
      return has(node);
    case Op::set:
      return set(node);
    case Op::record:
      return record(node);
    case Op::call:
      return call(node);
  }
  return type_fault();
}

Datum Machine::variable(const Node& node) const {
  switch (static_cast<Variable>(node.a)) {
    case Variable::principal:
      return Datum::of(request_.principal());
    case Variable::action:
      return Datum::of(request_.action());
    case Variable::resource:
      return Datum::of(request_.resource());
    case Variable::context:
      break;
  }
  return Datum::of(request_.context());
}

Datum Machine::logical(const Node& node) {
  const bool stops_at = node.op == Op::or_;
  const std::uint32_t* children = &program_.lists[node.a];
  for (std::uint32_t i = 0; i < node.b; ++i) {
    const Datum value = operand(children[i], Kind::boolean);
    if (value.is_fault() || value.boolean == stops_at) return value;
  }
  return Datum::of(!stops_at);
}

Datum Machine::if_then_else(const Node& node) {
  const Datum condition = operand(node.a, Kind::boolean);
  if (condition.is_fault()) return condition;
  return run(condition.boolean ? node.b : node.c);
}

Datum Machine::compare_values(const Node& node) {
  const Datum left = run(node.a);
  if (left.is_fault()) return left;
  const Datum right = run(node.b);
  if (right.is_fault()) return right;
  if (node.op == Op::equal) return Datum::of(equal(left, right));
  if (node.op == Op::not_equal) return Datum::of(!equal(left, right));
  const bool comparable =
      left.kind == Kind::integer || left.kind == Kind::datetime || left.kind == Kind::duration;
  if (left.kind != right.kind || !comparable) return type_fault();
  return Datum::of(ordered(node.op, left.integer, right.integer));
}

Datum Machine::arithmetic(const Node& node) {
  const Datum left = operand(node.a, Kind::integer);
  if (left.is_fault()) return left;
  std::int64_t result = 0;
  if (node.op == Op::negate)
    return __builtin_sub_overflow(std::int64_t{0}, left.integer, &result) ? Datum::fault(Fault::overflow)
                                                                          : Datum::of(Kind::integer, result);
  const Datum right = operand(node.b, Kind::integer);
  if (right.is_fault()) return right;
  const bool overflow = node.op == Op::add ? __builtin_add_overflow(left.integer, right.integer, &result)
                        : node.op == Op::subtract
                            ? __builtin_sub_overflow(left.integer, right.integer, &result)
                            : __builtin_mul_overflow(left.integer, right.integer, &result);
  return overflow ? Datum::fault(Fault::overflow) : Datum::of(Kind::integer, result);
}

Datum Machine::in_node(const Node& node) {
  const Datum entity = operand(node.a, Kind::entity);
  if (entity.is_fault()) return entity;
  if (node.c != 0) return Datum::of(program_.entity_sets[node.c - 1].holds(*entity.entity, entities_));
  const Datum right = run(node.b);
  return right.is_fault() ? right : in(entity, right);
}

Datum Machine::in(const Datum& entity, const Datum& right) const {
  if (right.kind == Kind::entity) return Datum::of(entities_.is_in(*entity.entity, *right.entity));
  if (right.kind != Kind::set) return type_fault();
  bool found = false;
  for (std::size_t i = 0; i < right.size(); ++i) {  // all, since any that is no entity is a fault
    const Datum ancestor = right.element(i);
    if (ancestor.kind != Kind::entity) return type_fault();
    found = found || entities_.is_in(*entity.entity, *ancestor.entity);
  }
  return Datum::of(found);
}

Datum Machine::is(const Node& node) {
  const Datum entity = operand(node.a, Kind::entity);
  if (entity.is_fault()) return entity;
  const auto& type = program_.names[node.op == Op::is ? node.b : node.c]->front();
  if (entity.entity->type() != type) return Datum::of(false);
  if (node.op == Op::is) return Datum::of(true);
  const Datum right = run(node.b);
  return right.is_fault() ? right : in(entity, right);
}

Datum Machine::set_operation(const Node& node) {
  const Datum left = operand(node.a, Kind::set);
  if (left.is_fault()) return left;
  if (node.op == Op::is_empty) return Datum::of(left.size() == 0);
  if (node.op == Op::contains) {
    const Datum element = run(node.b);
    return element.is_fault() ? element : Datum::of(left.contains(element));
  }
  const Datum right = operand(node.b, Kind::set);
  if (right.is_fault()) return right;
  return Datum::of(node.op == Op::contains_all ? contains_all(left, right) : contains_any(left, right));
}

Datum Machine::tag(const Node& node) {
  const Datum uid = operand(node.a, Kind::entity);
  if (uid.is_fault()) return uid;
  const Datum name = operand(node.b, Kind::string);
  if (name.is_fault()) return name;
  const Entity* entity = entities_.find(*uid.entity);
  const Value* value = entity == nullptr ? nullptr : entity->tags.find(*name.string);
  if (node.op == Op::has_tag) return Datum::of(value != nullptr);
  if (value != nullptr) return Datum::of(*value);
  return Datum::fault(entity == nullptr ? Fault::entity_missing : Fault::tag_missing);
}

Datum Machine::attribute_of(const Datum& base, const std::string& name) const {
  if (base.kind == Kind::record) return base.attribute(name);
  if (base.kind != Kind::entity) return type_fault();
  const Entity* entity = entities_.find(*base.entity);
  if (entity == nullptr) return Datum::fault(Fault::entity_missing);
  const Value* value = entity->attributes.find(name);
  return value != nullptr ? Datum::of(*value) : Datum::fault(Fault::attribute_missing);
}

Datum Machine::attribute(const Node& node) {
  const Datum base = run(node.a);
  return base.is_fault() ? base : attribute_of(base, program_.names[node.b]->front());
}

// `e has a.b` is `e has a && e.a has b`.
Datum Machine::has(const Node& node) {
  Datum value = run(node.a);
  if (value.is_fault()) return value;
  for (const auto& step : *program_.names[node.b]) {
    value = attribute_of(value, step);
    if (!value.is_fault()) continue;
    return value.fault_kind() == Fault::type ? value : Datum::of(false);
  }
  return Datum::of(true);
}

Datum Machine::set(const Node& node) {
  const auto elements = memory_.arena_.take<Datum>(node.b);
  for (std::uint32_t i = 0; i < node.b; ++i) {
    elements[i] = run(program_.lists[node.a + i]);
    if (elements[i].is_fault()) return elements[i];
  }
  return make_set(elements);
}

Datum Machine::record(const Node& node) {
  const auto fields = memory_.arena_.take<Field>(node.b);
  for (std::uint32_t i = 0; i < node.b; ++i) {
    fields[i] = {&(*program_.names[node.c])[i], run(program_.lists[node.a + i])};
    if (fields[i].value.is_fault()) return fields[i].value;
  }
  return make_record(fields);
}

Datum Machine::call(const Node& node) {
  const auto arguments = memory_.arena_.take<Datum>(node.b);
  for (std::uint32_t i = 0; i < node.b; ++i) {
    arguments[i] = run(program_.lists[node.a + i]);
    if (arguments[i].is_fault()) return arguments[i];
  }
  return call_compiled(node.function, arguments, memory_.arena_);
}

}  // namespace weir::cedar
