// The user's store opened for reading, with its index: for commands that work without the daemon.
#pragma once

#include <memory>

#include "cli/cli.h"
#include "store/sqlite_query.h"
#include "store/store.h"

namespace weir::cli {

struct OpenStore {
  std::unique_ptr<store::Store> store;
  std::unique_ptr<store::SqliteQuery> query;  // uses store: destroyed first
};

// Error not_found when nothing was recorded yet.
Result<OpenStore> open_store(const Context& context);

}  // namespace weir::cli
