// Room `match` (floor 1, pure): many patterns over bytes, and nothing that knows what they mean.
//
// Two engines, one job each. A Database holds thousands of literals and regular expressions compiled together
// (Vectorscan): one pass over the bytes tells which of them end where, at memory speed. A Regex (RE2) then
// confirms one of them at one place and says where it begins and what its groups captured. Both run in time
// linear in the input, whatever the pattern; both have a memory budget and report exhaustion as a value.
//
//   database.h   many patterns -> which end where
//   regex.h      one pattern -> exact place and captures
//   regex_set.h  many patterns over a short text -> which match, exactly
//   core.h       one pattern -> a shorter one, part of every match, that a Database finds cheaply
//   expression.h one pattern -> a tree
//
// Databases and expressions are immutable and shared between threads; a Scratch belongs to one thread.
#pragma once
