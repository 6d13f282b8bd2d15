// How the flow of a session is shown: `weir flow` finds and reads the session, these draw it.
//
//   context.out << flow_text(graph, {.style = context.style});
//   os::write_file(path, flow_svg(graph));
#pragma once

#include <string>

#include "cli/cli.h"
#include "guard/flow_graph.h"

namespace weir::cli {

struct FlowTextOptions {
  Style style{false};
  bool folded = false;  // what is not shown is counted
};

// For a terminal: the story of the session from top to bottom, under each call its values and where they
// stand. Hostile bytes come escaped.
std::string flow_text(const guard::FlowGraph& graph, const FlowTextOptions& options);

// The path of one call from its sources, as `weir explain` shows it; empty when its values were not looked
// at.
std::string flow_path_text(const guard::FlowCall& call, const std::vector<guard::FlowSource>& sources,
                           const FlowTextOptions& options);

// One self-contained picture: sources on the left, calls on the right, a curve for each value. Light and
// dark, no script, no font of its own, nothing from outside.
std::string flow_svg(const guard::FlowGraph& graph);

}  // namespace weir::cli
