#include "facts/evaluate.h"

#include <algorithm>
#include <charconv>

#include "base/limits.h"
#include "facts/fields.h"

namespace weir::facts {
namespace {

using Kind = Formula::Kind;

bool to_integer(std::string_view text, std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

// `pieces` are the texts between stars: the first begins the text, the last ends it, the others lie between
// in their order.
bool is_like(const std::vector<std::string>& pieces, std::string_view text) {
  const std::string& first = pieces.front();
  if (pieces.size() == 1) return text == first;
  const std::string& last = pieces.back();
  if (text.size() < first.size() + last.size() || !text.starts_with(first) || !text.ends_with(last))
    return false;
  text = text.substr(first.size(), text.size() - first.size() - last.size());
  for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
    const auto at = text.find(pieces[i]);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + pieces[i].size());
  }
  return true;
}

bool passes(const Test& test, std::string_view value) {
  if (test.is_like) return is_like(test.pieces, value);
  std::int64_t number = 0;
  return to_integer(value, number) && holds(test.comparison, number, test.number);
}

std::int64_t back(std::int64_t now_ns, std::int64_t length_ns) {
  return length_ns == Interval::kForever || now_ns < INT64_MIN + length_ns ? INT64_MIN : now_ns - length_ns;
}

std::int64_t plus(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  if (__builtin_add_overflow(a, b, &out)) return b < 0 ? INT64_MIN : INT64_MAX;
  return out;
}

// A 64-bit name of a value: FNV-1a, finished so that near values lie apart. Equal names of different values
// can be made on purpose; who does hides a value from `distinct`, which is why facts bound counts too.
std::int64_t name_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  hash ^= hash >> 32;
  hash *= 0xd6e8feb86659fd93U;
  return static_cast<std::int64_t>(hash ^ (hash >> 32));
}

// The operators over one slice.
class Step {
 public:
  Step(Reading& reading, Slice& slice, std::int64_t now_ns)
      : reading_(reading), slice_(slice), now_ns_(now_ns) {}

  std::int64_t value(const Node& node) {
    switch (node.kind) {
      case Kind::negation:
        return truth(node.args[0]) == 0 ? 1 : 0;
      case Kind::all:
        return std::all_of(node.args.begin(), node.args.end(), [&](NodeId id) { return truth(id) != 0; });
      case Kind::some:
        return std::any_of(node.args.begin(), node.args.end(), [&](NodeId id) { return truth(id) != 0; });
      case Kind::measured:
        return holds(node.comparison, truth(node.args[0]), node.number) ? 1 : 0;
      case Kind::once:
        return latest(node, false, truth(node.args[0]) != 0);
      case Kind::since:
        return latest(node, truth(node.args[0]) == 0, truth(node.args[1]) != 0);
      case Kind::previously:
        return previously(node);
      case Kind::count:
        return count(node, 1);
      case Kind::sum:
        return sum(node);
      case Kind::distinct:
        return distinct(node);
      case Kind::truth:
      case Kind::compare:
      case Kind::one_of:
      case Kind::like:
        break;  // atoms are no nodes
    }
    return 0;
  }

  std::uint64_t forgotten = 0;

 private:
  std::int64_t truth(NodeId id) const { return reading_.truth[id]; }
  Cell& cell(const Node& node) { return slice_.cells[node.cell]; }

  void remember(Window& window, Window::Entry entry) {
    if (window.size() >= limits::kFactWindowEventsMax) {
      window.pop();
      ++forgotten;
    }
    window.push(entry);
  }

  // once, since: `cut` ends what was, `here` begins anew. Only the latest time that is old enough matters.
  std::int64_t latest(const Node& node, bool cut, bool here) {
    Cell& past = cell(node);
    if (cut) {
      past.latest_ns = Cell::kNever;
      past.window.clear();
    }
    if (node.interval.from_ns == 0) {
      if (here) past.latest_ns = now_ns_;
    } else {
      // Of equal times one is enough.
      if (here && (past.window.empty() || past.total != now_ns_)) {
        remember(past.window, {now_ns_, 0});
        past.total = now_ns_;  // the newest time in the window
      }
      const std::int64_t ripe_ns = back(now_ns_, node.interval.from_ns);
      while (!past.window.empty() && past.window.front().time_ns <= ripe_ns) {
        past.latest_ns = past.window.front().time_ns;
        past.window.pop();
      }
    }
    return past.latest_ns != Cell::kNever && past.latest_ns >= back(now_ns_, node.interval.to_ns) ? 1 : 0;
  }

  std::int64_t previously(const Node& node) {
    Cell& past = cell(node);
    const bool was = past.flag && past.latest_ns != Cell::kNever &&
                     past.latest_ns >= back(now_ns_, node.interval.to_ns) &&
                     past.latest_ns <= back(now_ns_, node.interval.from_ns);
    past.flag = truth(node.args[0]) != 0;
    past.latest_ns = now_ns_;
    return was ? 1 : 0;
  }

