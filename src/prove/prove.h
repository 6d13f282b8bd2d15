// Room `prove` (floor 3, rim): what policies can and cannot let happen, proved before they are trusted.
//
// Cedar conditions become SMT terms, one request environment of the schema at a time, with exactly Cedar's
// semantics (the encoding follows Cedar.SymCC in cedar-policy/cedar-spec). A solver runs as a child process
// under limits of time and memory. An answer that it does not give is `unknown`, never `proved`; an example
// that it does give is a request, which is replayed through the evaluator before anybody sees it.
//
//   sort.h symbolic.h  values as terms                analyze.h     redundant, shadowed, vacuous … policies
//   term.h script.h    SMT terms and their text       compare.h     what changes between two policy sets
//   encoder.h          one environment, one condition  property.h    never / always, in files of their own
//   solver.h sexpr.h   the child and what it says     obligations.h  what must hold when policies are loaded
//   prover.h           questions and their outcomes   certificate.h  what was proved, to be checked again
//   example.h          a request with its entities    explain.h      why a request got its decision
//   model_*.h          workflows of several agents
//
//   TRY(prove::Prover prover, prove::Prover::start({}));
//   TRY(const prove::Analysis analysis, prove::analyze(policies, schema, prover));
#pragma once
