#include "setup/system_files.h"

#include "setup/hook_plan.h"
#include "setup/toml_edit.h"

namespace weir::setup {

std::string codex_requirements_text(const Installation& installation) {
  const std::string directory = installation.hook_path.substr(0, installation.hook_path.rfind('/'));
  std::string text =
      "# Written by `weir init codex --system`. Only the hooks below run; a user cannot switch them off.\n"
      "allow_managed_hooks_only = true\n"
      "\n"
      "[features]\n"
      "hooks = true\n"
      "\n"
      "[hooks]\n"
      "managed_dir = " +
      toml_quote(directory.empty() ? "/" : directory) + "\n";
  for (const auto& group : hook_groups(Agent::codex, installation)) {
    const Json& handler = group.group["hooks"].as_array().front();
    text += "\n[[hooks." + group.event + "]]\nmatcher = \"*\"\n[[hooks." + group.event +
            ".hooks]]\ntype = \"command\"\ncommand = " + toml_quote(handler["command"].as_string()) +
            "\ntimeout = " + std::to_string(handler["timeout"].as_int()) + "\n";
  }
  return text;
}

std::string service_unit_text(const std::string& program) {
  return "# Written by `weir init --system`.\n"
         "[Unit]\n"
         "Description=Weir, runtime safety for coding agents\n"
         "Documentation=man:weir(1)\n"
         "\n"
         "[Service]\n"
         "ExecStart=" +
         program +
         " daemon\n"
         "Restart=always\n"
         "RestartSec=1\n"
         "User=weir\n"
         "Group=weir\n"
         "StateDirectory=weir\n"
         "StateDirectoryMode=0700\n"
         "RuntimeDirectory=weir\n"
         "# Everyone may reach event.sock; control.sock guards itself.\n"
         "RuntimeDirectoryMode=0755\n"
         "ConfigurationDirectory=weir\n"
         "Environment=XDG_STATE_HOME=/var/lib XDG_RUNTIME_DIR=/run XDG_CONFIG_HOME=/etc HOME=/var/lib/weir\n"
         "# To judge a script it must be able to read it, in anybody's home; it can never write there.\n"
         "AmbientCapabilities=CAP_DAC_READ_SEARCH\n"
         "CapabilityBoundingSet=CAP_DAC_READ_SEARCH\n"
         "NoNewPrivileges=yes\n"
         "ProtectSystem=strict\n"
         "ProtectHome=read-only\n"
         "ProtectKernelTunables=yes\n"
         "ProtectKernelModules=yes\n"
         "ProtectControlGroups=yes\n"
         "RestrictSUIDSGID=yes\n"
         "RestrictRealtime=yes\n"
         "LockPersonality=yes\n"
         "SystemCallArchitectures=native\n"
         "\n"
         "[Install]\n"
         "WantedBy=multi-user.target\n";
}

std::string sysusers_text() {
  return "# Written by `weir init --system`.\nu weir - \"Weir daemon\" /var/lib/weir\n";
}

}  // namespace weir::setup
