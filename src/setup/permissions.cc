#include "setup/permissions.h"

#include "base/bytes.h"
#include "setup/permissions_rules.h"

namespace weir::setup {

std::string_view name(PermissionNote::Kind kind) {
  static constexpr std::string_view kNames[] = {"no effect", "weaker", "wider", "shadowed", "skipped"};
  return kNames[static_cast<int>(kind)];
}

Result<PermissionImport> import_permissions(std::string_view agent, std::span<const PermissionFile> files,
                                            const PermissionOptions& options) {
  using Reader = Status (*)(const PermissionFile&, PermissionWriter&);
  struct Agent {
    std::string_view given;
    std::string_view name;  // as in Agent::"…"
    Reader read;
  };
  static constexpr Agent kAgents[] = {{"claude-code", "claude-code", read_claude_permissions},
                                      {"codex", "codex", read_codex_permissions},
                                      {"gemini", "gemini-cli", read_gemini_permissions},
                                      {"copilot", "copilot", read_copilot_permissions}};
  for (const auto& one : kAgents) {
    if (one.given != agent) continue;
    PermissionWriter writer(one.name, options);
    for (const auto& file : files) {
      if (file.text.size() > kPermissionFileBytesMax)
        return fail(ErrorCode::limit, "the file is longer than 1 MiB", file.name);
      if (!valid_utf8(file.text)) return fail("the file is not UTF-8 text", file.name);
      TRY_STATUS(one.read(file, writer));
    }
    return writer.write();
  }
  return fail("permission settings of " + printable(agent, 40) + " are not known", "import",
              "known are claude-code, codex, gemini and copilot");
}

}  // namespace weir::setup
