#include "prove/model.h"

#include <gmock/gmock.h>

#include "prove/model_support.h"

namespace weir::prove {
namespace {

using testing::HasSubstr;

constexpr const char* kHead = R"(model: small
policies: [p.cedar]
agents:
  a: {tools: [look, send], reads: [page]}
data:
  page: {integrity: untrusted}
)";

std::string with(const std::string& rest) {
  return kHead + rest;
}

TEST(ModelRead, ReadsAWholeModel) {
  const auto model = read_model(with(R"(tools:
  look: {reads: [page]}
  send: {emits: out, when: "true.self.integrity == user"}
properties:
  p: {never: out, when: true}
)"),
                                "m.yaml");
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ(model->agents[0].labels, (ModelLabels{1, 0}));
  EXPECT_EQ(model->objects[0].labels, (ModelLabels{3, 0}));
  EXPECT_EQ(model->rules[1].emits, (std::vector<std::string>{"send", "out"}));
  EXPECT_EQ(model->rules[1].actors, std::vector<int>{0});
}

struct Mistake {
  const char* text;
  const char* what;
  int line;
};

class ModelMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(ModelMistakes, AreToldWithTheirLine) {
  const auto model = read_model(with(GetParam().text), "m.yaml");
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().what, HasSubstr(GetParam().what));
  EXPECT_EQ(model.error().where, "m.yaml:" + std::to_string(GetParam().line));
}

INSTANTIATE_TEST_SUITE_P(
    All, ModelMistakes,
    testing::Values(
        Mistake{"tools: {look: {}, send: {}}\nspeed: 3\n", "\"speed\" is not a field", 8},
        Mistake{"tools:\n  look: {}\n  send: {wached: false}\n", "\"wached\" is not a field", 9},
        Mistake{"tools:\n  look: {reads: [pag]}\n  send: {}\n", "there is no data \"pag\"", 8},
        Mistake{"tools:\n  look: {}\n", "there is no tool \"send\"", 4},
        Mistake{"tools:\n  look: {}\n  send:\n    when: true.self.integrity ==\n", "expected a value", 10},
        Mistake{"tools: {look: {}, send: {}}\nproperties:\n  p: {never: outt}\n",
                "nothing makes the event \"outt\"", 9},
        Mistake{"tools: {look: {}, send: {}}\ncounters:\n  n: {}\n", "either `max: N` or", 9},
        Mistake{"tools: {look: {}, send: {}}\nfacts:\n  f: {since: look}\n", "go together", 9},
        Mistake{"tools:\n  look: {}\n  send: {watched: false, gate: {action: x, resource: 'A::\"b\"'}}\n",
                "what is not watched has no gate", 9},
        Mistake{"tools: {look: {}, send: {}}\nchannels:\n  c: {kind: pigeon, from: [a], to: [a]}\n",
                "\"pigeon\" is no kind of channel", 9},
        Mistake{
            "tools: {look: {}, send: {}}\nchannels:\n  c: {kind: a2a, from: [a], to: [a], narrow: true}\n",
            "only a hand-over returns something", 9},
        Mistake{
            "tools: {look: {}, send: {}}\nchannels:\n  c: {kind: file, from: [a], to: [a], narrow: true}\n",
            "only a hand-over returns something", 9}));

TEST(ModelRead, AVariantChangesTheModelAndKeepsLines) {
  const std::string text = with(R"(tools: {look: {reads: [page]}, send: {}}
properties: {p: {never: send}}
variants:
  blind:
    why: nobody looks
    breaks: p
    change:
      tools:
        look: {watched: false}
  wrong:
    change:
      tools:
        look: {watched: maybe}
)");
  const auto blind = read_model(text, "m.yaml", "blind");
  ASSERT_TRUE(blind) << blind.error().message();
  EXPECT_FALSE(blind->rules[0].watched);
  EXPECT_EQ(blind->rules[0].reads, std::vector<int>{0}) << "what the patch does not name stays";
  EXPECT_EQ(blind->variant_breaks, "p");
  EXPECT_EQ(blind->variants, (std::vector<std::string>{"blind", "wrong"}));
  const auto wrong = read_model(text, "m.yaml", "wrong");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().where, "m.yaml:19");
  EXPECT_EQ(read_model(text, "m.yaml", "none").error().code, ErrorCode::not_found);
}

TEST(ModelRead, LimitsAreKept) {
  EXPECT_EQ(read_model(std::string(kModelBytesMax + 1, ' '), "m").error().code, ErrorCode::limit);
  std::string deep(200, '(');
  EXPECT_EQ(parse_model_expression(deep + "true" + std::string(200, ')'), "m").error().code,
            ErrorCode::limit);
  EXPECT_FALSE(parse_model_expression(std::string(kModelExpressionBytesMax + 1, 'a'), "m"));
  EXPECT_FALSE(parse_model_expression("true.sends < 99999999999999999999", "m"));
  std::string nots;
  for (int i = 0; i < 500; ++i)
    nots += "not ";
  EXPECT_EQ(parse_model_expression(nots + "true", "m").error().code, ErrorCode::limit);
}

TEST(ModelExpressions, PrintAsTheyAreRead) {
  for (const char* text : {"(a.b and not c.d)", "any(worker, true.self.integrity == untrusted)",
                           "(true.n < 3 or (x.y and false))", "every(w, a.b >= internal)", "(not a.b) == c.d",
                           "(a.b == c.d) != (e.f < 3)", "not a.b == c.d"}) {
    const auto expression = parse_model_expression(text, "t");
    ASSERT_TRUE(expression) << text;
    EXPECT_EQ(expression_text(*expression), text);
  }
}

}  // namespace
}  // namespace weir::prove
