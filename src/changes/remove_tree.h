// Removing a directory that a hostile agent filled: any depth, any names, directories without permissions.
// Inside the room only.
//
// Nothing is followed and no path is ever built: a directory that is found inside is renamed up into the one
// being removed and emptied there, so two descriptors are enough for a tree of any depth, and whoever is
// interrupted goes on where the tree stands. Mounts are left alone.
#pragma once

#include <string>

#include "base/result.h"

namespace weir::changes {

// Removes the directory `name` of `parent` with everything in it. Absent is fine. Error `denied` when the
// kernel keeps something from us (another owner, a mount), with its name.
Status remove_tree(int parent, const std::string& name);

}  // namespace weir::changes
