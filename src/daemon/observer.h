// Answers the questions of the pure core by looking at this machine: where paths lead, what scripts contain,
// which repository surrounds a directory. Each answer becomes part of the record.
#pragma once

#include <vector>

#include "guard/question.h"
#include "os/file_view.h"

namespace weir::daemon {

// Adds an answer for every question; null where nothing could be found out. `view`: the files as the session
// sees them.
void answer_questions(const std::vector<guard::Question>& questions, const os::FileView& view,
                      guard::Answers& answers);

}  // namespace weir::daemon
