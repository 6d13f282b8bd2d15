// Model file → Model, one pass over the file with names known so far. Internal to the room; call
// read_model().
#pragma once

#include <optional>
#include <set>
#include <string>

#include "prove/model.h"
#include "prove/model_fields.h"

namespace weir::prove {

class ModelReader {
 public:
  explicit ModelReader(Model head) : model_(std::move(head)) {}
  Result<Model> read(const ModelField& root);

 private:
  // model_read.cc
  Status new_name(const ModelField& field, std::string_view what);
  Result<ModelLabels> labels(const ModelField& field, ModelLabels other) const;
  Result<ModelLabels> source_labels(const ModelField& field) const;
  Result<cedar::EntityUid> uid(const ModelField& field, std::string_view default_type) const;
  Result<ModelEntity> entity(const ModelField& field) const;
  Result<std::optional<ModelExpression>> condition(const ModelField& field) const;
  Status read_agents(const ModelField& field);
  Status read_objects(const ModelField& field);
  Status read_approvals(const ModelField& field);
  Status read_counters(const ModelField& field);
  Status read_facts(const ModelField& field);
  Status read_properties(const ModelField& field);
  Status check_events() const;

  // model_read_rules.cc
  Status read_tools(const ModelField& field);
  Status read_agent_tools(const ModelField& field);
  Status read_channels(const ModelField& field);
  Status read_rule(const ModelField& field, ModelRule& rule);
  Status read_endorsements(const ModelField& field, ModelRule& rule) const;
  Status read_watch(const ModelField& field, ModelRule& rule) const;
  Result<ModelGateSpec> gate(const ModelField& field) const;
  Result<std::vector<int>> objects(const ModelField& field) const;
  Result<std::vector<int>> agents(const ModelField& field) const;
  Result<std::vector<int>> counters(const ModelField& field) const;
  Status add_message(const ModelField& field, ModelRule rule);
  Status add_store(const ModelField& field, ModelRule rule);

  Model model_;
  Json context_;  // common to all gates
  std::set<std::string, std::less<>> names_;
};

}  // namespace weir::prove
