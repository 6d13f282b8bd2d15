// ProgramBuilder: from trees to nodes. Children are interned before their parents, so that two equal trees
// end as one node; a node whose operands are all constants is run at once and becomes a constant itself.
#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "cedar/compiled_program.h"

namespace weir::cedar {
namespace {

// Slots that one program may have. The nodes used most get them; the others are computed where they stand.
constexpr std::size_t kSlotsMax = 512;

std::uint64_t hash_of(const std::vector<std::string>& texts) {
  std::uint64_t out = texts.size();
  for (const auto& text : texts)
    out = mixed_hash(out, hash_of_type(text));
  return out;
}

// Numbers of equal things by their hash. What stands behind a number, the caller compares.
class HashIndex {
 public:
  template <class Same>
  const std::uint32_t* find(std::uint64_t hash, const Same& same) const {
    const auto [begin, end] = numbers_.equal_range(hash);
    for (auto at = begin; at != end; ++at)
      if (same(at->second)) return &at->second;
    return nullptr;
  }
  void add(std::uint64_t hash, std::uint32_t number) { numbers_.emplace(hash, number); }

 private:
  std::unordered_multimap<std::uint64_t, std::uint32_t> numbers_;
};

bool has_list(Op op) {
  return op == Op::and_ || op == Op::or_ || op == Op::set || op == Op::record || op == Op::call;
}

// Operations whose value is a boolean whenever there is one.
bool yields_boolean(Op op) {
  switch (op) {
    case Op::and_:
    case Op::or_:
    case Op::not_:
    case Op::equal:
    case Op::not_equal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
    case Op::in:
    case Op::contains:
    case Op::contains_all:
    case Op::contains_any:
    case Op::has_tag:
    case Op::is_empty:
    case Op::has:
    case Op::like:
    case Op::is:
    case Op::is_in:
      return true;
    default:
      return false;
  }
}

// The operands of a node, as node numbers.
template <class Visit>
void each_operand(const Program& program, const Node& node, const Visit& visit) {
  if (node.op == Op::literal || node.op == Op::variable) return;
  if (has_list(node.op)) {
    for (std::uint32_t i = 0; i < node.b; ++i)
      visit(program.lists[node.a + i]);
    return;
  }
  visit(node.a);
  const bool unary = node.op == Op::not_ || node.op == Op::negate || node.op == Op::is_empty ||
                     node.op == Op::attribute || node.op == Op::has || node.op == Op::like ||
                     node.op == Op::is;
  if (!unary) visit(node.b);
  if (node.op == Op::if_) visit(node.c);
}

// Whether an operation with constant operands is the same for every request and every store.
bool needs_no_store(const Program& program, const Node& node) {
  if (node.op == Op::in || node.op == Op::is_in || node.op == Op::has_tag || node.op == Op::get_tag)
    return false;
  if (node.op == Op::attribute) return program.constant(node.a)->kind == Datum::Kind::record;
  // A path of `has` may lead through a record to an entity.
  return node.op != Op::has && node.op != Op::if_;
}

}  // namespace

EntitySet::EntitySet(const Datum& set) {
  for (std::size_t i = 0; i < set.size(); ++i)
    by_hash_.push_back(set.element(i).entity);
  std::sort(by_hash_.begin(), by_hash_.end(),
            [](const EntityUid* a, const EntityUid* b) { return a->hash() < b->hash(); });
}

bool EntitySet::contains(const EntityUid& uid) const {
  auto at = std::lower_bound(by_hash_.begin(), by_hash_.end(), uid.hash(),
                             [](const EntityUid* a, std::uint64_t hash) { return a->hash() < hash; });
  for (; at != by_hash_.end() && (*at)->hash() == uid.hash(); ++at)
    if (**at == uid) return true;
  return false;
}

bool EntitySet::holds(const EntityUid& uid, const Entities& entities) const {
  if (contains(uid)) return true;
  const auto above = entities.ancestor_numbers(uid);
  if (above.empty()) return false;
  if (by_hash_.size() < above.size())
    return std::any_of(by_hash_.begin(), by_hash_.end(),
                       [&](const EntityUid* ancestor) { return entities.is_in(uid, *ancestor); });
  return std::any_of(above.begin(), above.end(),
                     [&](std::uint32_t number) { return contains(entities.uid_of(number)); });
}

struct ProgramBuilder::Tables {
  HashIndex nodes, constants, names;
  std::vector<std::uint32_t> uses;                               // by node: of other nodes and from outside
  std::unordered_map<std::uint32_t, std::uint32_t> entity_sets;  // by constant
  // What constants are computed with. Nothing that is run here asks for request or store.
  Request request{EntityUid("", ""), EntityUid("", ""), EntityUid("", "")};
  Entities entities;
};

ProgramBuilder::ProgramBuilder() : tables_(std::make_unique<Tables>()) {
  program_.arena = std::make_unique<Arena>();
}
ProgramBuilder::~ProgramBuilder() = default;

std::uint32_t ProgramBuilder::name(const std::vector<std::string>& names) {
  const std::uint64_t hash = hash_of(names);
  const auto* known =
      tables_->names.find(hash, [&](std::uint32_t at) { return *program_.names[at] == names; });
  if (known != nullptr) return *known;
  program_.names.push_back(&names);
  tables_->names.add(hash, static_cast<std::uint32_t>(program_.names.size() - 1));
  return static_cast<std::uint32_t>(program_.names.size() - 1);
}

std::uint32_t ProgramBuilder::constant(const Datum& value) {
  const std::uint64_t hash = hash_of(value);
  const auto* known =
      tables_->constants.find(hash, [&](std::uint32_t at) { return equal(program_.constants[at], value); });
  std::uint32_t number = static_cast<std::uint32_t>(program_.constants.size());
  if (known != nullptr) {
    number = *known;
  } else {
    program_.constants.push_back(value);
    tables_->constants.add(hash, number);
  }
  return intern({.op = Op::literal, .a = number});
}

std::uint32_t ProgramBuilder::intern(const Node& node) {
  std::uint64_t hash =
      mixed_hash(static_cast<std::uint64_t>(node.op), static_cast<std::uint64_t>(node.function));
  hash = mixed_hash(mixed_hash(hash, node.b), node.c);
  const auto list_of = [&](const Node& of) { return std::span(program_.lists).subspan(of.a, of.b); };
  if (has_list(node.op))
    for (const std::uint32_t child : list_of(node))
      hash = mixed_hash(hash, child);
  else
    hash = mixed_hash(hash, node.a);
  const auto* known = tables_->nodes.find(hash, [&](std::uint32_t at) {
    const Node& other = program_.nodes[at];
    if (!has_list(node.op)) return other == node;
    return other.op == node.op && other.function == node.function && other.b == node.b && other.c == node.c &&
           std::ranges::equal(list_of(other), list_of(node));
  });
  if (known != nullptr) return *known;
  const auto number = static_cast<std::uint32_t>(program_.nodes.size());
  program_.nodes.push_back(node);
  tables_->nodes.add(hash, number);
  tables_->uses.push_back(0);
  each_operand(program_, node, [&](std::uint32_t child) { ++tables_->uses[child]; });
  return number;
}

// The list is taken back when the node is known already.
std::uint32_t ProgramBuilder::intern_list(Node node, const std::vector<std::uint32_t>& children) {
  node.a = static_cast<std::uint32_t>(program_.lists.size());
  node.b = static_cast<std::uint32_t>(children.size());
  program_.lists.insert(program_.lists.end(), children.begin(), children.end());
  const std::size_t before = program_.nodes.size();
  const std::uint32_t number = intern(node);
  if (program_.nodes.size() == before) program_.lists.resize(node.a);
  return number;
}

// Operands that decide nothing are left out, and those behind one that always decides.
std::uint32_t ProgramBuilder::logical(Op op, const std::vector<std::uint32_t>& children) {
  const bool stops_at = op == Op::or_;
  std::vector<std::uint32_t> kept;
  for (const std::uint32_t child : children) {
    const Datum* value = program_.constant(child);
    const bool known = value != nullptr && value->kind == Datum::Kind::boolean;
    if (known && value->boolean != stops_at) continue;
    kept.push_back(child);
    if (known) break;
  }
  if (kept.empty()) return constant(Datum::of(!stops_at));
  const Datum* only = kept.size() == 1 ? program_.constant(kept[0]) : nullptr;
  if (only != nullptr && only->kind == Datum::Kind::boolean) return kept[0];
  if (kept.size() == 1 && yields_boolean(program_.nodes[kept[0]].op)) return kept[0];
  return intern_list({.op = op}, kept);
}

// A constant in place of a node whose operands are constants, unless computing it is a fault.
std::uint32_t ProgramBuilder::folded(std::uint32_t number) {
  const Node node = program_.nodes[number];
  bool constant_operands = node.op != Op::literal && node.op != Op::variable;
  each_operand(program_, node, [&](std::uint32_t child) {
    constant_operands = constant_operands && program_.constant(child) != nullptr;
  });
  if (!constant_operands || !needs_no_store(program_, node)) return number;
  MachineMemory memory;
  const Datum value = Machine(program_, tables_->request, tables_->entities, memory).run(number);
  if (value.is_fault()) return number;
  return constant(kept(value, *program_.arena));
}

// 1 + the number of the entity set that a constant right of `in` is; 0 when it is none.
std::uint32_t ProgramBuilder::entity_set(std::uint32_t right) {
  const Datum* value = program_.constant(right);
  if (value == nullptr || value->kind != Datum::Kind::set) return 0;
  for (std::size_t i = 0; i < value->size(); ++i)
    if (value->element(i).kind != Datum::Kind::entity) return 0;
  const auto [at, added] = tables_->entity_sets.try_emplace(program_.nodes[right].a, 0);
  if (added) {
    program_.entity_sets.emplace_back(*value);
    at->second = static_cast<std::uint32_t>(program_.entity_sets.size());
  }
  return at->second;
}

std::uint32_t ProgramBuilder::add(const Expression& expression) {
  if (expression.constant || expression.op == Op::literal) return constant(Datum::of(expression.value));
  if (expression.op == Op::variable)
    return intern({.op = Op::variable, .a = static_cast<std::uint32_t>(expression.variable)});
  std::vector<std::uint32_t> children;
  children.reserve(expression.args.size());
  for (const auto& arg : expression.args)
    children.push_back(add(arg));
  Node node{.op = expression.op};
  switch (expression.op) {
    case Op::and_:
    case Op::or_:
      return logical(expression.op, children);
    case Op::record:
      node.c = name(expression.names);
      return folded(intern_list(node, children));
    case Op::call:
      node.function = expression.function;
      return folded(intern_list(node, children));
    case Op::set:
      return folded(intern_list(node, children));
    case Op::if_:
      if (const Datum* value = program_.constant(children[0]);
          value != nullptr && value->kind == Datum::Kind::boolean)
        return children[value->boolean ? 1 : 2];
      node.c = children[2];
      break;
    case Op::attribute:
    case Op::has:
    case Op::like:
    case Op::is:
      node.b = name(expression.names);
      break;
    case Op::is_in:
      node.c = name(expression.names);
      break;
    case Op::in:
      node.c = entity_set(children[1]);
      break;
    default:
      break;
  }
  node.a = children[0];
  if (children.size() > 1) node.b = children[1];
  return folded(intern(node));
}

std::uint32_t ProgramBuilder::add_conjunction(const std::vector<std::uint32_t>& nodes) {
  return logical(Op::and_, nodes);
}

std::uint32_t ProgramBuilder::add_negation(std::uint32_t node) {
  return folded(intern({.op = Op::not_, .a = node}));
}

void ProgramBuilder::use(std::uint32_t node) {
  ++tables_->uses[node];
}

Program ProgramBuilder::finish() && {
  std::vector<std::uint32_t> shared;
  for (std::uint32_t number = 0; number < program_.nodes.size(); ++number) {
    const Op op = program_.nodes[number].op;
    if (op != Op::literal && op != Op::variable && tables_->uses[number] > 1) shared.push_back(number);
  }
  const auto used_more = [&](std::uint32_t a, std::uint32_t b) {
    return tables_->uses[a] > tables_->uses[b];
  };
  std::stable_sort(shared.begin(), shared.end(), used_more);
  if (shared.size() > kSlotsMax) shared.resize(kSlotsMax);
  for (const std::uint32_t number : shared)
    program_.nodes[number].slot = static_cast<std::uint16_t>(program_.slots++);
  program_.nodes.shrink_to_fit();
  program_.lists.shrink_to_fit();
  program_.constants.shrink_to_fit();
  program_.names.shrink_to_fit();
  return std::move(program_);
}

}  // namespace weir::cedar
