// Loading policies and path classes: what is refused, and that the message names place and remedy.
#include "guard/pack.h"

#include "guard/path_facts.h"
#include "guard/support.h"

namespace weir::guard {
namespace {

Error error_of(const std::string& policies) {
  PackSources sources;
  sources.policies = {{"team.cedar", policies}};
  const auto pack = Pack::load(sources);
  EXPECT_FALSE(pack) << policies;
  return pack ? Error{} : pack.error();
}

TEST(Pack, MistakesInAnnotationsNameFileLineAndRemedy) {
  const struct {
    const char* policy;
    const char* what;
  } cases[] = {
      {"\npermit (principal, action, resource);", "no @id"},
      {"@id(\"a\") @decision(\"block\") forbid (principal, action, resource);", "@decision(\"block\")"},
      {"@id(\"a\") @decision(\"allow\") forbid (principal, action, resource);", "@decision(\"allow\")"},
      {"@id(\"a\") @decision(\"deny\") permit (principal, action, resource);", "@decision(\"deny\")"},
      {"@id(\"a\") @severity(\"urgent\") forbid (principal, action, resource);", "@severity(\"urgent\")"},
      {"@id(\"a\") @mode(\"dry\") forbid (principal, action, resource);", "@mode(\"dry\")"},
      {"@id(\"a\") @approvals(\"3\") forbid (principal, action, resource);", "@approvals(\"3\")"},
      {"@id(\"a\") permit (principal == ?principal, action, resource);", "template"},
      {"@id(\"a\") @desicion(\"ask\") forbid (principal, action, resource);", "@desicion"},
      {"@id(\"a\") @reason forbid (principal, action, resource);", "@reason has no value"},
      {"@id(\"a\") @approvals(\"2\") forbid (principal, action, resource);", "@approvals goes with"},
      {"@id(\"a\") @advice(\"x\") forbid (principal, action, resource);", "@advice goes with"},
      {"@id(\"a\") @control(\"ASI02,,\") forbid (principal, action, resource);", "control ids"},
      {"@id(\"a\") @class(\"two words\") forbid (principal, action, resource);", "is not a name"},
      {"@id(\"a\") @playbook(\"a b\") forbid (principal, action, resource);", "is not a name"},
      {"@id(\"a\") @decision(\"transform\") @rewrite(\"[]\") forbid (principal, action, resource);",
       "JSON object"},
      {"@id(\"a\") forbid (principal, action, resource in PathClass::\"credentials\");", "path class"},
  };
  for (const auto& one : cases) {
    const Error error = error_of(one.policy);
    EXPECT_NE(error.message().find(one.what), std::string::npos) << error.message();
    EXPECT_NE(error.where.find("team.cedar:"), std::string::npos) << error.message();
    EXPECT_FALSE(error.hint.empty()) << error.message();
  }
  EXPECT_NE(error_of("\n\npermit (principal, action, resource);").where.find("team.cedar:3"),
            std::string::npos);
}

TEST(Pack, PoliciesAreValidatedAgainstTheSchema) {
  PackSources sources = testing::shipped_sources();
  sources.layers = {{Layer::user,
                     {{"team.cedar",
                       "\n@id(\"a\") forbid (principal, action == Action::\"file.delete\", "
                       "resource) when { resource.in_workspce };"}},
                     {}}};
  const auto pack = Pack::load(sources);
  ASSERT_FALSE(pack);
  EXPECT_NE(pack.error().what.find("in_workspce"), std::string::npos) << pack.error().message();
  EXPECT_EQ(pack.error().where, "team.cedar:2: a");
}

TEST(Pack, OneIdNamesOnePolicy) {
  const Error error = error_of(
      "@id(\"a\") permit (principal, action, resource);\n@id(\"a\") forbid (principal, action, resource);");
  EXPECT_NE(error.message().find("a"), std::string::npos);
}

TEST(Pack, MistakesInCedarNameLineAndColumn) {
  EXPECT_NE(error_of("@id(\"a\") permit (principal, action);").message().find("team.cedar:1:"),
            std::string::npos);
}

TEST(Pack, DefaultsOfAnnotations) {
  const auto pack =
      testing::pack_of("@id(\"f\") forbid (principal, action == Action::\"mcp.call\", resource);");
  EXPECT_EQ(pack->meta("f").verdict, event::Verdict::deny);
  EXPECT_EQ(pack->meta("f").severity, "medium");
  EXPECT_EQ(pack->meta("f").approvals, 1);
  EXPECT_FALSE(pack->meta("f").observe);
  EXPECT_EQ(pack->meta("base.allow").verdict, event::Verdict::allow);
}

TEST(Pack, TheDigestNamesTheTexts) {
  PackSources sources = testing::shipped_sources();
  const auto before = (*Pack::load(sources))->policy_digest();
  EXPECT_EQ((*Pack::load(sources))->policy_digest(), before);
  sources.policies[0].text += "\n";
  EXPECT_NE((*Pack::load(sources))->policy_digest(), before);
  const auto content = (*Pack::load(sources))->content_digest();
  sources.paths[0].text += "\n";
  EXPECT_NE((*Pack::load(sources))->content_digest(), content);
}

TEST(PathClasses, GlobsMatchWholePaths) {
  const struct {
    const char* glob;
    const char* text;
    bool matches;
  } cases[] = {
      {"/a/*", "/a/b", true},
      {"/a/*", "/a/b/c", false},
      {"/a/**", "/a/b/c", true},
      {"/a/?", "/a/b", true},
      {"/a/?", "/a/bc", false},
      {"/a/*.key", "/a/x.key", true},
      {"/a/**/config", "/a/b/c/config", true},
      {"/a/b", "/a/bc", false},
      {"*", "a/b", false},
      {"**", "a/b", true},
      {"", "", true},
      {"?", "", false},
      {"/a*/*b", "/aaaaaa/aab", true},
      {"/*/*/*/*x", "/a/b/c/dddd", false},
  };
  for (const auto& one : cases)
    EXPECT_EQ(glob_matches(one.glob, one.text), one.matches) << one.glob << " " << one.text;
}

TEST(PathClasses, AHostileGlobTakesNoExponentialTime) {
  std::string glob;
  for (int i = 0; i < 60; ++i)
    glob += "*a";
  EXPECT_FALSE(glob_matches(glob, std::string(20'000, 'a') + "b"));
}

TEST(PathClasses, HomesAndExceptions) {
  const NamedText text{"t.yaml", R"(classes:
  - id: key
    what: keys
    globs: ["~/.ssh/id_*", ".env", "*.pem"]
    except: ["*.pub", "/usr/**"]
)"};
  const auto classes = PathClasses::parse(std::span(&text, 1));
  ASSERT_TRUE(classes) << classes.error().message();
  const std::vector<std::string> key = {"key"};
  for (const char* path : {"/home/ann/.ssh/id_rsa", "/root/.ssh/id_rsa", "/home/ben/.ssh/id_rsa",
                           "/Users/cy/.ssh/id_rsa", "/opt/ann/.ssh/id_rsa", "/srv/app/.env", "/x/y.pem"})
    EXPECT_EQ(classes->of(path, "/opt/ann"), key) << path;
  for (const char* path : {"/home/ann/.ssh/id_rsa.pub", "/srv/app/.environment", "/usr/share/ca.pem",
                           "/home/ann/x/.ssh/id_rsa", "/srv/x.env"})
    EXPECT_TRUE(classes->of(path, "/opt/ann").empty()) << path;
}

TEST(PathClasses, MistakesNameTheFile) {
  for (const char* bad : {"classes: 7", "classes: [{what: x}]", "classes: [{id: a, globs: x}]", ": ["}) {
    const NamedText text{"bad.yaml", bad};
    const auto classes = PathClasses::parse(std::span(&text, 1));
    ASSERT_FALSE(classes) << bad;
    EXPECT_NE(classes.error().message().find("bad.yaml"), std::string::npos) << classes.error().message();
  }
}

TEST(Paths, AreMadeAbsoluteWithoutDots) {
  EXPECT_EQ(absolute_path("a/../b/./c", "/w", "/h"), "/w/b/c");
  EXPECT_EQ(absolute_path("../../..", "/w/x", "/h"), "/");
  EXPECT_EQ(absolute_path("~/x", "/w", "/h"), "/h/x");
  EXPECT_EQ(absolute_path("~", "/w", "/h"), "/h");
  EXPECT_EQ(absolute_path("~/x", "/w", ""), "");
  EXPECT_EQ(absolute_path("x", "", "/h"), "");
  EXPECT_EQ(absolute_path("//etc///passwd", "/w", "/h"), "/etc/passwd");
  EXPECT_TRUE(path_within("/a/b", "/a"));
  EXPECT_TRUE(path_within("/a", "/a"));
  EXPECT_FALSE(path_within("/ab", "/a"));
  EXPECT_FALSE(path_within("/a", "/"));
  EXPECT_FALSE(path_within("/a", ""));
}

}  // namespace
}  // namespace weir::guard
