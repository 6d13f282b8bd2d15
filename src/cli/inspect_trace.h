// `weir inspect --kind trace`: what the policies, the detectors and the counts say of whole recorded
// sessions.
#pragma once

#include <cstdint>
#include <memory>

#include "base/json.h"
#include "detect/anomaly.h"
#include "guard/pack.h"

namespace weir::cli {

// Rows in their order: what is usual is learned from the rows before.
class TraceInspector {
 public:
  TraceInspector(std::shared_ptr<const guard::Pack> pack, const detect::AnomalyConfig& anomalies)
      : pack_(std::move(pack)), detector_(anomalies) {}

  // {id, trace: […]} as `weir replay` reads it, or {id, events: [envelope with body, …]}; both with
  // repository?, workspace?, env.HOME? → {verdict, policies, findings, anomalies, actions, calls}. The
  // verdict is the strongest of the calls, a finding names its event, an anomaly its call. Errors: `invalid`
  // with the place in the row.
  Result<Json> row(const Json& row);

  detect::AnomalyStatus status() const { return detector_.status(); }

 private:
  std::shared_ptr<const guard::Pack> pack_;
  detect::AnomalyDetector detector_;
  std::uint64_t rows_ = 0;
};

}  // namespace weir::cli