  std::int64_t count(const Node& node, std::int64_t amount) {
    Cell& past = cell(node);
    const bool here = truth(node.args[0]) != 0 && amount != 0;
    if (here) past.total = plus(past.total, amount);
    if (node.interval.to_ns == Interval::kForever) return past.total;
    if (here && node.kind == Kind::count && node.remembered_max < limits::kFactWindowEventsMax &&
        past.window.size() >= node.remembered_max) {
      // Older ones cannot change any answer.
      past.total = plus(past.total, -past.window.front().value);
      past.window.pop();
    }
    if (here) {
      if (past.window.size() >= limits::kFactWindowEventsMax)
        past.total = plus(past.total, -past.window.front().value);
      remember(past.window, {now_ns_, amount});
    }
    const std::int64_t oldest_ns = back(now_ns_, node.interval.to_ns);
    while (!past.window.empty() && past.window.front().time_ns < oldest_ns) {
      past.total = plus(past.total, -past.window.front().value);
      past.window.pop();
    }
    return past.total;
  }

  std::int64_t sum(const Node& node) {
    std::int64_t amount = 0;
    for (const auto text : reading_.values[node.field])
      if (std::int64_t number = 0; to_integer(text, number) && number != INT64_MIN)
        amount = plus(amount, number);
    return count(node, amount);
  }

  std::int64_t distinct(const Node& node) {
    Cell& past = cell(node);
    if (truth(node.args[0]) != 0)
      for (const auto text : reading_.values[node.field]) {
        const std::int64_t name = name_of(text);
        if (past.last_seen.size() >= limits::kFactWindowEventsMax && !past.last_seen.contains(name)) {
          ++forgotten;
          continue;
        }
        past.last_seen[name] = now_ns_;
        if (node.interval.to_ns != Interval::kForever) note_seen(past, name);
      }
    const std::int64_t oldest_ns = back(now_ns_, node.interval.to_ns);
    while (!past.window.empty() && past.window.front().time_ns < oldest_ns)
      drop_seen(past);
    return static_cast<std::int64_t>(past.last_seen.size());
  }

  // Every sighting is in the window; only the latest of a value takes it away when it leaves.
  void note_seen(Cell& past, std::int64_t name) {
    constexpr std::size_t kSightingsMax = 4 * limits::kFactWindowEventsMax;
    if (past.window.size() >= kSightingsMax) drop_seen(past);
    past.window.push({now_ns_, name});
  }
  void drop_seen(Cell& past) {
    const Window::Entry oldest = past.window.front();
    past.window.pop();
    const auto it = past.last_seen.find(oldest.value);
    if (it == past.last_seen.end() || it->second != oldest.time_ns) return;
    past.last_seen.erase(it);
  }

  Reading& reading_;
  Slice& slice_;
  std::int64_t now_ns_;
};

}  // namespace

void Reading::clear(std::size_t filled_before) {
  while (filled.size() > filled_before) {
    values[filled.back()].clear();
    filled.pop_back();
  }
}

void Reading::add(const FactSet& set, std::uint32_t field, std::string_view value) {
  if (values[field].empty()) filled.push_back(field);
  values[field].push_back(value);
  const auto& equals = set.equals()[field];
  if (equals.empty()) return;
  if (const auto atoms = equals.find(value); atoms != equals.end())
    for (const NodeId atom : atoms->second)
      truth[atom] = 1;
}

void Reading::add(const FactSet& set, std::string_view name, std::string_view value) {
  const auto it = set.field_numbers().find(name);
  if (it != set.field_numbers().end()) add(set, it->second, value);
}

// Conditions that are no equality, on the fields from `first_filled` on.
void Reading::test(const FactSet& set, std::size_t first_filled) {
  const auto fresh = std::span(filled).subspan(first_filled);
  for (const auto& one : set.tests()) {
    if (values[one.field].empty() || std::find(fresh.begin(), fresh.end(), one.field) == fresh.end())
      continue;
    for (const auto value : values[one.field])
      if (passes(one, value)) {
        truth[one.atom] = 1;
        break;
      }
  }
}

void Reading::read(const FactSet& set, const Instant& instant) {
  values.resize(set.fields().size());
  clear(0);
  truth.assign(set.atoms(), 0);
  truth[0] = 1;
  for (const auto& [name, value] : instant.fields)
    add(set, name, value);
  test(set, 0);
}

void Reading::begin(const FactSet& set, const Happening& happening) {
  values.resize(set.fields().size());
  clear(0);
  truth.assign(set.atoms(), 0);
  truth[0] = 1;
  each_shared_field(happening, [&](std::string_view name, std::string_view value) { add(set, name, value); });
  test(set, 0);
  shared_ = filled.size();
  shared_truth_ = truth;
}

void Reading::next(const FactSet& set, const event::Action* action) {
  clear(shared_);
  truth.assign(shared_truth_.begin(), shared_truth_.end());
  numbers_.clear();
  if (action == nullptr) return;
  each_action_field(*action, numbers_,
                    [&](std::string_view name, std::string_view value) { add(set, name, value); });
  test(set, shared_);
}

std::uint64_t advance(const Slicing& slicing, std::size_t atoms, Reading& reading, Slice& slice,
                      std::int64_t now_ns) {
  slice.cells.resize(slicing.cells);
  reading.truth.resize(atoms + slicing.nodes.size());
  slice.last_ns = std::max(slice.last_ns, now_ns);
  Step step(reading, slice, slice.last_ns);
  for (std::size_t i = 0; i < slicing.nodes.size(); ++i)
    reading.truth[atoms + i] = step.value(slicing.nodes[i]);
  return step.forgotten;
}

}  // namespace weir::facts
