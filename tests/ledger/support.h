// What the ledger tests share: a directory that goes away, entries by number, a fixed key, a reference tree
// written straight from RFC 6962 section 2.1, and the independent verifier.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "ledger/log.h"
#include "ledger/merkle.h"
#include "os/files.h"
#include "os/process.h"
#include "support/throwaway_dir.h"

namespace weir::ledger {

// Entry number i: a different length and content for each, some of them empty.
inline std::string entry(std::uint64_t i) {
  std::string text = R"({"n":)" + std::to_string(i) + R"(,"x":")" + std::string(i % 37, 'a') + "\"}";
  return i % 101 == 100 ? std::string() : text;
}

inline std::vector<std::string> entries(std::uint64_t first, std::uint64_t end) {
  std::vector<std::string> list;
  for (std::uint64_t i = first; i < end; ++i)
    list.push_back(entry(i));
  return list;
}

inline Signer test_signer(std::uint8_t seed_byte = 7, const std::string& name = "weir.local/test") {
  std::array<std::uint8_t, 32> seed;
  seed.fill(seed_byte);
  return Signer(name, seed);
}

// MTH of RFC 6962 section 2.1, by its definition, over entries [start, end) as entry() makes them. Full
// subtrees are remembered: a crash test asks for the roots of hundreds of growing trees.
inline Digest reference_root(std::uint64_t start, std::uint64_t end) {
  constexpr std::uint64_t kRememberedMin = 64;
  static std::map<std::pair<std::uint64_t, std::uint64_t>, Digest> known;
  const std::uint64_t n = end - start;
  const bool full = n >= kRememberedMin && (n & (n - 1)) == 0;
  if (full)
    if (const auto it = known.find({start, end}); it != known.end()) return it->second;
  if (n == 0) return sha256(std::string_view());
  if (n == 1) return sha256(std::string(1, '\0') + entry(start));
  std::uint64_t k = 1;
  while (k * 2 < n)
    k *= 2;
  const Digest left = reference_root(start, start + k);
  const Digest right = reference_root(start + k, end);
  const Digest root = sha256(std::string(1, '\1') + std::string(as_text(left)) + std::string(as_text(right)));
  if (full) known.emplace(std::pair{start, end}, root);
  return root;
}

inline std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void spit(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// A ledger with entries [0, size), one checkpoint per element of `sizes`.
inline void build_log(const std::string& dir, const std::vector<std::uint64_t>& sizes) {
  auto log = Log::open(dir, test_signer());
  ASSERT_TRUE(log) << log.error().message();
  for (const std::uint64_t size : sizes) {
    const auto appended = log->append(log->size(), entries(log->size(), size));
    ASSERT_TRUE(appended) << appended.error().message();
    const auto checkpointed = log->checkpoint();
    ASSERT_TRUE(checkpointed) << checkpointed.error().message();
  }
}

// tests/conformance/ledger_verify.mjs over several directories: one row per directory, none without node.
inline std::optional<std::vector<Json>> independent_verdicts(const std::vector<std::string>& arguments) {
  if (!os::find_program("node")) return std::nullopt;
  std::vector<std::string> argv = {"node",
                                   std::string(WEIR_SOURCE_DIR) + "/tests/conformance/ledger_verify.mjs"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const auto result = os::run_child({.argv = argv, .timeout_ms = 300'000});
  if (!result) {
    ADD_FAILURE() << result.error().message();
    return std::nullopt;
  }
  std::vector<Json> rows;
  for (const auto line : split(trim(result->out), '\n')) {
    auto row = parse_json(line);
    if (!row) {
      ADD_FAILURE() << line << result->err;
      return std::nullopt;
    }
    rows.push_back(*std::move(row));
  }
  return rows;
}

}  // namespace weir::ledger
