#include "setup/records.h"

#include "base/bytes.h"
#include "os/files.h"

namespace weir::setup {
namespace {

constexpr int kVersion = 1;

std::string_view name(Role role) {
  return role == Role::hooks ? "hooks" : role == Role::trust ? "trust" : "whole";
}

std::optional<Role> role_from(std::string_view text) {
  for (const Role role : {Role::hooks, Role::trust, Role::whole})
    if (text == name(role)) return role;
  return std::nullopt;
}

Json to_json(const RecordedFile& file) {
  Json json = Json::object({{"path", file.path}, {"role", name(file.role)}});
  // Base64, because a settings file is bytes: it need not be valid UTF-8.
  json.set("before", file.before ? Json(to_base64(as_bytes(*file.before))) : Json());
  json.set("after", file.after_digest);
  json.set("segments", Json::strings(file.segments));
  json.set("keys", Json::strings(file.keys));
  return json;
}

Json to_json(const InstallRecord& record) {
  Json files = Json::array();
  for (const auto& file : record.files)
    files.push(to_json(file));
  return Json::object({{"agent", setup::name(record.agent)},
                       {"scope", setup::name(record.scope)},
                       {"directory", record.directory},
                       {"hook", record.installation.hook_path},
                       {"hook_digest", record.hook_digest},
                       {"socket", record.installation.socket},
                       {"key", record.installation.public_key_base64},
                       {"installed", record.installed},
                       {"files", files},
                       {"dirs", Json::strings(record.dirs)}});
}

std::vector<std::string> strings(const Json& json) {
  std::vector<std::string> out;
  if (json.is_array())
    for (const Json& item : json.as_array())
      out.emplace_back(item.text_or(""));
  return out;
}

Result<RecordedFile> file_from(const Json& json) {
  RecordedFile file;
  file.path = json["path"].text_or("");
  const auto role = role_from(json["role"].text_or(""));
  if (!role || !file.path.starts_with('/'))
    return fail(ErrorCode::corrupt, "a file of a record has no path or role");
  file.role = *role;
  if (!json["before"].is_null()) {
    const auto bytes = from_base64(json["before"].text_or("?"));
    if (!bytes) return fail(ErrorCode::corrupt, "a file's earlier content is not base64", file.path);
    file.before = std::string(as_text(*bytes));
  }
  file.after_digest = json["after"].text_or("");
  file.segments = strings(json["segments"]);
  file.keys = strings(json["keys"]);
  return file;
}

Result<InstallRecord> record_from(const Json& json) {
  InstallRecord record;
  const auto agent = agent_from(json["agent"].text_or(""));
  const auto scope = scope_from(json["scope"].text_or(""));
  if (!agent || !scope || !json["files"].is_array())
    return fail(ErrorCode::corrupt, "a record lacks agent, scope or files");
  record.agent = *agent;
  record.scope = *scope;
  record.directory = json["directory"].text_or("");
  record.installation = {.hook_path = std::string(json["hook"].text_or("")),
                         .socket = std::string(json["socket"].text_or("")),
                         .public_key_base64 = std::string(json["key"].text_or(""))};
  record.hook_digest = json["hook_digest"].text_or("");
  record.installed = json["installed"].text_or("");
  for (const Json& item : json["files"].as_array()) {
    TRY(RecordedFile file, file_from(item));
    record.files.push_back(std::move(file));
  }
  record.dirs = strings(json["dirs"]);
  return record;
}

Error located(Error error, const std::string& path) {
  error.code = ErrorCode::corrupt;
  error.where = path;
  error.hint = "move the file away; then remove Weir's hooks by hand where `weir status` shows them";
  return error;
}

}  // namespace

std::string records_path(const os::Places& places) {
  return places.state + "/installs.json";
}

Result<std::vector<InstallRecord>> read_records(const os::Places& places) {
  const std::string path = records_path(places);
  if (!os::exists(path)) return std::vector<InstallRecord>();
  TRY(const std::string text, os::read_file(path, limits::kInstallRecordBytesMax));
  auto json = parse_json(text);
  if (!json) return std::unexpected(located(json.error(), path));
  if ((*json)["version"].int_or(0) != kVersion || !(*json)["installs"].is_array())
    return std::unexpected(
        located({ErrorCode::corrupt, "not a record of installs of version 1", {}, {}}, path));
  std::vector<InstallRecord> records;
  for (const Json& item : (*json)["installs"].as_array()) {
    auto record = record_from(item);
    if (!record) return std::unexpected(located(record.error(), path));
    records.push_back(*std::move(record));
  }
  return records;
}

Status write_records(const os::Places& places, const std::vector<InstallRecord>& records) {
  TRY_STATUS(os::make_dirs(places.state));
  Json installs = Json::array();
  for (const auto& record : records)
    installs.push(to_json(record));
  const Json json = Json::object({{"version", kVersion}, {"installs", installs}});
  return os::write_file_atomic(records_path(places), pretty(json) + "\n", 0600);
}

Result<os::Fd> lock_records(const os::Places& places) {
  TRY_STATUS(os::make_dirs(places.state));
  auto lock = os::lock_file(records_path(places) + ".lock");
  if (!lock && lock.error().code == ErrorCode::unavailable)
    return fail(ErrorCode::unavailable, "another `weir init` or `weir uninstall` is running", places.state,
                "try again when it has ended");
  return lock;
}

const InstallRecord* find_record(const std::vector<InstallRecord>& records, Agent agent, Scope scope,
                                 const std::string& directory) {
  for (const auto& record : records)
    if (record.agent == agent && record.scope == scope && record.directory == directory) return &record;
  return nullptr;
}

}  // namespace weir::setup
