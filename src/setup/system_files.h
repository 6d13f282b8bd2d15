// The files of a system-wide installation besides Claude Code's managed settings: Codex's requirements, the
// service and its user. Texts as values; install.h writes them.
#pragma once

#include <string>
#include <vector>

#include "setup/setup.h"

namespace weir::setup {

// Codex 0.169: hooks of requirements.toml are "managed", need no trust and run in spite of
// `features.hooks = false`, `--disable hooks` and `--ignore-user-config` (measured).
std::string codex_requirements_text(const Installation& installation);

// weir.service: the daemon as its own user. `program`: absolute path of weir.
std::string service_unit_text(const std::string& program);
// sysusers.d(5): the user `weir`.
std::string sysusers_text();

inline constexpr std::string_view kServiceUnitPath = "/etc/systemd/system/weir.service";
inline constexpr std::string_view kSysusersPath = "/etc/sysusers.d/weir.conf";

}  // namespace weir::setup
