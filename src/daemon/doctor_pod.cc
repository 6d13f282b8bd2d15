#include "daemon/doctor_pod.h"

#include <cstdlib>
#include <filesystem>

#include "content.h"
#include "os/files.h"
#include "os/process.h"
#include "pod/pod_launch.h"
#include "pod/profile.h"

namespace weir::daemon {
namespace {

constexpr const char* kMend = "see docs/pod.md";

// An empty workspace with its overlay's directories, removed at the end.
class Scratch {
 public:
  Scratch() {
    char name[] = "/tmp/weir-doctor.XXXXXX";
    if (::mkdtemp(name) == nullptr) return;
    top_ = name;
    for (const char* dir : {"/workspace", "/upper", "/work"})
      (void)os::make_dirs(top_ + dir);
  }
  ~Scratch() {
    std::error_code ignored;
    if (!top_.empty()) std::filesystem::remove_all(top_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& top() const { return top_; }

 private:
  std::string top_;
};

Result<pod::PodReport> tried(const std::string& top) {
  if (top.empty())
    return fail(ErrorCode::unavailable, "no directory can be made for a trial", "/tmp", "free some space");
  pod::PodProfile profile;
  for (const auto& file : content_files())
    if (file.name == "pods/generic.yaml") {
      TRY(profile, pod::parse_profile(file.bytes, file.name));
    }
  pod::PodRequest request;
  request.argv = {"true"};
  request.workspace = top + "/workspace";
  request.upper = top + "/upper";
  request.work = top + "/work";
  request.home = "/home/weir-doctor";
  request.user = os::local_account().name;
  TRY(const pod::PodSpec spec, pod::pod_spec(profile, request));
  TRY(const pod::PodPlan plan, pod::plan_pod(spec));
  return pod::try_pod(plan);
}

std::string yes(bool value) {
  return value ? "yes" : "no";
}

}  // namespace

std::vector<Check> pod_rows() {
  const Scratch scratch;
  const auto report = tried(scratch.top());
  if (!report)
    return {{"pod", Health::warn, "no pod can be had here: " + report.error().message(),
             report.error().hint.empty() ? kMend : report.error().hint}};
  std::vector<Check> rows;
  for (const auto& step : report->steps) {
    const bool held = step.applied && step.verified;
    rows.push_back({"pod " + step.name, held ? Health::ok : Health::warn,
                    "requested yes, kernel has " + yes(step.applied) + ", applied " + yes(step.applied) +
                        ", verified " + yes(step.verified) + ": " + step.detail,
                    held ? "" : kMend});
  }
  std::string limits;
  for (const auto& limit : report->limits)
    if (limit.kept != "off")
      limits += (limits.empty() ? "" : ", ") + limit.name + " " + limit.kept +
                (limit.by.starts_with("cgroup") ? " (" + limit.by.substr(0, limit.by.find(',')) + ")" : "");
  rows.push_back({"pod limits", Health::ok, limits, ""});
  const bool full = report->level() == pod::Level::L3;
  rows.push_back({"pod level", full ? Health::ok : Health::warn,
                  "verified " + std::string(pod::name(report->level())) + ", L3 is everything",
                  full ? "" : kMend});
  return rows;
}

}  // namespace weir::daemon
