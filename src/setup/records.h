// What was installed and how to undo it: `<state>/installs.json` (docs/init.md has the format).
//
// One record per agent, scope and directory. For each file it keeps what stood there before, so that a file
// nobody touched since comes back byte for byte, and what was put in, so that it can be taken out of a file
// that was. Earlier content may hold secrets: the record is readable by its owner only.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "os/fd.h"
#include "os/xdg.h"
#include "setup/setup.h"

namespace weir::setup {

// What a file is for, which says how Weir's part of it is recognised.
enum class Role {
  hooks,  // JSON settings with a "hooks" object
  trust,  // Codex's config.toml
  whole,  // a file that is Weir's altogether
};

struct RecordedFile {
  std::string path;
  Role role = Role::hooks;
  std::optional<std::string> before;  // content before Weir; none: there was no file
  std::string after_digest;           // "sha256:…" of what Weir left there
  std::vector<std::string> segments;  // texts that were inserted, in order
  std::vector<std::string> keys;      // trust: the keys of hooks.state
  bool operator==(const RecordedFile&) const = default;
};

struct InstallRecord {
  Agent agent = Agent::claude;
  Scope scope = Scope::user;
  std::string directory;  // project: its path; system: the --root prefix; user: ""
  Installation installation;
  std::string hook_digest;  // "sha256:…" of the shim when it was installed
  std::string installed;    // RFC 3339
  std::vector<RecordedFile> files;
  std::vector<std::string> dirs;  // directories that Weir made, outermost first
  bool operator==(const InstallRecord&) const = default;
};

std::string records_path(const os::Places& places);

// Empty when there is no file. Errors: `corrupt` with a hint.
Result<std::vector<InstallRecord>> read_records(const os::Places& places);
Status write_records(const os::Places& places, const std::vector<InstallRecord>& records);

// Held while records and settings are changed: two `weir init` at once would undo each other.
Result<os::Fd> lock_records(const os::Places& places);

// The record of this agent, scope and directory; null when there is none.
const InstallRecord* find_record(const std::vector<InstallRecord>& records, Agent agent, Scope scope,
                                 const std::string& directory);

}  // namespace weir::setup
