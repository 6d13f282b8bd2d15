#include "facts/fact_set.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/hash.h"
#include "base/limits.h"

namespace weir::facts {

using Kind = Formula::Kind;

// Builds a FactSet bottom-up; a formula's canonical text is its identity.
class FactCompiler {
 public:
  Result<std::shared_ptr<const FactSet>> compile(std::vector<Definition> definitions) {
    if (definitions.size() > limits::kFactsMax)
      return fail(ErrorCode::limit, "there are too many facts", {}, "remove some");
    std::set<std::string> names;
    std::string canonical;
    for (std::size_t i = 0; i < definitions.size(); ++i) {
      const Definition& fact = definitions[i];
      if (!names.insert(fact.name).second)
        return fail(ErrorCode::exists, "two facts are named \"" + fact.name + "\"", fact.name);
      TRY_STATUS(check_reach(fact.when, fact.name));
      add(fact, static_cast<std::uint32_t>(i));
      canonical += fact.name + "\n";
      for (const auto& by : fact.by)
        canonical += by + " ";
      canonical += "\n" + to_text(fact.when) + "\n";
    }
    number_nodes();
    set_->digest_ = digest_text(sha256(canonical));
    set_->facts_ = std::move(definitions);
    return std::shared_ptr<const FactSet>(std::move(set_));
  }

 private:
  // A window remembers so many instants and no more: a larger count would never come true.
  static Status check_reach(const Formula& formula, const std::string& name) {
    const bool is_bounded =
        formula.kind == Kind::measured &&
        (formula.args[0].kind == Kind::distinct ||
         (formula.args[0].kind == Kind::count && formula.args[0].interval.to_ns != Interval::kForever));
    if (is_bounded && formula.number > static_cast<std::int64_t>(limits::kFactWindowEventsMax))
      return fail(ErrorCode::limit,
                  "such a count reaches at most " + std::to_string(limits::kFactWindowEventsMax), name,
                  "compare with less, or count without a window");
    for (const auto& arg : formula.args)
      TRY_STATUS(check_reach(arg, name));
    return {};
  }

  std::uint32_t field(std::string_view name) {
    const auto next = static_cast<std::uint32_t>(set_->fields_.size());
    const auto [it, added] = set_->field_numbers_.try_emplace(std::string(name), next);
    if (added) {
      set_->fields_.emplace_back(name);
      set_->equals_.emplace_back();
    }
    return it->second;
  }

  Slicing& slicing_of(const Definition& fact, std::size_t& index) {
    std::vector<std::uint32_t> by;
    for (const auto& name : fact.by)
      by.push_back(field(name));
    for (index = 0; index < set_->slicings_.size(); ++index)
      if (set_->slicings_[index].by == by) return set_->slicings_[index];
    set_->slicings_.push_back({.by = std::move(by)});
    known_.emplace_back();
    return set_->slicings_.back();
  }

  void add(const Definition& fact, std::uint32_t number) {
    std::size_t index = 0;
    slicing_of(fact, index);
    const NodeId node = build(fact.when, index);
    if (fact.is_integer()) need(node, index, limits::kFactWindowEventsMax);
    set_->slicings_[index].outputs.push_back({number, node});
  }

  NodeId atom(const Formula& formula) {
    if (formula.kind == Kind::truth) return 0;
    const std::string identity = to_text(formula);
    if (const auto it = atoms_.find(identity); it != atoms_.end()) return it->second;
    const auto id = static_cast<NodeId>(set_->atoms_++);
    atoms_.emplace(identity, id);
    const std::uint32_t of = field(formula.field);
    if (formula.kind == Kind::like) {
      set_->tests_.push_back({.atom = id, .field = of, .is_like = true, .pieces = pieces(formula.values[0])});
    } else if (formula.values.empty()) {
      set_->tests_.push_back(
          {.atom = id, .field = of, .comparison = formula.comparison, .number = formula.number});
    } else {
      for (const auto& value : formula.values)
        set_->equals_[of][value].push_back(id);
    }
    return id;
  }

