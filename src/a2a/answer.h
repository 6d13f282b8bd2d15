// What an agent answers, as one value from every form, whole or event by event: which task it is about, how
// that stands, and every part of words, files and data that it brings.
//
//   TRY(const Answer answer, read_answer(operation, {200, body}));
//   TRY(const Answer event, read_event(operation, sse.type, sse.data));     // http/sse.h splits
//   for (const Part* part : brought(answer)) … label it as what this agent said
//   if (answer.state == TaskState::auth_required) … credentials are asked for in the middle of a task
//
// Refused: an answer to another request (JSON-RPC id), of another version, with two payloads in one, with a
// state that no version has; a client might read it otherwise.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "a2a/operation.h"

namespace weir::a2a {

enum class TaskState {
  unspecified,
  submitted,
  working,
  completed,
  failed,
  canceled,
  input_required,
  rejected,
  auth_required,
};
std::string_view name(TaskState state);  // of 1.0: "TASK_STATE_WORKING" …
// "input-required" of 0.3 and both spellings of canceled in its .proto included.
std::optional<TaskState> task_state(std::string_view name, Shape shape);
bool is_final(TaskState state);  // nothing more happens to the task

struct Artifact {
  std::string id;
  std::string name;
  std::string description;
  std::vector<Part> parts;
  std::vector<std::string> extensions;
  Json metadata;
  bool operator==(const Artifact&) const = default;
};

enum class AnswerKind { message, task, status, artifact, tasks, push, pushes, card, nothing, error };
std::string_view name(AnswerKind kind);

struct Answer {
  AnswerKind kind = AnswerKind::nothing;
  std::string task_id;
  std::string context_id;
  std::optional<TaskState> state;
  std::vector<Message> messages;  // the message itself, of the status, of the history, in this order
  std::vector<Artifact> artifacts;
  bool append = false;      // of an artifact: behind what came before
  bool last_chunk = false;  // of an artifact
  bool ends = false;        // of a stream: no event follows (final, a last state, a message, an error)
  std::vector<Answer> tasks;
  std::vector<Push> pushes;
  Json card;
  Json metadata;
  std::int64_t code = 0;  // of an error: of JSON-RPC, or the HTTP status
  std::string reason;     // of an error of 1.0: "TASK_NOT_FOUND"
  std::string text;       // of an error: its message
};

struct HttpAnswer {
  int status = 200;
  std::string_view body;  // whole, without codings
};
Result<Answer> read_answer(const Operation& asked, const HttpAnswer& answer);
// One event of a stream: its type ("message", "error") and its data.
Result<Answer> read_event(const Operation& asked, std::string_view type, std::string_view data);
// What an agent sends to a webhook: a stream event in the form of REST (1.0 section 4.3.3), or of 0.3 a task.
Result<Answer> read_notification(Version version, std::string_view body);

// Every part that the answer brings, of its messages, artifacts and tasks. Views into it.
std::vector<const Part*> brought(const Answer& answer);

// What is the same over both bindings.
Json to_json(const Answer& answer);

}  // namespace weir::a2a
