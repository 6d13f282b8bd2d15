// `weir policy import`: the permission settings of an agent as Cedar policies, and what they do not do.
#include <ostream>

#include "base/bytes.h"
#include "cedar/validate.h"
#include "cli/commands.h"
#include "content.h"
#include "os/files.h"
#include "setup/permissions.h"

namespace weir::cli {
namespace {

// What is written must load: checked here, so that a flaw of the importer cannot become one of the policies.
Status check_policies(const std::string& text) {
  std::string schema_text;
  for (const auto& file : content_files())
    if (file.name == "policies/weir.cedarschema") schema_text = file.bytes;
  TRY(const cedar::Schema schema, cedar::Schema::parse(schema_text, "weir.cedarschema"));
  TRY(const cedar::PolicySet policies, cedar::PolicySet::parse(text, "import"));
  const auto result = cedar::validate(policies, schema);
  if (result.valid()) return {};
  return fail(ErrorCode::internal,
              "an imported policy does not agree with the schema: " + result.errors[0].message,
              result.errors[0].policy, "please report it with the settings file");
}

Json note_json(const setup::PermissionNote& note) {
  return Json::object({{"kind", std::string(setup::name(note.kind))},
                       {"where", note.where},
                       {"rule", note.rule},
                       {"message", note.message}});
}

Result<setup::PermissionImport> read(const Args& args, const Context& context) {
  std::vector<setup::PermissionFile> files;
  for (std::size_t i = 1; i < args.positionals().size(); ++i) {
    const std::string& path = args.positionals()[i];
    TRY(std::string text, os::read_file(path, setup::kPermissionFileBytesMax));
    files.push_back({path, std::move(text)});
  }
  TRY(auto import,
      setup::import_permissions(args.positionals()[0], files,
                                {.home = context.places.home, .allow_list = args.has("--allow-list")}));
  TRY_STATUS(check_policies(import.policies));
  return import;
}

int run_import(const Args& args, Context& context) {
  const auto import = read(args, context);
  if (!import) return report(import.error(), context);
  if (context.json) {
    Json notes = Json::array();
    for (const auto& note : import->notes)
      notes.push(note_json(note));
    context.out << compact(Json::object({{"policies", import->policies},
                                         {"rules", static_cast<std::uint64_t>(import->rules)},
                                         {"written", static_cast<std::uint64_t>(import->written)},
                                         {"notes", std::move(notes)}}))
                << "\n";
  } else {
    context.out << import->policies;
    for (const auto& note : import->notes)
      context.err << setup::name(note.kind) << ": " << printable(note.where, 200) << ": "
                  << printable(note.rule, 200) << ": " << note.message << "\n";
  }
  return import->notes.empty() ? exit_code::kFine : exit_code::kFindings;
}

}  // namespace

CommandSpec policy_import_command() {
  return {
      .name = "policy import",
      .summary = "Turn an agent's own permission settings into policies",
      .description =
          "Writes Cedar to standard output and, to standard error, every rule that silently does nothing "
          "or less than it seems to. Exit code 1 when there is such a rule.",
      .options = {{"--allow-list", "", "what no rule allows is refused: the permits replace base.allow"}},
      .positionals = {{"AGENT",
                       "claude-code, codex, gemini or copilot",
                       true,
                       false,
                       {"claude-code", "codex", "gemini", "copilot"}},
                      {"FILE", "its settings: settings.json, config.toml, a script with --allow-tool", true,
                       true}},
      .examples = {{"weir policy import claude-code ~/.claude/settings.json", "see what the rules really do"},
                   {"weir policy import codex ~/.codex/config.toml > ~/.config/weir/policies/codex.cedar",
                    "take them over"}},
      .run = run_import};
}

}  // namespace weir::cli
