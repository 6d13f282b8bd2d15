#include "cedar/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cedar/authorizer.h"

namespace weir::cedar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

PolicySet templates() {
  return *PolicySet::parse(
      "@id(\"share\") @note(\"n\") permit(principal is User in ?principal, action, resource == ?resource) "
      "when { "
      "context.ok };\n@id(\"plain\") forbid(principal == User::\"eve\", action, resource);");
}

SlotValues both(const char* group) {
  return {{"?principal", EntityUid("Group", group)}, {"?resource", EntityUid("File", "f")}};
}

TEST(Template, LinkedPoliciesAreAuthorised) {
  const std::vector<TemplateLink> links{{"share", "share-g", both("g")}, {"share", "share-h", both("h")}};
  const auto set = link(templates(), links);
  ASSERT_TRUE(set) << set.error().message();
  EXPECT_EQ(set->policies().size(), 3u);
  EXPECT_EQ(set->templates().size(), 1u);
  const Policy* linked = set->find("share-g");
  ASSERT_NE(linked, nullptr);
  EXPECT_FALSE(linked->is_template());
  EXPECT_EQ(linked->template_id, "share");
  EXPECT_EQ(*linked->annotation("note"), "n");
  const auto entities = *Entities::make({{EntityUid("User", "a"), {}, {}, {EntityUid("Group", "h")}}});
  const Request request(EntityUid("User", "a"), EntityUid("Action", "read"), EntityUid("File", "f"),
                        Record({{"ok", Value(true)}}));
  const Response response = authorize(*set, request, entities);
  EXPECT_EQ(response.decision, Decision::allow);
  ASSERT_EQ(response.reason().size(), 1u);
  EXPECT_EQ(response.reason()[0]->id, "share-h");
  EXPECT_EQ(authorize(templates(), request, entities).decision, Decision::deny);
}

TEST(Template, NamesItsSlots) {
  const PolicySet set = templates();
  EXPECT_THAT(slots(*set.find("share")), ElementsAre("?principal", "?resource"));
  EXPECT_TRUE(slots(*set.find("plain")).empty());
}

TEST(Template, RefusesWhatDoesNotFit) {
  SlotValues missing = both("g"), stray = both("g");
  missing.erase("?resource");
  stray.emplace("?action", EntityUid("Action", "a"));
  const std::pair<TemplateLink, const char*> cases[] = {
      {{"share", "x", missing}, "?resource"},    {{"share", "x", stray}, "no slot ?action"},
      {{"plain", "x", {}}, "is not a template"}, {{"none", "x", {}}, "there is no template"},
      {{"share", "share", both("g")}, "the id"}, {{"share", "plain", both("g")}, "the id"}};
  for (const auto& [wanted, what] : cases) {
    const auto set = link(templates(), std::span(&wanted, 1));
    ASSERT_FALSE(set) << what;
    EXPECT_THAT(set.error().what, HasSubstr(what));
  }
}

TEST(Template, FileOfLinksGoesBothWays) {
  const std::vector<TemplateLink> links{{"share", "share-g", both("g\"uote")}};
  const Json json = links_json(links);
  EXPECT_EQ(compact(json),
            R"([{"template_id":"share","link_id":"share-g","args":{"?principal":"Group::\"g\\\"uote\"",)"
            R"("?resource":"File::\"f\""}}])");
  const auto read = read_links_json(json);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(compact(links_json(*read)), compact(json));
  EXPECT_EQ(compact(links_json(links_of(*link(templates(), *read)))), compact(json));
  for (const char* bad : {"{}", "[1]", R"([{"template_id":"t"}])",
                          R"([{"template_id":"t","link_id":"l","args":{"?action":"A::\"a\""}}])",
                          R"([{"template_id":"t","link_id":"l","args":{"?principal":"alice"}}])"})
    EXPECT_FALSE(read_links_json(*parse_json(bad))) << bad;
}

}  // namespace
}  // namespace weir::cedar
