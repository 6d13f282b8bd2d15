// The tools of Codex (0.169.0): as hooks name them (Bash, apply_patch) and as rollouts do (exec_command,
// shell, local_shell, custom tools).
#include <array>

#include "ingest/patch.h"
#include "ingest/tools_common.h"

namespace weir::ingest {
namespace {

std::string under(std::string_view base, const std::string& path) {
  if (base.empty() || path.starts_with('/')) return path;
  return std::string(base) + (base.ends_with('/') ? "" : "/") + path;
}

void add_patch_paths(ToolUse& use, std::string_view text, std::string_view base) {
  const auto files = parse_patch(text);
  if (!files) return set_opaque(use, files.error().message());
  for (const auto& file : *files) {
    const std::string path = under(base, file.path);
    if (!file.move_to.empty()) {
      use.paths.push_back({path, PathUse::remove});
      use.paths.push_back({under(base, file.move_to), PathUse::write});
      continue;
    }
    const PathUse how = file.op == PatchOp::add      ? PathUse::write
                        : file.op == PatchOp::remove ? PathUse::remove
                                                     : PathUse::edit;
    use.paths.push_back({path, how});
  }
}

// Codex takes `apply_patch <<EOF …` out of shell commands and applies it itself: its files belong to the
// call.
void add_embedded_patch(ToolUse& use, std::string_view script) {
  EmbeddedPatch embedded;
  switch (find_embedded_patch(script, embedded)) {
    case Embedding::none:
      return;
    case Embedding::unclear:
      return set_opaque(use, "an apply_patch inside a command that cannot be taken apart");
    case Embedding::patch:
      add_patch_paths(use, embedded.text, embedded.base);
  }
}

bool is_script_option(std::string_view word) {
  return word == "-c" || word == "-lc" || word == "-ic" || word == "-lic" || word == "-ilc";
}

void use_words(ToolUse& use) {
  use.command = quote_words(use.argv);
  if (use.argv.empty()) return set_opaque(use, "the command has no words");
  const std::string& program = use.argv[0];
  if ((program == "apply_patch" || program == "applypatch") && use.argv.size() == 2)
    add_patch_paths(use, use.argv[1], "");
  else if (use.argv.size() >= 3 && is_script_option(use.argv[1]))
    add_embedded_patch(use, use.argv[2]);
}

void read_sandbox(ToolUse& use, const Json& input) {
  const auto permissions = input["sandbox_permissions"].text_or("");
  use.unsandboxed = input["with_escalated_permissions"].bool_or(false) ||
                    (!permissions.empty() && permissions != "use_default");
}

void read_line(ToolUse& use, const Json& input, std::string_view key) {
  use.command = needed_text(use, input, key);
  add_embedded_patch(use, use.command);
}

// Hooks: {"command": line}. shell: {"command": [words]}, older versions also a line.
void read_shell(ToolUse& use, const Json& input) {
  use.cwd = optional_text(use, input, "workdir");
  read_sandbox(use, input);
  if (input["command"].is_array()) {
    use.argv = needed_words(use, input, "command");
    use_words(use);
  } else {
    read_line(use, input, "command");
  }
}

void read_exec_command(ToolUse& use, const Json& input) {
  use.cwd = optional_text(use, input, "workdir");
  use.interpreter = optional_text(use, input, "shell");
  use.background = input["tty"].bool_or(false);  // stays open to write_stdin
  read_sandbox(use, input);
  read_line(use, input, "cmd");
}

// A local_shell_call's action, also what the reader makes of a CommandExecution item. Its environment is
// shown as the `env` command that would do the same.
void read_local_shell(ToolUse& use, const Json& input) {
  use.cwd = optional_text(use, input, "working_directory");
  use.argv = needed_words(use, input, "command");
  use_words(use);
  const Json& environment = input["env"];
  if (!environment.is_object() || environment.as_object().empty()) return;
  std::vector<std::string> words = {"env"};
  for (const auto& [key, value] : environment.as_object()) {
    if (!value.is_string()) return set_opaque(use, "a variable of \"env\" is not text");
    words.push_back(key + '=' + value.as_string());
  }
  use.argv.insert(use.argv.begin(), words.begin(), words.end());
  use.command = quote_words(use.argv);
}

void read_write_stdin(ToolUse& use, const Json& input) {
  use.text = optional_text(use, input, "chars");
  const Json& session = input["session_id"];
  if (session.is_int())
    use.target = std::to_string(session.as_int());
  else
    use.target = needed_text(use, input, "session_id");
}

// As a function {"input": patch}, as a custom tool the reader wraps the same way, in hooks {"command":
// patch}.
void read_apply_patch(ToolUse& use, const Json& input) {
  use.text = needed_text(use, input, input["input"].is_string() ? "input" : "command");
  if (use.opaque.empty()) add_patch_paths(use, use.text, "");
}

// What the rollout reader makes of a FileChange item: {"changes": {path: {"type": add|delete|update, …}}}.
void read_file_change(ToolUse& use, const Json& input) {
  if (!input["changes"].is_object()) return set_opaque(use, "the input has no changes");
  for (const auto& [path, change] : input["changes"].as_object()) {
    const auto type = change["type"].text_or("");
    const std::string target(change["move_path"].text_or(""));
    const bool removed = type == "delete" || !target.empty();
    use.paths.push_back({path, removed ? PathUse::remove : type == "add" ? PathUse::write : PathUse::edit});
    if (!target.empty()) use.paths.push_back({target, PathUse::write});
    use.text += change["content"].text_or("");
    use.text += change["unified_diff"].text_or("");
  }
}

void read_file(ToolUse& use, const Json& input) {
  add_needed_path(use, input, "file_path", PathUse::read);
}

void read_image(ToolUse& use, const Json& input) {
  add_needed_path(use, input, "path", PathUse::read);
}

void read_directory(ToolUse& use, const Json& input) {
  add_needed_path(use, input, "dir_path", PathUse::search);
}

void read_grep(ToolUse& use, const Json& input) {
  use.text = needed_text(use, input, "pattern");
  add_optional_path(use, input, "path", PathUse::search);
}

// Messages to agents are text, or items of which some are text, files or skills.
void read_task(ToolUse& use, const Json& input) {
  use.text = optional_text(use, input, "message");
  if (!input["items"].is_array()) return;
  for (const Json& item : input["items"].as_array()) {
    if (item["text"].is_string()) use.text += item["text"].as_string() + '\n';
    if (item["path"].is_string()) use.paths.push_back({item["path"].as_string(), PathUse::read});
  }
}

void read_spawn(ToolUse& use, const Json& input) {
  use.target = optional_text(use, input, "agent_type");
  read_task(use, input);
  use.background = true;
}

void read_send(ToolUse& use, const Json& input) {
  for (const auto key : {"target", "id"})
    if (use.target.empty()) use.target = optional_text(use, input, key);
  read_task(use, input);
}

// The vendor's server runs it; action is {"type": "search" | "open_page" | "find_in_page", …}.
void read_web_search(ToolUse& use, const Json& input) {
  use.text = optional_text(use, input, "query");
  use.url = optional_text(use, input, "url");
  if (!use.url.empty()) use.kind = ToolKind::web_fetch;
}

constexpr std::array kTools = {
    ToolRow{"Bash", ToolKind::shell, read_shell},
    ToolRow{"shell", ToolKind::shell, read_shell},
    ToolRow{"shell_command", ToolKind::shell, read_shell},
    ToolRow{"container.exec", ToolKind::shell, read_shell},
    ToolRow{"exec_command", ToolKind::shell, read_exec_command},
    ToolRow{"local_shell", ToolKind::shell, read_local_shell},
    ToolRow{"write_stdin", ToolKind::stdin_write, read_write_stdin},
    ToolRow{"apply_patch", ToolKind::patch, read_apply_patch},
    ToolRow{"file_change", ToolKind::patch, read_file_change},
    ToolRow{"read_file", ToolKind::file_read, read_file},
    ToolRow{"view_image", ToolKind::file_read, read_image},
    ToolRow{"list_dir", ToolKind::search, read_directory},
    ToolRow{"grep_files", ToolKind::search, read_grep},
    ToolRow{"web_search", ToolKind::web_search, read_web_search},
    ToolRow{"spawn_agent", ToolKind::agent_spawn, read_spawn},
    ToolRow{"send_input", ToolKind::agent_message, read_send},
    ToolRow{"send_message", ToolKind::agent_message, read_send},
    ToolRow{"resume_agent", ToolKind::agent_message, read_send},
    ToolRow{"list_mcp_resources", ToolKind::mcp, read_mcp_resource},
    ToolRow{"list_mcp_resource_templates", ToolKind::mcp, read_mcp_resource},
    ToolRow{"read_mcp_resource", ToolKind::mcp, read_mcp_resource},
    ToolRow{"close_agent", ToolKind::internal, read_nothing},
    ToolRow{"create_goal", ToolKind::internal, read_nothing},
    ToolRow{"get_goal", ToolKind::internal, read_nothing},
    ToolRow{"request_user_input", ToolKind::internal, read_nothing},
    ToolRow{"tool_search", ToolKind::internal, read_nothing},
    ToolRow{"update_goal", ToolKind::internal, read_nothing},
    ToolRow{"update_plan", ToolKind::internal, read_nothing},
    ToolRow{"wait_agent", ToolKind::internal, read_nothing},
};

}  // namespace

std::span<const ToolRow> codex_tools() {
  return kTools;
}

}  // namespace weir::ingest
