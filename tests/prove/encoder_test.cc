// The encoding against the evaluator: what the solver finds must replay, what it excludes must not exist.
#include "prove/encoder.h"

#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "prove/scene.h"
#include "prove/script.h"
#include "prove/support.h"

namespace weir::prove {
namespace {

using namespace testing_support;
using cedar::EntityUid;
using cedar::Record;
using cedar::Value;

constexpr const char* kSchema = R"(
entity Mode enum ["safe", "fast"];
entity Org;
entity Team in [Org, Team] { size: Long };
entity Agent in [Team] {
  trust: Long, owner?: Agent, labels: Set<String>, mode: Mode, limit: { low: Long, high?: Long }
} tags Long;
entity File { path: String, size: Long, home: ipaddr, price: decimal, made: datetime, life: duration, readers: Set<Team>,
  marks: Set<{ kind: String, level?: Long }> };
action read appliesTo { principal: [Agent], resource: [File],
  context: { approved: Bool, note?: String, n: Long, peers: Set<Team>, from?: ipaddr } };
)";

// Conditions by grammar: each level chooses among forms that are valid in every environment of the schema.
class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  std::string boolean(int depth) {
    if (depth == 0) return atom();
    switch (pick(6)) {
      case 0:
        return "(" + boolean(depth - 1) + " && " + boolean(depth - 1) + ")";
      case 1:
        return "(" + boolean(depth - 1) + " || " + boolean(depth - 1) + ")";
      case 2:
        return "!(" + boolean(depth - 1) + ")";
      case 3:
        return "(if " + boolean(depth - 1) + " then " + boolean(depth - 1) + " else " + boolean(depth - 1) +
               ")";
      default:
        return atom();
    }
  }

 private:
  std::size_t pick(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  std::string one(std::initializer_list<const char*> options) {
    return *(options.begin() + pick(options.size()));
  }

  std::string number(int depth) {
    if (depth > 0 && pick(2) == 0)
      return "(" + number(depth - 1) + one({" + ", " - ", " * "}) + number(depth - 1) + ")";
    if (depth > 0 && pick(5) == 0) return "-(" + number(depth - 1) + ")";
    return one({"principal.trust", "resource.size", "context.n", "1", "3", "-2", "9223372036854775807",
                "principal.limit.low", "(if principal has owner then principal.owner.trust else 0)",
                "(if principal.hasTag(\"t\") then principal.getTag(\"t\") else 7)",
                "(if principal.limit has high then principal.limit.high else 5)", "resource.life.toSeconds()",
                "resource.made.toTime().toHours()"});
  }

  std::string atom() {
    switch (pick(12)) {
      case 0:
        return number(2) + one({" < ", " <= ", " > ", " >= ", " == ", " != "}) + number(1);
      case 1:
        return "resource.path like \"" + one({"/srv/*", "*.env", "*a*", "/srv/a*b", "*", "\\*", "x"}) + "\"";
      case 2:
        return "principal.labels." + one({"contains(\"s\")", "containsAll([\"s\", \"u\"])",
                                          "containsAny([\"u\", \"v\"])", "isEmpty()"});
      case 3:
        return one({"principal in Team::\"a\"", "principal in [Team::\"a\", Team::\"b\"]",
                    "principal in Org::\"o\"", "Team::\"a\" in Org::\"o\"", "Team::\"a\" in Team::\"b\"",
                    "principal in context.peers", "principal in resource.readers",
                    "context.peers.containsAny(resource.readers)",
                    "resource.readers.containsAll(context.peers)", "context.peers.contains(Team::\"b\")"});
      case 4:
        return one({"context.approved", "context has note", "(context has note && context.note == \"x\")",
                    "(context has note && context.note like \"*\")", "principal has owner.owner",
                    "(principal has owner && principal.owner == principal)", "principal == Agent::\"p\""});
      case 5:
        return one({"resource.home.isIpv4()", "resource.home.isLoopback()", "resource.home.isMulticast()",
                    "resource.home.isInRange(ip(\"10.0.0.0/8\"))", "resource.home == ip(\"10.0.0.1\")",
                    "(context has from && context.from.isInRange(resource.home))",
                    "ip(\"10.1.0.0/16\").isInRange(resource.home)", "resource.home.isInRange(ip(\"::/0\"))"});
      case 6:
        return one({"resource.price.lessThan(decimal(\"1.5\"))", "resource.price == decimal(\"1.5000\")",
                    "resource.price.greaterThanOrEqual(decimal(\"-3.2\"))"});
      case 7:
        return one({"resource.made < datetime(\"2024-01-01\")",
                    "resource.made.offset(resource.life) > resource.made",
                    "resource.made.durationSince(datetime(\"2024-01-01\")) < duration(\"1d\")",
                    "resource.made.toDate() == resource.made", "resource.life.toDays() >= 2"});
      case 8:
        return one({"principal.mode == Mode::\"safe\"", "[Mode::\"fast\"].contains(principal.mode)"});
      case 9:
        return one({"resource.marks.isEmpty()", "!resource.marks.isEmpty()",
                    "resource.marks.containsAll(resource.marks)"});
      case 10:
        return "{low: " + number(1) + ", s: resource.path} == {low: context.n, s: \"/srv/ab\"}";
      default:
        return "(if context.approved then principal else Agent::\"q\").trust > " + number(1);
    }
  }

  std::mt19937 random_;
};

// Requests over a small domain.
class World {
 public:
  explicit World(std::uint32_t seed) : random_(seed) {}

