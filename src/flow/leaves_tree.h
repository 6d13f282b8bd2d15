// What the readers of leaves have in common: the values of a result in their order, before they get records.
// Internal to leaves*.cc.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "flow/leaves.h"

namespace weir::flow {

struct Node {
  enum class Kind : std::uint8_t { scalar, list, map };
  Kind kind = Kind::scalar;
  std::string_view key;     // as a member of a map
  std::string_view value;   // of a scalar
  std::uint32_t after = 0;  // index of the first node behind this one and all that is in it
};

struct Tree {
  static constexpr std::size_t kNodesMax = 2 * limits::kFlowLeavesMax;

  std::vector<Node> nodes;       // a container, then what is in it
  std::deque<std::string> made;  // values that do not stand in the text as they are
  std::string rest;              // text of all that did not fit
  bool cut = false;

  bool full() const { return nodes.size() >= kNodesMax; }
  std::string_view keep(std::string text) { return made.emplace_back(std::move(text)); }
  void scalar(std::string_view key, std::string_view value) {
    nodes.push_back({Node::Kind::scalar, key, value, static_cast<std::uint32_t>(nodes.size() + 1)});
  }
  std::size_t open(Node::Kind kind, std::string_view key) {
    nodes.push_back({kind, key, {}, 0});
    return nodes.size() - 1;
  }
  void close(std::size_t node) { nodes[node].after = static_cast<std::uint32_t>(nodes.size()); }
};

// The values below a node as leaves, numbered by records.
Leaves leaves_of(const Tree& tree, std::size_t root, Leaves::Form form);

// Any text, `depth` texts deep in JSON.
Leaves read_leaves_at(std::string_view text, std::size_t depth);

// The readers. False: the text is not of that form; what is in the tree then means nothing. The root is the
// first node.
bool read_json(std::string_view text, std::size_t depth, Leaves& out);
bool read_outline(std::string_view text, Tree& tree);  // YAML, `Key: value` lines, lists
bool read_table(std::string_view text, Tree& tree);    // of Markdown
bool read_rows(std::string_view text, Tree& tree);     // CSV (RFC 4180), also parted by tabs or ";"

// A value of YAML's flow style, [a, {b: c}], that begins at `at`; `at` is then behind it. A line it runs on
// to must be indented by more than `indent`. False leaves tree and `at` as they were.
bool read_flow(std::string_view text, std::size_t& at, std::ptrdiff_t indent, std::string_view key,
               Tree& tree);

// A quoted scalar of YAML (1.2.2 sections 7.3.1, 7.3.2) that begins at `at`. Conditions as above.
bool read_quoted(std::string_view text, std::size_t& at, std::ptrdiff_t indent, Tree& tree,
                 std::string_view& value);

}  // namespace weir::flow
