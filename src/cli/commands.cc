// Every command of the program, in the order in which `weir --help` shows them.
#include "cli/commands.h"

#include "cli/cedar_commands.h"
#include "cli/sigma_commands.h"

namespace weir::cli {
namespace {

std::vector<CommandSpec> joined(std::initializer_list<std::vector<CommandSpec>> groups) {
  std::vector<CommandSpec> out;
  for (const auto& group : groups)
    out.insert(out.end(), group.begin(), group.end());
  return out;
}

}  // namespace

std::vector<CommandSpec> all_commands() {
  return joined({
      {demo_command()},
      // guard an agent
      {run_command(), init_command(), uninstall_command(), daemon_command(), status_command(),
       doctor_command()},
      // a place of its own, and what it changed
      {pod_exec_command(), pod_shell_command()},
      {diff_command(), commit_command(), discard_command(), pods_command()},
      // judge without an agent
      {scan_command(), inspect_command(), replay_command()},
      cedar_commands(),
      sigma_commands(),
      {policy_analyze_command(), policy_diff_command(), policy_prove_command(), policy_recheck_command(),
       policy_explain_command()},
      {workflow_check_command(), workflow_show_command(), workflow_export_command(),
       workflow_recheck_command()},
      {policy_profiles_command(), policy_profile_command(), policy_show_command()},
      {policy_import_command(), policy_pack_command(), policy_sign_command(), policy_verify_command()},
      // people
      {approve_command(), deny_command(), stop_command(), resume_command(), pin_command(), reload_command()},
      // the record
      {log_command(), explain_command(), flow_command(), flow_tools_command(), flow_files_command(),
       flow_vouch_command()},
      {ledger_verify_command(), ledger_show_command(), ledger_prove_command(), ledger_verify_proof_command(),
       ledger_export_command()},
      {store_stats_command(), store_check_command(), store_rebuild_command(), store_erase_command(),
       store_mend_command()},
      // the shell
      {completion_command()},
  });
}

}  // namespace weir::cli
