#include "match/sieve.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <new>
#include <utility>

#include "match/nfa.h"
#include "match/parts.h"

namespace weir::match {
namespace {

constexpr std::size_t kStatesMax = 16'384;  // in one SieveMemory; below 2^15
constexpr std::size_t kStateBytesMax = std::size_t{3} * 512 * 1024;
constexpr std::uint16_t kFires = 0x8000;   // parts end on the way into this state
constexpr std::uint16_t kUnmade = 0x7FFF;  // a transition that was not met yet

// What stood before the present byte.
enum class Before : char { nothing, other, word };

bool is_word_byte(unsigned byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
         byte == '_';
}

// A part that was found arms the next one of its way; the last tells of its expression.
struct PartPlace {
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  std::uint32_t needs = kNone;       // the part before it
  std::uint32_t expression = kNone;  // of a last part
};

// Memory that begins with a line of the processor's cache.
template <class T>
struct InCacheLines {
  using value_type = T;
  static constexpr std::align_val_t kLine{64};
  InCacheLines() = default;
  template <class Other>
  InCacheLines(const InCacheLines<Other>&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), kLine)); }
  void deallocate(T* memory, std::size_t) { ::operator delete(memory, kLine); }
  bool operator==(const InCacheLines&) const = default;
};

using Bits = std::vector<std::uint64_t>;
void put(Bits& bits, std::size_t i) {
  bits[i / 64] |= std::uint64_t{1} << (i % 64);
}
bool has(const Bits& bits, std::size_t i) {
  return (bits[i / 64] >> (i % 64) & 1) != 0;
}

}  // namespace

struct Sieve::State {
  Nfa nfa;
  std::vector<std::uint32_t> always;  // expressions that are not read, or say nothing
  std::size_t unread = 0;
  // Later parts of a way have lower numbers, so that of parts that end in one place a later one is not taken
  // to stand behind an earlier one.
  std::vector<PartPlace> parts;
  std::vector<ByteSet> stops;  // by part
  std::size_t expressions = 0;

  std::array<std::uint8_t, 256> class_of{};  // bytes that no part tells apart are of one class
  std::array<bool, 256> stopping{};          // bytes that some gap cannot hold
  std::size_t classes = 0;                   // the last one is the text's end
  unsigned shift = 0;                        // a row of transitions has 2^shift places
  std::vector<bool> word_class;
  std::vector<std::vector<bool>> in_set;  // by set, by class
  std::vector<Bits> keeps;                // by class: the parts that stay found; empty: all
  std::vector<Nfa::NodeId> start;         // where every part begins

  void add(std::uint32_t index, const std::string& expression);
  void divide();
  Bits kept_behind(unsigned byte) const;
};

void Sieve::State::add(std::uint32_t index, const std::string& expression) {
  const auto tree = parse_expression("(?i)" + expression);
  if (!tree) {
    ++unread;
    always.push_back(index);
    return;
  }
  const auto ways = ways_of(*tree);
  bool known = std::none_of(ways.begin(), ways.end(), [](const Way& way) { return way.empty(); });
  for (const Way& way : ways) {
    const auto first = static_cast<std::uint32_t>(parts.size());
    for (std::size_t i = way.size(); i-- > 0;) {
      const auto number = static_cast<std::uint32_t>(parts.size());
      known = known && nfa.add(way[i].row, number);
      parts.push_back({i == 0 ? PartPlace::kNone : number + 1, number == first ? index : PartPlace::kNone});
      stops.push_back(way[i].stops);
    }
  }
  if (!known) always.push_back(index);
}

