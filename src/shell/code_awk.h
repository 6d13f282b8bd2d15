// What an awk program gives to a shell: system(TEXT), TEXT | getline, print … | TEXT.
//
//   AwkProgram program("BEGIN{c = \"rm -rf \"; system(c $1)}");
//   program.set("c", value);                                        // as -v does
//   program.run(line, [&](const Arg& command, const Arg* printed) { return output; });
//
// It reads words, literals and brackets in the order in which they stand, not control flow: every statement
// happens once, every pattern matches. Texts are put together as far as they are known; what is not is a
// hole.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "shell/arg.h"

namespace weir::shell {

class AwkProgram {
 public:
  // Called for each command with what is printed into it, or nullptr; gives what it prints.
  using Shell = std::function<Arg(const Arg& command, const Arg* printed)>;

  // Of more than 64 KiB the beginning.
  explicit AwkProgram(std::string_view code);

  // Does it reach a shell at all? Field programs are the rule.
  static bool leaves_awk(std::string_view code);

  void set(std::string_view name, Arg value) {
    variables_.insert_or_assign(std::string(name), std::move(value));
  }
  void set_arguments(std::vector<Arg> arguments) { arguments_ = std::move(arguments); }  // ARGV[1] …

  // Once, with `line` as $0.
  void run(const Arg& line, const Shell& shell);

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  void blanks(std::size_t& at) const;
  std::string literal(std::size_t& at) const;
  std::string_view word(std::size_t at) const;
  std::size_t closing(std::size_t at) const;
  bool is_regex(std::size_t at) const;
  void read_name(std::size_t& at, const Shell& shell);
  void read_pipe(std::size_t& at, const Shell& shell);
  Arg printed(std::size_t end) const;
  Arg text(std::size_t at, std::size_t end, int depth) const;
  void term(std::size_t& at, std::size_t end, int depth, Arg& out) const;
  void named(std::size_t& at, std::size_t end, int depth, Arg& out) const;
  Arg formatted(std::size_t at, std::size_t end, int depth) const;
  Arg field(std::string_view number) const;
  bool is_set_somewhere(std::string_view name) const;

  std::string_view code_;
  std::map<std::string, Arg, std::less<>> variables_;
  std::vector<Arg> arguments_;
  Arg line_;
  std::size_t chain_ = 0;               // where the expression begins that a pipe would take
  std::size_t print_ = kNone;           // behind the word print, within its statement
  bool formats_ = false;                // it was printf
  std::vector<std::size_t> brackets_;   // chain_ outside of each
  std::size_t commands_ = 0;            // given to the shell; bounded, for each is read to its end
  mutable std::size_t looked_for_ = 0;  // names; bounded, for each takes a pass over the code
};

}  // namespace weir::shell
