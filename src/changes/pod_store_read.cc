// The pods that are there. Apart from the making and removing of one, which needs no parser.
#include <algorithm>

#include "base/bytes.h"
#include "base/json.h"
#include "base/time_text.h"
#include "base/uuid.h"
#include "changes/path_text.h"
#include "changes/pod_store.h"
#include "os/files.h"

namespace weir::changes {
namespace {

constexpr std::size_t kPodJsonBytesMax = 64 << 10;
constexpr std::size_t kPodsMax = 100'000;

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty() || text.size() > 20) return std::nullopt;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (UINT64_MAX - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

}  // namespace

Result<Pod> PodStore::read(const std::string& id) const {
  const std::string file = dir_ + "/" + id + "/pod.json";
  TRY(const std::string text, os::read_file(file, kPodJsonBytesMax));
  TRY(const Json json, parse_json(text));
  Pod pod;
  pod.id = id;
  const auto workspace = path_from(json, "workspace");
  const auto started = from_rfc3339(json["started"].text_or(""));
  const auto device = number(json["workspace_device"].text_or(""));
  const auto inode = number(json["workspace_inode"].text_or(""));
  if (json["v"].int_or(0) != kPodRecordVersion || json["id"].text_or("") != id || !workspace ||
      !workspace->starts_with('/') || !started || !device || !inode || !json["profile"].is_string())
    return fail(ErrorCode::corrupt, "not the record of a pod", file, "weir discard --pod " + id);
  pod.workspace = *workspace;
  pod.started_ns = *started;
  pod.workspace_device = *device;
  pod.workspace_inode = *inode;
  pod.profile = json["profile"].as_string();
  pod.from = json["from"].text_or("");
  pod.batch = json["batch"].text_or("");
  pod.direct = json["direct"].is_bool() && json["direct"].as_bool();
  const auto since = from_rfc3339(json["since"].text_or(""));
  const bool begun = !pod.from.empty() || !pod.batch.empty();
  if ((!pod.from.empty() && !is_uuid(pod.from)) || (!pod.batch.empty() && !is_uuid(pod.batch)) ||
      (begun && !since))
    return fail(ErrorCode::corrupt, "not the record of a pod", file, "weir discard --pod " + id);
  pod.base_ns = begun ? *since : pod.started_ns;
  pod.upper = dir_ + "/" + id + "/upper";
  pod.work = dir_ + "/" + id + "/work";
  return pod;
}

Result<std::vector<Pod>> PodStore::list() const {
  std::vector<Pod> pods;
  for (const auto& name : os::list_dir(dir_)) {
    if (!is_uuid(name) || pods.size() == kPodsMax) continue;
    if (auto pod = read(name)) pods.push_back(*std::move(pod));
  }
  std::sort(pods.begin(), pods.end(), [](const Pod& a, const Pod& b) {
    return a.started_ns != b.started_ns ? a.started_ns < b.started_ns : a.id < b.id;
  });
  return pods;
}

Result<std::vector<std::string>> PodStore::damaged() const {
  std::vector<std::string> ids;
  for (const auto& name : os::list_dir(dir_))
    if (is_uuid(name) && !read(name)) ids.push_back(name);
  return ids;
}

Result<std::optional<Pod>> PodStore::last_of(const std::string& workspace) const {
  const std::string wanted = os::resolve_path(workspace);
  TRY(auto pods, list());
  std::optional<Pod> last;
  for (auto& pod : pods)
    if (pod.workspace == wanted) last = std::move(pod);
  return last;
}

Result<std::optional<Pod>> PodStore::find(const std::string& id) const {
  if (!is_uuid(id)) return std::optional<Pod>();
  auto pod = read(id);
  if (pod) return std::optional<Pod>(*std::move(pod));
  if (pod.error().code == ErrorCode::not_found) return std::optional<Pod>();
  return std::unexpected(pod.error());
}

}  // namespace weir::changes
