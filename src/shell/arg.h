// A string that is known in part: one argument of a command, one value of a variable.
//
//   "$DIR"/build/*   ->  text "$DIR/build/*", one hole over "$DIR", glob
//
// `text` is for display and, outside the holes, exact. A hole stands for any text at all, also for none;
// where it is known, a hole says where its bytes come from (the network, a decoder), because an interpreter
// that is given such bytes runs code that nobody has seen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shell/syntax.h"

namespace weir::shell {

enum class Origin {
  unknown,
  network,  // fetched from `url`
  encoded,  // came out of a decoder: base64, xxd, gzip, openssl ...
};

struct Hole {
  std::uint32_t begin = 0;  // byte offsets into Arg::text
  std::uint32_t end = 0;
  Origin origin = Origin::unknown;
  std::string url;  // of network, when known
};

struct Arg {
  std::string text;
  std::vector<Hole> holes;            // in order, not overlapping
  bool glob = false;                  // has live pattern characters
  bool splits = false;                // an unquoted hole: may become any number of arguments, also none
  bool decoded = false;               // came out of a decoder, and is known all the same
  bool guessed = false;               // rests on a variable being unset, as in ${x:-default}
  std::optional<std::string> stream;  // <(...): what reading this argument as a file gives
  Span span;

  bool known() const { return holes.empty(); }
  // Known text before the first hole; all of it when known.
  std::string_view prefix() const {
    return std::string_view(text).substr(0, holes.empty() ? text.size() : holes[0].begin);
  }
  // Known text after the last hole.
  std::string_view suffix() const {
    return std::string_view(text).substr(holes.empty() ? 0 : holes.back().end);
  }
  // The first hole whose bytes come from the network or a decoder, or nullptr.
  const Hole* tainted() const;

  void append(std::string_view known_text) { text.append(known_text); }
  void append(const Arg& other);
  void append_hole(std::string_view label, Origin origin = Origin::unknown, std::string url = {});

  static Arg of(std::string_view known_text, Span span = {});
  static Arg hole(std::string_view label, Origin origin = Origin::unknown, std::string url = {});
};

}  // namespace weir::shell