// Bytes into classes: those that are in the same sets. Frequent bytes come first, so that most transitions of
// a state lie in one line of the processor's cache.
void Sieve::State::divide() {
  constexpr std::string_view kFrequent = " etaoinsrhldcumfpgwybvkxjqz";
  std::vector<ByteSet> dividing = nfa.sets();
  dividing.insert(dividing.end(), stops.begin(), stops.end());
  std::map<std::string, std::vector<unsigned>> alike;
  std::vector<const std::vector<unsigned>*> in_order;
  const auto put_in = [&](unsigned byte) {
    std::string mark(1, is_word_byte(byte) ? 'w' : ' ');
    for (const ByteSet& set : dividing)
      mark += set.test(byte) ? '1' : '0';
    auto& members = alike[mark];
    if (members.empty()) in_order.push_back(&members);
    members.push_back(byte);
  };
  for (const char c : kFrequent)
    put_in(static_cast<unsigned char>(c));
  for (unsigned byte = 0; byte < 256; ++byte)
    if (kFrequent.find(static_cast<char>(byte)) == std::string_view::npos) put_in(byte);
  in_set.resize(nfa.sets().size());
  for (const auto* members : in_order) {
    const unsigned byte = members->front();
    for (const unsigned member : *members)
      class_of[member] = static_cast<std::uint8_t>(classes);
    ++classes;
    word_class.push_back(is_word_byte(byte));
    for (std::size_t i = 0; i < in_set.size(); ++i)
      in_set[i].push_back(nfa.sets()[i].test(byte));
    const bool stops_any =
        std::any_of(stops.begin(), stops.end(), [&](const ByteSet& set) { return set.test(byte); });
    keeps.push_back(stops_any ? kept_behind(byte) : Bits());
    for (const unsigned member : *members)
      stopping[member] = stops_any;
  }
  word_class.push_back(false);  // the text's end
  ++classes;
  shift = static_cast<unsigned>(std::bit_width(std::bit_ceil(classes)) - 1);
}

// The parts that stay found when this byte follows.
Bits Sieve::State::kept_behind(unsigned byte) const {
  Bits keep((parts.size() + 63) / 64, ~std::uint64_t{0});
  for (std::size_t part = 0; part < parts.size(); ++part)
    if (parts[part].needs != PartPlace::kNone && stops[part].test(byte))
      keep[parts[part].needs / 64] &= ~(std::uint64_t{1} << (parts[part].needs % 64));
  return keep;
}

// States of the automaton: what stood before, the parts that end on the way in, the nodes that are alive.
struct SieveMemory::State {
  // All of them behind each other in `numbers`: `before` and the number of parts, parts, nodes.
  struct Place {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
  };
  std::weak_ptr<const Sieve::State> owner;
  std::vector<std::uint16_t, InCacheLines<std::uint16_t>> next;
  std::vector<Place> met;
  std::vector<std::uint32_t> numbers;
  std::vector<std::uint16_t> slots;  // a hash table of met states, number + 1; at most half full

  // Of one text.
  Bits found;  // parts that others wait behind
  bool any_found = false;
  Bits matching;  // expressions

  // Of one transition.
  std::vector<std::uint32_t> marks;  // by node: the last closure it was put in
  std::uint32_t mark = 0;
  std::vector<Nfa::NodeId> here;
  std::vector<Nfa::NodeId> waiting;
  std::vector<std::uint32_t> made;

  void begin(const std::shared_ptr<const Sieve::State>& sieve);
  void begin_anew(const Sieve::State& sieve);
  std::size_t bytes() const {
    return next.size() * sizeof next[0] + met.size() * sizeof met[0] + numbers.size() * sizeof numbers[0] +
           slots.size() * sizeof slots[0];
  }
  bool is_full() const { return met.size() >= kStatesMax || bytes() >= kStateBytesMax; }
  std::span<const std::uint32_t> at(std::uint16_t state) const {
    return std::span(numbers).subspan(met[state].begin, met[state].size);
  }
  // Forgets all states but this one, and gives its new number.
  std::uint16_t keep_only(const Sieve::State& sieve, std::uint16_t state);
  std::uint16_t number_of(const Sieve::State& sieve, std::span<const std::uint32_t> state);
  void grow_slots();
  std::uint16_t make(const Sieve::State& sieve, std::uint16_t from, std::size_t byte_class);
  void close(const Nfa& nfa, Nfa::NodeId node, std::vector<Nfa::NodeId>& out);
  void fire(const Sieve::State& sieve, std::uint16_t state);
  void stop(const Bits& keep) {
    std::uint64_t rest = 0;
    for (std::size_t i = 0; i < found.size(); ++i)
      rest |= found[i] &= keep[i];
    any_found = rest != 0;
  }
};

namespace {

// The first number of a state.
std::uint32_t head_of(Before before, std::size_t parts) {
  return static_cast<std::uint32_t>(before) | static_cast<std::uint32_t>(parts) << 2;
}
Before before_of(std::uint32_t head) {
  return static_cast<Before>(head & 3);
}
std::size_t parts_of(std::uint32_t head) {
  return head >> 2;
}

std::size_t hash_of(std::span<const std::uint32_t> state) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a over words
  for (const std::uint32_t number : state)
    hash = (hash ^ number) * 0x100000001b3;
  return hash ^ hash >> 32;
}

}  // namespace

