// Room `sigma` (floor 3, pure): Sigma 2.1 rules, correlations and filters, and nothing of Weir's own
// invention in between.
//
//   rule.h         what a rule, a correlation and a filter are, as values
//   parse.h        YAML text -> RuleSet; bad documents are named and left out
//   glob.h         Sigma's strings: wildcards and escapes
//   modifiers.h    "field|contains|all: value" -> tests
//   condition.h    "selection and not 1 of filter_*" -> one expression
//   record.h       an event as flat fields, from JSON
//   event_fields.h an event of Weir as records of Sigma's log sources
//   engine.h       all rules compiled together: record -> rules that match
//   correlation.h  counts, values and orders over time: matches -> correlations that fire
//   cases.h        rules with events that they must and must not match
//   write.h        a rule as Sigma's YAML
//   canary.h       CanaryAI's YAML rules, read as they are
//
// Standard: SigmaHQ/sigma-specification 2.1.0 (2025-08-02): rules, modifiers appendix, correlations, filters.
// Where it is silent, docs/sigma.md says what was chosen.
#pragma once
