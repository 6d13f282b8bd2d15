#include "sigma/engine.h"

#include <algorithm>

#include "sigma/program.h"

namespace weir::sigma {
namespace {

constexpr std::uint32_t kNoSlot = UINT32_MAX;

// One value of the record.
struct Slot {
  std::uint32_t field = kOtherField;
  std::uint32_t next = kNoSlot;  // of the same field
  const Field* value = nullptr;
};

// Where a value stands in the text that is scanned.
struct Place {
  std::size_t begin = 0, end = 0;
  std::uint32_t slot = 0;
};

struct KnownName {
  std::string name;
  std::uint32_t field = kOtherField;
};

// What one log source needs: which rules are about it and which values they look at.
struct Plan {
  LogSource logsource;
  std::vector<std::uint8_t> applies;     // by rule
  std::vector<std::uint8_t> literal;     // by field: its values are scanned for literals
  std::vector<std::uint8_t> expression;  // by field: for expressions
  bool any_literal = false;              // keywords: all values are
  bool any_expression = false;
  std::vector<std::uint32_t> always;
  std::vector<std::uint8_t> shard;  // by shard: some rule of it applies
};

Plan make_plan(const Program& program, const LogSource& logsource) {
  Plan plan{.logsource = logsource};
  plan.applies.assign(program.rules.size(), 0);
  plan.literal.assign(program.fields.size(), 0);
  plan.expression.assign(program.fields.size(), 0);
  plan.shard.assign(program.shards.size(), 0);
  for (std::uint32_t rule = 0; rule < program.rules.size(); ++rule) {
    if (!covers(program.rules[rule].logsource, logsource)) continue;
    plan.applies[rule] = 1;
    plan.shard[program.rule_shard[rule]] = 1;
    for (const std::uint32_t index : program.rule_tests[rule]) {
      const CompiledTest& test = program.tests[index];
      const bool expression = std::holds_alternative<Expression>(test.test->check) && !test.by_literal;
      if (test.field == kAnyField)
        (expression ? plan.any_expression : plan.any_literal) = true;
      else
        (expression ? plan.expression : plan.literal)[test.field] = 1;
    }
  }
  for (const std::uint32_t rule : program.always)
    if (plan.applies[rule] == 1) plan.always.push_back(rule);
  return plan;
}

}  // namespace

struct Memory {
  std::shared_ptr<const Program> program;    // whose numbers the vectors below are about
  std::vector<std::unique_ptr<Plan>> plans;  // the last used first
  match::Scratch scratch;

  // Stamped with the number of the record they are true for, so that nothing is cleared between records.
  std::uint32_t epoch = 0;
  std::vector<std::uint32_t> test_hit;    // by test
  std::vector<std::uint64_t> tried;       // by test: epoch and slot of the value that was confirmed or not
  std::vector<std::uint32_t> rule_seen;   // by rule
  std::vector<std::uint32_t> node_value;  // by node: 2 * epoch + value
  std::vector<std::uint32_t> head_epoch;  // by field
  std::vector<std::uint32_t> head;        // by field: its first slot

  // Records of one source name the same fields in the same order: what stood at each place the last time.
  std::vector<KnownName> names;

  std::vector<Slot> slots;
  std::vector<Place> places;
  std::string text;
  std::vector<std::uint32_t> entered;  // rules to evaluate
  std::vector<std::uint32_t> matched;

  void begin(const std::shared_ptr<const Program>& wanted);
  const Plan& plan_of(const LogSource& logsource);
};

void Memory::begin(const std::shared_ptr<const Program>& wanted) {
  constexpr std::uint32_t kEpochMax = UINT32_MAX / 2 - 1;
  if (program != wanted || epoch >= kEpochMax) {
    if (program != wanted) plans.clear();
    program = wanted;
    epoch = 0;
    test_hit.assign(wanted->tests.size(), 0);
    tried.assign(wanted->tests.size(), 0);
    rule_seen.assign(wanted->rules.size(), 0);
    node_value.assign(wanted->nodes.size(), 0);
    head_epoch.assign(wanted->fields.size(), 0);
    head.assign(wanted->fields.size(), kNoSlot);
    names.clear();
  }
  ++epoch;
  slots.clear();
  places.clear();
  text.clear();
  entered.clear();
  matched.clear();
}

const Plan& Memory::plan_of(const LogSource& logsource) {
  constexpr std::size_t kPlansMax = 64;
  const auto found = std::find_if(plans.begin(), plans.end(), [&](const auto& plan) {
    return plan->logsource.category == logsource.category && plan->logsource.product == logsource.product &&
           plan->logsource.service == logsource.service;
  });
  if (found != plans.end()) {
    std::rotate(plans.begin(), found, found + 1);
  } else {
    if (plans.size() >= kPlansMax) plans.pop_back();
    plans.insert(plans.begin(), std::make_unique<Plan>(make_plan(*program, logsource)));
  }
  return *plans.front();
}

Workspace::Workspace() : memory_(std::make_unique<Memory>()) {}
Workspace::Workspace(Workspace&&) noexcept = default;
Workspace& Workspace::operator=(Workspace&&) noexcept = default;
Workspace::~Workspace() = default;

namespace {

// One record on its way through the engine.
class Run {
 public:
  Run(const Program& program, const Plan& plan, Memory& memory)
      : program_(program), plan_(plan), memory_(memory) {}

