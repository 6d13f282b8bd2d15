// Permission rules of any agent in one form, and how they are written as Cedar. Internal to permissions*.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "setup/permissions.h"

namespace weir::setup {

struct PermissionRule {
  enum class Effect { allow, ask, deny };
  enum class Subject {
    tool,         // value: the tool's name
    mcp_server,   // the server
    mcp_tool,     // server/tool
    shell,        // a command: exact, prefix, or with `*`
    file_read,    // a path pattern (gitignore)
    file_change,  // likewise
    host,         // a domain
    network,      // every connection
    outside,      // changes outside the workspace; value: further roots, one a line
    any_change,   // every change of a file
    other_tools,  // every tool but those in value, one a line
    other_programs,
  };
  Effect effect = Effect::deny;
  Subject subject = Subject::tool;
  std::string value;
  bool prefix = false;  // shell: whatever follows
  std::string text;     // the rule as written
  std::string where;
};

// Collects rules and notes, then writes them.
class PermissionWriter {
 public:
  PermissionWriter(std::string_view agent, const PermissionOptions& options)
      : agent_(agent), options_(options) {}

  Status add(PermissionRule rule);  // error `limit`
  void note(PermissionNote::Kind kind, const PermissionRule& rule, std::string message);
  void note(PermissionNote::Kind kind, std::string where, std::string rule, std::string message);
  PermissionImport write();

 private:
  void find_shadowed();
  std::string policy_of(const PermissionRule& rule);
  std::string head(const PermissionRule& rule);
  std::string shell_policy(const PermissionRule& rule);
  std::string file_policy(const PermissionRule& rule);
  std::string host_policy(const PermissionRule& rule);

  std::string agent_;
  const PermissionOptions& options_;
  std::vector<PermissionRule> rules_;
  std::vector<PermissionNote> notes_;
  std::vector<std::size_t> counts_ = {0, 0, 0};  // of policies, by effect
};

// One file each.
Status read_claude_permissions(const PermissionFile& file, PermissionWriter& writer);
Status read_codex_permissions(const PermissionFile& file, PermissionWriter& writer);
Status read_gemini_permissions(const PermissionFile& file, PermissionWriter& writer);
Status read_copilot_permissions(const PermissionFile& file, PermissionWriter& writer);

// "text" as a Cedar string; the same as a pattern of `like`, where `*` stays a wildcard.
std::string cedar_string(std::string_view text);
std::string cedar_pattern(std::string_view text);

}  // namespace weir::setup
