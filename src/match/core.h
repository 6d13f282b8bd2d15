// The heart of an expression: a shorter expression, a part of every match, that a Database finds cheaply.
//
//   core_of(R"((?i)(?:^|[^a-z])[\w.-]{0,40}?token\s{0,3}=\s{0,3}([a-z0-9]{64}))")
//     == "token, then up to three blanks, '=', up to three blanks, twelve of [A-Za-z0-9]"
//
// Detectors have expressions with long repeats, groups and open ends. Compiling hundreds of them exactly
// takes seconds, and looking for their keywords alone finds far too much. What lies between is enough: open
// begins are dropped, long repeats cut to kCoreRepeatMax, everything behind a cut dropped. Wherever the whole
// expression matches, its core matches within that match; the opposite does not hold, so a Regex confirms.
//
// Syntax: what RE2 and Go read, over bytes: groups, alternatives, classes, repeats, \b ^ $, flag i. None is
// given for what this does not read (Unicode classes, other flags) and for expressions without two literal
// bytes in a row to be found by.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace weir::match {

inline constexpr std::size_t kCoreRepeatMax = 12;

// In PCRE's syntax, every class written out in bytes: no flag changes its meaning.
std::optional<std::string> core_of(std::string_view expression);

}  // namespace weir::match
