// Policies, their schema and the catalogues as one immutable snapshot, swapped whole. Loading fails as a
// whole and says where and why; the caller keeps the old snapshot then.
//
//   TRY(auto pack, Pack::load({.policies = …, .schema = …, .paths = …, .commands = …}));
//   pack->meta("files.delete-outside").verdict        // what its annotations mean
//   TRY(auto narrower, Pack::with_layer(*pack, project));
//
// Every policy is validated strictly against the schema (weir.cedarschema), so none can err on a request of
// the guard but by arithmetic overflow. What layers are: guard/layers.h. What annotations mean:
// guard/annotations.h.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cedar/entities.h"
#include "cedar/policy_set.h"
#include "cedar/schema.h"
#include "detect/scanner.h"
#include "event/decision.h"
#include "facts/fact_set.h"
#include "flow/products.h"
#include "flow/words.h"
#include "guard/annotations.h"
#include "guard/layers.h"
#include "guard/path_classes.h"
#include "shell/command_table.h"
#include "sigma/rulebook.h"

namespace weir::guard {

struct PackSources {
  std::vector<NamedText> policies;  // the built-in layer: *.cedar, in order
  std::vector<LayerSource> layers;  // those above it in number and below it in rights, top first
  NamedText profile = {};           // how strict the built-in layer is (guard/profile.h); "" for as written
  NamedText schema = {};            // "" for none: policies are not validated then (tests of mechanism)
  std::vector<NamedText> paths;     // path catalogues
  std::vector<NamedText> commands;  // command catalogues
  // Detectors of content (guard/content.h); none: content is not looked at. Compiling them takes tenths of a
  // second, unless the compiled patterns were kept.
  std::vector<NamedText> secrets = {};    // gitleaks' TOML
  std::vector<NamedText> injection = {};  // one model
  std::vector<NamedText> facts = {};      // catalogues of facts (facts/definition.h)
  std::vector<NamedText> rules = {};      // Sigma rules (guard/rules.h); none: nothing is matched
  // What flow knows: one file of words (`words.yaml`), all others describe tools (flow/products.h), later
  // ones before earlier ones. No words: the flow of data is not watched.
  std::vector<NamedText> flow = {};
  // Where compiled patterns of detectors and rules wait for the next run; none: nowhere.
  std::shared_ptr<match::DatabaseStore> databases = {};
};

// What the schema says of one verb.
struct VerbSpec {
  cedar::Entity entity;                           // with its groups
  const cedar::SchemaType* attributes = nullptr;  // the record `context.attrs`; nullptr: nothing is declared
};

class Pack {
 public:
  static Result<std::shared_ptr<const Pack>> load(const PackSources& sources);
  // The same with one more layer at the bottom; catalogues and schema are shared.
  static Result<std::shared_ptr<const Pack>> with_layer(const Pack& above, const LayerSource& layer);

  const cedar::PolicySet& policies() const { return composition_.policies; }
  const PolicyMeta& meta(const std::string& policy_id) const;
  const PolicyMeta& meta(const cedar::Policy& policy) const;  // one of policies()
  Layer layer_of(const std::string& policy_id) const;
  const std::vector<Waiver>& waivers() const { return composition_.waivers; }
  const std::string& profile() const { return composition_.profile; }  // "strict"; "" for none
  // Empty, or to be proved before the pack may be used.
  const std::vector<Obligation>& obligations() const { return composition_.obligations; }
  const cedar::Schema* schema() const { return shared_->schema.get(); }  // nullptr when there is none
  const VerbSpec* verb(std::string_view verb) const;                     // nullptr when not declared
  const cedar::Entities& verb_entities() const { return shared_->verb_entities; }
  const PathClasses& paths() const { return shared_->paths; }
  const shell::CommandTable& commands() const { return shared_->commands; }
  const std::shared_ptr<const facts::FactSet>& facts() const { return shared_->facts; }   // never null
  const detect::Scanner* detectors() const { return shared_->detectors.get(); }           // nullptr: none
  const std::shared_ptr<const sigma::RuleBook>& rules() const { return shared_->rules; }  // nullptr: none
  const std::string& rules_digest() const { return shared_->rules_digest; }
  const std::shared_ptr<const flow::Words>& flow_words() const { return shared_->flow; }  // nullptr: none
  // nullptr exactly when there are no words.
  const std::shared_ptr<const flow::Products>& flow_products() const { return shared_->products; }
  const std::string& policy_digest() const { return policy_digest_; }    // "sha256:…" over names and texts
  const std::string& content_digest() const { return shared_->digest; }  // the catalogues
  std::size_t policy_count() const { return composition_.meta.size(); }

 private:
  // What layers do not change.
  struct Shared {
    PathClasses paths;
    shell::CommandTable commands;
    std::shared_ptr<const facts::FactSet> facts;
    std::shared_ptr<const detect::Scanner> detectors;
    std::shared_ptr<const sigma::RuleBook> rules;
    std::string rules_digest;
    std::shared_ptr<const flow::Words> flow;
    std::shared_ptr<const flow::Products> products;
    std::unique_ptr<const cedar::Schema> schema;
    std::map<std::string, VerbSpec, std::less<>> verbs;
    cedar::Entities verb_entities;  // of all declared verbs
    std::string digest;
  };
  Pack() = default;
  static Result<std::shared_ptr<const Shared>> load_shared(const PackSources& sources);
  static Status load_flow(const std::vector<NamedText>& files, Shared& shared);
  static Result<std::shared_ptr<const Pack>> assemble(std::vector<LayerSource> layers,
                                                      const NamedText& schema,
                                                      std::shared_ptr<const Shared> shared);

  std::vector<LayerSource> layers_;
  NamedText schema_text_;
  Composition composition_;
  std::vector<const PolicyMeta*> metas_;  // by place in policies()
  std::shared_ptr<const Shared> shared_;
  std::string policy_digest_;
};

}  // namespace weir::guard
