// Importing permission settings: what becomes a policy, and which rules are named for doing nothing.
#include "setup/permissions.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weir::setup {
namespace {

using Kind = PermissionNote::Kind;

PermissionImport import_text(const std::string& agent, const std::string& text, bool allow_list = false) {
  const PermissionFile file{"settings", text};
  auto import = import_permissions(agent, {&file, 1}, {.home = "/home/ann", .allow_list = allow_list});
  EXPECT_TRUE(import) << import.error().message();
  return import ? *import : PermissionImport{};
}

PermissionImport claude(const std::string& permissions) {
  return import_text("claude-code", "{\"permissions\": " + permissions + "}");
}

bool has_note(const PermissionImport& import, Kind kind, const std::string& rule) {
  return std::any_of(import.notes.begin(), import.notes.end(),
                     [&](const auto& note) { return note.kind == kind && note.rule == rule; });
}

bool says(const PermissionImport& import, const std::string& text) {
  return import.policies.find(text) != std::string::npos;
}

TEST(ImportClaude, ADeniedCommandIsAboutTheProgram) {
  const auto import = claude(R"j({"deny": ["Bash(curl:*)", "Bash(git push:*)"]})j");
  EXPECT_EQ(import.written, 2u);
  EXPECT_TRUE(says(import,
                   "forbid (principal in Agent::\"claude-code\", action == Action::\"shell.exec\", "
                   "resource == Program::\"curl\");"));
  EXPECT_TRUE(says(import, "resource == Program::\"git\")\nwhen { context.command like \"*git push*\" };"));
  EXPECT_TRUE(has_note(import, Kind::weaker, "Bash(curl:*)"));
}

TEST(ImportClaude, RulesThatDoNothingAreNamed) {
  const auto import =
      claude(R"j({"deny": ["Write(secrets/**)", "Bash(git:* status)", "WebFetch(https://x.example)",
      "Frobnicate", "bash(ls)", "Grep(.env)", "mcp__gh__del*", "TodoWrite(x)", "Read(a"]})j");
  for (const char* rule : {"Write(secrets/**)", "Bash(git:* status)", "WebFetch(https://x.example)",
                           "Frobnicate", "bash(ls)", "Grep(.env)", "mcp__gh__del*", "TodoWrite(x)", "Read(a"})
    EXPECT_TRUE(has_note(import, Kind::no_effect, rule)) << rule;
  // What two of them meant is written all the same: a refusal too many is seen, one too few is not.
  EXPECT_TRUE(says(import, "resource.relative like \"secrets/*\""));
  EXPECT_EQ(import.written, 2u);
}

TEST(ImportClaude, PathsAreAnchoredAsClaudeAnchorsThem) {
  const auto import = claude(
      R"j({"deny": ["Read(//etc/shadow)", "Read(~/.ssh/**)", "Read(./.env)", "Read(/etc/passwd)", "Edit(*.pem)"]})j");
  EXPECT_TRUE(says(import, "resource.path like \"/etc/shadow\""));
  EXPECT_TRUE(says(import, "resource.path like \"/home/ann/.ssh/*\""));
  EXPECT_TRUE(says(import, "resource.relative like \".env\""));
  EXPECT_TRUE(says(import, "resource.relative like \"etc/passwd\""));
  EXPECT_TRUE(
      says(import, "action in Action::\"file.change\", resource)\nwhen { resource.relative like \"*.pem\""));
  EXPECT_TRUE(has_note(import, Kind::weaker, "Read(/etc/passwd)"));
  EXPECT_FALSE(has_note(import, Kind::no_effect, "Read(./.env)"));
}

TEST(ImportClaude, ShadowedRulesAreNamed) {
  const auto import = claude(
      R"j({"deny": ["Bash(git:*)"], "ask": ["Bash(git push:*)"], "allow": ["Bash(git status)", "Bash(gitk)"]})j");
  EXPECT_TRUE(has_note(import, Kind::shadowed, "Bash(git push:*)"));
  EXPECT_TRUE(has_note(import, Kind::shadowed, "Bash(git status)"));
  EXPECT_FALSE(has_note(import, Kind::shadowed, "Bash(gitk)"));
  EXPECT_FALSE(has_note(import, Kind::shadowed, "Bash(git:*)"));
}

TEST(ImportClaude, AllowedRunnersAllowAnything) {
  const auto import =
      claude(R"j({"allow": ["Bash(python3:*)", "Bash(npm run test:*)", "Bash(:*)", "Read(src/*)"]})j");
  EXPECT_TRUE(has_note(import, Kind::weaker, "Bash(python3:*)"));
  EXPECT_TRUE(has_note(import, Kind::weaker, "Bash(:*)"));
  EXPECT_FALSE(has_note(import, Kind::weaker, "Bash(npm run test:*)"));
  EXPECT_TRUE(says(import, "context.command == \"npm run test\" || context.command like \"npm run test *\""));
  EXPECT_TRUE(has_note(import, Kind::skipped, "Read(src/*)"));  // a star in one directory cannot be said
  EXPECT_FALSE(says(import, "@replaces"));
}

TEST(ImportClaude, AsAnAllowListThePermitsReplaceTheDefault) {
  const auto import =
      import_text("claude-code", R"j({"permissions": {"allow": ["WebSearch"], "deny": ["Bash"]}})j", true);
  EXPECT_TRUE(says(import, "@replaces(\"base.allow\")"));
  EXPECT_EQ(import.policies.find("@replaces"), import.policies.rfind("@replaces"));
}

TEST(ImportClaude, ModesAndStrayListsAreNamed) {
  EXPECT_TRUE(
      has_note(claude(R"j({"defaultMode": "bypassPermissions"})j"), Kind::weaker, "bypassPermissions"));
  EXPECT_TRUE(has_note(claude(R"j({"defaultMode": "yes"})j"), Kind::no_effect, "yes"));
  EXPECT_TRUE(has_note(claude(R"j({"denied": []})j"), Kind::no_effect, "denied"));
  EXPECT_TRUE(has_note(import_text("claude-code", R"j({"deny": ["Bash"]})j"), Kind::no_effect, "deny"));
}

TEST(ImportCodex, TheSandboxBecomesRefusals) {
  const auto import = import_text("codex", R"j(approval_policy = "never"
sandbox_mode = "workspace-write"
[sandbox_workspace_write]
writable_roots = ["/srv/cache"]
[mcp_servers.github]
disabled_tools = ["delete_repo"]
)j");
  EXPECT_TRUE(says(import,
                   "unless { resource.in_workspace || resource in PathClass::\"regenerable\" || "
                   "resource.path == \"/srv/cache\" || resource.path like \"/srv/cache/*\" };"));
  EXPECT_TRUE(says(import, "Action::\"net.connect\""));
  EXPECT_TRUE(says(import, "Tool::\"github/delete_repo\""));
  EXPECT_FALSE(says(import, "@decision(\"ask\")"));
}

TEST(ImportCodex, WhatCodexWouldAskIsAsked) {
  EXPECT_TRUE(says(import_text("codex", "approval_policy = \"on-request\"\n"), "@decision(\"ask\")"));
  const auto untrusted = import_text("codex", "approval_policy = \"untrusted\"\n");
  EXPECT_TRUE(says(untrusted, "Program::\"ls\""));
  EXPECT_TRUE(says(untrusted, ".contains(resource) }"));
}

TEST(ImportCodex, FullAccessAndUnknownWordsAreNamed) {
  const auto import =
      import_text("codex", "sandbox_mode = \"danger-full-access\"\napproval_policy = \"never\"\n");
  EXPECT_TRUE(has_note(import, Kind::weaker, "danger-full-access"));
  EXPECT_TRUE(has_note(import, Kind::weaker, "never"));
  EXPECT_EQ(import.written, 0u);
  EXPECT_TRUE(has_note(import_text("codex", "sandbox_mode = \"readonly\"\n"), Kind::no_effect, "readonly"));
  EXPECT_TRUE(has_note(import_text("codex", "sandbox = \"read-only\"\n"), Kind::no_effect, "read-only"));
}

TEST(ImportGemini, ListsOfTools) {
  const auto import =
      import_text("gemini", R"j({"tools": {"core": ["ReadFileTool"], "exclude": ["run_shell_command(rm)",
      "Shell"], "allowed": ["run_shell_command(git status)"]}, "mcpServers": {
  "x" : {
    "trust" : true
  }
}
})j");
  EXPECT_TRUE(says(import, "Program::\"rm\""));
  EXPECT_TRUE(says(import, "[Tool::\"read_file\"].contains(resource)"));
  EXPECT_TRUE(has_note(import, Kind::no_effect, "Shell"));
  EXPECT_TRUE(has_note(import, Kind::weaker, "trust: true"));
  EXPECT_TRUE(says(import, "Agent::\"gemini-cli\""));
}

TEST(ImportGemini, AListWithoutAKnownToolLeavesOnlyServers) {
  const auto import = import_text("gemini", R"j({"coreTools": ["Nothing"]})j");
  EXPECT_TRUE(says(import, "unless { resource.server != \"\" };"));
}

TEST(ImportCopilot, OptionsOfACommandLine) {
  const auto import = import_text("copilot",
                                  "copilot --allow-tool 'shell(git:*)' --deny-tool='shell(git push)' "
                                  "--deny-tool write --allow-all-paths --deny-url x.example/a");
  EXPECT_TRUE(says(import, "context.command like \"*git push*\""));
  EXPECT_TRUE(says(import, "action in Action::\"file.change\", resource);"));
  EXPECT_TRUE(says(import, "resource.host == \"x.example\" || resource.host like \"*.x.example\""));
  EXPECT_TRUE(has_note(import, Kind::weaker, "--allow-all-paths"));
  EXPECT_TRUE(has_note(import_text("copilot", R"j({"allow_tools": []})j"), Kind::no_effect, "allow_tools"));
}

TEST(Import, HostileInputEndsInAnError) {
  const auto refused = [](const std::string& agent, const std::string& text) {
    const PermissionFile file{"f", text};
    return !import_permissions(agent, {&file, 1}, {});
  };
  EXPECT_TRUE(refused("claude-code", "[]"));
  EXPECT_TRUE(refused("claude-code", "{\"permissions\": 7}"));
  EXPECT_TRUE(refused("claude-code", "{\"permissions\": {\"deny\": [7]}}"));
  EXPECT_TRUE(refused("claude-code", "\xff"));
  EXPECT_TRUE(refused("codex", "= 7"));
  EXPECT_TRUE(refused("emacs", "{}"));
  EXPECT_TRUE(refused("claude-code", std::string(kPermissionFileBytesMax + 1, ' ')));
  std::string many = "{\"permissions\": {\"deny\": [\"Bash\"";
  for (std::size_t i = 0; i < kPermissionRulesMax; ++i)
    many += ",\"Bash(x" + std::to_string(i) + ")\"";
  EXPECT_TRUE(refused("claude-code", many + "]}}"));
}

TEST(Import, TextIsQuotedForCedar) {
  const auto import = claude(R"j({"deny": ["Bash(echo \"a\\b\"\u0007:*)"]})j");
  EXPECT_TRUE(says(import, R"j(like "*echo \"a\\b\"\u{07}*")j")) << import.policies;
  EXPECT_EQ(import.policies.find('\a'), std::string::npos);
}

}  // namespace
}  // namespace weir::setup
