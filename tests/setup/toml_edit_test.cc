#include "setup/toml_edit.h"

#include <gtest/gtest.h>

#include "setup/codex_trust.h"

namespace weir::setup {
namespace {

const std::vector<HookTrust> kEntries = {{"/h/.codex/hooks.json:pre_tool_use:0:0", "sha256:aa"},
                                         {"/h/.codex/hooks.json:stop:1:0", "sha256:bb"}};
const std::vector<std::string> kKeys = {kEntries[0].key, kEntries[1].key};

TEST(TomlEdit, TrustGoesInAndComesOutByteForByte) {
  for (const std::string text :
       {"", "\n", "model = \"gpt\"", "model = \"gpt\"\n", "model = 'x'\r\n[tui]\r\ntheme = \"a\"\r\n",
        "\xef\xbb\xbf# mark\na = 1\n", "a = [\n  1, # one\n  [2, \"]\"],\n]\nb = { c = 1, d.e = [\"}\"] }\n",
        "t = \"\"\"\n[hooks.state.\"x\"]\n\"\"\"\nu = '''\n[not] = a table'''\n[[list]]\nx = 1979-05-27 "
        "07:32:00Z\n",
        "[hooks.state.\"/other/hooks.json:stop:0:0\"]\ntrusted_hash = \"sha256:cc\"\n",
        "[hooks]\nstate.\"other\".trusted_hash = \"sha256:cc\"\n", "[features]\nhooks = true # yes\n"}) {
    SCOPED_TRACE(text);
    const auto edit = set_hook_trust(text, kEntries);
    ASSERT_TRUE(edit) << edit.error().message();
    const auto state = read_hook_state(edit->text);
    ASSERT_TRUE(state);
    for (const auto& entry : kEntries)
      EXPECT_EQ(std::count(state->trusted.begin(), state->trusted.end(), entry), 1);
    EXPECT_EQ(*remove_hook_trust(edit->text, edit->segments, kKeys), text);
    const auto by_key = remove_hook_trust(edit->text, {}, kKeys);
    ASSERT_TRUE(by_key);
    EXPECT_EQ(by_key->find("sha256:aa"), std::string::npos);
  }
}

TEST(TomlEdit, ReplacesWhatWasSaidAboutTheSameKeys) {
  const auto edit = set_hook_trust(
      "[hooks.state.\"/h/.codex/hooks.json:pre_tool_use:0:0\"]\nenabled = false\ntrusted_hash = "
      "\"sha256:old\"\n\n"
      "[tui]\nx = 1\n[hooks.state]\n'/h/.codex/hooks.json:stop:1:0' = { enabled = false }\n",
      kEntries);
  ASSERT_TRUE(edit);
  EXPECT_EQ(edit->text.find("old"), std::string::npos);
  const auto state = read_hook_state(edit->text);
  EXPECT_TRUE(state->disabled.empty());
  EXPECT_EQ(state->trusted, kEntries);
}

TEST(TomlEdit, ReadsSwitches) {
  EXPECT_TRUE(read_hook_state("[features]\nhooks = false\n")->hooks_feature_off);
  EXPECT_TRUE(read_hook_state("features.\"hooks\" = false # off\n")->hooks_feature_off);
  EXPECT_TRUE(read_hook_state("features = { hooks = false }\n")->hooks_feature_off);
  EXPECT_TRUE(read_hook_state("[features]\ncodex_hooks = false\n")->hooks_feature_off);
  EXPECT_FALSE(read_hook_state("[features]\nhooks = true\n[x]\nhooks = false\n")->hooks_feature_off);
  EXPECT_EQ(read_hook_state("[hooks.state.\"a\\u0062\"]\nenabled = false\n")->disabled,
            (std::vector<std::string>{"ab"}));
}

TEST(TomlEdit, RefusesWhatItCannotPlace) {
  for (const std::string text : {"hooks = { state = {} }\n", "[hooks]\nstate = {}\n", "[[hooks]]\na=1\n"})
    EXPECT_FALSE(set_hook_trust(text, kEntries)) << text;
  for (const std::string text : {"a = \"x", "[a", "a", "= 1", "a = [1", "[b]] x", "a = \"\\q\"", "a = '''x",
                                 "a = {b}", "a =\n", "\"\"\"a\"\"\" = 1", "a = \"\\ud800\""}) {
    EXPECT_FALSE(toml_outline(text)) << text;
  }
  EXPECT_NE(toml_outline("a = 1\nb = \"x\n").error().where.find("line 2"), std::string::npos);
  EXPECT_FALSE(toml_outline("a = " + std::string(100'000, '[')));
  EXPECT_FALSE(toml_outline(std::string(limits::kSettingsBytesMax + 1, ' ')));
}

TEST(TomlEdit, QuotesSoThatItReadsBack) {
  const std::string odd = "a\"b\\c\n\x01 ü";
  const auto items = toml_outline(toml_quote(odd) + " = 1\n");
  ASSERT_TRUE(items);
  EXPECT_EQ(items->front().path, (std::vector<std::string>{odd}));
}

// The right-hand sides are what Codex 0.169.0 itself answered to hooks/list for these hooks.
TEST(CodexTrust, HashesAsCodexDoes) {
  const auto hash = [](std::string_view event, const char* group) {
    const Json json = *parse_json(group);
    return codex_hook_hash(event, json, json["hooks"].as_array().front());
  };
  EXPECT_EQ(hash("PreToolUse",
                 R"({"matcher":"*","hooks":[{"type":"command","command":"/bin/true a b","timeout":10}]})"),
            "sha256:e096f4b8dfac5ced51e72d0f42c3442c79f768d7fc6c4acc5834165329aec524");
  EXPECT_EQ(hash("PreToolUse", R"({"hooks":[{"type":"command","command":"/bin/true"}]})"),
            "sha256:8f7a965a0a9eaa9814cc7d1b5b13a5bec78abd403b73e7e3818b88280da42377");
  EXPECT_EQ(
      hash(
          "SessionStart",
          R"({"matcher":"","hooks":[{"type":"command","command":"/bin/true","statusMessage":"hi","async":false}]})"),
      "sha256:f3fd5c2b998a404534a53b6220372862d3d5d4551bf6485d9c55706bc35d1411");
  EXPECT_EQ(hash("Stop", R"({"matcher":"*","hooks":[{"type":"command","command":"/bin/true x"}]})"),
            "sha256:90a37437873de56ad556b6b363ac0fb8f7e202fdc06d258e38e41ea493f3409d");
  EXPECT_EQ(
      hash(
          "PreToolUse",
          R"({"matcher":"*","hooks":[{"type":"command","command":"/opt/weir/weir-hook codex PreToolUse","timeout":10}]})"),
      "sha256:333f65cdea42f2dcb894b2d3e500681b5da1b2a4a40c38f301634fd9962fc1eb");
  EXPECT_EQ(
      hash(
          "Stop",
          R"({"matcher":"*","hooks":[{"type":"command","command":"/opt/weir/weir-hook codex Stop","timeout":10}]})"),
      "sha256:5615a87b1876832613f9b27ca0f597273f5f1f2e5be2dc397b78aa048cc83a0a");
}

TEST(CodexTrust, NamesHandlersByTheirPlace) {
  const Json settings = *parse_json(
      R"({"hooks":{"Stop":[{"hooks":[{"command":"mine"}]},{"hooks":[{"command":"x"},{"command":"/w/weir-hook codex Stop"}]}]}})");
  const auto entries = codex_trust(settings, {"/a/hooks.json", "/b/hooks.json"});
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].key, "/a/hooks.json:stop:1:1");
  EXPECT_EQ(entries[1].key, "/b/hooks.json:stop:1:1");
  EXPECT_EQ(codex_event_key("UserPromptSubmit"), "user_prompt_submit");
}

}  // namespace
}  // namespace weir::setup