  Example next() {
    const EntityUid o("Org", "o"), a("Team", "a"), b("Team", "b"), p("Agent", "p"), q("Agent", "q"),
        f("File", "f");
    std::vector<cedar::Entity> list{
        {o, {}, {}, {}},
        {a, Record({{"size", number()}}), {}, chance() ? std::vector{b} : std::vector<EntityUid>{}},
        {b, Record({{"size", number()}}), {}, chance() ? std::vector{o} : std::vector<EntityUid>{}},
        {EntityUid("Action", "read"), {}, {}, {}}};
    for (const auto& uid : {p, q}) {
      Record limit({{"low", number()}});
      if (chance()) limit.set("high", number());
      Record attributes({{"trust", number()},
                         {"labels", labels()},
                         {"limit", Value(limit)},
                         {"mode", Value(EntityUid("Mode", chance() ? "safe" : "fast"))}});
      if (chance()) attributes.set("owner", Value(chance() ? p : q));
      Record tags;
      if (chance()) tags.set("t", number());
      std::vector<EntityUid> parents;
      if (chance()) parents.push_back(chance() ? a : b);
      list.push_back({uid, attributes, tags, parents});
    }
    list.push_back({f, file(a, b), {}, {}});
    Record context({{"approved", Value(chance())}, {"n", number()}, {"peers", teams(a, b)}});
    if (chance()) context.set("note", Value(chance() ? "x" : ""));
    if (chance()) context.set("from", address());
    return {cedar::Request(chance() ? p : q, EntityUid("Action", "read"), f, context),
            *cedar::Entities::make(std::move(list))};
  }

