// Schemas: their rules (tests/cases/cedar/schema_*.case), both forms, and limits.
#include "cedar/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::cedar {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<Schema> read(const std::string& text) {
  if (!text.starts_with("{\"")) return Schema::parse(text, "s");
  TRY(const Json json, parse_json(text));
  return Schema::from_json(json);
}

void judge(const std::string& schema, const std::string& expected) {
  const auto read_schema = read(schema);
  if (expected == "good") {
    EXPECT_TRUE(read_schema) << schema << "\n" << read_schema.error().message();
    return;
  }
  ASSERT_TRUE(expected.starts_with("bad ")) << expected;
  ASSERT_FALSE(read_schema) << schema;
  EXPECT_THAT(read_schema.error().message(), HasSubstr(expected.substr(4))) << schema;
}

TEST(Schema, Cases) {
  int checked = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(WEIR_SOURCE_DIR) / "tests/cases/cedar")) {
    if (!entry.path().filename().string().starts_with("schema_")) continue;
    std::ifstream in(entry.path());
    std::string line, section, schema;
    for (int number = 1; std::getline(in, line); ++number) {
      if (line.starts_with("--- ")) {
        section = line.substr(4);
        if (section == "schema") schema.clear();
      } else if (section == "schema") {
        schema += (schema.empty() ? "" : "\n") + line;
      } else if (section == "expect" && !line.empty()) {
        SCOPED_TRACE(entry.path().filename().string() + ":" + std::to_string(number));
        judge(schema, line);
        ++checked;
      }
    }
  }
  EXPECT_GE(checked, 80);
}

TEST(Schema, DeclarationsAreResolved) {
  const auto schema = Schema::parse(R"(
    namespace Acme {
      type Name = { first: String, last?: __cedar::String };
      entity Group;
      entity User in [Group] { name: Name, boss?: User } tags Set<Long>;
      entity Plan enum ["free", "paid"];
      action any;
      action "look at", touch in [any] appliesTo { principal: [User, Group], resource: User, context: Name };
    })");
  ASSERT_TRUE(schema) << schema.error().message();
  const EntityDeclaration* user = schema->entity_type("Acme::User");
  ASSERT_NE(user, nullptr);
  EXPECT_THAT(user->member_of, ElementsAre("Acme::Group"));
  EXPECT_EQ(user->attributes->attribute("boss")->name, "Acme::User");
  EXPECT_EQ(user->tags->element->kind, SchemaType::Kind::integer);
  EXPECT_THAT(schema->entity_type("Acme::Plan")->choices, ElementsAre("free", "paid"));
  const EntityUid look("Acme::Action", "look at"), any("Acme::Action", "any");
  EXPECT_THAT(schema->action(look)->principals, ElementsAre("Acme::User", "Acme::Group"));
  EXPECT_EQ(schema->action(look)->context->attributes.size(), 2u);
  EXPECT_TRUE(schema->action_is_in(look, any));
  EXPECT_FALSE(schema->action_is_in(any, look));
  EXPECT_TRUE(schema->type_may_be_in("Acme::User", "Acme::Group"));
  EXPECT_FALSE(schema->type_may_be_in("Acme::Group", "Acme::User"));
  const auto environments = schema->environments();
  ASSERT_EQ(environments.size(), 4u);
  EXPECT_EQ(environments[0].principal, "Acme::Group");
  EXPECT_EQ(environments[0].action, look);
  EXPECT_EQ(environments[0].resource, "Acme::User");
}

// Text -> JSON -> text -> JSON: both JSON values must be one.
void round_trip(const std::string& text) {
  const auto json = schema_text_to_json(text, "s");
  ASSERT_TRUE(json) << text << "\n" << json.error().message();
  const auto again = schema_json_to_text(*json);
  if (!again) {  // what only JSON can say
    EXPECT_THAT(again.error().message(), HasSubstr("syntax")) << text;
    return;
  }
  const auto back = schema_text_to_json(*again, "s");
  ASSERT_TRUE(back) << *again << "\n" << back.error().message();
  EXPECT_EQ(canonical(*back), canonical(*json)) << text;
}

TEST(SchemaTranslation, KeepsEverything) {
  const std::string text = R"(@doc("x") namespace N {
      @a @b("q\n") type T = {x: Long, y?: Set<N::U>, "a b": Bool, "in": ipaddr};
      @e entity U in [U] = {t: T, @z n: __cedar::String} tags Set<T>;
      entity E enum ["a", "\"b"];
      action r, "r 2";
      @k("1") action w in [r, Action::"r 2"] appliesTo {principal: U, resource: [U, E], context: T};
    }
    entity Z;)";
  round_trip(text);
  const auto json = schema_text_to_json(text);
  ASSERT_TRUE(json);
  EXPECT_EQ(
      canonical((*json)["N"]["entityTypes"]["U"]),
      R"({"annotations":{"e":""},"memberOfTypes":["U"],"shape":{"attributes":{"n":{"annotations":{"z":""},"name":"__cedar::String","type":"EntityOrCommon"},"t":{"name":"T","type":"EntityOrCommon"}},"type":"Record"},"tags":{"element":{"name":"T","type":"EntityOrCommon"},"type":"Set"}})");
  const auto resolved = schema_text_to_json(text, "s", true);
  ASSERT_TRUE(resolved) << resolved.error().message();
  EXPECT_EQ(canonical((*resolved)["N"]["commonTypes"]["T"]["attributes"]["y"]),
            R"({"element":{"name":"N::U","type":"Entity"},"required":false,"type":"Set"})");
  EXPECT_EQ(canonical((*resolved)["N"]["actions"]["w"]["memberOf"]),
            R"([{"id":"r","type":"N::Action"},{"id":"r 2","type":"N::Action"}])");
}

