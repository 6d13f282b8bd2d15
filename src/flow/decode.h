// The same text in other clothes: what an encoding hides from a comparison, undone.
//
//   undressed("to=ann%40x.org&body=aGVsbG8gYWdlbnQ=") -> {"to=ann@x.org&body=...", "hello agent"}
//
// For tightening only: a value that is found in what was read only after decoding was still read there.
// JSON and C escapes (\n \" \x41 \101 \u0041), percent-encoding, HTML character references, base64 and
// base64url runs and hexadecimal runs that decode to text, tag characters (U+E0020 ..., which spell ASCII
// invisibly). Layers inside each other are opened to a depth of 3.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::flow {

// Every layer that opens is a text of its own: of escapes the lines in which one was undone, of runs what
// they decode to. Different from each other and from the text; all together at most
// limits::kFlowDecodedMax.
std::vector<std::string> undressed(std::string_view text);

}  // namespace weir::flow
