// Where on this machine an Action reads or writes, for those who ask the disk about it.
#pragma once

#include <string>

#include "event/action.h"

namespace weir::daemon {

// The absolute path that an Action leads to, links as the shell's analysis saw them; "" when it names no
// place here: a path that is not known, of another machine or of a container.
std::string place_of(const event::Action& action);

// The directory in which all lies that a pattern of the shell can match: "/p/notes/*.md" → "/p/notes"; the
// place itself where the Action is no such pattern, whatever its name holds ("/p/pages/[id].tsx").
std::string before_pattern(const event::Action& action);

// Does the Action reach more than the one file at its place: by a pattern, recursively, searching, or by
// names that another program finds?
bool reaches_many(const event::Action& action);

}  // namespace weir::daemon
