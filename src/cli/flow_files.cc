// `weir flow files` and `weir flow vouch`: which files carry the label of the session that wrote them, and
// taking one off.
#include <filesystem>
#include <ostream>

#include "base/bytes.h"
#include "cli/ask_daemon.h"
#include "cli/commands.h"

namespace weir::cli {
namespace {

constexpr std::size_t kPathShownMax = 512;

// "  /p/CLAUDE.md  written in step 12 of session claude-code:4f1…; agents load it by themselves"
void print_file(const Json& file, Context& context) {
  context.out << context.style.bold(printable(file["path"].text_or(""), kPathShownMax));
  if (file["below"].bool_or(false)) context.out << "/ and all below it";
  context.out << "  ";
  if (const auto session = file["session"].text_or(""); session.empty())
    context.out << context.style.dim("written by several sessions");
  else
    context.out << context.style.dim("written in step " + std::to_string(file["seq"].int_or(0)) +
                                     " of session " + printable(session, kPathShownMax));
  if (file["instructions"].bool_or(false))
    context.out << "  " << context.style.yellow("agents load it by themselves");
  context.out << "\n";
}

int list(const Args&, Context& context) {
  const auto answer = ask_daemon(context, Json::object({{"cmd", "carried"}}));
  if (!answer) return report(answer.error(), context);
  const Json& files = (*answer)["files"];
  if (!files.is_array())
    return report(fail(ErrorCode::internal, "the daemon lists no files", "files").error(), context);
  for (const auto& file : files.as_array()) {
    if (context.json)
      context.out << compact(file) << "\n";
    else
      print_file(file, context);
  }
  if (context.quiet) return exit_code::kFine;
  if (const auto more = (*answer)["more"].int_or(0); more > 0)
    context.err << "weir: and " << more << " more\n";
  if (files.as_array().empty()) context.err << "no file carries a label\n";
  return exit_code::kFine;
}

int vouch(const Args& args, Context& context) {
  const auto pin = approval_pin(args);
  if (!pin) return report(pin.error(), context);
  int code = exit_code::kFine;
  for (const auto& named : args.positionals()) {
    std::error_code error;
    const std::string path = std::filesystem::absolute(named, error).lexically_normal().string();
    const auto answer =
        error ? Result<Json>(
                    fail(ErrorCode::not_found, "the current directory is gone", named, "give the whole path"))
              : ask_daemon(context, Json::object({{"cmd", "vouch"}, {"path", path}, {"pin", *pin}}));
    if (!answer) {
      // The other files are done all the same; a PIN that is wrong is wrong for all of them.
      code = report(answer.error(), context);
      if (answer.error().code == ErrorCode::denied) return code;
      continue;
    }
    if (context.json)
      context.out << compact(Json::object({{"path", path}, {"labels", (*answer)["labels"]}})) << "\n";
    else if (!context.quiet)
      context.out << printable(path, kPathShownMax) << " carries no label any more"
                  << ((*answer)["labels"].int_or(1) > 1
                          ? " (" + std::to_string((*answer)["labels"].int_or(1)) + " labels)"
                          : "")
                  << "\n";
  }
  if (code == exit_code::kFine && !context.quiet && !context.json)
    context.err << "Sessions that have read it before keep what they know.\n";
  return code;
}

}  // namespace

CommandSpec flow_files_command() {
  return {.name = "flow files",
          .summary = "Files that carry the label of an untrusted session",
          .description =
              "What an agent wrote after it had read text from outside counts as such text for whoever reads "
              "it later, in this session or another.",
          .options = {},
          .positionals = {},
          .takes_rest = false,
          .examples = {{"weir flow files", "which files, and who wrote them"}},
          .run = list};
}

CommandSpec flow_vouch_command() {
  return {
      .name = "flow vouch",
      .summary = "Take the label off files that you have looked at",
      .description =
          "From then on the file counts as yours, and so do copies of what it holds now. A directory: all "
          "that carries a label in it. Wants the approval PIN; agents cannot do it. It is recorded.",
      .options = {approval_pin_option()},
      .positionals = {{"PATH", "files, or directories with all that carries a label in them", true, true}},
      .takes_rest = false,
      .examples = {{"weir flow vouch CLAUDE.md", "I have read what the agent put there"}},
      .run = vouch};
}

}  // namespace weir::cli
