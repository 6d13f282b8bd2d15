// What a Sieve looks for, as one automaton over bytes; used by sieve*.cc only.
//
// Nodes are joined by bytes, by nothing, or by a place in the text (a word boundary, its begin, its end).
// Ways that begin alike share their first nodes, as words do in a trie, so that few nodes are alive at any
// time. Repeats are loosened: what may be repeated much oftener than it must is a loop, so the automaton
// accepts more than was written, never less.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "match/expression.h"

namespace weir::match {

class Nfa {
 public:
  using NodeId = std::uint32_t;
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  static constexpr NodeId kStart = 0;

  struct Edge {
    std::uint32_t set = 0;  // of sets()
    NodeId to = 0;
  };
  struct Node {
    std::vector<Edge> edges;
    std::vector<NodeId> free;    // joined by nothing
    NodeId at_boundary = kNone;  // joined by …
    NodeId at_begin = kNone;
    NodeId at_end = kNone;
    std::uint32_t part = kNone;  // the part that ends here
  };

  Nfa() : nodes_(1) {}

  // Makes `row` part number `part`. Error `limit` when the automaton grows too large; the part is then found
  // nowhere.
  Status add(const std::vector<Expression>& row, std::uint32_t part);

  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<ByteSet>& sets() const { return sets_; }

 private:
  NodeId make();
  NodeId over(NodeId from, const ByteSet& set);  // as far as one byte
  NodeId at(NodeId from, NodeId Node::* place);  // as far as a place
  void row(NodeId from, const std::vector<Expression>& row, NodeId to);
  NodeId part(NodeId from, const Expression& node);  // over one node, to where the next begins
  NodeId repeat(NodeId from, const Expression& node);

  std::vector<Node> nodes_;
  std::vector<ByteSet> sets_;
  std::unordered_map<ByteSet, std::uint32_t> set_ids_;
  bool too_large_ = false;
};

}  // namespace weir::match
