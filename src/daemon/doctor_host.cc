// The rows of `weir doctor` about this machine; see doctor.h.
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/time_text.h"
#include "daemon/doctor.h"
#include "daemon/doctor_pod.h"
#include "daemon/probe_paths.h"
#include "daemon/run_shield.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/process.h"
#include "pod/landlock.h"
#include "setup/agents.h"

namespace weir::daemon {
namespace {

constexpr std::uint64_t kDiskFailBytes = 64 * limits::kMiB;  // a segment; below it commits soon fail
constexpr std::uint64_t kDiskWarnBytes = 1024 * limits::kMiB;
constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kClockSlackNs = 300 * kSecondNs;

std::string state_or_home(const Examination& what) {
  return os::exists(what.places.state) ? what.places.state : what.places.home;
}

Check disk_row(const Examination& what) {
  struct statvfs facts{};
  const std::string place = state_or_home(what);
  if (::statvfs(place.c_str(), &facts) != 0)
    return {"disk", Health::fail, "the free space of " + place + " cannot be read", "look at the mount"};
  const std::uint64_t free_bytes = std::uint64_t{facts.f_bavail} * facts.f_frsize;
  const std::string text = std::to_string(free_bytes / limits::kMiB) + " MiB free at " + place;
  const char* mend = "free some: without space for the record every call is refused";
  if (free_bytes < kDiskFailBytes) return {"disk", Health::fail, text, mend};
  if (free_bytes < kDiskWarnBytes) return {"disk", Health::warn, text, mend};
  return {"disk", Health::ok, text, ""};
}

// Expiry of approvals and the order of checkpoints rest on the clock. It must not be before what was written
// last.
Check clock_row(const Examination& what) {
  const std::int64_t now_ns = os::wall_ns();
  const auto checkpoint = os::file_info(what.places.ledger_dir() + "/checkpoint");
  if (checkpoint && now_ns + kClockSlackNs < checkpoint->mtime_ns)
    return {"clock", Health::fail,
            rfc3339(now_ns) + " is before the last checkpoint (" + rfc3339(checkpoint->mtime_ns) + ")",
            "set the clock"};
  return {"clock", Health::ok, rfc3339(now_ns), ""};
}

void switch_rows(const Examination& what, const std::vector<setup::InstalledPath>& installed,
                 std::vector<Check>& rows) {
  const auto around = setup::surroundings(what.places, what.env, what.cwd, "");
  for (const auto agent : {setup::Agent::claude, setup::Agent::codex}) {
    // Managed settings of the system win over everything that is looked for here.
    const bool system = std::any_of(installed.begin(), installed.end(), [&](const auto& path) {
      return path.agent == agent && path.scope == setup::Scope::system;
    });
    const auto found = setup::switches(agent, system ? setup::Scope::system : setup::Scope::user, around);
    const bool guarded = std::any_of(installed.begin(), installed.end(),
                                     [&](const auto& path) { return path.agent == agent; });
    const std::string name = "settings of " + std::string(setup::name(agent));
    if (found.empty()) rows.push_back({name, Health::ok, "nothing here switches hooks off", ""});
    for (const auto& finding : found)
      rows.push_back({name, guarded ? Health::fail : Health::warn, finding.message, "mend that setting"});
  }
}

void agent_rows(const Examination& what, std::vector<Check>& rows) {
  const Json agents = agents_here(what);
  for (const auto& agent : agents.as_array()) {
    const std::string name = "agent " + std::string(agent["name"].text_or(""));
    const std::string version(agent["version"].text_or(""));
    const std::string text = version.empty() ? "version unknown" : "version " + version;
    if (!agent["supported"].bool_or(false)) {
      rows.push_back(
          {name, Health::warn, text + "; Weir has no hooks for it", "use an agent that Weir guards"});
      continue;
    }
    const std::string tested(agent["tested"].text_or(""));
    const std::string word = name.substr(6) == "codex" ? "codex" : "claude";
    if (agent["program"].text_or("").empty())
      rows.push_back({name, Health::ok, "only traces of it: no program in PATH", ""});
    else if (agent["guarded"].as_array().empty())
      rows.push_back({name, Health::warn, text + "; not guarded except by `weir run`", "weir init " + word});
    else if (version != tested)
      rows.push_back(
          {name, Health::warn, text + "; Weir is tested with " + tested, "weir doctor --live " + word});
    else
      rows.push_back({name, Health::ok, text + ", the tested one", ""});
  }
}

// The shield as `weir run` would put it up here, tried in a child.
void shield_rows(const Examination& what, std::vector<Check>& rows) {
  const RunShield shield{.places = what.places,
                         .cwd = what.cwd,
                         .env = what.env,
                         .uid = ::geteuid(),
                         .program = os::self_path(),
                         .hook = shim_path(),
                         .read_only_more = {}};
  const char* mend = "allow user namespaces (kernel.unprivileged_userns_clone, AppArmor); docs/shield.md";
  const auto plan = pod::plan_shield(run_shield(shield), what.cwd);
  if (!plan) {
    rows.push_back({"shield", Health::warn, plan.error().message(), "start the daemon, then look again"});
    return;
  }
  const auto report = pod::try_shield(*plan);
  if (!report) {
    rows.push_back(
        {"shield", Health::warn, "`weir run` cannot shield itself here: " + report.error().message(), mend});
    return;
  }
  for (const auto& step : report->steps) {
    const bool held = step.applied && step.verified;
    rows.push_back({"shield " + step.name, held ? Health::ok : Health::warn,
                    held ? "tried, and it held" : step.detail, held ? "" : "see docs/shield.md"});
  }
  for (const auto& weakness : report->weaknesses)
    rows.push_back({"shield", Health::warn, weakness, "see docs/shield.md"});
}

}  // namespace

std::string_view tested_version(setup::Agent agent) {
  return agent == setup::Agent::claude ? "2.1.330" : "0.169.0";
}

Json agents_here(const Examination& what) {
  const auto around = setup::surroundings(what.places, what.env, what.cwd, "");
  const auto installed = setup::installed_paths(what.places).value_or(std::vector<setup::InstalledPath>());
  const auto path = what.env.find("PATH");
  Json agents = Json::array();
  for (const auto& agent : setup::find_agents(around, path == what.env.end() ? "" : path->second, installed))
    agents.push(Json::object({{"name", agent.name},
                              {"version", agent.version},
                              {"tested", agent.supported ? tested_version(*agent.supported) : ""},
                              {"program", agent.program},
                              {"supported", agent.supported.has_value()},
                              {"guarded", Json::strings(agent.guarded)}}));
  return agents;
}

std::vector<Check> examine_host(const Examination& what) {
  std::vector<Check> rows;
  const auto installed = setup::installed_paths(what.places);
  if (!installed)
    rows.push_back({"record of installs", Health::fail, installed.error().message(), "weir init again"});
  switch_rows(what, installed.value_or(std::vector<setup::InstalledPath>()), rows);
  agent_rows(what, rows);
  rows.push_back(disk_row(what));
  rows.push_back(clock_row(what));
  const int abi = pod::landlock_abi();
  const bool scopes = abi >= pod::kLandlockAbiScopes;
  rows.push_back({"landlock", scopes ? Health::ok : Health::warn,
                  "ABI " + std::to_string(abi) + (scopes ? "" : "; scopes need 6"),
                  scopes ? "" : "a kernel of 6.12 or later"});
  shield_rows(what, rows);
  for (auto& row : pod_rows())
    rows.push_back(std::move(row));
  return rows;
}

}  // namespace weir::daemon
