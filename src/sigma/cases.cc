#include "sigma/cases.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/time_text.h"
#include "sigma/correlation.h"
#include "sigma/document.h"
#include "sigma/plain.h"

namespace weir::sigma {
namespace {

LogSource logsource_of(const Json& json) {
  return {.category = to_lower_ascii(json["category"].text_or("")),
          .product = to_lower_ascii(json["product"].text_or("")),
          .service = to_lower_ascii(json["service"].text_or("")),
          .definition = ""};
}

Result<std::vector<Case::Step>> steps_of(const Json& value, const LogSource& logsource) {
  if (!value.is_object()) return fail("a case is a map: an event, or a sequence of events");
  const Json* sequence = value.find("sequence");
  if (sequence == nullptr) return std::vector<Case::Step>{{value, logsource, 0}};
  if (!sequence->is_array() || sequence->as_array().empty()) return fail("the sequence has no events");
  std::vector<Case::Step> steps;
  for (const Json& step : sequence->as_array()) {
    if (!step["event"].is_object()) return fail("a step of a sequence needs an event");
    Case::Step out{.event = step["event"], .logsource = logsource};
    if (step.has("logsource")) out.logsource = logsource_of(step["logsource"]);
    if (step.has("after")) {
      const auto after = duration_ns(step["after"].text_or(""));
      if (!after) return fail("\"after\" is no time", {}, "write it like 10s or 5m");
      out.after_ns = *after;
    }
    steps.push_back(std::move(out));
  }
  return steps;
}

Status read_document(Document& document, std::vector<Case>& cases) {
  const Json& root = document.root();
  const std::string rule = document.text("/rule", root["rule"]);
  document.rule = rule;
  if (rule.empty()) return fail("the cases name no rule", {}, "add rule: ID");
  const LogSource logsource = logsource_of(root["logsource"]);
  const std::size_t before = cases.size();
  for (const bool matches : {true, false}) {
    const std::string name = matches ? "match" : "no_match";
    const Json& list = root[name];
    for (std::size_t i = 0; list.is_array() && i < list.as_array().size(); ++i) {
      const std::string pointer = "/" + name + "/" + std::to_string(i);
      auto steps = steps_of(list.as_array()[i], logsource);
      if (!steps) return std::unexpected(document.placed(std::move(steps.error()), pointer));
      cases.push_back({rule, document.at(pointer), matches, *std::move(steps)});
    }
  }
  if (cases.size() == before) return fail("there are no cases", {}, "add events under match and no_match");
  return {};
}

template <class T>
const T* named(const std::vector<T>& documents, const std::string& name) {
  const auto it = std::find_if(documents.begin(), documents.end(), [&](const T& document) {
    return document.meta.id == name || document.meta.name == name;
  });
  return it == documents.end() ? nullptr : &*it;
}

bool says_nothing(const LogSource& logsource) {
  return logsource.category.empty() && logsource.product.empty() && logsource.service.empty();
}

Outcome judged(const Case& one, bool matched) {
  if (matched == one.matches) return {true, {}};
  return {false, one.matches ? "it does not match, but must" : "it matches, but must not"};
}

Outcome run_rule(const Case& one, const Rule& rule, std::uint32_t index, const Engine& engine,
                 Workspace& workspace) {
  const Case::Step& step = one.steps.back();
  FlatEvent flat;
  flat.assign(step.event);
  const LogSource& logsource = says_nothing(step.logsource) ? rule.logsource : step.logsource;
  const auto matched = engine.match(logsource, flat.fields(), workspace);
  if (!matched) return {false, matched.error().message()};
  const bool hit = std::binary_search(matched->begin(), matched->end(), index);
  const bool plain = covers(rule.logsource, logsource) && holds_plainly(rule.condition, flat.fields());
  if (hit != plain)
    return {false, "the engine and the plain reading of the rule disagree: a bug, please report it"};
  return judged(one, hit);
}

// Of the first rule below it: what a step without a log source is taken to be of.
LogSource logsource_below(const RuleSet& set, const Correlation& correlation) {
  const Correlation* at = &correlation;
  while (at->sources.front() >= set.rules.size())
    at = &set.correlations[at->sources.front() - set.rules.size()];
  return set.rules[at->sources.front()].logsource;
}

Outcome run_correlation(const Case& one, const RuleSet& set, std::uint32_t index, const Engine& engine,
                        Workspace& workspace) {
  Correlator correlator(set);
  const LogSource below = logsource_below(set, set.correlations[index]);
  std::int64_t now_ns = 0;
  bool fired = false, ever = false;
  FlatEvent flat;
  for (const Case::Step& step : one.steps) {
    now_ns += step.after_ns;
    flat.assign(step.event);
    const auto matched =
        engine.match(says_nothing(step.logsource) ? below : step.logsource, flat.fields(), workspace);
    if (!matched) return {false, matched.error().message()};
    const auto& now = correlator.observe(now_ns, flat.fields(), {matched->begin(), matched->end()});
    fired = std::find(now.begin(), now.end(), index) != now.end();
    ever = ever || fired;
  }
  return judged(one, one.matches ? fired : ever);
}

}  // namespace

void read_cases(std::string_view text, std::string_view where, std::vector<Case>& cases,
                std::vector<Problem>& problems) {
  for (YamlDocument& yaml : parse_yaml_documents(text, where)) {
    if (!yaml.text) {
      problems.push_back({Problem::Weight::error, "", std::move(yaml.text.error())});
      continue;
    }
    RuleSet notes;  // only its problems
    Document document(*yaml.text, where, yaml.line, notes);
    if (auto read = read_document(document, cases); !read) {
      Error error = std::move(read.error());
      if (error.where.empty()) error.where = document.at("");
      problems.push_back({Problem::Weight::error, document.rule, std::move(error)});
    }
    problems.insert(problems.end(), notes.problems.begin(), notes.problems.end());
  }
}

Outcome run_case(const Case& one, const RuleSet& set, const Engine& engine, Workspace& workspace) {
  if (const Rule* rule = named(set.rules, one.rule))
    return run_rule(one, *rule, static_cast<std::uint32_t>(rule - set.rules.data()), engine, workspace);
  if (const Correlation* correlation = named(set.correlations, one.rule))
    return run_correlation(one, set, static_cast<std::uint32_t>(correlation - set.correlations.data()),
                           engine, workspace);
  return {false, "there is no rule \"" + printable(one.rule, 80) + "\""};
}

}  // namespace weir::sigma
