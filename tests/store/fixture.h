// What the store's tests share: a directory that goes away, drafts that look like real ones, files as bytes.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "event/decision.h"
#include "store/store.h"
#include "support/throwaway_dir.h"

namespace weir::store {

// Where a throw-away directory costs no flushing, as tests of mechanism want that open a store a thousand
// times; on disk where there is no such place.
inline std::string in_memory() {
  return ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : testing::TempDir();
}

inline Options options_in(const std::string& dir) {
  return {.dir = dir + "/store", .keys_dir = dir + "/keys"};
}

// gtest prints the error when there is one.
template <class T>
T must(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << result.error().message();
    std::abort();
  }
  return std::move(*result);
}
inline void must(const Status& status) {
  if (!status) {
    ADD_FAILURE() << status.error().message();
    std::abort();
  }
}

inline std::string read_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// "0190…-000000000007": an id like a UUIDv7, from a number.
inline std::string id_of(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return "01900000-0000-7000-8000-" + std::string(12 - digits.size(), '0') + digits;
}

inline Draft event_draft(std::uint64_t number, const std::string& root = "claude-code:s1",
                         const std::string& body = "{\"input\":{\"command\":\"ls -l\"}}") {
  Draft draft{.kind = RecordKind::event, .id = id_of(number), .root = root, .session = root, .seq = number};
  draft.envelope = Json::object({{"v", 1},
                                 {"id", draft.id},
                                 {"kind", "tool.call"},
                                 {"agent", Json::object({{"name", "claude-code"}})},
                                 {"session", root},
                                 {"root", root},
                                 {"time", Json::object({{"wall", "2026-11-22T00:00:00.000000000Z"}})},
                                 {"seq", number},
                                 {"data", Json::object({{"tool", "Bash"}})}});
  draft.body = body;
  return draft;
}

inline Draft decision_draft(std::uint64_t number, std::uint64_t event, const std::string& verdict = "allow",
                            const std::string& policy = "everyday-work",
                            const std::string& root = "claude-code:s1") {
  Draft draft{.kind = RecordKind::decision, .id = id_of(number), .root = root, .session = root, .seq = event};
  draft.envelope =
      Json::object({{"v", 1},
                    {"id", draft.id},
                    {"event", id_of(event)},
                    {"session", root},
                    {"root", root},
                    {"seq", event},
                    {"verdict", verdict},
                    {"mode", "enforce"},
                    {"policies", Json::array({Json::object({{"policy", policy}, {"verdict", verdict}})})}});
  return draft;
}

inline Draft receipt_draft(std::uint64_t number, std::uint64_t decision) {
  Draft draft{.kind = RecordKind::receipt, .id = id_of(number), .root = "claude-code:s1"};
  draft.session = draft.root;
  draft.envelope = Json::object(
      {{"v", 1}, {"decision", id_of(decision)}, {"delivered", "exit 0"}, {"outcome", "executed"}});
  return draft;
}

inline Position append_one(Store& store, Draft draft) {
  const Sealed sealed = must(store.seal(std::move(draft)));
  return must(store.append({&sealed, 1}));
}

// Ids of all records, in order.
inline std::vector<std::string> ids_in(const Store& store, const Position& from = {}) {
  std::vector<std::string> ids;
  must(store.for_each(from, [&](const Record& record) {
    ids.push_back(record.id);
    return true;
  }));
  return ids;
}

inline bool full_level() {
  const char* level = std::getenv("WEIR_TEST_LEVEL");
  return level != nullptr && std::string_view(level) == "full";
}

}  // namespace weir::store
