#include "daemon/doctor_pod.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "content.h"
#include "daemon/doctor_launchers.h"
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
    for (const char* dir : {"/workspace", "/upper", "/work", "/upper-2", "/work-2"})
      (void)os::make_dirs(top_ + dir);
  }
  // overlayfs leaves directories without permissions in its work directory.
  ~Scratch() {
    std::error_code ignored;
    if (top_.empty()) return;
    for (const char* work : {"/work", "/work-2"})
      for (const char* left : {"/work", "/work/incompat", "/work/incompat/volatile"})
        (void)::chmod((top_ + work + left).c_str(), 0700);
    std::filesystem::remove_all(top_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& top() const { return top_; }

 private:
  std::string top_;
};

// `again`: "" for the first pod, "-2" for the second: overlayfs takes a work directory once.
Result<pod::PodSpec> trial(const std::string& top, const char* again, std::vector<std::string> argv) {
  if (top.empty())
    return fail(ErrorCode::unavailable, "no directory can be made for a trial", "/tmp", "free some space");
  pod::PodProfile profile;
  for (const auto& file : content_files())
    if (file.name == "pods/generic.yaml") {
      TRY(profile, pod::parse_profile(file.bytes, file.name));
    }
  pod::PodRequest request;
  request.argv = std::move(argv);
  request.workspace = top + "/workspace";
  request.upper = top + "/upper" + again;
  request.work = top + "/work" + again;
  request.home = "/home/weir-doctor";
  request.user = os::local_account().name;
  return pod::pod_spec(profile, request);
}

Result<pod::PodReport> tried(const std::string& top) {
  TRY(const pod::PodSpec spec, trial(top, "", {"true"}));
  TRY(const pod::PodPlan plan, pod::plan_pod(spec));
  return pod::try_pod(plan);
}

// What became of one connection in a supervised pod: it leads to an address that nobody has (RFC 5737), is
// asked about, and refused with an error that nothing else there answers.
struct Supervised {
  bool asked = false;
  bool told = false;     // of a program
  bool refused = false;  // as the program saw it
};

Result<Supervised> tried_supervised(const std::string& top) {
  constexpr int kRefused = 42;
  constexpr const char* kScript =
      "said=$( { exec 3<>/dev/tcp/192.0.2.1/9; } 2>&1 ); case \"$said\" in *'Host is down'*) exit 42;; esac";
  TRY(pod::PodSpec spec, trial(top, "-2", {"bash", "-c", kScript}));
  spec.supervised = true;
  spec.launcher = pod::Launcher::own;
  spec.accept_level = true;
  spec.env["LC_ALL"] = "C";
  TRY(const pod::PodPlan plan, pod::plan_pod(spec));
  Supervised seen;
  pod::PodOptions options;
  options.supervise.on_exec = [&](const pod::ProcessSeen&) { seen.told = true; };
  options.supervise.decide = [&](const pod::ConnectCall& call) {
    seen.asked = call.address == "192.0.2.1" && call.port == 9;
    return pod::ConnectVerdict::refuse(EHOSTDOWN);
  };
  TRY(const pod::PodResult done, pod::launch_pod(plan, options));
  seen.refused = done.exit.code == kRefused;
  return seen;
}

std::string yes(bool value) {
  return value ? "yes" : "no";
}

Check supervised_row(const std::string& top) {
  const auto seen = tried_supervised(top);
  if (!seen)
    return {"pod supervised", Health::warn,
            "requested yes, kernel has unknown, applied no, verified no: " + seen.error().message(), kMend};
  const bool held = seen->told && seen->asked && seen->refused;
  return {"pod supervised", held ? Health::ok : Health::warn,
          "requested yes, kernel has yes, applied yes, verified " + yes(held) + ": a program was " +
              (seen->told ? "told" : "not told") + ", its connection " +
              (seen->asked ? "asked about" : "not asked about") +
              (seen->refused ? " and refused at the socket" : " and not refused"),
          held ? "" : kMend};
}

}  // namespace

std::vector<Check> pod_rows() {
  const Scratch scratch;
  const auto report = tried(scratch.top());
  std::vector<Check> rows;
  if (!report) {
    rows = launcher_rows(false);
    rows.insert(rows.begin(), {"pod", Health::warn, "no pod can be had here: " + report.error().message(),
                               report.error().hint.empty() ? kMend : report.error().hint});
    return rows;
  }
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
  const bool own = report->launcher == pod::Launcher::own;
  if (own) rows.push_back(supervised_row(scratch.top()));
  for (auto& row : launcher_rows(own))
    rows.push_back(std::move(row));
  rows.push_back(bpf_lsm_row());
  return rows;
}

}  // namespace weir::daemon
