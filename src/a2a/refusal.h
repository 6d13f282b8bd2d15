// Answers that Weir gives itself, in the form that the client of a request reads.
//
//   const Refusal said = refuse(asked.error());                      // a request that could not be read
//   const Refusal said = refuse(operation, "The policy … says no.");  // a request that a policy refused
//   … said.status, said.content_type, said.body …
//   stream += refuse_in_stream(operation, {task, context}, "Withheld: …");   // and then the stream ends
//
// A message that begins a task is answered with a task that was rejected (TASK_STATE_REJECTED, "the agent has
// decided to not perform the task"): the client's model reads why, as it reads any result. Everything else is
// answered with the typed error UnsupportedOperation. In a stream the task that runs fails with the reason;
// before any event named a task the stream ends with the error.
#pragma once

#include <string>
#include <string_view>

#include "a2a/operation.h"

namespace weir::a2a {

struct Refusal {
  int status = 200;
  std::string content_type;
  std::string body;
};

// What names the task that never was, and the words about it: the caller draws them.
struct TaskNames {
  std::string task_id;
  std::string context_id;
  std::string message_id;
};

Refusal refuse(const Problem& problem);
Refusal refuse(const Operation& asked, std::string_view why);
// For send and stream of a message that names no task; else as refuse(). A stream has one event, whole.
Refusal refuse_as_task(const Operation& asked, const TaskNames& names, std::string_view why);

// The last event of a stream of server-sent events, its empty line included. `names.task_id` is "" when no
// event named one.
std::string refuse_in_stream(const Operation& asked, const TaskNames& names, std::string_view why);

}  // namespace weir::a2a
