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

// Settings of agents (setup)
inline constexpr std::size_t kSettingsBytesMax = 4 * kMiB;  // one settings file; real ones are a few KiB
inline constexpr std::size_t kInstallRecordBytesMax = 64 * kMiB;  // installs.json with its copies of settings

// Transcripts
inline constexpr std::size_t kTranscriptLineBytesMax = 32 * kMiB;  // longer lines are counted and skipped
inline constexpr std::size_t kTranscriptCallsMax = 65'536;  // tool calls remembered to name their results
inline constexpr std::size_t kTranscriptTypesMax = 256;     // kinds of unknown records counted by name
inline constexpr std::size_t kPatchFilesMax = 4096;         // files in one apply_patch text
inline constexpr std::size_t kTraceCallsMax = 100'000;      // tool calls in one row of `weir replay`

// Shell
inline constexpr std::size_t kShellBytesMax = 1 * kMiB;  // one command line or script
inline constexpr std::size_t kShellDepthMax = 64;        // nested constructs and nested interpreters
inline constexpr std::size_t kShellCommandsMax = 4096;   // simple commands in one script

inline constexpr std::size_t kShellWordsMax = 1024;            // words that one word may expand to
inline constexpr std::size_t kShellValueBytesMax = 64 * kKiB;  // a value that is followed through variables
inline constexpr std::size_t kShellEffectsMax = 4096;          // effects of one script; more become opaque
inline constexpr std::size_t kShellRunsMax = 8192;  // commands analysed, loops and functions included

// Cedar
inline constexpr std::size_t kCedarBytesMax = 16 * kMiB;  // one policy text
inline constexpr std::size_t kCedarDepthMax = 200;        // nested expressions
inline constexpr std::size_t kCedarPoliciesMax = 100'000;
inline constexpr std::size_t kCedarNodesMax = 1'000'000;       // expressions in one policy text
inline constexpr std::size_t kCedarCoreNodesMax = 250'000;     // expressions of one policy in core form
inline constexpr std::size_t kCedarDeclarationsMax = 100'000;  // declarations in one schema
inline constexpr std::size_t kCedarTypeNodesMax =
    100'000;  // parts of one type with its common types written out
inline constexpr std::size_t kCedarEnvironmentsMax = 1'000'000;  // principals x resources of all actions
inline constexpr std::size_t kCedarDiagnosticsMax = 1000;        // mistakes reported for one policy
inline constexpr std::size_t kCedarEntitiesMax = 500'000;        // entities in one store
inline constexpr std::size_t kCedarAncestorsMax = 5'000'000;  // links followed to close a store's hierarchy

// Patterns (match)
inline constexpr std::size_t kPatternsMax = 200'000;             // in one database
inline constexpr std::size_t kPatternBytesMax = 64 * kKiB;       // one expression
inline constexpr std::size_t kMatchBlockBytesMax = 1024 * kMiB;  // bytes of one scan
inline constexpr std::size_t kRegexMemoryBytesMax = 16 * kMiB;   // program and automaton of one expression
inline constexpr std::size_t kDatabaseBytesMax = 256 * kMiB;     // a database read from a cache

// Temporal facts
inline constexpr std::size_t kFactsMax = 10'000;       // definitions in one set
inline constexpr std::size_t kFactDepthMax = 32;       // nested operators of one definition
inline constexpr std::size_t kFactSlicesMax = 65'536;  // slices (per user, tool, value ...) kept for one set
inline constexpr std::size_t kFactWindowEventsMax =
    4096;  // instants remembered for one operator of one slice

