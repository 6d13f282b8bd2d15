// Mechanism of the analysis that case files do not show: spans, limits, the table's errors, JSON, SQL, inline
// code.
#include <gmock/gmock.h>

#include "base/limits.h"
#include "shell/code_scan.h"
#include "shell/inspect_json.h"
#include "shell/paths.h"
#include "shell/sql.h"
#include "support.h"

namespace weir::shell {
namespace {

TEST(Analysis, NestedEffectsPointAtTheOuterCommand) {
  const Analysis analysis = analyze_here("true; bash -c 'rm /srv/a'");
  const Effect* removal = effect_of(analysis, verbs::kFileDelete);
  ASSERT_NE(removal, nullptr);
  EXPECT_EQ(removal->span, (Span{6, 25}));
}

TEST(Analysis, EveryVerbIsOneOfTheFixedOnes) {
  const Analysis analysis =
      analyze_here("sudo rm x; curl y | sh; git push -f; docker run z; psql -c 'drop table t'; kill 1");
  ASSERT_FALSE(analysis.effects.empty());
  for (const Effect& effect : analysis.effects)
    EXPECT_FALSE(verbs::verb_named(effect.verb).empty()) << effect.verb;
}

TEST(Analysis, UnknownPlacesSayNothingAboutTheWorkspace) {
  const Environment nowhere;
  const Analysis analysis = analyze("rm -rf build ~", nowhere, shipped_table());
  const Effect* relative = effect_of(analysis, verbs::kFileDelete, "build");
  ASSERT_NE(relative, nullptr);
  EXPECT_FALSE(relative->attributes.contains("inside_workspace"));
  const Effect* home = effect_of(analysis, verbs::kFileDelete, "~");
  ASSERT_NE(home, nullptr);
  EXPECT_TRUE(home->flag("root_like"));
}

TEST(Analysis, KnownVariablesComeFromTheCaller) {
  Environment here = workspace();
  here.variables["TARGET"] = "/srv/data";
  const Analysis analysis = analyze("rm -rf \"$TARGET\"", here, shipped_table());
  EXPECT_NE(effect_of(analysis, verbs::kFileDelete, "/srv/data"), nullptr);
}

TEST(Analysis, LimitsAreReportedAsOpaque) {
  std::string many;
  for (std::size_t i = 0; i < limits::kShellCommandsMax + 1; ++i)
    many += "a\n";
  const Analysis long_script = analyze_here(many);
  EXPECT_TRUE(long_script.limited);
  EXPECT_EQ(long_script.opaque.at(0).reason, "limit");
  const Analysis huge = analyze_here(std::string(limits::kShellBytesMax + 1, ' '));
  EXPECT_TRUE(huge.limited);
  EXPECT_EQ(huge.opaque.size(), 1U);
  std::string wrapped = "rm x";
  for (int i = 0; i < 200; ++i)
    wrapped = "sudo " + wrapped;
  EXPECT_TRUE(analyze_here(wrapped).limited);
  Environment deep = workspace();
  deep.depth = limits::kShellDepthMax;
  EXPECT_TRUE(analyze("bash -c 'rm x'", deep, shipped_table()).limited);
}

TEST(Analysis, SelfReferenceEnds) {
  for (const char* script : {"f() { f; }; f", "alias a=a; a", "echo 'sh s.sh' > s.sh; sh s.sh",
                             "eval eval eval ls", "x='$x'; eval \"$x\"", "f() { g; }; g() { f; }; f"})
    analyze_here(script);
}

TEST(Analysis, HostileShapesStayCheap) {
  for (const char* piece :
       {"$(", "a|", "eval ", "{a,b}", "sudo ", "x=$x$x;", "if a;then ", "for i in 1 2;do ", "bash -c '",
        "f(){ f|f& };f;", "$a", "xargs ", "find . -exec "}) {
    std::string text;
    while (text.size() < 60'000)
      text += piece;
    analyze_here(text);
  }
}

TEST(Table, NamesWhatIsWrong) {
  CommandTable table;
  using testing::HasSubstr;
  const auto message = [&](const char* yaml) {
    const Status added = table.add(yaml, "x.yaml");
    return added ? std::string("accepted") : added.error().message();
  };
  EXPECT_EQ(message("programs: {a: {operands: read}}"), "accepted");
  EXPECT_THAT(message("programs: {a: {}}"), HasSubstr("\"a\" is described twice"));
  EXPECT_THAT(message("programs: {b: {operands: raed}}"), HasSubstr("unknown role \"raed\""));
  EXPECT_THAT(message("programs: {b: {effects: [{verb: file.eat}]}}"),
              HasSubstr("unknown verb \"file.eat\""));
  EXPECT_THAT(message("programs: {b: {effects: [{verb: file.read, whne: x}]}}"),
              HasSubstr("unknown key \"whne\""));
  EXPECT_THAT(message("programs: {b: {colour: red}}"), HasSubstr("unknown key \"colour\""));
  EXPECT_THAT(message("programs: {b: {safe: [x]}}"), HasSubstr("is no condition"));
  EXPECT_THAT(message("things: {}"), HasSubstr("no \"programs\" map"));
  EXPECT_THAT(message("programs: ["), HasSubstr("not valid YAML"));
  EXPECT_THAT(message("programs: {}\nthings: {}"), HasSubstr("unknown key \"things\""));
  EXPECT_THAT(message("hosts: {drop: x}"), HasSubstr("\"drop\" is not a list"));
  EXPECT_THAT(message("installers: {rust: [[]]}"), HasSubstr("a pattern of \"rust\""));
  EXPECT_THAT(message("programs: {b: {like: nobody}}"), HasSubstr("\"like\" names no program"));
}

TEST(Table, ShipsTheProgramsPeopleUse) {
  EXPECT_GT(shipped_table().size(), 150U);
  for (const char* program : {"rm", "git", "curl", "docker", "kubectl", "aws", "psql", "npm", "pip3",
                              "systemctl", "claude", "codex"})
    EXPECT_NE(shipped_table().find(program), nullptr) << program;
  EXPECT_EQ(shipped_table().find("no-such-program"), nullptr);
}

TEST(Paths, Normalises) {
  EXPECT_EQ(normalise_path("/a/./b/../c//d/"), "/a/c/d");
  EXPECT_EQ(normalise_path("/../.."), "/");
  EXPECT_EQ(normalise_path("../x/.."), "..");
  EXPECT_EQ(normalise_path("."), ".");
  EXPECT_EQ(normalise_path("a"), "a");
  EXPECT_TRUE(is_below("/a/b", "/a"));
  EXPECT_FALSE(is_below("/ab", "/a"));
  EXPECT_TRUE(is_below("/x", "/"));
}

TEST(Sql, ClassifiesStatements) {
  const auto verb = [](std::string_view text) { return std::string(classify_sql(text).at(0).verb); };
  EXPECT_EQ(verb("/* x */ DROP TABLE IF EXISTS a.b"), "db.delete");
  EXPECT_EQ(classify_sql("DROP TABLE IF EXISTS a.b")[0].resource, "a.b");
  EXPECT_EQ(verb("drop index i"), "db.write");
  EXPECT_EQ(verb("SELECT 'drop table x'"), "db.read");
  EXPECT_EQ(verb("-- drop table x\nselect 1"), "db.read");
  EXPECT_EQ(verb("WITH x AS (SELECT 1) DELETE FROM y"), "db.delete");
  EXPECT_EQ(verb("EXPLAIN DELETE FROM y"), "db.read");
  EXPECT_EQ(verb("ALTER TABLE t DROP COLUMN c"), "db.delete");
  EXPECT_TRUE(classify_sql("UPDATE t SET a=1")[0].unbounded);
  EXPECT_FALSE(classify_sql("UPDATE t SET a=1 WHERE b=2")[0].unbounded);
  EXPECT_EQ(classify_sql("select 1; ; delete from a").size(), 2U);
  EXPECT_EQ(classify_sql("\\! id").at(0).shell, "id");
  EXPECT_TRUE(classify_sql("  ; -- nothing").empty());
}

TEST(CodeScan, FindsLiteralCalls) {
  const CodeScan python = scan_code(
      "python", "import os\n# os.remove('/no')\nos.remove('/a'); open('/b', 'w'); print('os.remove(1)')");
  ASSERT_EQ(python.calls.size(), 2U);
  EXPECT_EQ(python.calls[0].resource, "/a");
  EXPECT_EQ(python.calls[1].verb, verbs::kFileWrite);
  EXPECT_TRUE(scan_code("python", "os.system(cmd)").computed_command);
  EXPECT_TRUE(scan_code("perl", "print \"hello\"").calls.empty());
  EXPECT_EQ(scan_code("ruby", "`rm x`").shell.at(0), "rm x");
  EXPECT_FALSE(scan_code("python", "import socket; print(socket.gethostname())").remote_shell);
}

TEST(InspectJson, HasTheDocumentedShape) {
  const Json json = inspect_json(analyze_here("rm -rf $X; \xff"));
  EXPECT_EQ(json["commands"].as_array()[0]["argv"].as_array()[0].text_or(""), "rm");
  EXPECT_TRUE(json["commands"].as_array()[0]["unknown"].bool_or(false));
  const Json& effect = json["effects"].as_array()[1];
  EXPECT_EQ(effect["verb"].text_or(""), "file.delete");
  EXPECT_EQ(effect["certainty"].text_or(""), "possible");
  EXPECT_TRUE(effect["attributes"]["recursive"].bool_or(false));
  EXPECT_TRUE(parse_json(canonical(json)));  // also with bytes that are not UTF-8
}

}  // namespace
}  // namespace weir::shell
