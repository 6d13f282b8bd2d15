// `weir flow files` and `weir flow vouch`: which files carry the label of the session that wrote them, and
// taking one off.
#include <algorithm>
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

// The whole path of what was named. What could never be asked for is found before anyone types a PIN.
Result<std::string> whole_path(const std::string& named) {
  if (named.empty()) return fail("the path is empty", "PATH", "name a file or a directory");
  std::error_code error;
  std::string path = std::filesystem::absolute(named, error).lexically_normal().string();
  if (error)
    return fail("the current directory is gone", printable(named, kPathShownMax), "give the whole path");
  // The daemon is asked in JSON, which has no word for such a name.
  if (!valid_utf8(path))
    return fail("a name that is not UTF-8 cannot be vouched for yet", printable(path, kPathShownMax),
                "vouch for the directory it lies in, or rename it");
  return path;
}

// That a file carries no label of its own is a finding, not a mistake of the one who asks.
int refused(const Error& error, Context& context) {
  const int code = report(error, context);
  return error.code == ErrorCode::not_found || error.code == ErrorCode::exists ? exit_code::kFindings : code;
}

int vouch(const Args& args, Context& context) {
  std::vector<std::string> paths;
  for (const auto& named : args.positionals()) {
    auto path = whole_path(named);
    if (!path) return report(path.error(), context);
    paths.push_back(*std::move(path));
  }
  const auto pin = approval_pin(args);
  if (!pin) return report(pin.error(), context);
  int code = exit_code::kFine;
  for (const auto& path : paths) {
    const auto answer = ask_daemon(context, Json::object({{"cmd", "vouch"}, {"path", path}, {"pin", *pin}}));
    if (!answer) {
      // The other files are done all the same; only what is wrong with the PIN or the daemon is wrong for
      // all.
      const int now = refused(answer.error(), context);
      code = std::max(code, now);
      if (answer.error().code != ErrorCode::not_found && answer.error().code != ErrorCode::exists)
        return code;
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
