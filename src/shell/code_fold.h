// Constant expressions of Python, Perl, Ruby, JavaScript, PHP, Lua and awk, as far as they hide text: string
// literals, joining, chr(), base64 and hex decoders, reversing, variables that were set to such a value.
//
//   CodeFolder folder("python", code);
//   std::size_t at = ...;                      // at the first character of an expression
//   std::optional<std::string> text = folder.text(at);   // 'rm ' + chr(45) + 'rf'  ->  "rm -rf"
//
// It knows expressions, not languages: what it does not understand is absent. Bounded by
// limits::kShellValueBytesMax and a depth.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::shell {

class CodeFolder {
 public:
  CodeFolder(std::string_view language, std::string_view code) : language_(language), code_(code) {}

  // The value of the expression at `at`, which is moved behind it; none leaves `at` where it was.
  std::optional<std::string> text(std::size_t& at);
  // Remembers `name = expression` that begins at `at`. False: that is no such assignment.
  bool assignment(std::size_t at);
  // The characters of a literal at `at`, with or without escapes; `at` is moved behind it.
  std::string literal(std::size_t& at) const;

 private:
  struct Value {
    enum class Kind { text, number, list } kind = Kind::text;
    std::string text;
    std::int64_t number = 0;
    std::vector<Value> items;
  };
  using Maybe = std::optional<Value>;

  Maybe expression(std::size_t& at, int depth);
  Maybe term(std::size_t& at, int depth);
  Maybe postfix(std::size_t& at, int depth, Value value);
  Maybe named(std::size_t& at, int depth);
  Maybe call(std::string_view name, std::vector<Value> arguments) const;
  Maybe method(std::string_view name, const Value& value, const std::vector<Value>& arguments) const;
  Maybe list(std::size_t& at, int depth, char close);
  std::optional<std::vector<Value>> arguments(std::size_t& at, int depth);
  void blanks(std::size_t& at) const;
  static Value of(std::string text);
  static std::optional<std::string> joined(const Value& list, std::string_view separator);

  std::string_view language_;
  std::string_view code_;
  std::map<std::string, Value, std::less<>> variables_;
  std::size_t steps_ = 0;
};

}  // namespace weir::shell
