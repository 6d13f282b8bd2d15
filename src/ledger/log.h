// The one writer of a log: C2SP tlog-tiles in a directory, with an Ed25519 checkpoint.
//
//   TRY(Log log, Log::open(dir, std::move(signer)));
//   TRY_STATUS(log.append(log.size(), durable_entries));    // entries that the caller already made durable
//   TRY_STATUS(log.checkpoint());                           // at the caller's pace, e.g. once a second
//
// Durability is divided: the caller keeps its entries durable and, after a restart, hands over again all from
// size() on; the log keeps every entry durable that a checkpoint covers. Appending may therefore stay in
// memory until checkpoint().
//
// What checkpoint() does, in this order, each step durable before the next:
//   1. full tiles and bundles, then partial ones    written beside, flushed, renamed, directories flushed
//   2. `signed`                                      the new checkpoint: from now on it counts as signed
//   3. `checkpoint`                                  the same bytes, for readers
// A crash anywhere leaves a log whose checkpoint verifies. Partial tiles stay until their full tile is there.
//
// Promise: no checkpoint is ever signed whose size is below, or whose tree does not extend, one signed
// before. open() checks `signed`, `checkpoint` and the right edge of the tree against each other and refuses
// a conflict with `corrupt`. A rollback of the whole directory cannot be seen from inside it.
//
// One process writes (lock file); readers need no lock. Not for use by two threads at once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ledger/checkpoint.h"
#include "ledger/disk.h"
#include "ledger/edge.h"
#include "ledger/note.h"
#include "ledger/tile_reader.h"
#include "ledger/tiles.h"

namespace weir::ledger {

struct LogOptions {
  Disk* disk = nullptr;  // borrowed, must outlive the Log; null: this machine's
  // Full bundles beyond it are written by append(), so that memory stays bounded.
  std::size_t pending_bytes_max = 8 * limits::kMiB;
};

class Log {
 public:
  // Opens or creates the log in `dir`; its origin is the signer's name. Errors: `unavailable` (another
  // process writes), `denied` (belongs to another key, or not writable), `corrupt` (its files contradict each
  // other; says which).
  static Result<Log> open(const std::string& dir, Signer signer, LogOptions options = {});

  // Entries integrated, signed or not.
  std::uint64_t size() const { return edge_.size(); }
  Digest root() const { return edge_.root(); }
  // Entries covered by the last checkpoint that readers can see; none before the first.
  std::optional<std::uint64_t> published_size() const;
  const VerifierKey& verifier() const { return signer_.verifier(); }

  // Integrates entries first_index, first_index + 1, …. Those that are integrated already must be equal and
  // are skipped. Errors: `invalid` (a gap), `limit` (an entry above 65,535 bytes), `corrupt` (differs from
  // what was integrated), or a failure to write; size() then says from where on to hand over again.
  Status append(std::uint64_t first_index, std::span<const std::string> entries);

  // Signs and publishes the current size; nothing to do when it is published already. On an error nothing is
  // lost: the next call tries again.
  Status checkpoint();

 private:
  // A full bundle or tile, not written yet.
  struct Pending {
    TileId id;
    std::string bytes;
  };

  Log(std::string dir, Signer signer, std::unique_ptr<Disk> owned, Disk& disk, LogOptions options);

  Status restore();                                   // reads what is there
  Status restore_tree(const Checkpoint& last);        // the right edge, checked against the last signed root
  Status check_extends(const Checkpoint& published);  // the tree is an extension of an older checkpoint
  Result<std::optional<Checkpoint>> read_checkpoint(const std::string& name, std::string& bytes);
  Status check_vkey();

  Status verify_integrated(std::uint64_t first_index, std::span<const std::string> entries);
  Result<Digest> integrated_hash(std::uint64_t index, TileReader& reader) const;
  void integrate(const std::string& entry);
  Status write_pending();
  Status write_partials();

  std::string path(std::string_view name) const { return dir_ + "/" + std::string(name); }

  std::string dir_;
  Signer signer_;
  std::unique_ptr<Disk> owned_;
  Disk* disk_;
  LogOptions options_;
  os::Fd lock_;
  DurableWriter writer_;

  Edge edge_;
  std::string bundle_;            // entries of the partial bundle, encoded
  std::vector<Pending> pending_;  // in the order of completion
  std::size_t pending_bytes_ = 0;

  std::optional<Checkpoint> signed_;  // the last one signed, perhaps not published
  std::string signed_bytes_;
  bool signed_durable_ = false;             // `signed` surely holds signed_bytes_
  std::optional<std::uint64_t> published_;  // size of the one in `checkpoint`
};

// Names of the files beside tile/.
inline constexpr std::string_view kCheckpointFile = "checkpoint";
inline constexpr std::string_view kSignedFile = "signed";
inline constexpr std::string_view kVkeyFile = "vkey";
inline constexpr std::string_view kLockFile = "lock";

}  // namespace weir::ledger
