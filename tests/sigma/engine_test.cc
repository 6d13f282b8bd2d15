// The engine against the plain reading of rules, its cache, its memory.
#include "sigma/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <random>

#include "base/bytes.h"
#include "sigma/parse.h"
#include "sigma/plain.h"
#include "sigma/shared_rows.h"
#include "sigma/write.h"

// Counts what this program allocates (not inlined: g++ 12 would take the pair for a mismatch). Sanitizers
// bring an allocator of their own; there the test is skipped.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WEIR_COUNTS_ALLOCATIONS 0
#else
#define WEIR_COUNTS_ALLOCATIONS 1
namespace {
std::size_t g_allocations = 0;
}
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++g_allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
#endif

namespace weir::sigma {
namespace {

const LogSource kLog{.category = "process_creation", .product = "linux", .service = "", .definition = ""};

std::vector<std::string> names_of(const RuleSet& set, std::span<const std::uint32_t> matched) {
  std::vector<std::string> out;
  for (const std::uint32_t rule : matched)
    out.push_back(set.rules[rule].meta.key());
  return out;
}

RuleSet read(const std::string& text) {
  RuleSet set;
  read_rules(set, text, "f.yml", {});
  link(set);
  return set;
}

std::string rule(const std::string& name, const std::string& logsource, const std::string& detection) {
  return "---\ntitle: " + name + "\nname: " + name + "\nlogsource: " + logsource +
         "\ndetection: " + detection + "\n";
}

TEST(Engine, RulesAreAskedOnlyAboutTheirLogs) {
  const std::string found = "{s: {F|contains: needle}, condition: s}";
  const RuleSet set =
      read(rule("any", "{product: linux}", found) + rule("proc", "{category: process_creation}", found) +
           rule("both", "{product: linux, category: process_creation}", found) +
           rule("windows", "{product: windows}", found) +
           rule("service", "{product: linux, service: auditd}", found));
  const Engine engine = *Engine::compile(set.rules);
  Workspace workspace;
  const Json event = Json::object({{"F", "a needle"}});
  FlatEvent flat;
  flat.assign(event);
  const auto ask = [&](const LogSource& log) {
    return names_of(set, *engine.match(log, flat.fields(), workspace));
  };
  EXPECT_EQ(ask(kLog), (std::vector<std::string>{"any", "proc", "both"}));
  EXPECT_EQ(ask({"", "windows", "sysmon", ""}), std::vector<std::string>{"windows"});
  EXPECT_EQ(ask({"", "linux", "auditd", ""}), (std::vector<std::string>{"any", "service"}));
  EXPECT_EQ(ask({}), std::vector<std::string>{});
  EXPECT_EQ(Engine().match(kLog, flat.fields(), workspace)->size(), 0U);
  EXPECT_EQ(ask(kLog),
            (std::vector<std::string>{"any", "proc", "both"}));  // the workspace serves many engines
}

TEST(Engine, EqualPartsAreOneNode) {
  const RuleSet set = read(rule("a", "{product: p}", "{s: {A: x, B: y}, f: {C: z}, condition: s and not f}") +
                           rule("b", "{product: p}", "{t: {B: y, A: x}, condition: t}") +
                           rule("c", "{product: p}", "{g: {C: Z}, condition: g}"));
  const auto size = Engine::compile(set.rules)->size();
  EXPECT_EQ(size.tests, 4U);  // "z" and "Z" are told apart only as tests, not as patterns
  EXPECT_EQ(size.literals, 3U);
}

TEST(Engine, ValuesMayHoldTheSeparator) {
  const RuleSet set = read(rule("whole", "{product: linux}", "{s: {A: x}, condition: s}") +
                           rule("first", "{product: linux}", "{s: {A|startswith: x}, condition: s}") +
                           rule("last", "{product: linux}", "{s: {A|endswith: x}, condition: s}"));
  const Engine engine = *Engine::compile(set.rules);
  Workspace workspace;
  const auto ask = [&](std::string_view value) {
    const Field field{.name = "A", .text = value};
    return names_of(set, *engine.match(kLog, {&field, 1}, workspace));
  };
  EXPECT_EQ(ask("a\xFFx\xFF"
                "b"),
            std::vector<std::string>{});
  EXPECT_EQ(ask("\xFFx"), std::vector<std::string>{"last"});
  EXPECT_EQ(ask("x\xFF"), std::vector<std::string>{"first"});
  EXPECT_EQ(ask("x"), (std::vector<std::string>{"whole", "first", "last"}));
}

class KeptInMemory final : public match::DatabaseStore {
 public:
  std::string get(const std::string& name) override {
    const auto it = kept_.find(name);
    taken += it == kept_.end() ? 0 : 1;
    return it == kept_.end() ? std::string() : it->second;
  }
  void put(const std::string& name, std::string_view bytes) override {
    ++put_;
    kept_[name] = bytes;
  }
  int taken = 0;
  int times_put() const { return put_; }

