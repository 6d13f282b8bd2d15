// Compiled patterns of detectors and Sigma rules, kept in files between runs: compiling takes tenths of a
// second, opening a few milliseconds.
//
//   PatternFiles files(patterns_dir(places.state));
//   TRY(auto compiled, match::Database::compile(patterns, &files));
//
// <state>/patterns/<SHA-256 of patterns, engine and processor>.hs, at most kPatternFilesMax, the oldest goes
// first; any may be deleted. Each begins with the SHA-256 of the rest (match::Database::serialize). That
// finds damage, not forgery: the engine trusts what it opens, so files lie in the state directory, which pods
// and shields hide from agents, and only what nobody but this user can write is read. Nothing here can fail:
// what cannot be read is compiled, what cannot be kept is not.
#pragma once

#include <cstddef>
#include <string>

#include "match/database.h"

namespace weir::daemon {

inline constexpr std::size_t kPatternFilesMax = 64;

std::string patterns_dir(const std::string& state);

class PatternFiles final : public match::DatabaseStore {
 public:
  explicit PatternFiles(std::string dir) : dir_(std::move(dir)) {}

  std::string get(const std::string& name) override;
  void put(const std::string& name, std::string_view bytes) override;

 private:
  std::string dir_;
};

}  // namespace weir::daemon
