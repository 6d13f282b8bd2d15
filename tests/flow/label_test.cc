#include "flow/label.h"

#include <gtest/gtest.h>

#include <random>

#include "base/limits.h"

namespace weir::flow {
namespace {

// A label of any kind, from a seed.
Label any_label(std::mt19937& random) {
  Label label(static_cast<Integrity>(random() % 4), static_cast<Confidentiality>(random() % 3),
              random() % 50);
  for (const char* category : {"credential", "customer", "pii"})
    if (random() % 3 == 0) label.add_category(category);
  if (random() % 2 == 0) {
    std::vector<std::string> readers;
    for (const char* reader : {"ann", "bob", "cleo"})
      if (random() % 2 == 0) readers.emplace_back(reader);
    label.restrict_to(readers);
  }
  return label;
}

Label joined(Label a, const Label& b) {
  a.join(b);
  return a;
}

TEST(Label, joins_as_a_lattice_does) {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    const Label a = any_label(random), b = any_label(random), c = any_label(random);
    EXPECT_TRUE(joined(a, a).says_the_same(a));
    EXPECT_TRUE(joined(a, b).says_the_same(joined(b, a)));
    EXPECT_TRUE(joined(joined(a, b), c).says_the_same(joined(a, joined(b, c))));
    EXPECT_TRUE(joined(a, Label()).says_the_same(a));
    EXPECT_TRUE(a.at_most(joined(a, b)));
    EXPECT_EQ(a.at_most(b), joined(a, b).says_the_same(b));
  }
}

TEST(Label, remembers_what_brought_it_down) {
  Label session(Integrity::user, Confidentiality::open, 1);
  session.join(Label(Integrity::workspace, Confidentiality::secret, 4));
  session.join(Label(Integrity::untrusted, Confidentiality::open, 9));
  session.join(Label(Integrity::untrusted, Confidentiality::internal, 12));
  EXPECT_EQ(session.integrity(), Integrity::untrusted);
  EXPECT_EQ(session.integrity_causes(), (Label::Causes{9, 12}));
  EXPECT_EQ(session.confidentiality(), Confidentiality::secret);
  EXPECT_EQ(session.confidentiality_causes(), (Label::Causes{4}));
}

TEST(Label, keeps_the_first_causes_of_too_many) {
  Label session;
  for (std::uint64_t i = 1; i <= 100; ++i)
    session.join(Label(Integrity::untrusted, Confidentiality::open, i));
  ASSERT_EQ(session.integrity_causes().size(), limits::kFlowCausesMax);
  EXPECT_EQ(session.integrity_causes().front(), 1U);
}

TEST(Label, leaves_fewer_readers) {
  Label label;
  EXPECT_FALSE(label.readers().has_value());
  label.restrict_to({"cleo", "ann", "ann"});
  EXPECT_EQ(*label.readers(), (std::vector<std::string>{"ann", "cleo"}));
  Label other;
  other.restrict_to({"bob"});
  label.join(other);
  EXPECT_TRUE(label.readers()->empty());
}

TEST(Label, has_names) {
  for (const char* text : {"trusted", "user", "workspace", "untrusted"})
    EXPECT_EQ(name(*integrity_from(text)), text);
  for (const char* text : {"public", "internal", "secret"})
    EXPECT_EQ(name(*confidentiality_from(text)), text);
  EXPECT_FALSE(integrity_from("open").has_value());
  Label label(Integrity::untrusted, Confidentiality::secret, 3);
  label.add_category("pii");
  EXPECT_EQ(canonical(to_json(label)),
            R"({"because":[3],"categories":["pii"],"confidentiality":"secret","integrity":"untrusted"})");
}

}  // namespace
}  // namespace weir::flow
