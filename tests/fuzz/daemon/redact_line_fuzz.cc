// One line without its secrets. Invariants: what was JSON is JSON of the same shape, what is left was there
// before, and a line without a change has none.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json.h"
#include "daemon/pack_loader.h"
#include "daemon/redact_line.h"

namespace {

bool same_shape(const weir::Json& a, const weir::Json& b) {
  if (a.is_string() || b.is_string()) return a.is_string() && b.is_string();
  if (a.is_array() && b.is_array()) {
    if (a.as_array().size() != b.as_array().size()) return false;
    for (std::size_t i = 0; i < a.as_array().size(); ++i)
      if (!same_shape(a.as_array()[i], b.as_array()[i])) return false;
    return true;
  }
  if (a.is_object() && b.is_object()) {
    if (a.as_object().size() != b.as_object().size()) return false;
    for (std::size_t i = 0; i < a.as_object().size(); ++i)
      if (!same_shape(a.as_object()[i].second, b.as_object()[i].second)) return false;
    return true;
  }
  return a == b;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir;
  static const auto pack = daemon::load_pack({.detectors = true}).value();
  static daemon::LineRedactor redactor(*pack->detectors());
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto cleaned = redactor.redact(line);
  if (!cleaned) return 0;
  if (*cleaned == line || cleaned->find("[redacted:") == std::string::npos) std::abort();
  const auto before = parse_json(line);
  if (!before || (!before->is_object() && !before->is_array())) return 0;
  const auto after = parse_json(*cleaned);
  if (!after || !same_shape(*before, *after)) std::abort();
  return 0;
}
