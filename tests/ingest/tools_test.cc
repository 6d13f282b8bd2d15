#include "ingest/tools.h"

#include <gmock/gmock.h>

#include "support.h"

namespace weir::ingest {
namespace {

// Every expected member must be there; members that are not expected must be empty.
void expect_use(const ToolUse& use, const Json& row) {
  const Json& expect = row["expect"];
  const std::string why(row["why"].text_or(""));
  EXPECT_EQ(name(use.kind), expect["kind"].text_or("")) << why;
  const auto same = [&](std::string_view field, const std::string& found) {
    if (expect.has(field)) {
      EXPECT_EQ(found, expect[field].text_or("")) << why;
    }
  };
  same("command", use.command);
  same("tool", use.tool);
  same("text", use.text);
  if (expect.has("argv")) {
    EXPECT_EQ(Json::strings(use.argv), expect["argv"]) << why;
  }
  EXPECT_EQ(use.server, expect["server"].text_or("")) << why;
  EXPECT_EQ(use.interpreter, expect["interpreter"].text_or("")) << why;
  EXPECT_EQ(use.cwd, expect["cwd"].text_or("")) << why;
  EXPECT_EQ(use.url, expect["url"].text_or("")) << why;
  EXPECT_EQ(use.target, expect["target"].text_or("")) << why;
  EXPECT_EQ(use.background, expect["background"].bool_or(false)) << why;
  EXPECT_EQ(use.unsandboxed, expect["unsandboxed"].bool_or(false)) << why;
  EXPECT_EQ(!use.opaque.empty(), expect["opaque"].bool_or(false)) << why << ": " << use.opaque;
  Json paths = Json::array();
  for (const auto& path : use.paths)
    paths.push(Json::array({name(path.use), path.path}));
  EXPECT_EQ(compact(paths), expect.has("paths") ? compact(expect["paths"]) : "[]") << why;
}

TEST(ToolUse, CasesHold) {
  const auto lines = read_lines(kCases / "tools.jsonl");
  ASSERT_GT(lines.size(), 50u);
  for (const auto& line : lines) {
    const Json row = parsed(line);
    expect_use(tool_use(row["agent"].text_or(""), row["tool"].text_or(""), row["input"]), row);
  }
}

// Each known tool meets every wrong type in every field that its cases name: no crash, and where a field that
// decides is broken the use is opaque.
TEST(ToolUse, SurvivesWrongTypesInEveryField) {
  const Json wrong[] = {Json(),
                        Json(true),
                        Json(-1),
                        Json(1.5),
                        Json("\xe2\x82\xac"),
                        Json::array({Json(1)}),
                        Json::object({{"x", Json::array({Json()})}})};
  for (const auto& line : read_lines(kCases / "tools.jsonl")) {
    const Json row = parsed(line);
    if (!row["input"].is_object()) continue;
    for (const auto& [key, value] : row["input"].as_object())
      for (const Json& bad : wrong) {
        Json input = row["input"];
        input.set(key, bad);
        const ToolUse use = tool_use(row["agent"].text_or(""), row["tool"].text_or(""), input);
        const bool command = (key == "command" || key == "cmd") && use.kind == ToolKind::shell;
        const bool path = key == "file_path" || key == "notebook_path";
        if ((command || path) && !bad.is_string()) {
          EXPECT_FALSE(use.opaque.empty()) << line << " with " << compact(bad);
        }
      }
  }
}

TEST(IdentityInput, LeavesOutOnlyWhatIsShownToPeople) {
  const Json call = parsed(R"({"command":"ls","description":"List","timeout":5})");
  EXPECT_EQ(compact(identity_input("claude-code", "Bash", call)), R"({"command":"ls","timeout":5})");
  EXPECT_EQ(identity_input("claude-code", "Write", call), call);
  EXPECT_EQ(
      compact(identity_input("codex", "exec_command", parsed(R"({"cmd":"ls","justification":"please"})"))),
      R"({"cmd":"ls"})");
  EXPECT_EQ(identity_input("codex", "exec_command", Json("odd")), Json("odd"));
}

TEST(QuoteWords, KeepsWordsApart) {
  EXPECT_EQ(quote_words({"ls", "-l", "a b", "", "it's", "$HOME", "x=1"}),
            "ls -l 'a b' '' 'it'\\''s' '$HOME' x=1");
}

}  // namespace
}  // namespace weir::ingest
