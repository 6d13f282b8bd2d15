#include "cli/batch_tasks.h"

#include <algorithm>
#include <istream>
#include <set>

#include "base/bytes.h"
#include "base/json.h"
#include "changes/batch_store.h"

namespace weir::cli {
namespace {

std::unexpected<Error> bad(std::string what, std::size_t line, std::string hint = {}) {
  return fail(std::move(what), "line " + std::to_string(line), std::move(hint));
}

std::vector<std::string> filled(std::vector<std::string> argv, const std::string& item) {
  for (auto& word : argv)
    for (std::size_t at = word.find("{}"); at != std::string::npos; at = word.find("{}", at + item.size()))
      word.replace(at, 2, item);
  return argv;
}

std::string joined(const std::vector<std::string>& argv) {
  std::string out;
  for (const auto& word : argv)
    out += (out.empty() ? "" : " ") + word;
  return out;
}

// A member that is there must be text.
Result<std::string> text_of(const Json& row, const char* name, std::size_t line) {
  const Json* member = row.find(name);
  if (member == nullptr) return std::string();
  if (!member->is_string()) return bad("\"" + std::string(name) + "\" is no text", line);
  return member->as_string();
}

Result<BatchRow> from_json(const std::string& text, std::size_t line) {
  const auto json = parse_json(text);
  if (!json || !json->is_object())
    return bad("no row of JSON", line, R"(write {"id":"a","command":"make test"}, or the command alone)");
  BatchRow row;
  TRY(row.id, text_of(*json, "id", line));
  TRY(row.wish.profile, text_of(*json, "profile", line));
  TRY(row.wish.limits, text_of(*json, "limits", line));
  const Json& command = (*json)["command"];
  if (command.is_string() && !command.as_string().empty()) {
    row.argv = {"sh", "-c", command.as_string()};
    row.command = command.as_string();
    return row;
  }
  if (command.is_array())
    for (const auto& word : command.as_array()) {
      if (!word.is_string()) return bad("\"command\" is no list of texts", line);
      row.argv.push_back(word.as_string());
    }
  if (row.argv.empty() || row.argv[0].empty())
    return bad("\"command\" is missing", line, "a text for the shell, or a list: program and arguments");
  row.command = joined(row.argv);
  return row;
}

Result<BatchRow> row_of(const std::string& text, std::size_t line, const std::vector<std::string>& each) {
  if (!each.empty()) return BatchRow{text, joined(filled(each, text)), filled(each, text), {}};
  if (text.starts_with('{')) return from_json(text, line);
  return BatchRow{{}, text, {"sh", "-c", text}, {}};
}

}  // namespace

Result<std::vector<BatchRow>> read_batch_rows(std::istream& in, const std::vector<std::string>& each) {
  if (!each.empty() && std::ranges::none_of(each, [](const auto& word) { return word.contains("{}"); }))
    return fail("the command has no {}", "--",
                "each line takes the place of {}: weir pod batch LIST -- ./lint {}");
  std::vector<BatchRow> rows;
  std::set<std::string> ids;
  std::string text;
  for (std::size_t line = 1; std::getline(in, text); ++line) {
    if (text.size() > kBatchLineBytesMax)
      return fail(ErrorCode::limit, "longer than " + std::to_string(kBatchLineBytesMax) + " bytes",
                  "line " + std::to_string(line));
    const std::string trimmed(trim(text));
    if (trimmed.empty() || (each.empty() && trimmed.starts_with('#'))) continue;
    if (trimmed.contains('\0')) return bad("a NUL byte", line);
    if (rows.size() == changes::kBatchTasksMax)
      return fail(ErrorCode::limit, "more than " + std::to_string(changes::kBatchTasksMax) + " tasks",
                  "line " + std::to_string(line), "split the list");
    TRY(BatchRow row, row_of(trimmed, line, each));
    // An item of a list may be there twice, or long: its number tells it.
    if (row.id.empty() || (!each.empty() && (row.id.size() > kBatchIdBytesMax || ids.contains(row.id))))
      row.id = std::to_string(line);
    if (row.id.size() > kBatchIdBytesMax)
      return bad("an id of more than " + std::to_string(kBatchIdBytesMax) + " bytes", line);
    if (!ids.insert(row.id).second) return bad("this id is there twice: " + printable(row.id, 100), line);
    rows.push_back(std::move(row));
  }
  if (rows.empty()) return fail("there is no task", {}, "one command a line, from FILE or standard input");
  return rows;
}

}  // namespace weir::cli
