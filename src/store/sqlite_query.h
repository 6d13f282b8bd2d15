// Query and BodyLocator over the embedded index; envelopes come from the segments.
//
//   SqliteQuery query(*store);
//   store->use_locator(&query);
//
// Opens the index when it is first asked and again after it was replaced; while there is none or it cannot be
// read, questions answer with error `unavailable`.
#pragma once

#include <memory>
#include <mutex>

#include "store/query.h"
#include "store/sqlite.h"
#include "store/store.h"

namespace weir::store {

class SqliteQuery final : public Query, public BodyLocator {
 public:
  // The store must outlive this.
  explicit SqliteQuery(const Store& store) : store_(store), records_(store) {}

  Result<std::vector<SessionSummary>> sessions(const SessionFilter& filter) override;
  Result<std::vector<Record>> events(const std::string& session, std::uint64_t seq_from,
                                     std::size_t count_max, bool tree = false) override;
  Result<std::vector<DecisionSummary>> decisions(const DecisionFilter& filter) override;
  Result<DecisionDetail> decision(const std::string& id_or_prefix) override;
  Result<RecordPage> follow(const Position& from, std::size_t count_max) override;
  Result<std::optional<Position>> locate_body(const std::string& root, const Digest& ref) override;

 private:
  Result<Sqlite*> database();
  Result<std::string> resolve_prefix(Sqlite& db, const std::string& prefix);
  Result<std::vector<Record>> records_at(Statement& statement);

  const Store& store_;
  std::mutex mutex_;
  std::optional<Sqlite> db_;
  std::uint64_t inode_ = 0;
  RecordReader records_;
};

}  // namespace weir::store
