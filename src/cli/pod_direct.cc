#include "cli/pod_direct.h"

#include <algorithm>

#include "base/bytes.h"
#include "pod/path_text.h"

namespace weir::cli {
namespace {

constexpr std::size_t kLinesMax = 20;
constexpr std::size_t kPathShownMax = 400;

std::string counted(std::uint64_t number, const char* one, const char* many) {
  return std::to_string(number) + " " + (number == 1 ? one : many);
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

Json PodDirect::to_json(const pod::DirectReport& report) {
  Json refused = Json::array();
  for (const auto& one : report.paths) {
    Json json = Json::object({{"id", one.reason.id}, {"runs", one.reason.runs}});
    pod::set_path(json, "path", one.path);
    refused.push(std::move(json));
  }
  return Json::object(
      {{"changes", report.changes}, {"refused", report.refused}, {"refused_paths", std::move(refused)}});
}

}  // namespace weir::cli
