// Where on this machine an Action reads or writes, for those who ask the disk about it.
#pragma once

#include <string>

#include "event/action.h"

namespace weir::daemon {

// The absolute path that an Action leads to, links as the shell's analysis saw them; "" when it names no
// place here: a path that is not known, of another machine or of a container.
std::string place_of(const event::Action& action);

// The directory in which all that a pattern can match lies: "/p/notes/*.md" → "/p/notes"; the path itself
// where it is no pattern.
std::string before_pattern(const std::string& path);

// Does the Action reach more than the one file at its place: by a pattern, recursively, searching, or by
// names that another program finds?
bool reaches_many(const event::Action& action);

}  // namespace weir::daemon