TEST(SchemaTranslation, TextLaysOutDeclarations) {
  const auto text = schema_json_to_text(*parse_json(
      R"({"": {"entityTypes": {"User": {"shape": {"type": "Record", "attributes": {"n": {"type": "Long", "required": false}}}}},
               "actions": {"see": {"appliesTo": {"principalTypes": ["User"], "resourceTypes": ["User"]}}, "group": {}}}})"));
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(*text,
            "entity User = {\n  n?: __cedar::Long,\n};\n\naction \"group\";\n\naction \"see\" appliesTo {\n  "
            "principal: [User],\n  resource: [User],\n  context: {},\n};\n");
}

TEST(SchemaTranslation, RoundTripsTheCorpus) {
  const fs::path file = fs::path(WEIR_SOURCE_DIR) / ".." / "shared/data/cedar/cedar-authz-dev.jsonl.gz";
  if (!fs::exists(file)) GTEST_SKIP() << "no conformance data beside the checkout";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(("zcat '" + file.string() + "'").c_str(), "r"),
                                                   pclose);
  ASSERT_TRUE(pipe);
  char* line = nullptr;
  std::size_t capacity = 0, rows = 0;
  for (ssize_t length = 0; (length = getline(&line, &capacity, pipe.get())) >= 0; ++rows) {
    const auto row = parse_json({line, static_cast<std::size_t>(length)});
    ASSERT_TRUE(row);
    round_trip((*row)["schema"].as_string());
    if (!row->has("schemaJson")) continue;
    // The JSON of the data was made from the text by another program: both must declare the same.
    const auto from_text = Schema::parse((*row)["schema"].as_string());
    const auto from_json = Schema::from_json((*row)["schemaJson"]);
    ASSERT_TRUE(from_text && from_json) << (*row)["id"].as_string();
    ASSERT_EQ(from_text->environments(), from_json->environments());
    ASSERT_EQ(from_text->entity_types().size(), from_json->entity_types().size());
    const auto as_text = schema_json_to_text((*row)["schemaJson"]);
    ASSERT_TRUE(as_text) << as_text.error().message();
    ASSERT_TRUE(Schema::parse(*as_text)) << *as_text;
  }
  free(line);
  EXPECT_GT(rows, 2000u);
}

TEST(SchemaLimits, DeclarationsSizeAndDepth) {
  std::string many;
  for (std::size_t i = 0; i <= limits::kCedarDeclarationsMax; ++i)
    many += "entity E" + std::to_string(i) + ";";
  const auto too_many = Schema::parse(many);
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().code, ErrorCode::limit);
  const auto enough = Schema::parse(many.substr(0, many.rfind("entity")));
  ASSERT_TRUE(enough) << enough.error().message();
  EXPECT_EQ(enough->entity_types().size(), limits::kCedarDeclarationsMax);

  const auto too_long = Schema::parse(std::string(limits::kCedarBytesMax + 1, ' '));
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code, ErrorCode::limit);

  std::string deep = "Long";
  for (std::size_t i = 0; i <= limits::kCedarDepthMax; ++i)
    deep = "Set<" + deep + ">";
  const auto too_deep = Schema::parse("type T = " + deep + ";");
  ASSERT_FALSE(too_deep);
  EXPECT_EQ(too_deep.error().code, ErrorCode::limit);

  // A chain of groups as long as the schema may be: no recursion over it.
  std::string chain = "action a0;";
  for (int i = 1; i < 20'000; ++i)
    chain += "action a" + std::to_string(i) + " in a" + std::to_string(i - 1) + ";";
  const auto chained = Schema::parse(chain);
  ASSERT_TRUE(chained) << chained.error().message();
  EXPECT_TRUE(chained->action_is_in(EntityUid("Action", "a19999"), EntityUid("Action", "a0")));
  EXPECT_FALSE(Schema::parse("\xff"));

  std::string wide = "action a appliesTo { principal: [E0", types = "entity E0;";
  for (int i = 1; i < 1001; ++i) {
    types += "entity E" + std::to_string(i) + ";";
    wide += ", E" + std::to_string(i);
  }
  const std::string list = wide.substr(wide.find('['));
  const auto too_wide = Schema::parse(types + wide + "], resource: " + list + "] };");
  ASSERT_FALSE(too_wide);
  EXPECT_THAT(too_wide.error().message(), HasSubstr("combinations of principal, action and resource"));
}

}  // namespace
}  // namespace weir::cedar
