#include "sigma/parse.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "sigma/canary.h"
#include "sigma/document.h"

namespace weir::sigma {
namespace {

Result<Rule> read_rule(Document& document, const ParseOptions& options) {
  Rule rule;
  TRY(rule.meta, read_meta(document));
  TRY(rule.logsource, read_logsource(document));
  TRY(rule.condition, read_detection(document, "/detection", options));
  return rule;
}

void refuse(RuleSet& set, std::string rule, Error error) {
  set.problems.push_back({Problem::Weight::error, std::move(rule), std::move(error)});
}

// Adds the value or names what is wrong.
template <class T>
void keep(RuleSet& set, std::vector<T>& into, const Document& document, Result<T> value) {
  if (value)
    into.push_back(*std::move(value));
  else
    refuse(set, document.rule, std::move(value.error()));
}

void read_document(RuleSet& set, Document& document, const ParseOptions& options) {
  const Json& root = document.root();
  if (!root.is_object()) {
    refuse(set, "",
           document.placed({ErrorCode::invalid, "the document is no map", {}, "write a Sigma rule"}, ""));
    return;
  }
  if (root.has("action")) {
    refuse(set, "",
           document.placed({ErrorCode::invalid,
                            "rule collections with \"action\" were removed in Sigma 2.0",
                            {},
                            "write every rule whole"},
                           "/action"));
    return;
  }
  if (root.has("correlation")) {
    keep(set, set.correlations, document, read_correlation(document));
  } else if (root.has("filter")) {
    keep(set, set.filters, document, read_filter(document, options));
  } else {
    auto rule = read_rule(document, options);
    if (rule && rule->meta.status == "unsupported") {
      document.warn("/status", "the rule says of itself that it cannot be used and is left out",
                    "remove it or give it another status");
      return;
    }
    keep(set, set.rules, document, std::move(rule));
  }
}

}  // namespace

std::size_t RuleSet::errors() const {
  return static_cast<std::size_t>(std::count_if(problems.begin(), problems.end(), [](const Problem& problem) {
    return problem.weight == Problem::Weight::error;
  }));
}

void read_rules(RuleSet& set, std::string_view text, std::string_view where, const ParseOptions& options) {
  if (text.size() > limits::kSigmaFileBytesMax) {
    refuse(set, "", {ErrorCode::limit, "the file is larger than 4 MiB", std::string(where), "split it"});
    return;
  }
  for (YamlDocument& document : parse_yaml_documents(text, where)) {
    if (set.rules.size() >= limits::kSigmaRulesMax) {
      refuse(set, "",
             {ErrorCode::limit, "there are more than 50000 rules", std::string(where), "load fewer"});
      return;
    }
    ++set.documents;
    if (!document.text) {
      refuse(set, "", std::move(document.text.error()));
      continue;
    }
    Document reading(*document.text, where, document.line, set);
    if (is_canary(reading.root()))
      read_canary(set, reading);
    else
      read_document(set, reading, options);
  }
}

}  // namespace weir::sigma
