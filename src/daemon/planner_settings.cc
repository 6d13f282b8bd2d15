#include "daemon/planner_settings.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/limits.h"
#include "base/yaml.h"
#include "os/files.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kFileBytesMax = 64 * limits::kKiB;
constexpr std::size_t kWordsMax = 64;  // of the command
constexpr std::size_t kWordBytesMax = 4096;
constexpr std::size_t kNamesMax = 64;  // of variables
constexpr int kTimeoutMsMin = 100;
constexpr int kTimeoutMsMax = 30'000;
constexpr const char* kHint = "docs/formats/planner.md describes the file";

std::unexpected<Error> bad(const std::string& what, std::string_view where, std::string_view member) {
  return fail(ErrorCode::invalid, std::string(member) + " " + what, std::string(where), kHint);
}

Result<std::vector<std::string>> texts(const Json& list, std::string_view where, std::string_view member,
                                       std::size_t count_max) {
  if (!list.is_array() || list.as_array().empty() || list.as_array().size() > count_max)
    return bad("must be a list of 1 to " + std::to_string(count_max) + " texts", where, member);
  std::vector<std::string> out;
  for (const auto& one : list.as_array()) {
    if (!one.is_string() || one.as_string().size() > kWordBytesMax ||
        one.as_string().find('\0') != std::string::npos)
      return bad("must hold texts of at most 4096 bytes; put numbers, true and false into quotation marks",
                 where, member);
    out.push_back(one.as_string());
  }
  return out;
}

// POSIX 1-2017, 8.1.
bool is_variable(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::all_of(name.begin(), name.end(), fits);
}

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// The file that a path leads to; none when it is no regular file.
std::optional<PlannerSettings::Pin> pin_of(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return PlannerSettings::Pin{path,
                              info.st_dev,
                              info.st_ino,
                              static_cast<std::uint64_t>(info.st_size),
                              nanoseconds(info.st_mtim),
                              nanoseconds(info.st_ctim)};
}

// Only this user and root may write to the file and to what leads to it.
Status check_private(const std::string& path) {
  const std::string real = os::resolve_path(path);
  for (std::string part = real; !part.empty(); part = part.substr(0, part.rfind('/'))) {
    const auto info = os::file_info(part);
    if (!info) continue;
    const bool sticky_dir = info->kind == os::FileInfo::Kind::dir && (info->mode & 01000) != 0;
    if ((info->mode & 0002) != 0 && !sticky_dir)
      return fail(ErrorCode::denied, "others may write to it: " + part, path, "chmod o-w it");
    if (part == real && info->uid != 0 && info->uid != ::geteuid())
      return fail(ErrorCode::denied, "it belongs to another user", path, "use a file of your own");
  }
  return {};
}

}  // namespace

std::string planner_file(const std::string& config_dir) {
  return config_dir + "/flow/" + std::string(kPlannerFile);
}

Result<PlannerSettings> parse_planner_settings(std::string_view yaml, std::string_view where) {
  TRY(const Json file, parse_yaml(yaml, where));
  if (!file.is_object()) return bad("must be a map with `command`", where, "it");
  PlannerSettings out;
  for (const auto& [name, value] : file.as_object()) {
    if (name == "command") {
      TRY(out.command, texts(value, where, name, kWordsMax));
    } else if (name == "timeout_ms") {
      const std::int64_t given = value.int_or(0);
      if (given < kTimeoutMsMin || given > kTimeoutMsMax)
        return bad("must be a number from 100 to 30000", where, name);
      out.timeout_ms = static_cast<int>(given);
    } else if (name == "env") {
      TRY(out.env, texts(value, where, name, kNamesMax));
      if (!std::all_of(out.env.begin(), out.env.end(), is_variable))
        return bad("must hold names of environment variables", where, name);
    } else {
      return bad("is none of command, timeout_ms, env", where, name);
    }
  }
  if (out.command.empty()) return bad("is missing", where, "command");
  if (!out.command[0].starts_with('/'))
    return bad("must begin with the absolute path of a program", where, "command");
  return out;
}

Result<std::optional<PlannerSettings>> read_planner_settings(const std::string& config_dir) {
  const std::string file = planner_file(config_dir);
  if (config_dir.empty() || !os::exists(file)) return std::nullopt;
  TRY_STATUS(check_private(file));
  TRY(const std::string text, os::read_file(os::resolve_path(file), kFileBytesMax));
  TRY(PlannerSettings settings, parse_planner_settings(text, file));
  const std::string& program = settings.command[0];
  if (!pin_of(program) || ::access(program.c_str(), X_OK) != 0)
    return fail(ErrorCode::not_found, "no such program, or it may not be run: " + program, file,
                "correct `command`");
  for (const auto& word : settings.command) {
    if (!word.starts_with('/')) continue;
    auto pin = pin_of(word);
    if (!pin) continue;
    TRY_STATUS(check_private(word));
    settings.pins.push_back(*std::move(pin));
  }
  return settings;
}

Status check_pins(const PlannerSettings& settings) {
  for (const auto& pin : settings.pins)
    if (pin_of(pin.path) != pin)
      return fail(ErrorCode::denied,
                  "a file of the planner's command was changed since its settings were read", pin.path,
                  "if that was you, `weir reload`");
  return {};
}

}  // namespace weir::daemon
