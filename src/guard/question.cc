#include "guard/question.h"

namespace weir::guard {

std::string Question::key() const {
  static constexpr const char* kNames[] = {"path:", "script:", "workspace:", "git_head:"};
  return kNames[static_cast<std::size_t>(kind)] + subject;
}

Json answers_json(const Answers& answers) {
  Json json = Json::object();
  for (const auto& [key, value] : answers)
    json.set(key, value);
  return json;
}

Answers answers_from(const Json& json) {
  Answers answers;
  if (json.is_object())
    for (const auto& [key, value] : json.as_object())
      answers[key] = value;
  return answers;
}

}  // namespace weir::guard