// Flow of data
inline constexpr std::size_t kFlowLeavesMax = 100'000;      // values of one tool result; the rest is one text
inline constexpr std::size_t kFlowDepthMax = 64;            // nested values of one tool result
inline constexpr std::size_t kFlowContentMax = 64 * kMiB;   // bytes one session tree remembers, and 32 a text
inline constexpr std::size_t kFlowTextsMax = 4'194'304;     // texts remembered, equal ones counted
inline constexpr std::size_t kFlowFindBytesMax = 8 * kMiB;  // bytes looked at to find one value
inline constexpr std::size_t kFlowGramsMax = 4'194'304;     // grams remembered to notice copies
inline constexpr std::size_t kFlowDecodedMax = 1 * kMiB;    // bytes that one text opens into
inline constexpr std::size_t kFlowCausesMax = 32;        // events named as the reason of one part of a label
inline constexpr std::size_t kFlowPromptMax = 1 * kMiB;  // bytes of prompts that are read for a plan
inline constexpr std::size_t kFlowToolsMax = 4096;       // tools with a meaning in one session
inline constexpr std::size_t kFlowValuesMax = 1024;      // argument values of one call that are looked up

// Sigma rules
inline constexpr std::size_t kSigmaFileBytesMax = 4 * kMiB;  // one file, which may hold several rules
inline constexpr std::size_t kSigmaRulesMax = 50'000;
inline constexpr std::size_t kSigmaDepthMax = 64;       // nested lists and parentheses of one rule
inline constexpr std::size_t kSigmaTermsMax = 65'536;   // values of one rule after modifiers
inline constexpr std::size_t kSigmaGroupsMax = 65'536;  // groups of one correlation that are remembered

// Detectors
inline constexpr std::size_t kDetectBytesMax = 256 * kMiB;  // one text
inline constexpr std::size_t kDetectFindingsMax = 10'000;   // findings of one text
inline constexpr std::size_t kDecodedBytesMax = 1 * kMiB;   // what one encoded payload may grow to
inline constexpr std::size_t kDecodeLayersMax = 8;          // encodings inside each other

// Decisions
inline constexpr std::size_t kDecisionBytesMax = 16 * kKiB;  // canonical Decision record
inline constexpr std::size_t kActionsMax = 256;              // Actions of one tool call; more become opaque

// Ledger: C2SP tlog-tiles entry bundles carry a 16-bit length
inline constexpr std::size_t kLedgerEntryBytesMax = 65'535;
inline constexpr std::uint64_t kLedgerSizeMax = INT64_MAX;      // entries of one log
inline constexpr std::size_t kLedgerNoteBytesMax = 512 * kKiB;  // a signed note, e.g. a checkpoint
inline constexpr std::size_t kLedgerNoteSignaturesMax = 64;     // C2SP demands at least 16
inline constexpr std::size_t kLedgerProofBytesMax = 1 * kMiB;   // a .tlog-proof file
inline constexpr std::size_t kLedgerProblemsMax = 100;          // listed by one verification

// Store
inline constexpr std::size_t kSegmentBytes = 64 * kMiB;           // then a new segment is begun
inline constexpr std::size_t kStoreNameBytesMax = 1024;           // ids, session and root names of a record
inline constexpr std::size_t kStoreEnvelopeBytesMax = 1 * kMiB;   // canonical envelope of one record
inline constexpr std::size_t kStoreBodyBytesMax = kJsonBytesMax;  // plain body
inline constexpr std::size_t kStoreBatchFramesMax = 65'536;       // frames of one group commit
inline constexpr std::size_t kStoreBatchBytesMax = 256 * kMiB;    // bytes of one group commit
inline constexpr std::size_t kStoreDamagesMax = 1000;             // damaged places read past in one segment

// Pod
inline constexpr std::size_t kMountinfoBytesMax = 4 * kMiB;  // the kernel's table of mounts
inline constexpr std::size_t kMountsMax = 16'384;            // lines of it
inline constexpr std::size_t kShieldPathsMax = 1024;         // paths in one shield
inline constexpr std::size_t kShieldReportBytesMax = 8 * kMiB;
inline constexpr std::size_t kTreeProcessesMax = 65'536;  // processes looked at in one walk of a tree

// Daemon
inline constexpr std::size_t kConnectionsMax = 512;
inline constexpr std::size_t kStrandQueueMax = 1024;  // waiting calls of one session tree
inline constexpr std::size_t kSessionsMax = 4096;     // session trees in memory; the oldest idle are evicted

}  // namespace weir::limits