 private:
  std::map<std::string, std::string> kept_;
  int put_ = 0;
};

TEST(Engine, KeptDatabasesGiveTheSameEngine) {
  const RuleSet set = read(rule("a", "{product: linux}",
                                "{s: {A|contains: needle}, r: {B|re: 'x{2,9}y'}, "
                                "big: {C|re: '(a|bc){900,1000}'}, condition: 1 of them}"));
  KeptInMemory store;
  const Engine first = *Engine::compile(set.rules, &store);
  const int put = store.times_put();
  EXPECT_GT(put, 0);
  const Engine second = *Engine::compile(set.rules, &store);
  EXPECT_EQ(store.times_put(), put) << "nothing was compiled again";
  EXPECT_GE(store.taken, put);
  Workspace workspace;
  std::string as(1000, 'a');
  for (const Engine* engine : {&first, &second})
    for (const auto& [name, text] :
         {std::pair<std::string, std::string>{"A", "the needle"}, {"B", "xxy"}, {"C", as}}) {
      const Field field{.name = name, .text = text};
      EXPECT_EQ(engine->match(kLog, {&field, 1}, workspace)->size(), 1U) << name;
    }
  const RuleSet other = read(rule("b", "{product: linux}", "{s: {A|contains: thread}, condition: s}"));
  ASSERT_TRUE(Engine::compile(other.rules, &store));
  EXPECT_GT(store.times_put(), put);
}

#if WEIR_COUNTS_ALLOCATIONS
TEST(Engine, TheSteadyStateAllocatesNothing) {
  std::string text;
  for (int i = 0; i < 200; ++i)
    text +=
        rule("r" + std::to_string(i), "{product: linux}",
             "{s: {Image|endswith: /prog" + std::to_string(i) + ", CommandLine|contains|all: [alpha, \"n" +
                 std::to_string(i) + " \"]}, f: {User|re: 'x+y', N|gt: 4}, condition: s and not f}");
  const RuleSet set = read(text);
  const Engine engine = *Engine::compile(set.rules);
  Workspace workspace;
  FlatEvent flat;
  const Json event = Json::object({{"Image", "/usr/bin/prog7"},
                                   {"CommandLine", "prog7 --alpha n7 beta"},
                                   {"User", "someone with a name that is no small string"},
                                   {"N", 3},
                                   {"deep", Json::object({{"er", Json::array({1, "two"})}})}});
  const auto once = [&] {
    flat.assign(event);
    return engine.match(kLog, flat.fields(), workspace)->size();
  };
  EXPECT_EQ(once(), 1U);
  EXPECT_EQ(once(), 1U);
  flat.assign(event);
  const std::size_t before = g_allocations;
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(engine.match(kLog, flat.fields(), workspace)->size(), 1U);
  EXPECT_EQ(g_allocations - before, 0U);
}
#endif

// ---- Chance ----

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return random_() % n; }
  template <class T>
  const T& of(const std::vector<T>& list) {
    return list[below(list.size())];
  }

 private:
  std::mt19937 random_;
};

const std::vector<std::string> kFields = {"A", "B", "C.d", "N"};
const std::vector<std::string> kBits = {"a",  "b", "ab", "abc", "cab",  "-",  "/",   "é",   "*", "?",
                                        "\\", " ", "10", "3",   "\xFF", "\n", "ABC", "bca", "x", "10.0.0.1"};

std::string some_text(Dice& dice, std::size_t bits) {
  std::string out;
  for (std::size_t i = dice.below(bits + 1); i > 0; --i)
    out += dice.of(kBits);
  return out;
}

