#include "changes/batch_merge.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "base/bytes.h"
#include "base/json.h"
#include "changes/commit.h"
#include "changes/path_text.h"
#include "os/files.h"

namespace weir::changes {
namespace {

constexpr const char* kFile = "merged.jsonl";
constexpr int kVersion = 1;
constexpr std::size_t kFileBytesMax = std::size_t{2} << 30;

struct Members {
  std::vector<MergeMember> list;
  std::vector<os::Fd> held;  // nobody commits or discards them meanwhile
};

Result<Members> members_of(const PodStore& pods, const BatchStore& batches, const Batch& batch) {
  Members members;
  for (std::size_t i = 0; i < batch.tasks.size(); ++i) {
    const BatchOutcome outcome = batches.outcome(batch, i);
    if (outcome.pod.empty()) continue;
    TRY(const auto pod, pods.find(outcome.pod));
    if (!pod || !PodStore::has_changes(*pod)) continue;
    TRY(os::Fd held, pods.hold(*pod));
    if (pods.commit_interrupted(*pod))
      return fail(ErrorCode::unavailable, "a commit of a pod of this batch was interrupted", pod->id,
                  "finish it: weir commit --pod " + pod->id);
    TRY(OpenPod open, OpenPod::open(pods, *pod));
    members.held.push_back(std::move(held));
    members.list.push_back({batch.tasks[i].id, std::move(open)});
  }
  return members;
}

Json numbers(const std::vector<std::size_t>& list) {
  Json json = Json::array();
  for (const std::size_t one : list)
    json.push(static_cast<std::int64_t>(one));
  return json;
}

std::vector<std::size_t> numbers_from(const Json& json, std::size_t below) {
  std::vector<std::size_t> out;
  if (!json.is_array()) return out;
  for (const auto& one : json.as_array())
    if (const auto number = one.int_or(-1); number >= 0 && static_cast<std::size_t>(number) < below)
      out.push_back(static_cast<std::size_t>(number));
  return out;
}

std::string record_text(const Batch& batch, const Members& members, const Merge& merge) {
  Json tasks = Json::array();
  for (const auto& member : members.list)
    tasks.push(Json::object({{"id", member.name}, {"pod", member.open.pod.id}}));
  std::string text =
      canonical(Json::object(
          {{"v", kVersion}, {"kind", "merged"}, {"batch", batch.id}, {"tasks", std::move(tasks)}})) +
      "\n";
  for (const auto& choice : merge.choices) {
    Json json = Json::object({{"from", numbers(choice.members)}});
    set_path(json, "path", choice.change.path);
    text += canonical(json) + "\n";
  }
  for (const auto& conflict : merge.conflicts) {
    Json json = Json::object({{"from", numbers(conflict.members)},
                              {"conflict", conflict.why},
                              {"states", Json::strings(conflict.states)}});
    set_path(json, "path", conflict.path);
    text += canonical(json) + "\n";
  }
  return text;
}

Status write_record(int directory, const std::string& text) {
  const os::Fd fd(::openat(directory, kFile, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return std::unexpected(os::errno_error("cannot create", kFile, errno));
  return os::write_all(fd.get(), text);
}

}  // namespace

Result<Pod> merged_pod(const PodStore& pods, const BatchStore& batches, const Batch& batch) {
  if (const std::string known = batches.merged(batch); !known.empty()) {
    TRY(const auto found, pods.find(known));
    if (found) return *found;
  }
  TRY(const Members members, members_of(pods, batches, batch));
  if (members.list.empty())
    return fail(ErrorCode::not_found, "no pod of this batch holds a change", batch.id);
  TRY(const Merge merge, plan_merge(members.list));
  std::int64_t base_ns = members.list[0].open.pod.base_ns;
  for (const auto& member : members.list)
    base_ns = std::min(base_ns, member.open.pod.base_ns);
  TRY(Pod merged,
      pods.create_filled(batch.workspace, batch.id, base_ns, [&](int directory, int upper) -> Status {
        TRY_STATUS(write_merge(merge, members.list, upper));
        return write_record(directory, record_text(batch, members, merge));
      }));
  TRY_STATUS(batches.set_merged(batch, merged.id));
  return merged;
}

Result<MergeRecord> read_merge_record(const PodStore& pods, const Pod& merged) {
  MergeRecord record;
  const std::string file = pods.directory(merged) + "/" + kFile;
  if (merged.batch.empty() || !os::exists(file)) return record;
  TRY(const std::string text, os::read_file(file, kFileBytesMax));
  for (const auto line : split(text, '\n')) {
    if (line.empty()) continue;
    TRY(const Json json, parse_json(line));
    if (json.has("kind")) {
      if (json["v"].int_or(0) != kVersion || !json["tasks"].is_array())
        return fail(ErrorCode::corrupt, "not the record of a merge", file);
      record.batch = json["batch"].text_or("");
      for (const auto& task : json["tasks"].as_array())
        record.tasks.push_back({std::string(task["id"].text_or("")), std::string(task["pod"].text_or(""))});
      continue;
    }
    const auto path = path_from(json, "path");
    if (!path) return fail(ErrorCode::corrupt, "a line without a path", file);
    auto from = numbers_from(json["from"], record.tasks.size());
    if (!json.has("conflict")) {
      record.from[*path] = std::move(from);
      continue;
    }
    MergeConflict conflict{*path, std::string(json["conflict"].text_or("")), std::move(from), {}};
    if (json["states"].is_array())
      for (const auto& state : json["states"].as_array())
        conflict.states.emplace_back(state.text_or(""));
    record.conflicts.push_back(std::move(conflict));
  }
  return record;
}

std::vector<MergeConflict> open_conflicts(const MergeRecord& record, const OpenPod& merged,
                                          const std::vector<std::string>& paths) {
  std::vector<MergeConflict> open;
  for (const auto& conflict : record.conflicts)
    if (is_below(conflict.path, paths) && !is_settled(merged.host.get(), conflict)) open.push_back(conflict);
  return open;
}

Status remove_batch(const PodStore& pods, const BatchStore& batches, const Batch& batch) {
  std::vector<std::string> ids = {batches.merged(batch)};
  for (std::size_t i = 0; i < batch.tasks.size(); ++i)
    ids.push_back(batches.outcome(batch, i).pod);
  std::vector<os::Fd> locks;
  std::vector<Pod> found;
  for (const auto& id : ids) {
    if (id.empty()) continue;
    TRY(auto pod, pods.find(id));
    if (!pod) continue;
    TRY(os::Fd lock, pods.lock(*pod));
    if (const auto open = OpenPod::open(pods, *pod)) TRY_STATUS(clear_leftovers(*open));
    locks.push_back(std::move(lock));
    found.push_back(*std::move(pod));
  }
  for (const auto& pod : found)
    TRY_STATUS(pods.remove(pod));
  return batches.remove(batch);
}

}  // namespace weir::changes
