#include "arena/tools.h"

#include "base/limits.h"
#include "os/files.h"
#include "os/process.h"

namespace weir::arena {
namespace {

constexpr int kCommandMs = 10'000;

ToolResult failed(const Error& error) {
  return {false, error.message()};
}

ToolResult run_command(const Json& input, const std::string& directory) {
  const auto done = os::run_child({.argv = {"/bin/sh", "-c", std::string(input["command"].text_or(""))},
                                   .env = {},
                                   .cwd = directory,
                                   .input = {},
                                   .timeout_ms = kCommandMs});
  if (!done) return failed(done.error());
  return {done->exit.code == 0, done->out + done->err};
}

ToolResult edit_file(const Json& input, const std::string& path) {
  auto text = os::read_file(path, limits::kMiB);
  if (!text) return failed(text.error());
  const std::string_view old = input["old_string"].text_or("");
  const auto at = text->find(old);
  if (old.empty() || at == std::string::npos) return {false, "old_string is not in the file"};
  text->replace(at, old.size(), input["new_string"].text_or(""));
  const Status written = os::write_file_atomic(path, *text, {}, os::Durability::none);
  return written ? ToolResult{true, "edited"} : failed(written.error());
}

}  // namespace

ToolResult run_tool(const std::string& tool, const Json& input, const std::string& directory) {
  if (tool == "Bash") return run_command(input, directory);
  const std::string given(input["file_path"].text_or(""));
  const std::string path = given.starts_with('/') ? given : directory + "/" + given;
  if (tool == "Read") {
    auto text = os::read_file(path, limits::kMiB);
    return text ? ToolResult{true, *std::move(text)} : failed(text.error());
  }
  if (tool == "Edit") return edit_file(input, path);
  if (tool == "Write") {
    const Status written =
        os::write_file_atomic(path, input["content"].text_or(""), {}, os::Durability::none);
    return written ? ToolResult{true, "written"} : failed(written.error());
  }
  return {false, "no such tool: " + tool};
}

}  // namespace weir::arena
