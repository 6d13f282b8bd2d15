// Limits of this room, as in base/limits.h.
#pragma once

#include <cstddef>

namespace weir::prove::limits {

inline constexpr std::size_t kSolverMemoryBytesMax =
    std::size_t{2048} * 1024 * 1024;  // address space of a child
inline constexpr std::size_t kSolverAnswerBytesMax = std::size_t{8} * 1024 * 1024;  // one answer
inline constexpr std::size_t kSExprBytesMax = std::size_t{16} * 1024 * 1024;        // one text
inline constexpr std::size_t kSExprDepthMax = 512;                                  // nested lists
inline constexpr std::size_t kTermsMax = 2'000'000;  // terms of one request environment
inline constexpr std::size_t kScriptBytesMax = std::size_t{16} * 1024 * 1024;  // one question as text
inline constexpr std::size_t kFootprintMax = 200;  // entities of one question, for the axioms
inline constexpr std::size_t kSamplesMax = 256;    // examples remembered for one environment
inline constexpr std::size_t kPropertyBytesMax = std::size_t{1} * 1024 * 1024;  // one file of properties
inline constexpr std::size_t kObligationsMax = 100'000;                         // of one certificate

}  // namespace weir::prove::limits
