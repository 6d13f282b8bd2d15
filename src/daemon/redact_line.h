// One line of JSON without its secrets: still JSON, of the same shape, and every byte that is no secret as it
// was.
//
//   LineRedactor redactor(*pack->detectors());
//   if (auto cleaned = redactor.redact(line)) write(*cleaned); else write(line);      // nullopt: no secret
//   redactor.counts();                                                                // by type
//
// A secret becomes `[redacted:TYPE]`, TYPE being the rule that found it, or `credential` where its place gave
// it away (base/redact.h). Names of members stay; only a name that is a secret itself is replaced, numbered
// so that names stay apart. Numbers stay. JSON inside a string (Codex writes arguments so) is taken apart in
// turn and stays JSON. A line that is no JSON is cleaned as text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_view.h"
#include "detect/scanner.h"

namespace weir::daemon {

class LineRedactor {
 public:
  explicit LineRedactor(const detect::Scanner& detectors) : detectors_(detectors) {}

  std::optional<std::string> redact(std::string_view line);

  // How many places were replaced, by type, since the beginning.
  const std::map<std::string, std::uint64_t>& counts() const { return counts_; }

 private:
  struct Place {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string type;
    bool in_name = false;  // of a member
  };
  using Places = std::vector<Place>;
  void find(std::string_view text, std::size_t depth, Places& places);
  void find_in_text(std::string_view text, Places& places);
  void find_in_json(std::string_view text, std::size_t depth, Places& places);
  bool is_json(std::string_view text);

  const detect::Scanner& detectors_;
  detect::ScanWorkspace workspace_;
  JsonDocument document_;
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace weir::daemon
