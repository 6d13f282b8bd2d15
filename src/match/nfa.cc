#include "match/nfa.h"

#include <algorithm>

namespace weir::match {
namespace {

constexpr std::size_t kNodesMax = 200'000;
constexpr std::size_t kCopiesMax = 4;  // of what is repeated; beyond it is a loop

}  // namespace

Nfa::NodeId Nfa::make() {
  if (nodes_.size() >= kNodesMax) {
    too_large_ = true;
    return static_cast<NodeId>(nodes_.size() - 1);
  }
  nodes_.emplace_back();
  return static_cast<NodeId>(nodes_.size() - 1);
}

Nfa::NodeId Nfa::over(NodeId from, const ByteSet& set) {
  const auto [known, is_new] = set_ids_.emplace(set, static_cast<std::uint32_t>(sets_.size()));
  if (is_new) sets_.push_back(set);
  for (const Edge& edge : nodes_[from].edges)
    if (edge.set == known->second) return edge.to;
  const NodeId to = make();
  nodes_[from].edges.push_back({known->second, to});
  return to;
}

Nfa::NodeId Nfa::at(NodeId from, NodeId Node::* place) {
  if (nodes_[from].*place == kNone) {
    const NodeId to = make();
    nodes_[from].*place = to;
  }
  return nodes_[from].*place;
}

void Nfa::row(NodeId from, const std::vector<Expression>& row, NodeId to) {
  for (const Expression& node : row)
    from = part(from, node);
  nodes_[from].free.push_back(to);
}

Nfa::NodeId Nfa::part(NodeId from, const Expression& node) {
  if (too_large_) return from;
  switch (node.kind) {
    case Expression::Kind::set:
      return over(from, node.set);
    case Expression::Kind::word_boundary:
      return at(from, &Node::at_boundary);
    case Expression::Kind::begin:
      return at(from, &Node::at_begin);
    case Expression::Kind::end:
      return at(from, &Node::at_end);
    case Expression::Kind::sequence:
      for (const Expression& child : node.children)
        from = part(from, child);
      return from;
    case Expression::Kind::choice: {
      const NodeId join = make();
      for (const Expression& child : node.children) {
        const NodeId end = part(from, child);
        nodes_[end].free.push_back(join);
      }
      return join;
    }
    case Expression::Kind::repeat:
      return repeat(from, node);
  }
  return from;
}

Nfa::NodeId Nfa::repeat(NodeId from, const Expression& node) {
  for (std::size_t i = 0; i < std::min(node.min, kCopiesMax); ++i)
    from = part(from, node.children[0]);
  const bool loop = node.max == Expression::kUnbounded ||
                    node.max > std::max(node.min, kCopiesMax) + kCopiesMax || node.min > kCopiesMax;
  if (loop) {
    const NodeId again = make();
    nodes_[from].free.push_back(again);
    row(again, node.children, again);
    const NodeId out = make();
    nodes_[again].free.push_back(out);
    return out;
  }
  for (std::size_t i = node.min; i < node.max; ++i) {
    const NodeId join = make();
    nodes_[from].free.push_back(join);
    row(from, node.children, join);
    from = join;
  }
  return from;
}

Status Nfa::add(const std::vector<Expression>& parts, std::uint32_t number) {
  const NodeId end = make();
  row(kStart, parts, end);
  if (too_large_) return fail(ErrorCode::limit, "the expressions are too large to be looked for together");
  nodes_[end].part = number;
  return {};
}

}  // namespace weir::match
