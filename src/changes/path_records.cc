#include "changes/path_records.h"

#include "base/bytes.h"
#include "base/json.h"
#include "changes/path_text.h"

namespace weir::changes {
namespace {

constexpr int kVersion = 1;
constexpr std::size_t kFileBytesMax = std::size_t{2} << 30;  // a million paths of 2 KB

Json to_json(const std::string& path, const PathRecord& record) {
  Json json = Json::object({{"host", record.host}, {"pod", record.pod}});
  set_path(json, "path", path);
  if (!record.temporary.empty()) json.set("temporary", record.temporary);
  if (record.held) json.set("held", true);
  if (record.forced) json.set("forced", true);
  return json;
}

}  // namespace

Result<PathRecords> read_path_records(const std::string& file, std::string_view kind) {
  PathRecords records;
  if (!os::exists(file)) return records;
  TRY(const std::string text, os::read_file(file, kFileBytesMax));
  const auto lines = split(text, '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    const auto json = parse_json(lines[i]);
    const std::string where = file + ":" + std::to_string(i + 1);
    if (!json) return fail(ErrorCode::corrupt, "not a line of JSON", where, "remove the file");
    if (i == 0) {
      if ((*json)["v"].int_or(0) != kVersion || (*json)["kind"].text_or("") != kind)
        return fail(ErrorCode::corrupt, "not a record of kind " + std::string(kind), where,
                    "remove the file");
      continue;
    }
    const auto path = path_from(*json, "path");
    if (!path || path->empty())
      return fail(ErrorCode::corrupt, "a line without a path", where, "remove the file");
    records[*path] = {.host = std::string((*json)["host"].text_or("")),
                      .pod = std::string((*json)["pod"].text_or("")),
                      .temporary = std::string((*json)["temporary"].text_or("")),
                      .held = (*json)["held"].bool_or(false),
                      .forced = (*json)["forced"].bool_or(false)};
  }
  return records;
}

Status write_path_records(const std::string& file, std::string_view kind, const PathRecords& records,
                          os::Durability durability) {
  std::string text = canonical(Json::object({{"v", kVersion}, {"kind", kind}})) + "\n";
  for (const auto& [path, record] : records) {
    append_canonical(text, to_json(path, record));
    text += '\n';
  }
  return os::write_file_atomic(file, text, 0600, durability);
}

}  // namespace weir::changes
