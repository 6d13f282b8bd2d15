#include "llm/stream.h"

#include <utility>

#include "llm/stream_core.h"

namespace weir::llm {
namespace {

std::unique_ptr<StreamCore> core_of(Api api) {
  switch (api) {
    case Api::anthropic:
      return anthropic_stream();
    case Api::responses:
      return responses_stream();
    case Api::chat:
      return chat_stream();
    case Api::gemini:
      return gemini_stream();
  }
  CHECK(false);
  return nullptr;
}

}  // namespace

ToolStream::ToolStream(Api api) : core_(core_of(api)) {}
ToolStream::~ToolStream() = default;
ToolStream::ToolStream(ToolStream&&) noexcept = default;
ToolStream& ToolStream::operator=(ToolStream&&) noexcept = default;

Step ToolStream::take(StreamEvent event) {
  return core_->take(std::move(event), false);
}
Step ToolStream::take_whole(std::string body) {
  return core_->take({{}, std::move(body)}, true);
}
Step ToolStream::verdict(int number, const Verdict& verdict) {
  return core_->verdict(number, verdict);
}
bool ToolStream::waiting() const {
  return core_->waiting();
}

}  // namespace weir::llm
