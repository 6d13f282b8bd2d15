// Seeded mutations of the shipped pack that may weaken it. Whatever a search over many small requests finds
// to be answered more weakly than before, the comparison must call looser; and what it calls looser comes
// with a request that was replayed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <random>

#include "os/files.h"
#include "prove/compare.h"
#include "prove/scene.h"
#include "prove/support.h"

namespace weir::prove {
namespace {

using namespace testing_support;
using cedar::EntityUid;
using cedar::Record;
using cedar::Value;

// One change of the text, of a kind that careless or malicious edits make.
class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : random_(seed) {}

  std::string mutate(const std::string& text, std::string& what) {
    static const std::pair<const char*, const char*> kSwaps[] = {
        {"&& ", "|| "},
        {"|| ", "&& "},
        {"forbid (", "permit ("},
        {"@decision(\"ask\")", "@decision(\"warn\")"},
        {"@severity(", "@mode(\"observe\") @severity("},
        {".contains(\"", ".contains(\"x"},
        {"when { ", "when { context.sub_agent && "},
        {"when { ", "unless { "},
        {"PathClass::\"", "PathClass::\"no-"},
        {"> 20", "> 900"},
        {"Action::\"file.change\"", "Action::\"file.write\""},
        {"Action::\"file.read\"", "Action::\"file.chmod\""},
        {"(principal, ", "(principal is SubAgent, "},
        {"like \"", "like \"*"},
        {"!(", "("}};
    for (;;) {
      const auto& [from, to] = kSwaps[pick(std::size(kSwaps))];
      const auto at = places(text, from);
      if (at.empty()) continue;
      const std::size_t place = at[pick(at.size())];
      what = fmt::format("{} -> {} at byte {}", from, to, place);
      return text.substr(0, place) + to + text.substr(place + std::string_view(from).size());
    }
  }

 private:
  std::size_t pick(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  static std::vector<std::size_t> places(const std::string& text, std::string_view wanted) {
    std::vector<std::size_t> out;
    for (auto at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1))
      out.push_back(at);
    return out;
  }
  std::mt19937 random_;
};

// Requests that agree with the schema, from words that its policies use.
class Requests {
 public:
  Requests(const cedar::Schema& schema, std::vector<std::string> words, std::uint32_t seed)
      : schema_(schema), words_(std::move(words)), environments_(schema.environments()), random_(seed) {}

  Example next() {
    const auto& environment = environments_[pick(environments_.size())];
    const EntityUid principal(environment.principal, word());
    const EntityUid resource(environment.resource, word());
    const auto* action = schema_.action(environment.action);
    std::vector<cedar::Entity> list{entity(principal), entity(resource)};
    for (const auto& [uid, declaration] : schema_.actions())
      list.push_back({uid, {}, {}, declaration.parents});
    if (principal == resource) list.erase(list.begin());
    return {cedar::Request(principal, environment.action, resource, record(*action->context)),
            *cedar::Entities::make(std::move(list))};
  }

 private:
  std::size_t pick(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  std::string word() { return words_[pick(words_.size())]; }

  cedar::Entity entity(const EntityUid& uid) {
    const auto* declaration = schema_.entity_type(uid.type());
    std::vector<EntityUid> parents;
    for (const auto& type : declaration->member_of)
      if (type != uid.type() && pick(3) != 0) parents.emplace_back(type, word());
    return {uid, record(*declaration->attributes), {}, std::move(parents)};
  }
  Value value(const cedar::SchemaType& type) {
    using Kind = cedar::SchemaType::Kind;
    constexpr std::int64_t kNumbers[] = {0, 1, 21, 201, 100000};
    switch (type.kind) {
      case Kind::boolean:
        return Value(pick(2) == 0);
      case Kind::integer:
        return Value(kNumbers[pick(std::size(kNumbers))]);
      case Kind::set: {
        std::vector<Value> items;
        for (std::size_t i = pick(4); i > 0; --i)
          items.push_back(value(*type.element));
        return Value(cedar::Set(std::move(items)));
      }
      case Kind::record:
        return Value(record(type));
      case Kind::entity:
        return Value(EntityUid(type.name, word()));
      default:
        return Value(word());
    }
  }
  Record record(const cedar::SchemaType& type) {
    std::vector<Record::Field> fields;
    for (const auto& attribute : type.attributes)
      if (attribute.required || pick(2) == 0) fields.emplace_back(attribute.name, value(*attribute.type));
    return Record(std::move(fields));
  }

  const cedar::Schema& schema_;
  std::vector<std::string> words_;
  std::vector<cedar::RequestEnvironment> environments_;
  std::mt19937 random_;
};

// What stands between quotes.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> out{""};
  for (std::size_t at = 0; (at = text.find('"', at)) != std::string::npos; ++at) {
    const auto end = text.find('"', at + 1);
    if (end == std::string::npos) break;
    if (end - at < 30) out.push_back(text.substr(at + 1, end - at - 1));
    at = end;
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

TEST(Mutation, EveryWeakeningOfTheShippedPackIsCaught) {
  NEEDS_SOLVER();
  const std::string dir = WEIR_SOURCE_DIR "/content/policies";
  const auto schema_text = os::read_file(dir + "/weir.cedarschema", 1 << 20);
  ASSERT_TRUE(schema_text);
  const auto types = schema(*schema_text);
  std::string pack;
  for (const auto& name : os::list_dir(dir))
    if (name.ends_with(".cedar")) pack += *os::read_file(dir + "/" + name, 1 << 20) + "\n";
  const auto before = policies(pack);
  Prover solver = prover();
  Mutator mutator(6);
  std::size_t mutations = 0, looser = 0, seen = 0;
  for (std::uint32_t round = 0; mutations < 100 && round < 400; ++round) {
    std::string what;
    const std::string text = mutator.mutate(pack, what);
    SCOPED_TRACE(what);
    auto after = cedar::PolicySet::parse(text, "mutant.cedar");
    if (!after) continue;
    const auto comparison = compare(before, *after, types, solver, Semantics::weir);
    if (!comparison) continue;  // the mutant is not valid: it would not load
    ++mutations;
    EXPECT_FALSE(comparison->unknown());
    looser += comparison->looser() ? 1 : 0;
    Requests requests(types, words_of(text), round);
    bool weaker = false;
    for (int i = 0; i < 400 && !weaker; ++i) {
      const Example example = requests.next();
      weaker = strength(Semantics::weir, *after, example) < strength(Semantics::weir, before, example);
    }
    seen += weaker ? 1 : 0;
    EXPECT_TRUE(!weaker || comparison->looser()) << "a request is answered more weakly, and nobody said so";
  }
  EXPECT_EQ(mutations, 100u);
  EXPECT_GT(seen, 10u);
  EXPECT_GE(looser, seen);
  std::cout << mutations << " mutations, " << looser << " called looser, " << seen
            << " seen by brute force\n";
}

}  // namespace
}  // namespace weir::prove
