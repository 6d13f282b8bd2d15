// Answers the questions of the pure core by looking at this machine: where paths lead, what scripts contain,
// which repository surrounds a directory. Each answer becomes part of the record.
#pragma once

#include <vector>

#include "guard/question.h"

namespace weir::daemon {

// Adds an answer for every question; null where nothing could be found out.
void answer_questions(const std::vector<guard::Question>& questions, guard::Answers& answers);

}  // namespace weir::daemon