void SieveMemory::State::begin(const std::shared_ptr<const Sieve::State>& sieve) {
  if (met.empty() || owner.owner_before(sieve) || sieve.owner_before(owner)) {
    owner = sieve;
    marks.assign(sieve->nfa.nodes().size(), 0);
    mark = 0;
    begin_anew(*sieve);
  }
  found.assign((sieve->parts.size() + 63) / 64, 0);
  any_found = false;
  matching.assign((sieve->expressions + 63) / 64, 0);
}

// State 0 is where a text begins.
void SieveMemory::State::begin_anew(const Sieve::State& sieve) {
  next.clear();
  met.clear();
  numbers.clear();
  slots.assign(64, 0);
  made = {head_of(Before::nothing, 0)};
  made.insert(made.end(), sieve.start.begin(), sieve.start.end());
  (void)number_of(sieve, made);
}

std::uint16_t SieveMemory::State::keep_only(const Sieve::State& sieve, std::uint16_t state) {
  const auto kept = at(state);
  const std::vector<std::uint32_t> copy(kept.begin(), kept.end());
  begin_anew(sieve);
  return number_of(sieve, copy) & static_cast<std::uint16_t>(~kFires);
}

// With kFires when parts end on the way in.
std::uint16_t SieveMemory::State::number_of(const Sieve::State& sieve, std::span<const std::uint32_t> state) {
  const auto fires = parts_of(state[0]) == 0 ? std::uint16_t{0} : kFires;
  std::size_t slot = hash_of(state) & (slots.size() - 1);
  for (; slots[slot] != 0; slot = (slot + 1) & (slots.size() - 1)) {
    const auto number = static_cast<std::uint16_t>(slots[slot] - 1);
    if (std::ranges::equal(at(number), state)) return number | fires;
  }
  const auto number = static_cast<std::uint16_t>(met.size());
  slots[slot] = static_cast<std::uint16_t>(number + 1);
  met.push_back({static_cast<std::uint32_t>(numbers.size()), static_cast<std::uint32_t>(state.size())});
  numbers.insert(numbers.end(), state.begin(), state.end());
  next.insert(next.end(), std::size_t{1} << sieve.shift, kUnmade);
  if (2 * met.size() > slots.size()) grow_slots();
  return number | fires;
}

void SieveMemory::State::grow_slots() {
  slots.assign(2 * slots.size(), 0);
  for (std::uint16_t number = 0; number < met.size(); ++number) {
    std::size_t slot = hash_of(at(number)) & (slots.size() - 1);
    while (slots[slot] != 0)
      slot = (slot + 1) & (slots.size() - 1);
    slots[slot] = static_cast<std::uint16_t>(number + 1);
  }
}

// The node and all that it is joined to by nothing; only those that lead on are kept.
void SieveMemory::State::close(const Nfa& nfa, Nfa::NodeId node, std::vector<Nfa::NodeId>& out) {
  waiting.push_back(node);
  while (!waiting.empty()) {
    const Nfa::NodeId id = waiting.back();
    waiting.pop_back();
    if (std::exchange(marks[id], mark) == mark) continue;
    const Nfa::Node& one = nfa.nodes()[id];
    const bool at_place =
        one.at_boundary != Nfa::kNone || one.at_begin != Nfa::kNone || one.at_end != Nfa::kNone;
    if (!one.edges.empty() || at_place || one.part != Nfa::kNone) out.push_back(id);
    waiting.insert(waiting.end(), one.free.begin(), one.free.end());
  }
}

