#include "flow/words.h"

#include <gtest/gtest.h>

#include "flow_support.h"

namespace weir::flow {
namespace {

TEST(Words, stems_forms_of_one_word_alike) {
  for (const char* word : {"send", "sends", "sending"})
    EXPECT_EQ(stem(word), "send") << word;
  EXPECT_EQ(stem("copies"), stem("copy"));
  EXPECT_EQ(stem("deleted"), stem("deletes"));
  EXPECT_EQ(stem("getting"), stem("get"));
  EXPECT_EQ(stem("creating"), stem("create"));
  EXPECT_EQ(stem("as"), "as");
  EXPECT_EQ(stem("bus"), "bus");
}

TEST(Words, parts_names) {
  EXPECT_EQ(words_of("get_userEmails-now"), (std::vector<std::string>{"get", "user", "emails", "now"}));
  EXPECT_EQ(words_of("HTTPPost"), (std::vector<std::string>{"httppost"}));
  EXPECT_EQ(words_of(" .. "), std::vector<std::string>{});
}

TEST(Words, finds_effects) {
  EXPECT_EQ(words()->effects[words()->effect_of("sends").value()].name, "send");
  EXPECT_EQ(words()->effects[words()->effect_of("lists").value()].name, "read");
  EXPECT_FALSE(words()->effect_of("zork").has_value());
}

TEST(Words, says_where_a_file_is_wrong) {
  const auto none = Words::read("effects: 3\n", "mine.yaml");
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message().find("mine.yaml: effects"), std::string::npos) << none.error().message();
  const auto nameless = Words::read("effects: [{tools: [a]}]\n", "mine.yaml");
  ASSERT_FALSE(nameless);
  EXPECT_NE(nameless.error().message().find("effects[0]"), std::string::npos);
  const auto partial = Words::read("effects: []\nfields: {address: [url]}\n", "mine.yaml");
  ASSERT_FALSE(partial);
  EXPECT_NE(partial.error().message().find("fields.payload"), std::string::npos);
}

}  // namespace
}  // namespace weir::flow
