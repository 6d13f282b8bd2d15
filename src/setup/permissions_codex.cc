// Codex: config.toml, `sandbox_mode`, `[sandbox_workspace_write]`, `approval_policy`, `[projects."…"]` and
// the tools of MCP servers. The sandbox is enforced by the kernel there; here it becomes refusals (or
// questions, where Codex would ask) that hold for what the hook sees.
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/bytes.h"
#include "base/json.h"
#include "setup/permissions_rules.h"
#include "setup/toml_edit.h"

namespace weir::setup {
namespace {

using Effect = PermissionRule::Effect;
using Kind = PermissionNote::Kind;
using Subject = PermissionRule::Subject;

// What Codex runs without a question under approval_policy = "untrusted".
constexpr std::string_view kTrustedPrograms =
    "cat\ncd\ncut\necho\nexpr\nfalse\ngrep\nhead\nid\nls\nnl\npaste\npwd\nrev\nrg\nseq\nstat\ntail\ntr\ntrue"
    "\n"
    "uname\nuniq\nwc\nwhich\nwhoami";

// Texts of a value: "a", 'a', ["a", 'b'], true, 7. Escapes in basic strings: only \" and \\ occur in paths.
std::vector<std::string> texts_of(std::string_view value) {
  std::vector<std::string> out;
  std::string text;
  char quote = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (quote == 0) {
      if (c == '"' || c == '\'') quote = c;
    } else if (c == quote) {
      out.push_back(std::move(text));
      text.clear();
      quote = 0;
    } else {
      if (c == '\\' && quote == '"' && i + 1 < value.size()) ++i;
      text += value[i];
    }
  }
  if (out.empty()) out.emplace_back(trim(value));
  return out;
}

struct Settings {
  std::string approval;
  std::string sandbox;
  bool network = false;
  std::vector<std::string> roots;
  std::vector<std::pair<std::string, std::string>> disabled_tools;  // server, tool
  bool profiles = false;
};

std::string joined_path(const std::vector<std::string>& path) {
  std::string out;
  for (const auto& part : path)
    out += (out.empty() ? "" : ".") + printable(part, 80);
  return out;
}

void read_pair(const TomlItem& item, const std::string& file, Settings& settings, PermissionWriter& writer) {
  const auto values = texts_of(item.value);
  const auto& path = item.path;
  const std::string key = joined_path(path);
  const std::string where = file + " " + key;
  if (key == "approval_policy")
    settings.approval = values[0];
  else if (key == "sandbox_mode")
    settings.sandbox = values[0];
  else if (key == "sandbox_workspace_write.network_access")
    settings.network = values[0] == "true";
  else if (key == "sandbox_workspace_write.writable_roots")
    settings.roots = values;
  else if (path.size() == 3 && path[0] == "mcp_servers" && path[2] == "disabled_tools")
    for (const auto& tool : values)
      settings.disabled_tools.emplace_back(path[1], tool);
  else if (path.size() == 3 && path[0] == "projects" && path[2] == "trust_level" && values[0] == "trusted")
    writer.note(Kind::weaker, where, "trusted", "the project's own .codex settings are read");
  else if (path[0] == "profiles" && (path.back() == "approval_policy" || path.back() == "sandbox_mode"))
    writer.note(Kind::skipped, where, values[0], "a profile counts only where it is chosen with --profile");
  else if (path.back() == "sandbox_permissions" || path.back() == "approval_mode" ||
           path.back() == "ask_for_approval" || path.back() == "sandbox")
    writer.note(Kind::no_effect, where, values[0],
                "there is no such setting; it is approval_policy and sandbox_mode");
}

// What crosses the sandbox is asked about, unless nothing ever is.
Status write_sandbox(const Settings& settings, const std::string& file, PermissionWriter& writer) {
  const Effect effect = settings.approval == "never" ? Effect::deny : Effect::ask;
  const std::string where = file + " sandbox_mode";
  const std::string text = settings.sandbox.empty() ? "read-only (the default)" : settings.sandbox;
  if (settings.sandbox == "danger-full-access") {
    writer.note(Kind::weaker, where, text, "there is no sandbox: nothing is refused");
    if (settings.approval == "never")
      writer.note(Kind::weaker, file + " approval_policy", "never", "and nothing is asked either");
    return {};
  }
  if (settings.sandbox == "workspace-write") {
    std::string roots;
    for (const auto& root : settings.roots)
      roots += root + "\n";
    TRY_STATUS(writer.add({effect, Subject::outside, roots, false, text, where}));
    if (settings.network)
      writer.note(Kind::weaker, file + " sandbox_workspace_write.network_access", "true",
                  "every host can be reached: what the workspace holds can leave it");
    else
      TRY_STATUS(writer.add({effect, Subject::network, "", false, "no network_access", where}));
    return {};
  }
  if (!settings.sandbox.empty() && settings.sandbox != "read-only") {
    writer.note(Kind::no_effect, where, text,
                "there is no such mode; it is read-only, workspace-write or danger-full-access");
    return {};
  }
  TRY_STATUS(writer.add({effect, Subject::any_change, "", false, text, where}));
  return writer.add({effect, Subject::network, "", false, text, where});
}

Status write_approval(const Settings& settings, const std::string& file, PermissionWriter& writer) {
  static constexpr std::array<std::string_view, 5> kModes = {"", "untrusted", "on-request", "on-failure",
                                                             "never"};
  const std::string where = file + " approval_policy";
  if (std::find(kModes.begin(), kModes.end(), settings.approval) == kModes.end())
    writer.note(Kind::no_effect, where, settings.approval, "there is no such policy");
  if (settings.approval == "on-failure")
    writer.note(Kind::weaker, where, settings.approval,
                "a command runs first and is asked about only when the sandbox stopped it");
  if (settings.approval == "on-request")
    writer.note(Kind::weaker, where, settings.approval, "the model decides when to ask");
  if (settings.approval != "untrusted") return {};
  return writer.add(
      {Effect::ask, Subject::other_programs, std::string(kTrustedPrograms), false, settings.approval, where});
}

}  // namespace

Status read_codex_permissions(const PermissionFile& file, PermissionWriter& writer) {
  auto outline = toml_outline(file.text);
  if (!outline)
    return fail(outline.error().code, outline.error().what, file.name + " " + outline.error().where);
  Settings settings;
  for (const auto& item : *outline)
    if (item.kind == TomlItem::Kind::pair && !item.path.empty()) read_pair(item, file.name, settings, writer);
  TRY_STATUS(write_sandbox(settings, file.name, writer));
  TRY_STATUS(write_approval(settings, file.name, writer));
  for (const auto& [server, tool] : settings.disabled_tools)
    TRY_STATUS(writer.add({Effect::deny, Subject::mcp_tool, server + "/" + tool, false, "disabled " + tool,
                           file.name + " mcp_servers." + printable(server, 60)}));
  return {};
}

}  // namespace weir::setup