  static std::vector<std::string> pieces(std::string_view pattern) {
    std::vector<std::string> out(1);
    for (const char c : pattern) {
      if (c == '*')
        out.emplace_back();
      else
        out.back() += c;
    }
    return out;
  }

  NodeId build(const Formula& formula, std::size_t slicing) {
    const bool is_atom = formula.kind == Kind::truth || formula.kind == Kind::one_of ||
                         formula.kind == Kind::like ||
                         (formula.kind == Kind::compare && formula.comparison != Comparison::not_equal) ||
                         (formula.kind == Kind::compare && formula.values.empty());
    if (is_atom) return atom(formula);
    if (formula.kind == Kind::compare) {
      Formula equal = formula;
      equal.comparison = Comparison::equal;
      return node({.kind = Kind::negation, .args = {atom(equal)}}, slicing);
    }
    Node out{.kind = formula.kind,
             .interval = formula.interval,
             .comparison = formula.comparison,
             .number = formula.number};
    for (const auto& arg : formula.args)
      out.args.push_back(build(arg, slicing));
    if (formula.kind == Kind::measured && formula.args[0].kind == Kind::count)
      need(out.args[0], slicing, static_cast<std::size_t>(std::max<std::int64_t>(formula.number, 0)) + 1);
    if (formula.kind == Kind::distinct || formula.kind == Kind::sum) out.field = field(formula.field);
    return node(std::move(out), slicing);
  }

  // A measure must tell apart at least this many.
  void need(NodeId id, std::size_t slicing, std::size_t count) {
    Node& measure = set_->slicings_[slicing].nodes[id - kNodesFrom];
    measure.remembered_max = std::min(limits::kFactWindowEventsMax, std::max(measure.remembered_max, count));
  }

  // The node that is equal to this one, or this one added.
  NodeId node(Node wanted, std::size_t index) {
    Slicing& slicing = set_->slicings_[index];
    std::string identity = std::to_string(static_cast<int>(wanted.kind));
    for (const std::int64_t part :
         {wanted.interval.from_ns, wanted.interval.to_ns, static_cast<std::int64_t>(wanted.comparison),
          wanted.number, static_cast<std::int64_t>(wanted.field)})
      identity += ' ' + std::to_string(part);
    for (const NodeId arg : wanted.args)
      identity += ' ' + std::to_string(arg);
    if (const auto it = known_[index].find(identity); it != known_[index].end()) return it->second;
    const bool has_past = wanted.kind == Kind::once || wanted.kind == Kind::previously ||
                          wanted.kind == Kind::since || wanted.kind == Kind::count ||
                          wanted.kind == Kind::distinct || wanted.kind == Kind::sum;
    if (has_past) {
      wanted.cell = slicing.cells++;
      // A nested operator looks back from where the outer one looked back to: the sum is safe.
      slicing.horizon_ns = slicing.horizon_ns > Interval::kForever - wanted.interval.to_ns
                               ? Interval::kForever
                               : slicing.horizon_ns + wanted.interval.to_ns;
    }
    const auto id = static_cast<NodeId>(kNodesFrom + slicing.nodes.size());
    slicing.nodes.push_back(std::move(wanted));
    known_[index].emplace(std::move(identity), id);
    return id;
  }

  // Nodes follow the atoms, whose number is known only at the end.
  void number_nodes() {
    const auto final_id = [&](NodeId id) {
      return id < kNodesFrom ? id : static_cast<NodeId>(id - kNodesFrom + set_->atoms_);
    };
    for (auto& slicing : set_->slicings_) {
      for (auto& node : slicing.nodes)
        std::transform(node.args.begin(), node.args.end(), node.args.begin(), final_id);
      for (auto& output : slicing.outputs)
        output.node = final_id(output.node);
    }
  }

  static constexpr NodeId kNodesFrom = 1U << 30;  // until number_nodes()
  std::shared_ptr<FactSet> set_ = std::make_shared<FactSet>();
  std::map<std::string, NodeId> atoms_;
  std::vector<std::map<std::string, NodeId>> known_;  // by slicing
};

Result<std::shared_ptr<const FactSet>> FactSet::compile(std::vector<Definition> definitions) {
  return FactCompiler().compile(std::move(definitions));
}

}  // namespace weir::facts
