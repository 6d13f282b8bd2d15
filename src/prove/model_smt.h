// Terms of a model as SMT-LIB. Internal to the room; see model_chc.h for the encoding.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "prove/model_system.h"

namespace weir::prove {

// A number as "at least 1", "at least 2", … up to its highest value, or as an integer.
struct ModelSmtValue {
  std::vector<std::string> levels;
  std::string integer;  // used when not empty
  bool is_integer() const { return !integer.empty(); }
};

class ModelSmt {
 public:
  // Takes a copy of the terms, to which gates add.
  explicit ModelSmt(const ModelSystem& system);

  ModelTerms terms;

  // The sorts and names of all state variables that can move, in one order.
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<std::string>& sorts() const { return sorts_; }
  // "((v0_1 Bool) (v0_2 Bool) (v7 Int))"
  std::string parameters() const;
  // "true false 0": the initial state; the state after effects; the variables themselves.
  std::string initial() const;
  std::string after(const ModelStep& step);
  std::string current() const;
  // What is known beforehand: "at least 2" implies "at least 1", counters are not negative, and what is true
  // of an agent or object on which everything is watched is what the monitor believes. Certificates hold all
  // of it to the same questions as the invariant, so that nothing here must be trusted.
  std::string well_formed() const;
  std::string truth(ModelTermId id);

 private:
  void find_pairs();
  bool parted(const ModelStep& step, int truth, int belief, const std::vector<int>& partner) const;
  const ModelSmtValue& value(ModelTermId id);
  ModelSmtValue compute(ModelTermId id);
  std::string at_least(const ModelSmtValue& a, const ModelSmtValue& b);
  void append(std::vector<std::string>& list, const ModelSmtValue& value, const ModelVariable& variable);

  const ModelSystem& system_;
  std::vector<std::string> names_;
  std::vector<std::string> sorts_;
  std::vector<std::pair<int, int>> pairs_;  // variables true.X and monitored.X that are always equal
  std::map<ModelTermId, ModelSmtValue> values_;
};

std::string smt_and(const std::vector<std::string>& parts);  // "true" of none
std::string smt_or(const std::vector<std::string>& parts);   // "false" of none

}  // namespace weir::prove
