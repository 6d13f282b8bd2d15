// Shared by the tool tables of this room: a row says how to read the input of one tool.
#pragma once

#include <optional>
#include <span>

#include "ingest/tools.h"

namespace weir::ingest {

// Reads `input` into `use`, whose kind and tool are set already.
using ReadTool = void (*)(ToolUse& use, const Json& input);

struct ToolRow {
  std::string_view tool;
  ToolKind kind;
  ReadTool read;
};

// Tables in tools_claude_code.cc and tools_codex.cc.
std::span<const ToolRow> claude_code_tools();
std::span<const ToolRow> codex_tools();

// Marks the input as not understood; the first reason stays.
void set_opaque(ToolUse& use, std::string_view why);
// A text field that the tool cannot do without: opaque when it is missing or of another type.
std::string needed_text(ToolUse& use, const Json& input, std::string_view key);
// A text field that may be missing, but is opaque when it has another type.
std::string optional_text(ToolUse& use, const Json& input, std::string_view key);
void add_needed_path(ToolUse& use, const Json& input, std::string_view key, PathUse how);
void add_optional_path(ToolUse& use, const Json& input, std::string_view key, PathUse how);
// An array of strings; opaque otherwise.
std::vector<std::string> needed_words(ToolUse& use, const Json& input, std::string_view key);

// Readers that both agents need.
void read_nothing(ToolUse& use, const Json& input);
void read_mcp_resource(ToolUse& use, const Json& input);

}  // namespace weir::ingest
