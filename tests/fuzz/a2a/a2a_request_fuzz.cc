// Requests from anyone: the first line is "BINDING METHOD TARGET VERSION", the rest the body. What is read
// has one meaning, and every refusal is an answer that is read back as an error.
#include <cstdint>

#include "a2a/answer.h"
#include "a2a/refusal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto line = bytes.find('\n');
  if (line == std::string_view::npos) return 0;
  const auto words = split(bytes.substr(0, line), ' ');
  if (words.size() != 4) return 0;
  const a2a::Endpoint endpoint{words[0] == "rpc" ? a2a::Binding::json_rpc : a2a::Binding::rest, ""};
  std::vector<http::Field> fields = {{"Content-Type", "application/json"}};
  if (words[3] != "-") fields.push_back({"A2A-Version", words[3]});
  const auto asked = a2a::read_operation({words[1], words[2], fields, bytes.substr(line + 1)}, endpoint);
  if (!asked) {
    const auto said = a2a::refuse(asked.error());
    CHECK(parse_json(said.body).has_value());
    return 0;
  }
  CHECK(parse_json(canonical(a2a::to_json(*asked))).has_value());
  const a2a::TaskNames names{"t", "c", "m"};
  const auto error = a2a::refuse(*asked, "no");
  const auto read = a2a::read_answer(*asked, {error.status, error.body});
  CHECK(read.has_value() && read->kind == a2a::AnswerKind::error && read->text == "no");
  if (asked->act != a2a::Act::send || !asked->task_id.empty()) return 0;
  const auto task = a2a::refuse_as_task(*asked, names, bytes.substr(0, 20));
  const auto rejected = a2a::read_answer(*asked, {task.status, task.body});
  CHECK(rejected.has_value() && rejected->state == a2a::TaskState::rejected);
  return 0;
}
