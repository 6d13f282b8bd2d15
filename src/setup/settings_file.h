// Reading and replacing a settings file that belongs to somebody else.
//
// A file is read once, a plan is made from those bytes, and it is replaced only if it still holds them:
// renameat2(RENAME_EXCHANGE) swaps old and new, and when the old turns out to be another than planned for,
// they are swapped back. The directory entry never goes missing, and a symbolic link stays a link.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::setup {

struct SettingsFile {
  std::string path;                  // as named by the agent
  std::string target;                // with links followed: what is replaced
  std::optional<std::string> bytes;  // none: there is no file
  mode_t mode = 0600;
};

// Errors: symbolic link that leads nowhere or in a circle, not a regular file, not readable, too long
// (kSettingsBytesMax). With `inside`, a link that leads out of that directory is refused too: a repository
// must not make Weir write elsewhere.
Result<SettingsFile> read_settings_file(const std::string& path, const std::string& inside = {});

// May this process replace the file, or create it? The error says why not: read-only file or directory.
Status check_writable(const SettingsFile& file);

// Replaces (or creates, or with no `bytes` removes) the file, if it still holds what `file` says. Error
// `unavailable` when it changed meanwhile; then nothing was changed. `owner`: uid and gid are kept where this
// process may set them.
Status replace_settings_file(const SettingsFile& file, const std::optional<std::string>& bytes, mode_t mode);

}  // namespace weir::setup
