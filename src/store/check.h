// Everything that lies in a store, counted and verified: each header, frame, batch and record, the order of
// batches, and that ledger entries follow each other. What is wrong is listed with file and offset.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace weir::store {

struct CheckReport {
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;
  std::uint64_t batches = 0;
  std::map<std::string, std::uint64_t> records;  // by kind
  std::uint64_t bodies = 0;
  std::uint64_t body_bytes = 0;  // as stored
  std::uint64_t ledger_entries = 0;
  std::optional<std::uint64_t> first_ledger;
  std::optional<std::uint64_t> last_ledger;
  std::uint64_t keys = 0;  // session trees whose content can be read
  std::vector<Damage> damages;
};

// Damage is a finding, not an error. Errors: unavailable (newer format), denied.
Result<CheckReport> check_store(const Store& store);

}  // namespace weir::store
