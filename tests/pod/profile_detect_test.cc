// Which profiles fit a workspace.
#include "pod/profile_detect.h"

#include <gmock/gmock.h>

#include "base/yaml.h"
#include "content.h"
#include "pod/profile.h"

namespace weir::pod {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Json shipped() {
  for (const auto& file : content_files())
    if (file.name == "pod_detect.yaml") return parse_yaml(file.bytes, file.name).value();
  return {};
}

std::vector<std::string> detected(const std::vector<std::string>& names) {
  const auto found = detect_profiles(shipped(), "pod_detect.yaml", names);
  EXPECT_TRUE(found) << found.error().message();
  return found.value_or(std::vector<std::string>());
}

TEST(ProfileDetect, ByTheNamesAtTheTop) {
  EXPECT_THAT(detected({}), IsEmpty());
  EXPECT_THAT(detected({"README.md", "src", "package.json.bak"}), IsEmpty());
  EXPECT_THAT(detected({"Cargo.toml"}), ElementsAre("rust"));
  EXPECT_THAT(detected({"go.mod", "Makefile"}), ElementsAre("go", "c++"));
  EXPECT_THAT(detected({"requirements-dev.txt", "package.json", "playwright.config.ts"}),
              ElementsAre("node", "python", "browser"));
}

TEST(ProfileDetect, EveryProfileThatIsDetectedShips) {
  std::vector<std::string> everything = {"package.json", "setup.py", "Cargo.toml",
                                         "go.mod",       "Makefile", "playwright.config.js"};
  const auto all = detected(everything);
  EXPECT_EQ(all.size(), 6U);
  for (const auto& name : all) {
    const auto shipped_one = std::ranges::find_if(
        content_files(), [&](const auto& file) { return file.name == "pods/" + name + ".yaml"; });
    ASSERT_NE(shipped_one, content_files().end()) << name;
    EXPECT_TRUE(parse_profile(shipped_one->bytes, name));
  }
}

TEST(ProfileDetect, ABadCatalogueIsRefused) {
  EXPECT_THAT(detect_profiles(Json::array({"a"}), "mine.yaml", {}).error().message(), HasSubstr("mine.yaml"));
  EXPECT_THAT(detect_profiles(Json::object({{"node", "package.json"}}), "mine.yaml", {}).error().message(),
              HasSubstr("node"));
}

}  // namespace
}  // namespace weir::pod
