// The members of a JSON object, read so that every other reader of the same bytes sees the same ones. Readers
// made from the .proto take a member under two names ("taskId" and "task_id"), some take any case, some turn
// numbers into text: what one reader would take and another would skip is refused.
//
//   Members in(json, "message", {"messageId", "taskId"});
//   message.id = in.text("messageId", limits::kIdBytesMax);
//   message.task_id = in.text("taskId", limits::kIdBytesMax);
//   TRY_STATUS(in.status());                 // the first thing that was wrong with any of them
//
// A member that is null counts as absent. Members that are not named are left alone.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace weir::a2a {

class Members {
 public:
  // `where` names the object in errors. Not an object: an error, and every member is absent.
  Members(const Json& object, std::string where, std::initializer_list<std::string_view> known);

  bool has(std::string_view key) const { return !get(key).is_null(); }
  // Null when absent.
  const Json& get(std::string_view key) const { return object_[key]; }

  // "" when absent. Errors: not text, longer than bytes_max, control characters.
  std::string text(std::string_view key, std::size_t bytes_max);
  // Text as it is, with line ends and other controls.
  std::string free_text(std::string_view key);
  bool flag(std::string_view key) { return maybe_flag(key).value_or(false); }
  std::optional<bool> maybe_flag(std::string_view key);
  // 0 to 2^31 - 1, as int32 of the .proto.
  std::optional<std::int64_t> count(std::string_view key);
  // A list of texts as text() reads one; empty when absent.
  std::vector<std::string> texts(std::string_view key, std::size_t bytes_max, std::size_t items_max);
  // An object or absent (null).
  Json object(std::string_view key);
  // A list of at most items_max, or absent (empty).
  const Json::Array& list(std::string_view key, std::size_t items_max);

  // For what a caller finds wrong itself; the first one stays.
  void wrong(std::string what, std::string_view key);
  void pass(Status status);
  Status status() const;

 private:
  const Json& object_;
  std::string where_;
  std::optional<Error> error_;
};

}  // namespace weir::a2a