 private:
  std::size_t pick(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  bool chance() { return pick(2) == 0; }
  Value number() {
    constexpr std::int64_t kNumbers[] = {0, 1, 2, 3, -2, 7, INT64_MAX, INT64_MIN, 4611686018427387904};
    return Value(kNumbers[pick(std::size(kNumbers))]);
  }
  Value labels() {
    std::vector<Value> out;
    for (const char* label : {"s", "u", "v"})
      if (chance()) out.emplace_back(label);
    return Value(cedar::Set(std::move(out)));
  }
  Value teams(const EntityUid& a, const EntityUid& b) {
    std::vector<Value> out;
    if (chance()) out.emplace_back(a);
    if (chance()) out.emplace_back(b);
    return Value(cedar::Set(std::move(out)));
  }
  Value address() {
    constexpr const char* kAddresses[] = {"10.0.0.1", "10.1.0.0/16", "127.0.0.1",
                                          "::1",      "ff02::1",     "0.0.0.0/0"};
    return Value(*cedar::IpAddr::parse(kAddresses[pick(std::size(kAddresses))]));
  }
  Record file(const EntityUid& a, const EntityUid& b) {
    constexpr const char* kPaths[] = {"/srv/ab", "/srv/a", "x.env", "*", "x", ""};
    constexpr std::int64_t kTimes[] = {0, 1704067200000, 86400000, INT64_MAX, INT64_MIN, -5};
    std::vector<Value> marks;
    if (chance()) marks.emplace_back(Record({{"kind", Value("a")}}));
    return Record({{"path", Value(kPaths[pick(std::size(kPaths))])},
                   {"size", number()},
                   {"home", address()},
                   {"price", Value(cedar::Decimal{chance() ? 15000 : -40000})},
                   {"made", Value(cedar::Datetime{kTimes[pick(std::size(kTimes))]})},
                   {"life", Value(cedar::Duration{kTimes[pick(std::size(kTimes))]})},
                   {"readers", teams(a, b)},
                   {"marks", Value(cedar::Set(std::move(marks)))}});
  }
  std::mt19937 random_;
};

// Three questions of each condition: can it hold, err, be false? A yes must replay (Scene and the check
// below); a no must agree with every request of a small world.
TEST(Encoder, AgreesWithTheEvaluator) {
  NEEDS_SOLVER();
  const auto types = schema(kSchema);
  const Sorts sorts(types);
  const auto environment = types.environments().at(0);
  Prover solver = *Prover::start({.solver = {.query_ms = 400}});
  Generator generator(20261);
  std::size_t yes = 0, no = 0, unknown = 0;
  for (int round = 0; round < 25; ++round) {
    const std::string text = "permit(principal, action, resource) when { " + generator.boolean(2) + " };";
    SCOPED_TRACE(text);
    const auto set = policies(text);
    auto scene = Scene::make(sorts, environment, set, solver);
    ASSERT_TRUE(scene) << scene.error().message();
    ASSERT_EQ(scene->unsupported(0), "");
    const Condition condition = scene->condition(0);
    Terms& terms = scene->encoder().terms();
    const std::pair<Term, Effect> questions[] = {
        {condition.holds, Effect::match},
        {condition.errs, Effect::error},
        {terms.all({terms.negate(condition.holds), terms.negate(condition.errs)}), Effect::no_match}};
    std::vector<bool> excluded(3, false);
    for (std::size_t i = 0; i < 3; ++i) {
      const auto found = solver.find(scene->encoder(), questions[i].first, "q");
      ASSERT_TRUE(found) << found.error().message();
      if (found->answer == Answer::unknown) {
        ++unknown;
        EXPECT_NE(found->why.find("time limit"), std::string::npos) << found->why;
      }
      if (found->answer == Answer::sat) {
        ++yes;
        EXPECT_EQ(effects(set, *found->example).at(0), questions[i].second);
      }
      excluded[i] = found->answer == Answer::unsat;
      no += excluded[i] ? 1 : 0;
    }
    World world(static_cast<std::uint32_t>(round));
    for (int i = 0; i < 200; ++i) {
      const Effect effect = effects(set, world.next()).at(0);
      for (std::size_t k = 0; k < 3; ++k)
        if (questions[k].second == effect) {
          ASSERT_FALSE(excluded[k]);
        }
    }
  }
  EXPECT_GT(yes, 30u);
  EXPECT_GT(no, 10u);
  EXPECT_LT(unknown, 30u);  // products of unknowns are hard
  std::cout << yes << " possible, " << no << " impossible, " << unknown << " unknown\n";
}

TEST(Encoder, HierarchiesStayTransitiveAndWithoutCycles) {
  NEEDS_SOLVER();
  const auto types = schema(kSchema);
  const Sorts sorts(types);
  Prover solver = prover();
  const auto impossible = [&](const std::string& condition) {
    const auto set = policies("permit(principal, action, resource) when { " + condition + " };");
    auto scene = Scene::make(sorts, types.environments().at(0), set, solver);
    return scene->never_matches(0)->truth;
  };
  EXPECT_EQ(impossible(R"(principal in Team::"a" && Team::"a" in Org::"o" && !(principal in Org::"o"))"),
            Truth::yes);
  EXPECT_EQ(impossible(R"(Team::"a" in Team::"b" && Team::"b" in Team::"a")"), Truth::yes);
  EXPECT_EQ(impossible(R"(principal in Team::"a" && !(principal in Org::"o"))"), Truth::no);
  EXPECT_EQ(impossible(R"(Team::"a" in Team::"b" && Team::"b" in Team::"c" && !(Team::"a" in Team::"c"))"),
            Truth::yes);
}

TEST(Encoder, SimplePoliciesNeedNoSolver) {
  const auto types = schema(kSchema);
  const auto set = policies(R"(@id("a") forbid(principal, action, resource)
    when { context has note && context.note like "*x" || principal.hasTag("t") && principal.getTag("t") == 3 };)");
  const Sorts sorts(types);
  Prover none = Prover::without_solver();
  auto scene = Scene::make(sorts, types.environments().at(0), set, none);
  ASSERT_TRUE(scene);
  EXPECT_EQ(scene->never_errs(0)->truth, Truth::yes);
  const auto open = scene->never_matches(0);
  EXPECT_EQ(open->truth, Truth::unknown);
  EXPECT_NE(open->why.find("no solver"), std::string::npos);
}

TEST(Encoder, SaysWhatItCannotDo) {
  const auto types = schema(kSchema);
  const Sorts sorts(types);
  auto encoder = Encoder::make(sorts, types.environments().at(0));
  ASSERT_TRUE(encoder);
  const auto set = policies("permit(principal, action, resource) when { context.note == \"\\u{10FFFF}\" };");
  const auto condition = (*encoder)->policy(set.policies()[0]);
  ASSERT_FALSE(condition);
  EXPECT_NE(condition.error().message().find("U+2FFFF"), std::string::npos);
}

TEST(Script, TextsGoThereAndBack) {
  for (const std::string text : {"", "a\"b", "back\\slash", "\\u{41}", "é€", "\n\t", "|x|"}) {
    const std::string smt = smt_string(text);
    auto read = parse_sexpr(smt);
    ASSERT_TRUE(read) << smt;
    EXPECT_EQ(from_smt_string(read->text).value_or("error"), text);
  }
  EXPECT_FALSE(from_smt_string("\\u{d800}"));
  EXPECT_FALSE(fits_smt("\xF4\x8F\xBF\xBF"));
}

}  // namespace
}  // namespace weir::prove
