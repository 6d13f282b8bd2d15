// Room `store` (floor 4, rim): events at rest.
//
//   store.h         the store: seal, append, read, erase         frame.h segment.h   the bytes of a segment
//   query.h         questions to an index, of whatever engine    seal.h keys.h       encrypted bodies, their
//   keys sqlite_index.h  the embedded index, rebuilt at any time      migrate.h           format versions
//   indexer.h       the thread that feeds it                     check.h             everything verified
//
// Truth is an append-only series of segments; an index is a convenience that can be deleted. One append, with
// one fdatasync, makes events, decisions, receipts and ledger entries durable together, or none of them.
//
//   TRY(auto store, Store::open(options_at(places)));
//   TRY(Sealed call, store->seal({.kind = RecordKind::event, .id = …, .body = …}));    // any thread
//   ledger entry = … call.body_ref.commitment …
//   TRY(Position end, store->append({&call, 1}, {&entry, 1}, ledger.next_index()));    // committer
//   // here, and not before, all of it is durable
//
// The envelope stays readable for ever; the body is encrypted with the key of its session tree and is gone
// when that is erased. What must be erasable belongs into the body.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "os/xdg.h"
#include "store/keys.h"
#include "store/recent_bodies.h"
#include "store/seal.h"
#include "store/segment_writer.h"
#include "store/walk.h"

namespace weir::store {

struct Options {
  std::string dir;       // DIR/segments/, DIR/index.sqlite, DIR/lock
  std::string keys_dir;  // one key file for each session tree
  bool read_only = false;
  bool accept_damage = false;  // go on in a new segment when the last one is damaged (`weir store mend`)
  std::uint64_t segment_bytes = limits::kSegmentBytes;

  std::string segments_dir() const { return dir + "/segments"; }
  std::string index_file() const { return dir + "/index.sqlite"; }
};
// Where a user's store lies.
Options options_at(const os::Places& places);

// Knows where a body lies; an index is one. Without it body() reads through the segments.
class BodyLocator {
 public:
  virtual ~BodyLocator() = default;
  virtual Result<std::optional<Position>> locate_body(const std::string& root, const Digest& ref) = 0;
};

// All functions may be called from several threads.
class Store {
 public:
  // Opens or creates. Writing takes a lock that a second writer cannot have (error `unavailable`, naming the
  // holder). Other errors: corrupt (damage that is no torn tail), unavailable (newer format, disk full),
  // denied.
  static Result<std::unique_ptr<Store>> open(const Options& options);

  // What opening cut off; to be logged and recorded by the caller.
  const std::optional<CutTail>& cut() const { return cut_; }
  const Options& options() const { return options_; }
  std::uint64_t id() const { return id_; }  // the same for the life of the store
  std::size_t keys_count() const { return keys_->count(); }

  Result<Sealed> seal(Draft draft);

  // Durable as a whole on return: the position behind it. ledger_entries[i] has index
  // first_ledger_index + i; the first ever may have any index, later ones must follow without a hole (error
  // `invalid`, a fork is never written). Errors: `unavailable` when the disk is full; then, and after any
  // other error, nothing of this append remains.
  Result<Position> append(std::span<const Sealed> records, std::span<const std::string> ledger_entries = {},
                          std::uint64_t first_ledger_index = 0);

  // Index of the newest durable ledger entry; none when there is none.
  Result<std::optional<std::uint64_t>> last_ledger_index() const;
  // Behind the last durable batch; when read_only, behind the last byte there is.
  Position end() const;
  // Waits until end() is beyond `position`, for at most timeout_ms or until told to stop; true when it is.
  bool wait_beyond(const Position& position, int timeout_ms, std::stop_token stop = {}) const;

  // Records in the order they were stored, from the one at or after `from`, until `on_record` says false; the
  // position to go on from. With `damages`, damaged places are passed over and listed, else they are errors.
  using OnRecord = std::function<Result<bool>(const Record& record)>;
  Result<Position> for_each(const Position& from, const OnRecord& on_record,
                            std::vector<Damage>* damages = nullptr) const;
  // The same by whole batches, for indexes.
  Result<Position> for_each_batch(const Position& from, const OnBatch& on_batch,
                                  std::vector<Damage>* damages = nullptr) const;
  // Ledger entries from `from_index` on, in order.
  using OnLedgerEntry = std::function<Result<bool>(std::uint64_t index, std::string_view entry)>;
  Status for_each_ledger_entry(std::uint64_t from_index, const OnLedgerEntry& on_entry) const;

  // The plain body that an envelope's "body" names. Errors: `erased`, `not_found`, `corrupt`.
  Result<std::string> body(const std::string& root, const std::string& ref) const;
  // The same, read from where it lies.
  Result<std::string> body_at(const std::string& root, const Position& at) const;
  // What a third party needs beside the plain body to check its commitment, SHA-256(salt ‖ plain).
  Result<Digest> salt(const std::string& root, const std::string& ref) const;
  // Must outlive the store, or be taken back with nullptr.
  void use_locator(BodyLocator* locator);

  // Destroys the key of a session tree and records that (RecordKind::erased), with ledger entries if given.
  // False when there was no key, hence no content. Bodies then answer `erased`, at once and after any crash.
  Result<bool> erase(const std::string& root, std::span<const std::string> ledger_entries = {},
                     std::uint64_t first_ledger_index = 0);

 private:
  explicit Store(Options options) : options_(std::move(options)) {}
  Status open_writer();
  Status finish_erasures();
  Status note_batch(const SegmentReader& reader, const Batch& batch);
  bool remembers(const Digest& ref) const;
  Status check_ledger(std::size_t count, std::uint64_t first_index) const;
  Result<Position> append_tombstone(const std::string& root, std::span<const std::string> ledger_entries,
                                    std::uint64_t first_ledger_index);
  Result<std::optional<Position>> find_body(const std::string& root, const Digest& ref) const;

  Options options_;
  os::Fd lock_;
  std::uint64_t id_ = 0;
  std::unique_ptr<KeyRing> keys_;
  std::optional<CutTail> cut_;

  mutable std::mutex append_mutex_;  // held over write and flush
  std::optional<SegmentWriter> writer_;

  mutable std::mutex state_mutex_;  // never held over I/O; taken after append_mutex_
  mutable std::condition_variable_any grew_;
  Position end_;
  std::uint64_t next_ledger_ = kNoLedgerEntry;
  RecentBodies recent_;
  BodyLocator* locator_ = nullptr;
};

// Reads single records at known places, keeping the last segment open. Not thread-safe.
class RecordReader {
 public:
  explicit RecordReader(const Store& store) : dir_(store.options().segments_dir()) {}
  Result<Record> read(const Position& at);

 private:
  std::string dir_;
  std::optional<SegmentReader> reader_;
};

}  // namespace weir::store
