#include "cli/pod_direct.h"

#include <algorithm>

#include "base/bytes.h"
#include "changes/path_text.h"

namespace weir::cli {
namespace {

constexpr std::size_t kLinesMax = 20;
constexpr std::size_t kPathShownMax = 400;

std::string counted(std::uint64_t number, const char* one, const char* many) {
  return std::to_string(number) + " " + (number == 1 ? one : many);
}

Json list(const std::vector<pod::Held>& held) {
  Json all = Json::array();
  for (const auto& one : held) {
    Json json = Json::object({{"id", one.reason.id}, {"runs", one.reason.runs}});
    changes::set_path(json, "path", one.path);
    all.push(std::move(json));
  }
  return all;
}

}  // namespace

std::vector<Option> direct_options() {
  return {{"--direct", "",
           "write the workspace itself, held files excepted: nothing is kept apart, nothing to review"},
          {"--held", "PATH", "with --direct: let held files at this path, or below it, be changed", true}};
}

std::vector<std::string> PodDirect::lines(const pod::DirectReport& report) const {
  std::vector<std::string> lines;
  if (report.changes > 0)
    lines.emplace_back("the pod wrote the workspace itself: there is nothing to review");
  const auto carries = carried(report);
  if (!carries)
    lines.push_back("whether commits bring held files cannot be told: " +
                    printable(carries.error().what, 300));
  for (std::size_t i = 0; carries && i < std::min(carries->size(), kLinesMax); ++i)
    lines.push_back("commits or the index bring a held file, a checkout writes it: " +
                    printable((*carries)[i].path, kPathShownMax) + ": " +
                    printable((*carries)[i].reason.runs) + " (" + (*carries)[i].reason.id + ")");
  if (report.refused == 0) return lines;
  lines.push_back(counted(report.refused, "change", "changes") +
                  " of held files refused; --held PATH lets what it names be changed");
  for (std::size_t i = 0; i < std::min(report.paths.size(), kLinesMax); ++i)
    lines.push_back("refused: " + printable(report.paths[i].path, kPathShownMax) + ": " +
                    printable(report.paths[i].reason.runs) + " (" + report.paths[i].reason.id + ")");
  if (report.paths.size() > kLinesMax)
    lines.push_back(std::to_string(report.paths.size() - kLinesMax) + " more; --json lists them");
  return lines;
}

Result<std::vector<pod::Held>> PodDirect::carried(const pod::DirectReport& report) const {
  if (report.changes == 0) return std::vector<pod::Held>();
  if (!git_) return std::unexpected(git_.error());
  if (!*git_) return std::vector<pod::Held>();
  return pod::carried_since(**git_, catalogue_);
}

Json PodDirect::to_json(const pod::DirectReport& report) const {
  Json json = Json::object(
      {{"changes", report.changes}, {"refused", report.refused}, {"refused_paths", list(report.paths)}});
  if (const auto carries = carried(report))
    json.set("git_carries", list(*carries));
  else
    json.set("git_unclear", printable(carries.error().what, 300));
  return json;
}

}  // namespace weir::cli
