// The report as JSON: for the ledger, and for its way from the child to the supervisor.
#include "pod/shield.h"

namespace weir::pod {
namespace {

std::vector<std::string> texts(const Json& json) {
  std::vector<std::string> list;
  if (!json.is_array()) return list;
  for (const auto& item : json.as_array())
    list.emplace_back(item.text_or(""));
  return list;
}

}  // namespace

Json to_json(const ShieldReport& report) {
  Json steps = Json::array();
  for (const auto& step : report.steps)
    steps.push(Json::object({{"name", step.name},
                             {"applied", step.applied},
                             {"verified", step.verified},
                             {"detail", step.detail}}));
  return Json::object({{"complete", report.complete()},
                       {"landlock_abi", report.landlock_abi},
                       {"steps", std::move(steps)},
                       {"weaknesses", Json::strings(report.weaknesses)},
                       {"mount_points", Json::strings(report.mount_points)}});
}

Result<ShieldReport> shield_report_from_json(const Json& json) {
  if (!json["steps"].is_array()) return fail("a shield report has no steps", "steps");
  ShieldReport report;
  for (const auto& step : json["steps"].as_array())
    report.steps.push_back({std::string(step["name"].text_or("")), step["applied"].bool_or(false),
                            step["verified"].bool_or(false), std::string(step["detail"].text_or(""))});
  report.landlock_abi = static_cast<int>(json["landlock_abi"].int_or(0));
  report.weaknesses = texts(json["weaknesses"]);
  report.mount_points = texts(json["mount_points"]);
  return report;
}

}  // namespace weir::pod
