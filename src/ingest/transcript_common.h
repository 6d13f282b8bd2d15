// Shared by the transcript readers: the names of past calls, and the two readers' constructors.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ingest/fields.h"
#include "ingest/ingest.h"
#include "ingest/record.h"
#include "ingest/transcript.h"

namespace weir::ingest {

// Tool call id → tool name, so that a result can be named. Forgets the oldest beyond
// limits::kTranscriptCallsMax.
class CallNames {
 public:
  void remember(const std::string& id, std::string tool);
  // "" when unknown or forgotten.
  std::string tool(const std::string& id) const;
  bool knows(std::string_view id) const { return tools_.contains(std::string(id)); }

 private:
  std::unordered_map<std::string, std::string> tools_;
  std::deque<std::string> order_;
};

// A lifecycle Event's data.type and key in unknown_types: "type" or "type/subtype", printable, short.
std::string type_name(std::string_view type, std::string_view subtype);

// Numbers of a usage object; 0 for anything else.
std::uint64_t count_of(JsonView value);

std::unique_ptr<TranscriptReader> make_claude_code_reader(TranscriptFormat format, std::string path);
std::unique_ptr<TranscriptReader> make_codex_reader(std::string path);

}  // namespace weir::ingest
