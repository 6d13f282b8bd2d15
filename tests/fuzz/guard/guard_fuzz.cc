// A hostile tool call through the whole guard: prepare ends, a Decision comes, it is the same every time and
// it fits its limit.
#include <cstdint>
#include <memory>
#include <string>

#include "content.h"
#include "event/decision.h"
#include "guard/guard.h"
#include "guard/understand.h"

namespace {

using namespace weir;

std::shared_ptr<const guard::Pack> shipped_pack() {
  guard::PackSources sources;
  for (const auto& file : content_files()) {
    guard::NamedText text{std::string(file.name), std::string(file.bytes)};
    if (file.name.starts_with("policies/") && file.name.ends_with(".cedar")) sources.policies.push_back(text);
    if (file.name == "policies/weir.cedarschema") sources.schema = text;
    if (file.name.starts_with("paths/")) sources.paths.push_back(text);
    if (file.name.starts_with("commands/")) sources.commands.push_back(text);
    if (file.name.starts_with("facts/")) sources.facts.push_back(text);
  }
  auto pack = guard::Pack::load(sources);
  CHECK(pack);
  return *pack;
}

std::string judged(const std::shared_ptr<const guard::Pack>& pack, event::Event event) {
  guard::Guard guard(pack, {.home = "/home/ann"});
  guard.admit(event);
  guard::Answers answers;
  constexpr int kRoundsMax = 16;
  for (int round = 0; round < kRoundsMax; ++round) {
    const auto questions = guard.prepare(event, answers);
    if (questions.empty()) break;
    for (const auto& question : questions)
      answers[question.key()] = Json::object({{"resolved", question.subject}, {"root", "/workspace"}});
    CHECK(answers.size() <= guard::kQuestionsMax);
  }
  return canonical(event::to_json(guard.decide(event, answers, {.decision_id = "d"})));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto pack = shipped_pack();
  const std::string text(reinterpret_cast<const char*>(data), std::min<std::size_t>(size, 16 * limits::kKiB));
  event::Event event = guard::command_event(text, "/workspace");
  if (const auto json = parse_json(text); json && json->is_object()) {
    event.body.set("tool", (*json)["tool"]);
    event.body.set("input", (*json)["input"]);
  }
  const std::string first = judged(pack, event);
  CHECK(first.size() <= limits::kDecisionBytesMax);
  CHECK(first == judged(pack, event));
  return 0;
}
