// JSON form, printer and formatter over every policy of Cedar's public corpus, when it lies beside the
// checkout. tests/conformance/cedar_forms.mjs compares the same with the official implementation.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "cedar/est_policy_set.h"
#include "cedar/format.h"

namespace weir::cedar {
namespace {

TEST(FormsCorpus, TextToJsonToTextToJson) {
  const auto file = std::filesystem::path(WEIR_SOURCE_DIR) / ".." / "shared" / "data" / "cedar" /
                    "cedar-authz-dev.jsonl.gz";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no conformance data beside the checkout";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(("zcat '" + file.string() + "'").c_str(), "r"),
                                                   pclose);
  ASSERT_TRUE(pipe);
  char* line = nullptr;
  std::size_t capacity = 0, texts = 0;
  for (ssize_t length = 0; (length = getline(&line, &capacity, pipe.get())) >= 0;) {
    const auto row = parse_json({line, static_cast<std::size_t>(length)});
    ASSERT_TRUE(row);
    const std::string& text = (*row)["policies"].as_string();
    const auto json = policy_set_json(*PolicySet::parse(text));
    ASSERT_TRUE(json) << text;
    const auto printed = policy_set_text(*read_policy_set_json(*parse_json(compact(*json), kEstJsonLimits)));
    ASSERT_TRUE(printed) << text;
    EXPECT_EQ(compact(*policy_set_json(*PolicySet::parse(*printed))), compact(*json)) << text;
    const auto formatted = format_policies(text);
    ASSERT_TRUE(formatted) << formatted.error().message() << text;
    EXPECT_EQ(*format_policies(*formatted), *formatted) << text;
    EXPECT_EQ(compact(*policy_set_json(*PolicySet::parse(*formatted))), compact(*json)) << text;
    ++texts;
  }
  free(line);
  EXPECT_GT(texts, 2000u);
}

}  // namespace
}  // namespace weir::cedar
