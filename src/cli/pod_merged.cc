#include "cli/pod_merged.h"

#include <algorithm>
#include <ostream>

#include "base/bytes.h"
#include "changes/path_text.h"

namespace weir::cli {
namespace {

constexpr std::size_t kTasksShownMax = 6;
constexpr std::size_t kPathShownMax = 2000;
constexpr std::size_t kIdShownMax = 100;

const std::vector<std::size_t>* members(const changes::MergeRecord& record, const std::string& path) {
  const auto found = record.from.find(path);
  return found == record.from.end() ? nullptr : &found->second;
}

}  // namespace

std::string from_tasks(const changes::MergeRecord& record, const std::string& path) {
  std::string out;
  const auto* tasks = members(record, path);
  if (tasks == nullptr) return out;
  for (std::size_t i = 0; i < std::min(tasks->size(), kTasksShownMax); ++i)
    out += (i == 0 ? "" : ", ") + printable(record.tasks[(*tasks)[i]].id, kIdShownMax);
  if (tasks->size() > kTasksShownMax)
    out += " and " + std::to_string(tasks->size() - kTasksShownMax) + " more";
  return out;
}

Json from_json(const changes::MergeRecord& record, const std::string& path) {
  const auto* tasks = members(record, path);
  if (tasks == nullptr) return {};
  Json json = Json::array();
  for (const std::size_t task : *tasks)
    json.push(record.tasks[task].id);
  return json;
}

std::vector<std::string> without_conflicts(const std::vector<std::string>& unknown,
                                           const std::vector<changes::MergeConflict>& conflicts) {
  std::vector<std::string> out = unknown;
  std::erase_if(out, [&](const std::string& path) {
    return std::ranges::any_of(
        conflicts, [&](const auto& conflict) { return changes::is_below(conflict.path, {path}); });
  });
  return out;
}

void print_conflicts(const changes::MergeRecord& record, const std::vector<changes::MergeConflict>& conflicts,
                     Context& context) {
  if (conflicts.empty()) return;
  context.out << "\n"
              << context.style.bold(
                     "the pods disagree, left with each (take one: weir commit --pod POD PATH)")
              << "\n";
  for (const auto& conflict : conflicts) {
    context.out << " " << context.style.yellow("!") << " " << printable(conflict.path, kPathShownMax) << "  "
                << printable(conflict.why, kPathShownMax) << "\n";
    for (const std::size_t task : conflict.members)
      context.out << "     " << record.tasks[task].pod << "  "
                  << context.style.dim(printable(record.tasks[task].id, kIdShownMax)) << "\n";
  }
}

Json conflicts_json(const changes::MergeRecord& record,
                    const std::vector<changes::MergeConflict>& conflicts) {
  Json list = Json::array();
  for (const auto& conflict : conflicts) {
    Json pods = Json::array();
    for (const std::size_t task : conflict.members)
      pods.push(Json::object({{"task", record.tasks[task].id}, {"pod", record.tasks[task].pod}}));
    Json json = Json::object({{"why", conflict.why}, {"pods", std::move(pods)}});
    changes::set_path(json, "path", conflict.path);
    list.push(std::move(json));
  }
  return list;
}

}  // namespace weir::cli
