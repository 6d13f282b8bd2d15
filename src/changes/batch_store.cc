#include "changes/batch_store.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "base/bytes.h"
#include "base/json.h"
#include "base/time_text.h"
#include "base/uuid.h"
#include "changes/path_text.h"
#include "changes/remove_tree.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/random.h"

namespace weir::changes {
namespace {

constexpr int kVersion = 1;
constexpr std::size_t kRecordBytesMax = std::size_t{128} << 20;
constexpr std::size_t kOutcomeBytesMax = 1 << 20;

Json to_json(const Batch& batch) {
  Json tasks = Json::array();
  for (const auto& task : batch.tasks)
    tasks.push(Json::object({{"id", task.id}, {"command", task.command}}));
  Json json = Json::object({{"v", kVersion},
                            {"id", batch.id},
                            {"started", rfc3339(batch.started_ns)},
                            {"tasks", std::move(tasks)}});
  set_path(json, "workspace", batch.workspace);
  return json;
}

}  // namespace

Result<Batch> BatchStore::create(const std::string& workspace, std::vector<BatchTask> tasks) const {
  if (tasks.size() > kBatchTasksMax)
    return fail(ErrorCode::limit, "more than " + std::to_string(kBatchTasksMax) + " tasks", "batch",
                "split the list");
  Batch batch;
  batch.id = os::new_uuid();
  batch.workspace = os::resolve_path(workspace);
  batch.started_ns = os::wall_ns();
  batch.tasks = std::move(tasks);
  TRY_STATUS(os::make_dirs(directory(batch), 0700));
  TRY_STATUS(os::write_file_atomic(directory(batch) + "/batch.json", canonical(to_json(batch)) + "\n", 0600,
                                   os::Durability::none));
  return batch;
}

Result<Batch> BatchStore::read(const std::string& id) const {
  const std::string file = dir_ + "/" + id + "/batch.json";
  TRY(const std::string text, os::read_file(file, kRecordBytesMax));
  TRY(const Json json, parse_json(text));
  const auto workspace = path_from(json, "workspace");
  const auto started = from_rfc3339(json["started"].text_or(""));
  if (json["v"].int_or(0) != kVersion || json["id"].text_or("") != id || !workspace || !started ||
      !json["tasks"].is_array())
    return fail(ErrorCode::corrupt, "not the record of a batch", file);
  Batch batch{id, *workspace, *started, {}};
  for (const auto& task : json["tasks"].as_array())
    batch.tasks.push_back({std::string(task["id"].text_or("")), std::string(task["command"].text_or(""))});
  return batch;
}

std::vector<Batch> BatchStore::list() const {
  std::vector<Batch> batches;
  for (const auto& name : os::list_dir(dir_))
    if (is_uuid(name))
      if (auto batch = read(name)) batches.push_back(*std::move(batch));
  std::sort(batches.begin(), batches.end(), [](const Batch& a, const Batch& b) { return a.id < b.id; });
  return batches;
}

Result<Batch> BatchStore::find(const std::string& text, const std::string& here) const {
  const auto batches = list();
  std::vector<const Batch*> found;
  for (const auto& batch : batches) {
    const bool lies_in = here == batch.workspace || here.starts_with(batch.workspace + "/");
    if (text == "last" ? lies_in : !text.empty() && batch.id.starts_with(text)) found.push_back(&batch);
  }
  if (found.empty())
    return fail(ErrorCode::not_found,
                text == "last" ? "no batch has worked on this directory" : "no such batch",
                printable(text == "last" ? here : text, 400), "`weir pod batch` starts one");
  if (text != "last" && found.size() > 1)
    return fail("more than one batch begins so", printable(text, 100), found[0]->id + ", " + found[1]->id);
  return *found.back();
}

Status BatchStore::write(const Batch& batch, std::size_t task, const BatchOutcome& outcome) const {
  const Json json = Json::object({{"pod", outcome.pod},
                                  {"ended", outcome.ended},
                                  {"exit", outcome.exit},
                                  {"signal", outcome.signal},
                                  {"ended_because", outcome.ended_because},
                                  {"changed", outcome.changed},
                                  {"took_ms", outcome.took_ms},
                                  {"error", outcome.error}});
  return os::write_file_atomic(directory(batch) + "/" + std::to_string(task) + ".json",
                               canonical(json) + "\n", 0600, os::Durability::none);
}

BatchOutcome BatchStore::outcome(const Batch& batch, std::size_t task) const {
  const auto text = os::read_file(directory(batch) + "/" + std::to_string(task) + ".json", kOutcomeBytesMax);
  const auto json = text ? parse_json(*text) : Result<Json>(std::unexpected(text.error()));
  if (!json) return {};
  return {.pod = std::string((*json)["pod"].text_or("")),
          .ended = (*json)["ended"].bool_or(false),
          .exit = static_cast<int>((*json)["exit"].int_or(0)),
          .signal = static_cast<int>((*json)["signal"].int_or(0)),
          .ended_because = std::string((*json)["ended_because"].text_or("")),
          .changed = (*json)["changed"].bool_or(false),
          .took_ms = (*json)["took_ms"].int_or(0),
          .error = std::string((*json)["error"].text_or(""))};
}

std::string BatchStore::output_file(const Batch& batch, std::size_t task) const {
  return directory(batch) + "/" + std::to_string(task) + ".out";
}

std::string BatchStore::errors_file(const Batch& batch, std::size_t task) const {
  return directory(batch) + "/" + std::to_string(task) + ".err";
}

std::string BatchStore::merged(const Batch& batch) const {
  return std::string(trim(os::read_file(directory(batch) + "/merged", kOutcomeBytesMax).value_or("")));
}

Status BatchStore::set_merged(const Batch& batch, const std::string& pod) const {
  return os::write_file_atomic(directory(batch) + "/merged", pod + "\n", 0600, os::Durability::none);
}

Result<os::Fd> BatchStore::lock(const Batch& batch) const {
  auto lock = os::lock_file(directory(batch) + "/batch.lock");
  if (lock || lock.error().code != ErrorCode::unavailable) return lock;
  return fail(ErrorCode::unavailable, "the batch still runs", batch.id, "wait for its end, or end it");
}

Status BatchStore::remove(const Batch& batch) const {
  const os::Fd store(::open(dir_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!store) return std::unexpected(os::errno_error("cannot open the directory of batches", dir_, errno));
  return remove_tree(store.get(), batch.id);
}

}  // namespace weir::changes
