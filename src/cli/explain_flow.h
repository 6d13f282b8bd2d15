// The path of a recorded decision's values from where they came, for `weir explain`: the Decision says which
// events held each value, this reads those events again and finds the bytes.
//
//   const FlowPath path = flow_path(open, decision, redactor);
//   context.out << flow_path_text(path.call, path.sources, {.style = context.style});
#pragma once

#include <vector>

#include "cli/flow_view.h"
#include "cli/open_store.h"
#include "cli/redactor.h"
#include "event/decision.h"

namespace weir::cli {

struct FlowPath {
  guard::FlowCall call;  // its values, no more
  std::vector<guard::FlowSource> sources;
};

// Empty when the decision did not look at values. Events that cannot be read (erased) are passed over.
FlowPath flow_path(const OpenStore& open, const event::Decision& decision, Redactor& redactor);

// The same beside the values of a Decision as JSON: member "spans" of each of labels.values.
void add_spans(Json& decision, const FlowPath& path);

}  // namespace weir::cli
