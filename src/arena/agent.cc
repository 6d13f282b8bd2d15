#include "arena/agent.h"

#include <istream>
#include <ostream>

#include "arena/tools.h"
#include "base/bytes.h"
#include "os/clock.h"
#include "os/process.h"

namespace weir::arena {
namespace {

constexpr int kHookMs = 30'000;

Json hook_payload(const Part& part, const Part::Line& line) {
  Json input = line.input;
  if (const auto path = input["file_path"].text_or(""); !path.empty() && path.front() != '/')
    input.set("file_path",
              part.project + "/" + std::string(path));  // Claude Code's tools take absolute paths
  return Json::object({{"session_id", part.session},
                       {"transcript_path", ""},
                       {"cwd", part.project},
                       {"hook_event_name", "PreToolUse"},
                       {"tool_name", line.tool},
                       {"tool_input", std::move(input)},
                       {"tool_use_id", line.id}});
}

Status play_line(const Part& part, const Part::Line& line, std::ostream& out) {
  const std::int64_t asked_ns = os::monotonic_ns();
  TRY(const auto hook, os::run_child({.argv = part.hook,
                                      .env = {},
                                      .cwd = part.project,
                                      .input = compact(hook_payload(part, line)),
                                      .timeout_ms = kHookMs}));
  const std::int64_t hook_ns = os::monotonic_ns() - asked_ns;
  const bool may = hook.exit.code == 0;
  ToolResult result;
  if (may) result = run_tool(line.tool, line.input, part.project);
  out << compact(Json::object({{"exit", hook.exit.code},
                               {"told", to_valid_utf8(hook.err)},
                               {"ran", may},
                               {"received", to_valid_utf8(result.text)},
                               {"hook_ns", hook_ns}}))
      << std::endl;
  return {};
}

}  // namespace

Json to_json(const Part& part) {
  Json lines = Json::array();
  for (const auto& line : part.lines)
    lines.push(
        Json::object({{"id", line.id}, {"say", line.say}, {"tool", line.tool}, {"input", line.input}}));
  return Json::object({{"session", part.session},
                       {"project", part.project},
                       {"hook", Json::strings(part.hook)},
                       {"lines", std::move(lines)}});
}

Result<Part> part_from_json(const Json& json) {
  Part part{.session = std::string(json["session"].text_or("")),
            .project = std::string(json["project"].text_or("")),
            .hook = {},
            .lines = {}};
  if (!json["hook"].is_array() || json["hook"].as_array().empty() || !json["lines"].is_array())
    return fail("this is no agent's part", "hook, lines", "`weir demo` writes it");
  for (const Json& word : json["hook"].as_array())
    part.hook.emplace_back(word.text_or(""));
  for (const Json& line : json["lines"].as_array())
    part.lines.push_back({.id = std::string(line["id"].text_or("")),
                          .say = std::string(line["say"].text_or("")),
                          .tool = std::string(line["tool"].text_or("")),
                          .input = line["input"]});
  return part;
}

Status play_part(const Part& part, std::istream& in, std::ostream& out) {
  for (const auto& line : part.lines) {
    out << compact(Json::object({{"say", line.say}, {"tool", line.tool}, {"input", line.input}}))
        << std::endl;
    std::string go;
    if (!std::getline(in, go)) return fail(ErrorCode::unavailable, "the demo has gone");
    TRY_STATUS(play_line(part, line, out));
  }
  return {};
}

}  // namespace weir::arena
