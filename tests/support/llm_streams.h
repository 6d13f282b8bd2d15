// Recorded answers of model APIs (tests/cases/llm): reading them, and running them through a ToolStream.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "llm/stream.h"

namespace weir::test {

struct Recorded {
  std::string name;  // "anthropic-call.sse"
  llm::Api api = llm::Api::anthropic;
  bool whole = false;                    // one body
  std::vector<llm::StreamEvent> events;  // of a whole answer: one, with the body as its data
};

inline llm::Api api_of(const std::string& name) {
  if (name.starts_with("responses")) return llm::Api::responses;
  if (name.starts_with("chat")) return llm::Api::chat;
  return name.starts_with("gemini") ? llm::Api::gemini : llm::Api::anthropic;
}

// "event: NAME\ndata: TEXT\n\n" again and again, as our files are written.
inline std::vector<llm::StreamEvent> read_sse(const std::string& text) {
  std::vector<llm::StreamEvent> events;
  llm::StreamEvent event;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("event: ")) event.name = line.substr(7);
    if (line.starts_with("data: ")) event.data = line.substr(6);
    if (line.empty()) events.push_back(std::exchange(event, {}));
  }
  return events;
}

inline std::vector<Recorded> recorded_answers() {
  std::vector<Recorded> all;
  for (const auto& entry : std::filesystem::directory_iterator(WEIR_SOURCE_DIR "/tests/cases/llm")) {
    const std::string name = entry.path().filename();
    if (!name.ends_with(".sse") && !name.ends_with(".json")) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    Recorded recorded{.name = name, .api = api_of(name), .whole = name.ends_with(".json")};
    recorded.events = recorded.whole ? std::vector<llm::StreamEvent>{{{}, text}} : read_sse(text);
    all.push_back(std::move(recorded));
  }
  return all;
}

// What came out of a stream, and what was asked on the way.
struct Outcome {
  std::vector<llm::StreamEvent> out;
  std::vector<llm::ToolCall> asked;
  std::vector<llm::ToolCall> happened;
  std::vector<llm::ToolCall> refused;
  bool broken = false;

  void add(llm::Step step) {
    std::move(step.forward.begin(), step.forward.end(), std::back_inserter(out));
    std::move(step.decide.begin(), step.decide.end(), std::back_inserter(asked));
    std::move(step.happened.begin(), step.happened.end(), std::back_inserter(happened));
    std::move(step.refused.begin(), step.refused.end(), std::back_inserter(refused));
    broken = broken || step.broken.has_value();
  }
};

// `decide` is asked at once for every call; without it no verdict is ever given.
inline Outcome play(llm::ToolStream& stream, const std::vector<llm::StreamEvent>& events, bool whole,
                    const std::function<llm::Verdict(const llm::ToolCall&)>& decide = {}) {
  Outcome run;
  std::size_t answered = 0;
  for (const llm::StreamEvent& event : events) {
    run.add(whole ? stream.take_whole(event.data) : stream.take(event));
    while (decide && answered < run.asked.size()) {
      const llm::ToolCall call = run.asked[answered++];
      run.add(stream.verdict(call.number, decide(call)));
    }
  }
  return run;
}

}  // namespace weir::test
