// A set of rules made ready to judge events of Weir: compiled, and with what a finding of each rule says.
//
//   TRY(auto book, RuleBook::make(std::move(set), "linux"));       // set: read and linked (parse.h)
//   Watch watch(book);                                             // one a session tree (watch.h)
//
// A finding's rule is the rule's `name`, else its id. Its class comes from the ATT&CK tactic among the tags
// (attack.exfiltration), its techniques are the ATT&CK, ATLAS and OWASP Agentic ids (attack.t1041,
// atlas.aml.t0051.001, owasp.asi02); where no OWASP id is given it is the one that fits the tactic. Its
// sentence is the first of the description. Immutable, shared between threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "event/decision.h"
#include "sigma/engine.h"
#include "sigma/event_fields.h"
#include "sigma/parse.h"

namespace weir::sigma {

class RuleBook {
 public:
  // `product`: of the machine whose programs and files the events are about; `kept`: see Engine::compile.
  // Errors: limit.
  static Result<std::shared_ptr<const RuleBook>> make(RuleSet set, const std::string& product,
                                                      match::DatabaseStore* kept = nullptr);

  const RuleSet& set() const { return set_; }
  const Engine& engine() const { return engine_; }
  const WantedRecords& wanted() const { return wanted_; }
  const LogSource& logsource(EventSource source) const {
    return logsources_[static_cast<std::size_t>(source)];
  }
  // What a finding says, without its span; numbered as Correlation::sources: rules, then correlations.
  const event::Finding& finding(std::size_t source) const { return findings_[source]; }
  bool reported(std::size_t source) const;

 private:
  RuleBook() = default;

  RuleSet set_;
  Engine engine_;
  WantedRecords wanted_;
  std::vector<LogSource> logsources_;
  std::vector<event::Finding> findings_;
};

// The finding that a rule or correlation with these attributes makes.
event::Finding finding_of(const Meta& meta);

}  // namespace weir::sigma
