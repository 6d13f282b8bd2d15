#include "cli/git_identity.h"

#include "base/bytes.h"
#include "os/process.h"

namespace weir::cli {
namespace {

constexpr std::size_t kValueBytesMax = 512;

// A value in git's quotes (git-config(1), SYNTAX); "" for what spans lines.
std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (static_cast<unsigned char>(c) < 0x20) return {};
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// --global: not the repository's settings, which are in the workspace anyway.
std::string line_of(const char* key) {
  const auto asked =
      os::run_child({.argv = {"git", "config", "--global", "--get", std::string("user.") + key},
                     .env = std::nullopt,
                     .cwd = "/",
                     .input = {},
                     .output_bytes_max = kValueBytesMax,
                     .timeout_ms = 2000,
                     .only_standard = true});
  if (!asked || asked->exit.code != 0) return {};
  const std::string value = quoted(trim(asked->out));
  return value.size() <= 2 ? std::string() : std::string("\t") + key + " = " + value + "\n";
}

}  // namespace

std::string git_identity() {
  const std::string lines = line_of("name") + line_of("email");
  return lines.empty() ? lines : "[user]\n" + lines;
}

}  // namespace weir::cli
