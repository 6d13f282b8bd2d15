// A limit on everything that comes from outside, in one place. Parsers refuse what exceeds a limit with
// ErrorCode::limit and a message that names it; queues drop or refuse, and say so.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::limits {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

// JSON
inline constexpr std::size_t kJsonBytesMax = 64 * kMiB;  // one document
inline constexpr std::size_t kJsonDepthMax = 128;        // nested arrays and objects

// YAML catalogues (ours or an administrator's)
inline constexpr std::size_t kYamlBytesMax = 8 * kMiB;

// Hook plane
inline constexpr std::size_t kHookPayloadBytesMax = 16 * kMiB;  // one hook call's standard input
inline constexpr std::size_t kHookAnswerBytesMax = 1 * kMiB;    // what the daemon may answer

// Transcripts
inline constexpr std::size_t kTranscriptLineBytesMax = 32 * kMiB;  // longer lines are counted and skipped

// Shell
inline constexpr std::size_t kShellBytesMax = 1 * kMiB;  // one command line or script
inline constexpr std::size_t kShellDepthMax = 64;        // nested constructs and nested interpreters
inline constexpr std::size_t kShellCommandsMax = 4096;   // simple commands in one script

// Cedar
inline constexpr std::size_t kCedarBytesMax = 16 * kMiB;  // one policy text
inline constexpr std::size_t kCedarDepthMax = 200;        // nested expressions
inline constexpr std::size_t kCedarPoliciesMax = 100'000;

// Decisions
inline constexpr std::size_t kDecisionBytesMax = 16 * kKiB;  // canonical Decision record
inline constexpr std::size_t kActionsMax = 256;              // Actions of one tool call; more become opaque

// Ledger: C2SP tlog-tiles entry bundles carry a 16-bit length
inline constexpr std::size_t kLedgerEntryBytesMax = 65'535;

// Daemon
inline constexpr std::size_t kConnectionsMax = 512;
inline constexpr std::size_t kStrandQueueMax = 1024;  // waiting calls of one session tree
inline constexpr std::size_t kSessionsMax = 4096;     // session trees in memory; the oldest idle are evicted

}  // namespace weir::limits
