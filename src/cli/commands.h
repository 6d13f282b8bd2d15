// The commands, one function each, made in the file that is named like them. commands.cc lists them all.
#pragma once

#include "cli/cli.h"

namespace weir::cli {

CommandSpec ledger_verify_command();
CommandSpec ledger_show_command();
CommandSpec ledger_prove_command();
CommandSpec ledger_verify_proof_command();
CommandSpec ledger_export_command();

}  // namespace weir::cli
