// Room `match` (floor 1, pure): many patterns over bytes, and nothing that knows what they mean.
//
// Engines with one job each. A Database holds thousands of literals and regular expressions compiled together
// (Vectorscan): one pass over the bytes tells which of them end where, at memory speed. A Regex (RE2) then
// confirms one of them at one place and says where it begins and what its groups captured. A Sieve (our own)
// spares the Regex the expressions that cannot match. All run in time linear in the input, whatever the
// pattern, in bounded memory; the engines report its exhaustion as a value.
//
//   database.h   many patterns -> which end where
//   regex.h      one pattern -> exact place and captures
//   regex_set.h  many patterns over a short text -> which match, exactly
//   sieve.h      many patterns over a short text -> which can match, nearly exactly
//   core.h       one pattern -> a shorter one, part of every match, that a Database finds cheaply
//   expression.h one pattern -> a tree
//
// Databases and expressions are immutable and shared between threads; a Scratch and a SieveMemory belong to
// one thread.
#pragma once
