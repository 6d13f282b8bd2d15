#include "facts/definition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "content.h"
#include "facts/fact_set.h"

namespace weir::facts {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Definition, IsReadFromYaml) {
  const auto facts = parse_facts(R"(
facts:
  - name: secret_read
    says: A credential was read.
    when: once(file.read and class = credential)
    references: [T1552]
  - name: connects
    says: Connections to one host.
    by: [session, host, host]
    when: count[1h](net.connect)
)",
                                 "my.yaml");
  ASSERT_TRUE(facts) << facts.error().message();
  ASSERT_EQ(facts->size(), 2U);
  EXPECT_EQ((*facts)[0].name, "secret_read");
  EXPECT_THAT((*facts)[0].by, ElementsAre("session"));
  EXPECT_THAT((*facts)[0].references, ElementsAre("T1552"));
  EXPECT_FALSE((*facts)[0].is_integer());
  EXPECT_THAT((*facts)[1].by, ElementsAre("host", "session"));
  EXPECT_TRUE((*facts)[1].is_integer());
}

TEST(Definition, NamesTheFactThatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"x: 1", "must hold a list `facts:`"},
      {"facts: [1]", "a fact must be a map"},
      {"facts: [{name: A, says: s, when: a = 1}]", "lower case"},
      {"facts: [{name: a, when: a = 1}]", "say in a sentence"},
      {"facts: [{name: a, says: s}]", "must have a formula"},
      {"facts: [{name: a, says: s, when: a = 1, why: x}]", "no field \"why\""},
      {"facts: [{name: a, says: s, when: a = 1, by: session}]", "\"by\" must be a list"},
      {"facts: [{name: a, says: s, when: a ==}]", "a value is missing"},
      {"facts: [{name: a, says: s, when: a = 1}, {name: a, says: s, when: a = 1}]", "two facts are named"},
  };
  for (const auto& [yaml, what] : cases) {
    const auto facts = parse_facts(yaml, "my.yaml");
    ASSERT_FALSE(facts) << yaml;
    EXPECT_THAT(facts.error().what, HasSubstr(what)) << yaml;
    EXPECT_THAT(facts.error().where, HasSubstr("my.yaml")) << yaml;
  }
}

TEST(Definition, ThoseThatShipCompileTogether) {
  std::vector<Definition> all;
  for (const auto& file : content_files()) {
    if (!file.name.starts_with("facts/")) continue;
    auto facts = parse_facts(file.bytes, file.name);
    ASSERT_TRUE(facts) << facts.error().message();
    all.insert(all.end(), facts->begin(), facts->end());
  }
  EXPECT_GE(all.size(), 10U);
  EXPECT_TRUE(FactSet::compile(all));
}

}  // namespace
}  // namespace weir::facts
