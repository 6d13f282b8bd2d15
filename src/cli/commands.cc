// Every command of the program, in the order in which `weir --help` shows them.
#include "cli/commands.h"

namespace weir::cli {

std::vector<CommandSpec> all_commands() {
  return {
      demo_command(),
      // guard an agent
      run_command(),
      init_command(),
      uninstall_command(),
      daemon_command(),
      status_command(),
      doctor_command(),
      // judge without an agent
      scan_command(),
      inspect_command(),
      replay_command(),
      cedar_authorize_command(),
      // people
      approve_command(),
      deny_command(),
      stop_command(),
      resume_command(),
      pin_command(),
      reload_command(),
      // the record
      log_command(),
      explain_command(),
      ledger_verify_command(),
      ledger_show_command(),
      ledger_prove_command(),
      ledger_verify_proof_command(),
      ledger_export_command(),
      store_stats_command(),
      store_check_command(),
      store_rebuild_command(),
      store_erase_command(),
      store_mend_command(),
      // the shell
      completion_command(),
  };
}

}  // namespace weir::cli
