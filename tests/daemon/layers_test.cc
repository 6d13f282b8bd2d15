// Layers as files: a project's own policies, what they may not do, and reloading.
#include <gtest/gtest.h>

#include <filesystem>

#include "daemon/narrowing.h"
#include "daemon/pack_loader.h"
#include "daemon/support.h"

namespace weir::daemon {
namespace {

using testing::DaemonTest;

constexpr const char* kNoPush =
    "@id(\"project.push\") @reason(\"Pushing is for people here.\")\n"
    "forbid (principal, action == Action::\"vcs.push\", resource);\n";
constexpr const char* kAllowList =
    "@id(\"user.reads\") @replaces(\"base.allow\") @reason(\"Only this.\")\n"
    "permit (principal, action in [Action::\"tool\", Action::\"shell\", Action::\"file\"], resource);\n";

class LayerFiles : public DaemonTest {
 protected:
  void project(const std::string& name, const std::string& text) {
    ASSERT_TRUE(os::make_dirs(dir_ + "/project/.weir/policies"));
    ASSERT_TRUE(os::write_file_atomic(dir_ + "/project/.weir/policies/" + name, text));
  }
  void user(const std::string& name, const std::string& text) {
    ASSERT_TRUE(os::make_dirs(places_.config + "/policies"));
    ASSERT_TRUE(os::write_file_atomic(places_.config + "/policies/" + name, text));
  }
  std::string refusal(const std::string& session, const std::string& command) const {
    const auto reply = call(session, command);
    return reply && reply->exit_code == 2 ? reply->err : "";
  }
};

TEST_F(LayerFiles, AProjectsRefusalsHoldInItsWorkspace) {
  project("a.cedar", kNoPush);
  ASSERT_EQ(std::system(("git init -q " + dir_ + "/project").c_str()), 0);
  start();
  EXPECT_NE(refusal("s", "git push").find("project.push"), std::string::npos);
  EXPECT_EQ(code("s", "ls"), 0);
}

TEST_F(LayerFiles, AProjectThatWidensIsRefusedWithARequestThatShowsIt) {
  user("list.cedar", kAllowList);
  project("a.cedar", "@id(\"project.db\") permit (principal, action == Action::\"db.delete\", resource);\n");
  ASSERT_EQ(std::system(("git init -q " + dir_ + "/project").c_str()), 0);
  start();
  const std::string why = refusal("s", "ls");
  EXPECT_NE(why.find("would be allowed Action::\"db.delete\""), std::string::npos) << why;
  EXPECT_NE(why.find(".weir/policies/a.cedar:1"), std::string::npos) << why;
  // Mending the file is enough.
  project("a.cedar", kNoPush);
  EXPECT_EQ(code("s", "ls"), 0);
}

TEST_F(LayerFiles, AProjectsBrokenFileLetsNothingRun) {
  project("a.cedar", "forbid (principal, action, resource) when {");
  ASSERT_EQ(std::system(("git init -q " + dir_ + "/project").c_str()), 0);
  start();
  EXPECT_NE(refusal("s", "ls").find("the project's own policies cannot be used"), std::string::npos);
}

TEST_F(LayerFiles, ALinkIsNoProjectPolicy) {
  user("list.cedar", kNoPush);
  ASSERT_TRUE(os::make_dirs(dir_ + "/project/.weir/policies"));
  std::filesystem::create_symlink("/etc/hostname", dir_ + "/project/.weir/policies/a.cedar");
  const auto above = load_pack({.user_dir = places_.config, .policies_dir = ""});
  ASSERT_TRUE(above);
  EXPECT_FALSE(load_project(*above, dir_ + "/project"));
  std::filesystem::remove_all(dir_ + "/project/.weir");
  std::filesystem::create_symlink("/etc", dir_ + "/project/.weir");
  EXPECT_FALSE(load_project(*above, dir_ + "/project"));
  std::filesystem::remove(dir_ + "/project/.weir");
  const auto none = load_project(*above, dir_ + "/project");
  ASSERT_TRUE(none);
  EXPECT_EQ(*none, *above);
}

TEST_F(LayerFiles, ABadReloadKeepsTheOldPolicies) {
  user("a.cedar", kNoPush);
  start();
  EXPECT_NE(refusal("s", "git push").find("project.push"), std::string::npos);
  user("a.cedar", "@id(\"x\") @nonsense(\"y\") forbid (principal, action, resource);");
  const auto bad = control(Json::object({{"cmd", "reload"}}));
  EXPECT_TRUE(!bad || bad->has("error")) << (bad ? compact(*bad) : "");
  EXPECT_NE(refusal("s", "git push").find("project.push"), std::string::npos);
}

TEST_F(LayerFiles, ANarrowerPermitIsProvedOrSaidNotToBe) {
  user("list.cedar", kAllowList);
  project("a.cedar",
          "@id(\"project.read\") permit (principal, action == Action::\"file.read\", resource)\n"
          "when { resource.in_workspace };\n");
  const auto above = load_pack({.user_dir = places_.config, .policies_dir = ""});
  ASSERT_TRUE(above) << above.error().message();
  if (std::system("command -v cvc5 > /dev/null") != 0) GTEST_SKIP() << "no cvc5";
  const auto pack = load_project(*above, dir_ + "/project");
  ASSERT_TRUE(pack) << pack.error().message();
  EXPECT_NE(*pack, *above);
  // The same without its condition on a verb that is not listed: only a solver sees that this one widens.
  project("a.cedar",
          "@id(\"project.fetch\") permit (principal, action == Action::\"net.connect\", resource)\n"
          "when { context.tool == \"WebFetch\" && resource has host && resource.host == \"x.example\" };\n");
  const auto wider = load_project(*above, dir_ + "/project");
  ASSERT_FALSE(wider);
  EXPECT_EQ(wider.error().code, ErrorCode::denied) << wider.error().message();
  EXPECT_NE(wider.error().what.find("WebFetch"), std::string::npos) << wider.error().message();
}

TEST_F(LayerFiles, AForbidThatCanErrDoesNotLoad) {
  if (std::system("command -v cvc5 > /dev/null") != 0) GTEST_SKIP() << "no cvc5";
  user("a.cedar",
       "@id(\"sum\") forbid (principal, action == Action::\"net.connect\", resource)\n"
       "when { context.session.connects + context.session.writes > 100 };\n");
  const auto pack = load_pack({.user_dir = places_.config, .policies_dir = ""});
  ASSERT_FALSE(pack);
  EXPECT_NE(pack.error().what.find("can err"), std::string::npos) << pack.error().message();
  EXPECT_NE(pack.error().where.find("a.cedar:1: sum"), std::string::npos) << pack.error().message();
}

}  // namespace
}  // namespace weir::daemon