  Status match(Record record);

 private:
  void lay_out(Record record);
  std::uint32_t field_of(std::string_view name, std::size_t position);
  void on_literal(std::size_t pattern, std::size_t end);
  void on_expression(std::uint32_t test, const Slot& slot);
  bool confirmed(std::uint32_t test, const Place& place);
  void hit(std::uint32_t test);
  const Place* place_of(std::size_t begin, std::size_t end);
  bool node_holds(std::uint32_t index);
  bool test_holds(std::uint32_t index);
  bool looks_at(const CompiledTest& test, const Slot& slot) const;
  bool some_value_holds(const CompiledTest& test);
  bool same_values(const CompiledTest& test, const SameAs& same);
  std::uint32_t first_slot(std::uint32_t field) const;

  const Program& program_;
  const Plan& plan_;
  Memory& memory_;
  std::size_t cursor_ = 0;  // of place_of()
};

Status Run::match(Record record) {
  lay_out(record);
  for (std::size_t i = 0; i < program_.shards.size(); ++i) {
    if (plan_.shard[i] == 0) continue;
    const Shard& shard = program_.shards[i];
    const auto on_hit = [this, at = &shard](std::size_t pattern, std::size_t end) {
      on_literal(at->first + pattern, end);
      return true;
    };
    TRY_STATUS(shard.literals.scan(memory_.text, memory_.scratch, on_hit));
  }
  for (const Slot& slot : memory_.slots) {
    const bool wanted =
        plan_.any_expression || (slot.field < program_.fields.size() && plan_.expression[slot.field] == 1);
    if (!wanted || slot.value->kind == Field::Kind::null) continue;
    const auto on_hit = [this, at = &slot](std::size_t pattern, std::size_t) {
      on_expression(program_.expression_tests[pattern], *at);
      return true;
    };
    // An empty view may point nowhere, which the engine refuses.
    const std::string_view text = slot.value->text.empty() ? std::string_view("") : slot.value->text;
    TRY_STATUS(program_.expressions.scan(text, memory_.scratch, on_hit));
  }
  memory_.entered.insert(memory_.entered.end(), plan_.always.begin(), plan_.always.end());
  for (const std::uint32_t rule : memory_.entered)
    if (node_holds(program_.roots[rule])) memory_.matched.push_back(rule);
  std::sort(memory_.matched.begin(), memory_.matched.end());
  return {};
}

std::uint32_t Run::field_of(std::string_view name, std::size_t position) {
  constexpr std::size_t kPositionsMax = 256;
  auto& names = memory_.names;
  if (position < names.size() && names[position].name == name) return names[position].field;
  const auto found = program_.fields.find(name);
  const std::uint32_t field = found == program_.fields.end() ? kOtherField : found->second;
  if (position >= kPositionsMax) return field;
  if (position >= names.size()) names.resize(position + 1);
  names[position].name = name;
  names[position].field = field;
  return field;
}

void Run::lay_out(Record record) {
  memory_.text += kSeparator;
  std::size_t position = 0;
  for (const Field& value : record) {
    const std::uint32_t field = field_of(value.name, position++);
    const bool known = field != kOtherField;
    if (!known && !plan_.any_literal && !plan_.any_expression && value.kind == Field::Kind::object) continue;
    const auto index = static_cast<std::uint32_t>(memory_.slots.size());
    Slot slot{.field = field, .next = kNoSlot, .value = &value};
    if (known) {
      slot.next = first_slot(slot.field);
      memory_.head_epoch[slot.field] = memory_.epoch;
      memory_.head[slot.field] = index;
    }
    memory_.slots.push_back(slot);
    const bool scanned = plan_.any_literal || (known && plan_.literal[slot.field] == 1);
    if (!scanned || value.kind == Field::Kind::null) continue;
    const std::size_t begin = memory_.text.size();
    memory_.text += value.text;
    memory_.places.push_back({begin, memory_.text.size(), index});
    memory_.text += kSeparator;
  }
}

// The value that holds the bytes [begin, end). Reports come nearly in order, so it is never far.
const Place* Run::place_of(std::size_t begin, std::size_t end) {
  const auto& places = memory_.places;
  if (places.empty()) return nullptr;
  while (cursor_ > 0 && end < places[cursor_].begin)
    --cursor_;
  while (cursor_ + 1 < places.size() && end > places[cursor_].end)
    ++cursor_;
  const Place& place = places[cursor_];
  return begin >= place.begin && end <= place.end ? &place : nullptr;
}

void Run::on_literal(std::size_t pattern, std::size_t end) {
  const Literal literal = program_.literal_shapes[pattern];
  const std::size_t text_end = end - (literal.ends ? 1 : 0);
  const std::size_t text_begin = text_end - literal.size;
  const Place* place = place_of(text_begin, text_end);
  if (place == nullptr || (literal.starts && text_begin != place->begin) ||
      (literal.ends && text_end != place->end))
    return;
  const Slot& slot = memory_.slots[place->slot];
  for (const LiteralUse& use : program_.literal_uses[pattern]) {
    if (use.field != slot.field && use.field != kAnyField) continue;
    if (use.field == kAnyField && slot.value->kind == Field::Kind::object) continue;
    if (memory_.test_hit[use.test] == memory_.epoch) continue;
    if (!use.confirm || confirmed(use.test, *place)) hit(use.test);
  }
}

// A value is asked once, however often it holds the text that made it worth asking.
bool Run::confirmed(std::uint32_t test, const Place& place) {
  const std::uint64_t stamp = std::uint64_t{memory_.epoch} << 32 | place.slot;
  if (memory_.tried[test] == stamp) return false;
  memory_.tried[test] = stamp;
  return holds(*program_.tests[test].test, *memory_.slots[place.slot].value);
}

void Run::on_expression(std::uint32_t index, const Slot& slot) {
  const CompiledTest& test = program_.tests[index];
  if (!looks_at(test, slot) || memory_.test_hit[index] == memory_.epoch) return;
  if (holds(*test.test, *slot.value)) hit(index);
}

bool Run::looks_at(const CompiledTest& test, const Slot& slot) const {
  return test.field == kAnyField ? slot.value->kind != Field::Kind::object : test.field == slot.field;
}

void Run::hit(std::uint32_t test) {
  memory_.test_hit[test] = memory_.epoch;
  for (const std::uint32_t rule : program_.entered_by[test])
    if (plan_.applies[rule] == 1 && memory_.rule_seen[rule] != memory_.epoch) {
      memory_.rule_seen[rule] = memory_.epoch;
      memory_.entered.push_back(rule);
    }
}

// Recursion ends at the depth of a rule's condition (limits::kSigmaDepthMax).
bool Run::node_holds(std::uint32_t index) {
  std::uint32_t& known = memory_.node_value[index];
  if (known >> 1 == memory_.epoch) return (known & 1) == 1;
  const Node& node = program_.nodes[index];
  const auto parts = node.kind == Node::Kind::test
                         ? std::span<const std::uint32_t>()
                         : std::span(program_.children).subspan(node.first, node.count);
  const auto part_holds = [this](std::uint32_t part) { return node_holds(part); };
  bool value = false;
  switch (node.kind) {
    case Node::Kind::test:
      value = test_holds(node.first);
      break;
    case Node::Kind::all:
      value = std::all_of(parts.begin(), parts.end(), part_holds);
      break;
    case Node::Kind::any:
      value = std::any_of(parts.begin(), parts.end(), part_holds);
      break;
    case Node::Kind::negation:
      value = !node_holds(parts.front());
      break;
  }
  memory_.node_value[index] = memory_.epoch << 1 | (value ? 1U : 0U);
  return value;
}

std::uint32_t Run::first_slot(std::uint32_t field) const {
  return memory_.head_epoch[field] == memory_.epoch ? memory_.head[field] : kNoSlot;
}

bool Run::test_holds(std::uint32_t index) {
  const CompiledTest& test = program_.tests[index];
  if (test.scanned) return memory_.test_hit[index] == memory_.epoch;
  if (const auto* exists = std::get_if<Exists>(&test.test->check))
    return exists->wanted == (first_slot(test.field) != kNoSlot);
  if (const auto* same = std::get_if<SameAs>(&test.test->check)) return same_values(test, *same);
  if (!std::holds_alternative<IsNull>(test.test->check)) return some_value_holds(test);
  for (std::uint32_t i = first_slot(test.field); i != kNoSlot; i = memory_.slots[i].next)
    if (memory_.slots[i].value->kind != Field::Kind::null) return false;
  return true;
}

bool Run::some_value_holds(const CompiledTest& test) {
  if (test.field == kAnyField)
    return std::any_of(memory_.slots.begin(), memory_.slots.end(), [&](const Slot& slot) {
      return looks_at(test, slot) && holds(*test.test, *slot.value);
    });
  for (std::uint32_t i = first_slot(test.field); i != kNoSlot; i = memory_.slots[i].next)
    if (holds(*test.test, *memory_.slots[i].value)) return true;
  return false;
}

bool Run::same_values(const CompiledTest& test, const SameAs& same) {
  for (std::uint32_t i = first_slot(test.field); i != kNoSlot; i = memory_.slots[i].next)
    for (std::uint32_t j = first_slot(test.other_field); j != kNoSlot; j = memory_.slots[j].next) {
      const Field& a = *memory_.slots[i].value;
      const Field& b = *memory_.slots[j].value;
      if (a.kind != Field::Kind::null && b.kind != Field::Kind::null && holds(same, a.text, b.text))
        return true;
    }
  return false;
}

}  // namespace

Result<std::span<const std::uint32_t>> Engine::match(const LogSource& logsource, Record record,
                                                     Workspace& workspace) const {
  Memory& memory = *workspace.memory_;
  memory.begin(program_);
  TRY_STATUS(Run(*program_, memory.plan_of(logsource), memory).match(record));
  return std::span<const std::uint32_t>(memory.matched);
}

}  // namespace weir::sigma
