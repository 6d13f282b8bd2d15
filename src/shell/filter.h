// What a program prints that only turns its input or its arguments into other text: base64 -d, gunzip, tr,
// sed, cut, rev, head, awk '{print $2}' and their like, with everything known. So that
//
//   echo cm0gLXJmIC8K | base64 -d | sh
//
// is seen to run `rm -rf /`. Pure text to text: nothing is run, and what is not surely known is absent, then
// the caller goes on with an unknown stream.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::shell {

struct Filtered {
  std::string text;
  bool decodes = false;  // a decoder of an encoding, not a mere editor of text
};

// `argv` begins with the program's name (without its directory). None: not such a program, an option that is
// not understood, input that does not decode, or a result beyond limits::kShellValueBytesMax.
std::optional<Filtered> filter_text(const std::vector<std::string_view>& argv, std::string_view input);

// The members of a set as tr writes it: "a-z", "\n", "[:upper:]"; none when it is not understood.
std::optional<std::string> expand_set(std::string_view text);

}  // namespace weir::shell
