// The embedded index: one SQLite file made from the segments, by the indexer thread (indexer.h) or by
// rebuild.
//
// It holds names, numbers and places, never content and no envelope: what a question finds is read from the
// segments. So it can be deleted at any time, and an index built anew equals one fed live, row by row. Its
// schema has a version; another version, another store or a position beyond the store's end make it start
// from nothing.
//
//   TRY(SqliteIndex index, SqliteIndex::open(store));
//   while (true) { TRY(bool more, index.catch_up(store)); if (!more) break; }
#pragma once

#include <memory>
#include <string>

#include "store/store.h"

namespace weir::store {

// Raised with every change of the tables; there is no other migration than building anew.
inline constexpr int kIndexVersion = 1;

class SqliteIndex {
 public:
  // Opens or creates the index of this store for writing. Errors: `corrupt` (delete it), `unavailable`
  // (locked, disk full).
  static Result<SqliteIndex> open(const Store& store, const std::string& path);
  static Result<SqliteIndex> open(const Store& store) { return open(store, store.options().index_file()); }
  SqliteIndex(SqliteIndex&&) noexcept;
  SqliteIndex& operator=(SqliteIndex&&) noexcept;
  ~SqliteIndex();

  // Up to here everything is indexed.
  Position position() const;
  std::uint64_t records() const;  // seen so far
  // Whether the file it writes is still the one at its path.
  bool in_place() const;
  // One transaction of about a thousand records; true when there is more. After an error the index is as
  // before the call. Damaged places of the segments are passed over.
  Result<bool> catch_up(const Store& store);

 private:
  struct State;
  explicit SqliteIndex(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Deletes an index with its log files.
Status remove_index(const std::string& path);

// Builds the index anew beside the old one and puts it in place at the end. The number of records.
Result<std::uint64_t> rebuild_index(const Store& store);

// Ids as they stand in the index: a UUID in its usual form as 16 bytes, everything else as text.
std::optional<Bytes> packed_uuid(std::string_view id);
std::string unpacked_uuid(ByteView bytes);

}  // namespace weir::store