Expr some_test(Dice& dice) {
  static const std::vector<std::string> kKeys = {"",
                                                 "|contains",
                                                 "|startswith",
                                                 "|endswith",
                                                 "|contains|cased",
                                                 "|windash|contains",
                                                 "|exact",
                                                 "|re",
                                                 "|re|i",
                                                 "|base64offset|contains",
                                                 "|gt",
                                                 "|cidr",
                                                 "|exists",
                                                 "|fieldref",
                                                 "|neq",
                                                 "|contains|all"};
  static const std::vector<std::string> kExpressions = {"a+b",     "^a",       "c$", "^$",
                                                        "[^b]{2}", "(ab|ca)+", ".",  "x*"};
  for (;;) {
    std::string key = (dice.below(8) == 0 ? std::string() : dice.of(kFields)) + dice.of(kKeys);
    Json value = some_text(dice, 4);
    if (key.find("|re") != std::string::npos) value = dice.of(kExpressions);
    if (key.find("|gt") != std::string::npos) value = static_cast<std::int64_t>(dice.below(12));
    if (key.find("|cidr") != std::string::npos) value = "10.0.0.0/8";
    if (key.find("|exists") != std::string::npos) value = dice.below(2) == 0;
    if (key.find("|fieldref") != std::string::npos) value = dice.of(kFields);
    if (key.find("|all") != std::string::npos) value = Json::array({some_text(dice, 2), some_text(dice, 2)});
    if (dice.below(20) == 0) value = Json();
    if (auto expr = detection_item(key, value, {})) return *std::move(expr);
  }
}

Expr some_expression(Dice& dice, int depth) {
  const std::size_t kind = dice.below(depth > 0 ? 4 : 1);
  if (kind == 0) return some_test(dice);
  if (kind == 1) return Expr::negated(some_expression(dice, depth - 1));
  std::vector<Expr> parts;
  for (std::size_t i = 1 + dice.below(3); i > 0; --i)
    parts.push_back(some_expression(dice, depth - 1));
  return Expr::joined(kind == 2 ? Expr::Kind::all : Expr::Kind::any, std::move(parts));
}

std::string shown(Record record) {
  std::string out;
  for (const Field& field : record)
    out += std::string(field.name) + " = " + printable(field.text) + " kind " +
           std::to_string(static_cast<int>(field.kind)) + "\n";
  return out;
}

TEST(Engine, AgreesWithThePlainReadingOnRandomRulesAndRecords) {
  std::size_t matched_total = 0, asked = 0;
  for (unsigned seed = 0; seed < 25; ++seed) {
    Dice dice(seed);
    std::vector<Rule> rules(60);
    for (Rule& one : rules) {
      one.logsource = kLog;
      one.condition = some_expression(dice, 3);
    }
    const auto engine = Engine::compile(rules);
    ASSERT_TRUE(engine);
    Workspace workspace;
    for (int i = 0; i < 120; ++i) {
      std::vector<std::string> texts(6);
      std::vector<Field> record;
      for (std::size_t k = dice.below(6); k > 0; --k) {
        texts[k] = some_text(dice, 5);
        const auto kind = dice.below(9) == 0   ? Field::Kind::null
                          : dice.below(9) == 0 ? Field::Kind::object
                                               : Field::Kind::text;
        record.push_back({.name = dice.below(5) == 0 ? "Other" : std::string_view(dice.of(kFields)),
                          .text = kind == Field::Kind::null ? std::string_view() : std::string_view(texts[k]),
                          .kind = kind});
      }
      const auto matched = *engine->match(kLog, record, workspace);
      matched_total += matched.size();
      for (std::uint32_t r = 0; r < rules.size(); ++r, ++asked)
        ASSERT_EQ(std::binary_search(matched.begin(), matched.end(), r),
                  holds_plainly(rules[r].condition, record))
            << "seed " << seed << " record " << i << "\n"
            << to_yaml(rules[r]) << shown(record);
    }
  }
  // The comparison is worth something only when both answers are common.
  EXPECT_GT(matched_total, asked / 20);
  EXPECT_LT(matched_total, asked * 19 / 20);
}

TEST(Engine, AgreesWithThePlainReadingOnPublishedRules) {
  RuleSet set;
  for (const Json& row : shared_rows("sigma_rules.jsonl.gz"))
    read_rules(set, row["text"].as_string(), "f.yml", {});
  if (set.rules.empty()) GTEST_SKIP() << "the data is not beside the checkout";
  for (Rule& one : set.rules)
    one.logsource = kLog;  // every rule against every event
  const auto engine = Engine::compile(set.rules);
  ASSERT_TRUE(engine);
  Workspace workspace;
  FlatEvent flat;
  for (const Json& row : shared_rows("sigma_events.dev.jsonl.gz")) {
    flat.assign(row["event"]);
    const auto matched = *engine->match(kLog, flat.fields(), workspace);
    for (std::uint32_t r = 0; r < set.rules.size(); ++r)
      ASSERT_EQ(std::binary_search(matched.begin(), matched.end(), r),
                holds_plainly(set.rules[r].condition, flat.fields()))
          << set.rules[r].meta.id;
  }
}

}  // namespace
}  // namespace weir::sigma
