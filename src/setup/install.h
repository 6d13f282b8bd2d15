// `weir init` and `weir uninstall`: plan the changes, show them, apply them.
//
//   TRY(auto lock, lock_records(places));
//   TRY(auto records, read_records(places));
//   TRY(Plan plan, plan_install(Agent::claude, Scope::user, installation, around, records));
//   print(plan_diff(plan));                       // --dry-run stops here
//   TRY_STATUS(apply(plan, around.places, records));
//
// Planning only reads. Installing twice plans nothing; installing after the key, the socket or the shim moved
// replaces Weir's entries and keeps everybody else's. Uninstalling gives a file back byte for byte when it
// still is what Weir left, and otherwise takes out only what is Weir's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "setup/places.h"
#include "setup/records.h"
#include "setup/settings_file.h"

namespace weir::setup {

struct FileChange {
  SettingsFile file;                 // as it is
  std::optional<std::string> bytes;  // as it shall be; none: removed
  mode_t mode = 0600;
};

struct Plan {
  Agent agent = Agent::claude;
  Scope scope = Scope::user;
  std::string directory;                // as in InstallRecord
  std::vector<FileChange> changes;      // in the order in which they are made
  std::optional<InstallRecord> record;  // after it; none: the record goes
  std::vector<std::string> dirs_gone;   // directories that Weir made, to be removed when empty
  std::vector<std::string> notes;       // what the person should know, one sentence each
};

// The shim as it may be named in settings: a regular file, executable, writable by nobody else than its owner
// and, for the system, owned by root, and so the directories above it. Returns its digest ("sha256:…").
Result<std::string> check_shim(const std::string& hook_path, Scope scope);

// Errors say what to mend: invalid JSON, read-only file, link in a circle, shim missing, no root for
// --system. `weir_program`: absolute path of weir, for the service.
Result<Plan> plan_install(Agent agent, Scope scope, const Installation& installation,
                          const Surroundings& around, const std::vector<InstallRecord>& records,
                          const std::string& weir_program);

// Undoes one record.
Result<Plan> plan_uninstall(const InstallRecord& record, const std::vector<InstallRecord>& records);
// The same without a record (it was lost): whatever runs weir-hook in the agent's own files.
Result<Plan> plan_uninstall_unrecorded(Agent agent, Scope scope, const Surroundings& around);

// Makes the changes and writes the record; when one change fails, those before it are undone. The caller
// holds lock_records.
Status apply(const Plan& plan, const os::Places& places, std::vector<InstallRecord> records);

// A unified diff of all changes.
std::string plan_diff(const Plan& plan);

}  // namespace weir::setup
