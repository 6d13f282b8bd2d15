// What ties documents together: unique names, filters, the rules of correlations.
#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <unordered_map>

#include "base/bytes.h"
#include "sigma/parse.h"

namespace weir::sigma {
namespace {

using Names = std::unordered_map<std::string, std::string>;  // id or name → where it stands

void refuse(RuleSet& set, const Meta& meta, std::string what, std::string hint) {
  set.problems.push_back({Problem::Weight::error,
                          meta.key() == meta.where ? "" : meta.key(),
                          {ErrorCode::invalid, std::move(what), meta.where, std::move(hint)}});
}

void warn(RuleSet& set, const Meta& meta, std::string what, std::string hint) {
  refuse(set, meta, std::move(what), std::move(hint));
  set.problems.back().weight = Problem::Weight::warning;
}

// The first document of an id or name stays.
template <class T>
void drop_duplicates(RuleSet& set, std::vector<T>& documents, Names& names) {
  std::erase_if(documents, [&](const T& document) {
    const Meta& meta = document.meta;
    for (const std::string& name : {meta.id, meta.name}) {
      const auto found = name.empty() ? names.end() : names.find(name);
      if (found == names.end()) continue;
      refuse(set, meta, "\"" + printable(name, 80) + "\" is already the name of the rule at " + found->second,
             "give each rule its own id and name");
      return true;
    }
    for (const std::string& name : {meta.id, meta.name})
      if (!name.empty()) names.emplace(name, meta.where);
    return false;
  });
}

template <class T>
std::unordered_map<std::string, std::uint32_t> indexed(const std::vector<T>& documents) {
  std::unordered_map<std::string, std::uint32_t> index;
  for (std::uint32_t i = 0; i < documents.size(); ++i)
    for (const std::string& name : {documents[i].meta.id, documents[i].meta.name})
      if (!name.empty()) index.emplace(name, i);
  return index;
}

void apply(Rule& rule, const Filter& filter) {
  std::vector<Expr> both;
  both.push_back(std::move(rule.condition));
  both.push_back(filter.condition);
  rule.condition = Expr::joined(Expr::Kind::all, std::move(both));
}

void apply_filters(RuleSet& set) {
  const auto index = indexed(set.rules);
  for (const Filter& filter : set.filters) {
    if (filter.rules.empty()) {
      for (Rule& rule : set.rules)
        if (covers(filter.logsource, rule.logsource)) apply(rule, filter);
      continue;
    }
    for (const std::string& name : filter.rules) {
      const auto found = index.find(name);
      if (found == index.end()) {
        warn(set, filter.meta, "the filter names \"" + printable(name, 80) + "\", which is not loaded",
             "load that rule too, or remove its name");
      } else if (Rule& rule = set.rules[found->second]; !covers(filter.logsource, rule.logsource)) {
        warn(set, filter.meta, "the filter's logsource is not that of \"" + printable(name, 80) + "\"",
             "give both the same logsource");
      } else {
        apply(rule, filter);
      }
    }
  }
}

// ---- Correlations ----

// Depth-first: a correlation is placed after those it builds on.
class Ordering {
 public:
  explicit Ordering(RuleSet& set)
      : set_(set), rules_(indexed(set.rules)), correlations_(indexed(set.correlations)) {}

  void run() {
    std::vector<Correlation> all = std::move(set_.correlations);
    state_.assign(all.size(), State::new_one);
    place_.assign(all.size(), 0);
    set_.correlations.clear();
    for (std::uint32_t i = 0; i < all.size(); ++i)
      (void)visit(all, i, 0);
  }

 private:
  enum class State { new_one, open, placed, refused };

  bool visit(std::vector<Correlation>& all, std::uint32_t i, std::size_t depth) {
    if (state_[i] == State::placed || state_[i] == State::refused) return state_[i] == State::placed;
    if (state_[i] == State::open || depth > limits::kSigmaDepthMax) {
      why_ =
          state_[i] == State::open ? "correlations lead in a circle" : "correlations are chained too deeply";
      return false;
    }
    state_[i] = State::open;
    Correlation& one = all[i];
    for (const std::string& name : one.rules) {
      std::string what;
      if (const auto rule = rules_.find(name); rule != rules_.end()) {
        one.sources.push_back(rule->second);
        continue;
      }
      if (const auto other = correlations_.find(name); other == correlations_.end())
        what = "the correlation names \"" + printable(name, 80) + "\", which is not loaded";
      else if (visit(all, other->second, depth + 1))
        one.sources.push_back(static_cast<std::uint32_t>(set_.rules.size()) + place_[other->second]);
      else
        what = "it builds on \"" + printable(name, 80) + "\", which cannot be used" +
               (why_.empty() ? "" : ": " + why_);
      if (what.empty()) continue;
      refuse(set_, one.meta, std::move(what), "load the rules it names and break any circle");
      state_[i] = State::refused;
      return false;
    }
    state_[i] = State::placed;
    why_.clear();
    place_[i] = static_cast<std::uint32_t>(set_.correlations.size());
    set_.correlations.push_back(std::move(one));
    return true;
  }

  RuleSet& set_;
  std::unordered_map<std::string, std::uint32_t> rules_, correlations_;
  std::vector<State> state_;
  std::vector<std::uint32_t> place_;
  std::string why_;
};

// Rules that a correlation looks at report themselves only where one of them asks for it (`generate`).
void silence_sources(RuleSet& set) {
  const std::size_t rules = set.rules.size();
  std::vector<int> used(rules + set.correlations.size(), 0), generated(used);
  for (const Correlation& correlation : set.correlations)
    for (const std::uint32_t source : correlation.sources) {
      used[source] = 1;
      if (correlation.generate) generated[source] = 1;
    }
  for (std::size_t i = 0; i < used.size(); ++i) {
    bool& reported = i < rules ? set.rules[i].reported : set.correlations[i - rules].reported;
    reported = used[i] == 0 || generated[i] == 1;
  }
}

}  // namespace

void link(RuleSet& set) {
  Names names;
  drop_duplicates(set, set.rules, names);
  drop_duplicates(set, set.correlations, names);
  drop_duplicates(set, set.filters, names);
  apply_filters(set);
  Ordering(set).run();
  silence_sources(set);
}

}  // namespace weir::sigma
