// Errors as values, for every room.
//
// A Result<T> is a T or an Error. An Error tells a person three things: what went wrong, where, and how to
// mend it. Functions return it, TRY passes it on, and no exception crosses a room.
//
//   Result<Policy> load(std::string_view path) {
//     TRY(auto text, read_file(path));          // returns the Error if there is one
//     if (text.empty()) return fail("the policy file is empty", path, "write a policy or remove the file");
//     ...
//   }
//
// A refusal is a Decision, never an Error. CHECK is for bugs: it ends the program.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace weir {

// What kind of failure, for callers that must act on it; most only show it.
enum class ErrorCode {
  invalid,      // the input is malformed or breaks a rule
  limit,        // the input exceeds a limit of base/limits.h
  not_found,    // a named thing does not exist
  exists,       // a thing that must be new exists already
  denied,       // the system or a peer refused
  unavailable,  // a resource is missing now and may come back: daemon, disk space
  corrupt,      // stored bytes disagree with their checks
  erased,       // it existed and was erased on purpose; it will not come back
  internal,     // none of the above; a bug or an unexpected system answer
};

struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::internal;
  std::string what;   // one clause, no full stop: "the policy file is empty"
  std::string where;  // file, file:line:column, field, id; may be empty
  std::string hint;   // how to mend it; may be empty

  // "what (where): hint" on one line.
  std::string message() const;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = std::expected<void, Error>;

// An Error ready to be returned from a function that returns Result<T> or Status.
[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string what, std::string where = {},
                                                 std::string hint = {}) {
  return std::unexpected(Error{code, std::move(what), std::move(where), std::move(hint)});
}
[[nodiscard]] inline std::unexpected<Error> fail(std::string what, std::string where = {},
                                                 std::string hint = {}) {
  return fail(ErrorCode::invalid, std::move(what), std::move(where), std::move(hint));
}

// Short names of the codes, as printed in JSON: "invalid", "limit", ...
std::string_view name(ErrorCode code);

[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace weir

#define WEIR_CONCAT_(a, b) a##b
#define WEIR_CONCAT(a, b) WEIR_CONCAT_(a, b)

// TRY(declaration, expression): unwraps a Result or returns its Error. TRY_STATUS(expression): the same
// without a value.
#define TRY(declaration, ...)                                                                               \
  auto WEIR_CONCAT(try_, __LINE__) = (__VA_ARGS__);                                                         \
  if (!WEIR_CONCAT(try_, __LINE__)) return std::unexpected(std::move(WEIR_CONCAT(try_, __LINE__).error())); \
  declaration = *std::move(WEIR_CONCAT(try_, __LINE__))
#define TRY_STATUS(...)                                                                 \
  do {                                                                                  \
    if (auto WEIR_CONCAT(try_, __LINE__) = (__VA_ARGS__); !WEIR_CONCAT(try_, __LINE__)) \
      return std::unexpected(std::move(WEIR_CONCAT(try_, __LINE__).error()));           \
  } while (false)

// A condition that only a bug can break; on in every build.
#define CHECK(condition)                                                    \
  do {                                                                      \
    if (!(condition)) ::weir::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)
