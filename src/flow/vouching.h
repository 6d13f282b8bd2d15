// Which values of a result their tool vouches for, and which are only what somebody wrote.
//
//   Leaves leaves = read_leaves(output);
//   loosen(leaves, meaning, input, words);    // leaf.loose: read as free text, whatever it looks like
//
// A directory that answers {"name": "Ann", "email": "ann@x.org"} says so itself. A page of the web that looks
// the same is what its author wrote; so is what another agent answers, an address inside a longer value, and
// one that is handed back by a call that changed something.
#pragma once

#include <string_view>

#include "base/json.h"
#include "flow/leaves.h"
#include "flow/meaning.h"
#include "flow/words.h"

namespace weir::flow {

// Somebody else does what the input says, and answers in his own words: there is a task in it and no address
// to read.
bool hands_over(const ToolMeaning& tool, const Json& input, const Words& words);

// Marks what the tool does not vouch for.
void loosen(Leaves& leaves, const ToolMeaning& tool, const Json& input, const Words& words);

// Whether somebody who wrote `prompt` meant one thing by `value` (folded), not only used a common word: it
// has several words or other signs than letters, or the prompt writes it with a capital letter or quotation
// marks.
bool points_at(std::string_view prompt, std::string_view value);

}  // namespace weir::flow
