// Definitions compiled into one DAG: equal parts are one node, whoever mentions them.
//
//   TRY(auto set, FactSet::compile(definitions));
//   Monitor monitor(set);
//
// Conditions on one instant (atoms) are shared by all facts and found by the value of their field, so a
// thousand conditions on the verb cost one look-up. Above them each way of slicing has its own nodes, because
// its past is another. Immutable; shared between threads and monitors.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "facts/definition.h"

namespace weir::facts {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

// A place in the values of one instant: first the atoms of the whole set, then the nodes of a slicing.
using NodeId = std::uint32_t;

struct Node {
  Formula::Kind kind = Formula::Kind::truth;
  std::vector<NodeId> args;
  Interval interval;
  Comparison comparison = Comparison::equal;
  std::int64_t number = 0;
  std::uint32_t field = 0;  // of `distinct` and `sum`
  std::uint32_t cell = 0;   // where its past is kept; only temporal nodes and measures
  // Of `count`: the latest so many instants are remembered. Who only asks whether there are 50 needs no more
  // than 51 of them, and a peek copies what is remembered.
  std::size_t remembered_max = 0;
  bool operator==(const Node&) const = default;
};

// All facts with the same `by`.
struct Slicing {
  std::vector<std::uint32_t> by;  // fields
  std::vector<Node> nodes;        // each after its arguments
  std::uint32_t cells = 0;
  std::int64_t horizon_ns = 0;  // what is older changes nothing; Interval::kForever: all of it counts
  struct Output {
    std::uint32_t fact = 0;
    NodeId node = 0;
  };
  std::vector<Output> outputs;
};

// A condition on one field that is not "equals a value".
struct Test {
  NodeId atom = 0;
  std::uint32_t field = 0;
  bool is_like = false;
  Comparison comparison = Comparison::equal;
  std::int64_t number = 0;
  std::vector<std::string> pieces;  // of `like`: the texts between its stars
};

class FactSet {
 public:
  // Errors: limit (limits::kFactsMax, a count that can never be reached), exists for a name used twice.
  static Result<std::shared_ptr<const FactSet>> compile(std::vector<Definition> definitions);

  const std::vector<Definition>& facts() const { return facts_; }
  const std::vector<Slicing>& slicings() const { return slicings_; }
  std::size_t atoms() const { return atoms_; }
  const std::vector<std::string>& fields() const { return fields_; }
  const TextMap<std::uint32_t>& field_numbers() const { return field_numbers_; }
  // Atoms "field = value", by field and value.
  const std::vector<TextMap<std::vector<NodeId>>>& equals() const { return equals_; }
  const std::vector<Test>& tests() const { return tests_; }
  // "sha256:…" over all definitions in their canonical text.
  const std::string& digest() const { return digest_; }

 private:
  friend class FactCompiler;
  std::vector<Definition> facts_;
  std::vector<Slicing> slicings_;
  std::vector<std::string> fields_;
  TextMap<std::uint32_t> field_numbers_;
  std::vector<TextMap<std::vector<NodeId>>> equals_;
  std::vector<Test> tests_;
  std::size_t atoms_ = 1;  // 0 is "true"
  std::string digest_;
};

}  // namespace weir::facts