// The transition from a state over a byte: first what is joined by this place, then what the byte leads to.
std::uint16_t SieveMemory::State::make(const Sieve::State& sieve, std::uint16_t from,
                                       std::size_t byte_class) {
  const Nfa& nfa = sieve.nfa;
  const bool is_end = byte_class + 1 == sieve.classes;
  const auto state = at(from);
  const Before before = before_of(state[0]);
  const bool boundary = (before == Before::word) != sieve.word_class[byte_class];
  here.assign(state.begin() + 1 + static_cast<std::ptrdiff_t>(parts_of(state[0])), state.end());
  ++mark;
  for (const Nfa::NodeId id : here)
    marks[id] = mark;
  made = {0};
  for (std::size_t i = 0; i < here.size(); ++i) {
    const Nfa::Node& node = nfa.nodes()[here[i]];
    if (node.part != Nfa::kNone) made.push_back(node.part);
    if (node.at_boundary != Nfa::kNone && boundary) close(nfa, node.at_boundary, here);
    if (node.at_begin != Nfa::kNone && before == Before::nothing) close(nfa, node.at_begin, here);
    if (node.at_end != Nfa::kNone && is_end) close(nfa, node.at_end, here);
  }
  made[0] = head_of(sieve.word_class[byte_class] ? Before::word : Before::other, made.size() - 1);
  std::sort(made.begin() + 1, made.end());
  const auto parts = static_cast<std::ptrdiff_t>(made.size());
  ++mark;
  if (!is_end) {
    for (const Nfa::NodeId id : here)
      for (const Nfa::Edge& edge : nfa.nodes()[id].edges)
        if (sieve.in_set[edge.set][byte_class]) close(nfa, edge.to, made);
    for (const Nfa::NodeId id : sieve.start)
      close(nfa, id, made);
  }
  std::sort(made.begin() + parts, made.end());
  const std::uint16_t number = number_of(sieve, made);
  next[(static_cast<std::size_t>(from) << sieve.shift) + byte_class] = number;
  return number;
}

void SieveMemory::State::fire(const Sieve::State& sieve, std::uint16_t state) {
  const auto numbers_here = at(state);
  for (const std::uint32_t part : numbers_here.subspan(1, parts_of(numbers_here[0]))) {
    const PartPlace& place = sieve.parts[part];
    if (place.needs != PartPlace::kNone && !has(found, place.needs)) continue;
    if (place.expression != PartPlace::kNone)
      put(matching, place.expression);
    else
      put(found, part);
  }
  any_found = true;
}

SieveMemory::SieveMemory() : state_(std::make_unique<State>()) {}
SieveMemory::SieveMemory(SieveMemory&&) noexcept = default;
SieveMemory& SieveMemory::operator=(SieveMemory&&) noexcept = default;
SieveMemory::~SieveMemory() = default;

std::size_t SieveMemory::states() const {
  return state_->met.size();
}

Sieve::Sieve() : Sieve(std::span<const std::string>()) {}

Sieve::Sieve(std::span<const std::string> expressions) {
  auto state = std::make_shared<State>();
  state->expressions = expressions.size();
  for (std::size_t i = 0; i < expressions.size(); ++i)
    state->add(static_cast<std::uint32_t>(i), expressions[i]);
  state->divide();
  SieveMemory memory;
  memory.state_->marks.assign(state->nfa.nodes().size(), 0);
  memory.state_->mark = 1;
  memory.state_->close(state->nfa, Nfa::kStart, state->start);
  state_ = std::move(state);
}

void Sieve::possible(std::string_view text, SieveMemory& memory, std::vector<std::uint32_t>& out) const {
  const State& sieve = *state_;
  SieveMemory::State& states = *memory.state_;
  states.begin(state_);
  const std::uint16_t* next = states.next.data();
  const unsigned shift = sieve.shift;
  std::uint16_t at = 0;
  const auto step = [&](std::size_t byte_class) {
    std::uint16_t to = next[(static_cast<std::size_t>(at) << shift) + byte_class];
    if (to >= kUnmade) [[unlikely]] {
      if (to == kUnmade) {
        if (states.is_full()) at = states.keep_only(sieve, at);
        to = states.make(sieve, at, byte_class);
        next = states.next.data();
      }
      if ((to & kFires) != 0) {
        to &= static_cast<std::uint16_t>(~kFires);
        states.fire(sieve, to);
      }
    }
    at = to;
  };
  for (const char c : text) {
    const std::size_t byte_class = sieve.class_of[static_cast<unsigned char>(c)];
    step(byte_class);
    if (states.any_found && sieve.stopping[static_cast<unsigned char>(c)])
      states.stop(sieve.keeps[byte_class]);
  }
  step(sieve.classes - 1);

  out = sieve.always;
  for (std::size_t i = 0; i < states.matching.size(); ++i)
    for (std::uint64_t rest = states.matching[i]; rest != 0; rest &= rest - 1)
      out.push_back(static_cast<std::uint32_t>(i * 64 + static_cast<std::size_t>(std::countr_zero(rest))));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
}

std::size_t Sieve::unread() const {
  return state_->unread;
}

}  // namespace weir::match
