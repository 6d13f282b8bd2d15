// Every command of the program, in the order in which `weir --help` shows them. Making all of them costs more
// than a short command itself, so each group is made only when its first word is called.
#include "cli/commands.h"

#include "cli/cedar_commands.h"
#include "cli/pod_choice.h"
#include "cli/secret_paths.h"
#include "cli/sigma_commands.h"
#include "cli/stored_credentials.h"

namespace weir::cli {
namespace {

using Commands = std::vector<CommandSpec>;

struct Group {
  std::string_view word;  // the first of each command's name
  Commands (*make)();
};

constexpr Group kGroups[] = {
    {"demo", [] { return Commands{demo_command()}; }},
    // guard an agent
    {"run", [] { return Commands{run_command()}; }},
    {"init", [] { return Commands{init_command()}; }},
    {"uninstall", [] { return Commands{uninstall_command()}; }},
    {"daemon", [] { return Commands{daemon_command()}; }},
    {"status", [] { return Commands{status_command()}; }},
    {"doctor", [] { return Commands{doctor_command()}; }},
    // a place of its own, and what it changed
    {"pod",
     [] {
       const PodFinds find{stored_credential, pod_to_begin_with, PodDirect::open,
                           [](const std::string& home) -> std::function<bool(const std::string&)> {
                             return [secrets = std::make_shared<const SecretPaths>(home)](
                                        const std::string& path) { return secrets->contains(path); };
                           }};
       return Commands{pod_exec_command(find), pod_shell_command(find), pod_batch_command(find),
                       pod_learn_command(find)};
     }},
    {"credential",
     [] {
       return Commands{credential_add_command(), credential_list_command(), credential_revoke_command(),
                       credential_remove_command()};
     }},
    {"diff", [] { return Commands{diff_command()}; }},
    {"commit", [] { return Commands{commit_command()}; }},
    {"discard", [] { return Commands{discard_command()}; }},
    {"pods", [] { return Commands{pods_command()}; }},
    // tool servers
    {"mcp",
     [] {
       return Commands{mcp_wrap_command(), mcp_pins_command(),    mcp_diff_command(),
                       mcp_show_command(), mcp_approve_command(), mcp_forget_command()};
     }},
    // judge without an agent
    {"scan", [] { return Commands{scan_command()}; }},
    {"inspect", [] { return Commands{inspect_command()}; }},
    {"replay", [] { return Commands{replay_command()}; }},
    {"cedar", cedar_commands},
    {"sigma", sigma_commands},
    {"policy",
     [] {
       return Commands{policy_analyze_command(), policy_diff_command(), policy_prove_command(),
                       policy_recheck_command(), policy_explain_command()};
     }},
    {"workflow",
     [] {
       return Commands{workflow_check_command(), workflow_show_command(), workflow_export_command(),
                       workflow_recheck_command()};
     }},
    {"policy",
     [] {
       return Commands{policy_profiles_command(), policy_profile_command(), policy_show_command(),
                       policy_import_command(),   policy_pack_command(),    policy_sign_command(),
                       policy_verify_command()};
     }},
    // people
    {"approve", [] { return Commands{approve_command()}; }},
    {"deny", [] { return Commands{deny_command()}; }},
    {"stop", [] { return Commands{stop_command()}; }},
    {"resume", [] { return Commands{resume_command()}; }},
    {"pin", [] { return Commands{pin_command()}; }},
    {"reload", [] { return Commands{reload_command()}; }},
    // the record
    {"log", [] { return Commands{log_command()}; }},
    {"explain", [] { return Commands{explain_command()}; }},
    {"flow",
     [] {
       return Commands{flow_command(), flow_tools_command(), flow_files_command(), flow_vouch_command()};
     }},
    {"ledger",
     [] {
       return Commands{ledger_verify_command(), ledger_show_command(), ledger_prove_command(),
                       ledger_verify_proof_command(), ledger_export_command()};
     }},
    {"store",
     [] {
       return Commands{store_stats_command(), store_check_command(), store_rebuild_command(),
                       store_erase_command(), store_mend_command()};
     }},
    // the shell
    {"completion", [] { return Commands{completion_command()}; }},
};

// All, for an empty word.
Commands made(std::string_view word) {
  Commands out;
  for (const auto& group : kGroups)
    if (word.empty() || group.word == word)
      for (auto& command : group.make())
        out.push_back(std::move(command));
  return out;
}

}  // namespace

std::vector<CommandSpec> all_commands() {
  return made("");
}

std::vector<CommandSpec> commands_for(const std::vector<std::string>& argv) {
  auto called = made(argv.empty() ? "" : argv[0]);
  return called.empty() ? all_commands() : called;
}

}  // namespace weir::cli
