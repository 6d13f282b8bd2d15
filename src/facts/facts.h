// Room `facts` (floor 2, pure): statements about the past that are true now.
//
// A fact is a formula of past-time metric temporal logic over what happened: "a credential was read in the
// last ten minutes", "twenty files were deleted within five", "no test ran since the last edit". Definitions
// are text (docs/facts.md); all of them compile into one DAG in which equal parts are evaluated once. A
// Monitor holds what must be remembered, in bounded memory, apart for every slice (per session, host, user
// …), and can be asked what would be true if something happened now, without its happening.
//
//   instant.h      one step of the past as flat fields; Event and Actions -> instants
//   formula.h      the language: text <-> tree
//   definition.h   named facts, read from content/facts/*.yaml
//   fact_set.h     definitions -> the DAG
//   monitor.h      the DAG over time: commit, peek
//   window.h       instants remembered in order of time
//   slices.h       pasts kept apart by a key, within a bound
//
// Semantics: R. Koymans, "Specifying real-time properties with metric temporal logic", 1990, past operators
// over a finite timed word; evaluation as in D. Basin et al., "Algorithms for monitoring real-time
// properties", 2018 (point-based, one pass, constant time an operator).
#pragma once
