// What a scan has looked at already, so that repeated history is not looked at again: texts by their digest,
// with what was found in them, and acts (calls, results, prompts) by their identity.
//
//   ScanMemory memory(pack->detectors(), bytes);
//   const auto looked = memory.look(record.body);       // as guard::findings_in(), each text once in a run
//   if (!memory.first_time(act)) …                      // the same call again: a copy of history
//
// Agents write what they do more than once: Claude Code the result of a tool for the model and for itself,
// resumed and forked sessions all that went before, compaction what it keeps. What a text holds does not
// depend on where it stands, so the answer is the same. Memory is fixed: the tables forget what was used
// longest ago in its row, and then look again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "detect/scanner.h"
#include "event/decision.h"
#include "ingest/record.h"

namespace weir::daemon {

// 128 bits of SHA-256: whoever writes a transcript must not be able to pass a text for another one.
struct ShortDigest {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const ShortDigest&) const = default;
};
ShortDigest short_digest(std::string_view text);

// A set of digests in fixed memory. A row of four forgets the one that was asked for longest ago.
class DigestTable {
 public:
  explicit DigestTable(std::size_t bytes);  // at least one row
  // Is it there? It is afterwards.
  bool seen(ShortDigest digest);
  bool contains(ShortDigest digest);  // counts as asking

 private:
  static constexpr std::size_t kRow = 4;
  ShortDigest* row_of(ShortDigest digest);
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  std::unique_ptr<ShortDigest[], Free> rows_;  // in each row the latest first; pages are had when used
  std::size_t rows_mask_ = 0;
};

struct Looked {
  std::vector<event::Finding> findings;
  std::vector<ShortDigest> texts;  // for each finding the digest of the text that holds it
  std::size_t bytes = 0;           // of all texts
};

class ScanMemory {
 public:
  // `detectors` may be null: nothing is found then. `bytes` is what the tables take together.
  ScanMemory(const detect::Scanner* detectors, std::size_t bytes);

  Looked look(const ingest::Body& body);

  bool first_time(ShortDigest act) { return !acts_.seen(act); }

  struct Counts {
    std::uint64_t texts = 0;  // that were looked at …
    std::uint64_t text_bytes = 0;
    std::uint64_t repeated_texts = 0;  // … and that had been before
    std::uint64_t repeated_bytes = 0;
    Counts& operator+=(const Counts& other);
  };
  // Since the last call.
  Counts take_counts() { return std::exchange(counts_, {}); }

 private:
  using Findings = std::vector<event::Finding>;
  void look_at(std::string_view text, Looked& looked, class Gathering& gathering);
  bool known_short(std::string_view text);
  const Findings* known(ShortDigest digest);
  void count(std::size_t bytes, bool repeated);

  const detect::Scanner* detectors_;
  detect::ScanWorkspace workspace_;
  DigestTable clean_;
  DigestTable acts_;
  std::map<ShortDigest, Findings> found_;  // texts with findings
  std::deque<ShortDigest> found_order_;
  std::vector<std::string> short_;  // short texts without findings, each in the place of its hash
  Counts counts_;
};

}  // namespace weir::daemon
