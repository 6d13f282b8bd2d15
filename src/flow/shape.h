// Values that show by their shape what they are: e-mail addresses, places in the network, bank accounts.
// Where a page holds exactly one of them, a user who points at the page means that one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::flow {

enum class Shape : std::uint8_t { other, mail, address, account };

// Of a folded value, as a whole: "ann@example.com", "example.com/page", "de89370400440532013000".
Shape shape_of(std::string_view value);

// All values of a shape in a folded text, each once, in order. Of addresses the host alone: two pages of one
// host are one place. At most 64.
std::vector<std::string_view> values_of_shape(std::string_view text, Shape shape);

// A value as it is compared: folded, without the scheme, "www." and the last slash of an address.
std::string comparable(std::string_view value);

// `value` stands in `text` as a word of its own: no letter, digit, '_' or '@' beside it. Both folded.
bool contains_value(std::string_view text, std::string_view value);

// The first place where it does, from `from` on; npos.
std::size_t find_value(std::string_view text, std::string_view value, std::size_t from = 0);

// Whether somebody who typed `text` typed `value`: it stands there and is no part of something longer that
// means another thing. "lee@x.org" is not typed in "ann.lee@x.org", "/srv" not in "/srv/notes.txt", "250.00"
// not in "1,250.00". Both folded.
bool stands_typed(std::string_view text, std::string_view value);

// Whether `value`, a short number that stands in `text` at `at`, is named as one there: "id 13", "no. 13",
// "#13". Any other 13 is a coincidence.
bool is_named_number(std::string_view text, std::size_t at);

}  // namespace weir::flow
