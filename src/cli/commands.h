// The commands, one function each, made in the file that is named like them. commands.cc lists them all.
#pragma once

#include "cli/cli.h"
#include "cli/pod_start.h"

namespace weir::cli {

CommandSpec demo_command();
CommandSpec daemon_command();
CommandSpec run_command();
// `find`: the credentials and pods that the person keeps with Weir.
CommandSpec pod_exec_command(PodFinds find = {});
CommandSpec pod_shell_command(PodFinds find = {});
CommandSpec pod_batch_command(PodFinds find);
CommandSpec pod_learn_command(PodFinds find);
CommandSpec credential_add_command();
CommandSpec credential_list_command();
CommandSpec credential_revoke_command();
CommandSpec credential_remove_command();
CommandSpec diff_command();
CommandSpec commit_command();
CommandSpec discard_command();
CommandSpec pods_command();
CommandSpec status_command();
CommandSpec doctor_command();
CommandSpec scan_command();
CommandSpec inspect_command();
CommandSpec replay_command();
CommandSpec workflow_check_command();
CommandSpec workflow_show_command();
CommandSpec workflow_export_command();
CommandSpec workflow_recheck_command();

CommandSpec policy_profiles_command();
CommandSpec policy_profile_command();
CommandSpec policy_show_command();
CommandSpec policy_import_command();
CommandSpec policy_pack_command();
CommandSpec policy_sign_command();
CommandSpec policy_verify_command();
CommandSpec policy_analyze_command();
CommandSpec policy_diff_command();
CommandSpec policy_prove_command();
CommandSpec policy_recheck_command();
CommandSpec policy_explain_command();
CommandSpec approve_command();
CommandSpec deny_command();
CommandSpec stop_command();
CommandSpec resume_command();
CommandSpec pin_command();
CommandSpec reload_command();
CommandSpec log_command();
CommandSpec explain_command();
CommandSpec flow_command();
CommandSpec flow_tools_command();
CommandSpec flow_files_command();
CommandSpec flow_vouch_command();
CommandSpec mcp_wrap_command();
CommandSpec mcp_pins_command();
CommandSpec mcp_diff_command();
CommandSpec mcp_show_command();
CommandSpec mcp_approve_command();
CommandSpec mcp_forget_command();

CommandSpec ledger_verify_command();
CommandSpec ledger_show_command();
CommandSpec ledger_prove_command();
CommandSpec ledger_verify_proof_command();
CommandSpec ledger_export_command();

CommandSpec init_command();
CommandSpec uninstall_command();

CommandSpec store_stats_command();
CommandSpec store_check_command();
CommandSpec store_rebuild_command();
CommandSpec store_erase_command();
CommandSpec store_mend_command();

CommandSpec completion_command();

}  // namespace weir::cli
