#include "daemon/anomalies.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/limits.h"
#include "daemon/probes.h"
#include "os/clock.h"
#include "os/files.h"

namespace weir::daemon {
namespace {

namespace kind = event::kind;

constexpr std::size_t kFileBytesMax = 1 * limits::kMiB;
constexpr std::size_t kDepthMax = 8;
constexpr std::size_t kLessonsHeld = 32;  // of one session, before they are learned
constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::string_view kScalesFile = "scales.json";
constexpr std::string_view kSuffix = ".json";
constexpr std::size_t kNameDigits = 32;

// 128 bits of the names' digest: a name that any path has.
std::string file_of(std::string_view agent, std::string_view repository) {
  const Digest digest = sha256(std::string(agent) + "\n" + std::string(repository));
  return to_hex(digest).substr(0, kNameDigits) + std::string(kSuffix);
}

bool is_profile_file(const std::string& name) {
  return name.size() == kNameDigits + kSuffix.size() && name.ends_with(kSuffix);
}

Result<Json> read_json(const std::string& path) {
  TRY(const std::string text, os::read_file(path, kFileBytesMax));
  return parse_json(text, {.bytes_max = kFileBytesMax, .depth_max = kDepthMax});
}

detect::AnomalyConfig config_of(const AnomalyOptions& options) {
  return {.alerts_per_day = options.alerts_per_day,
          .profiles_max = 2 * options.profiles_in_memory,  // until the idlest are written out
          .lessons_held = kLessonsHeld};
}

}  // namespace

bool is_anomaly(const event::Finding& finding) {
  return finding.evidence_class == "anomaly" && finding.rule.starts_with("anomaly.");
}

// Made under the lock, written without it.
struct Anomalies::Unit {
  std::string file;
  std::optional<detect::AnomalyProfile> profile;  // none: `scales`
  Json scales;
  std::uint64_t calls = 0;
};

Anomalies::Anomalies(AnomalyOptions options, os::Log log)
    : options_(std::move(options)), log_(std::move(log)), detector_(config_of(options_)) {
  saved_ns_ = os::monotonic_ns();
  if (options_.alerts_per_day > 0 && !options_.dir.empty()) load_at_start();
}

void Anomalies::cannot_read(const std::string& file, const Error& error) {
  log_.warn("what was learned of agents cannot be read and is learned anew",
            {{"file", path_of(file)}, {"why", error.message()}});
  const std::lock_guard lock(mutex_);
  if (unread_.empty()) unread_ = path_of(file) + ": " + error.message();
}

void Anomalies::load_at_start() {
  std::vector<std::pair<std::int64_t, std::string>> by_age;
  for (const auto& name : os::list_dir(options_.dir)) {
    if (name == kScalesFile) scales_on_disk_ = true;
    if (!is_profile_file(name)) continue;
    const auto info = os::file_info(path_of(name));
    by_age.emplace_back(info ? -info->mtime_ns : 0, name);
    files_.insert(name);
  }
  if (scales_on_disk_) {
    const auto json = read_json(path_of(std::string(kScalesFile)));
    const Status used = json ? detector_.use_scales(*json) : std::unexpected(json.error());
    if (!used) cannot_read(std::string(kScalesFile), used.error());
  }
  scales_written_ = detector_.status().calls;
  std::sort(by_age.begin(), by_age.end());
  by_age.resize(std::min(by_age.size(), options_.profiles_in_memory));
  // The youngest last: it is the one to be kept longest.
  for (auto one = by_age.rbegin(); one != by_age.rend(); ++one)
    load(one->second);
}

Result<detect::AnomalyProfile> Anomalies::read_profile(const std::string& file) const {
  TRY(const Json json, read_json(path_of(file)));
  TRY(auto profile, detect::AnomalyProfile::from_json(json));
  if (file_of(profile.agent(), profile.repository()) != file)
    return fail(ErrorCode::corrupt, "the profile is of another agent or repository than its name says");
  return profile;
}

void Anomalies::load(const std::string& file) {
  const std::lock_guard files_lock(files_mutex_);
  auto profile = read_profile(file);
  // One that was removed is one to be forgotten.
  if (!profile && profile.error().code != ErrorCode::not_found) cannot_read(file, profile.error());
  const std::lock_guard lock(mutex_);
  loading_.erase(file);
  if (!profile) {
    files_.erase(file);
    return;
  }
  written_[file] = profile->calls();
  detector_.put(*std::move(profile));
}

void Anomalies::plan_save() {
  if (saving_ || !later_ || options_.dir.empty()) return;
  saving_ = later_([this] { save(); });
}

std::shared_ptr<const Anomalies::Seen> Anomalies::look(const event::Event& event,
                                                       std::span<const event::Action> actions,
                                                       std::string_view repository) {
  if (options_.alerts_per_day <= 0 || event.kind != kind::kToolCall || is_probe_root(event.root) ||
      event.data["phase"].text_or("") == "permission")
    return nullptr;
  auto seen = std::make_shared<Seen>();
  seen->conduct = detect::conduct_of(event, actions, repository);
  const std::lock_guard lock(mutex_);
  if (!detector_.knows(seen->conduct.agent, seen->conduct.repository)) {
    const std::string file = file_of(seen->conduct.agent, seen->conduct.repository);
    if (files_.contains(file)) {
      // Not worth waiting for: the next call finds it.
      if (later_ && !loading_.contains(file) && later_([this, file] { load(file); })) loading_.insert(file);
      return nullptr;
    }
  }
  seen->look = detector_.look(seen->conduct);
  return seen;
}

void Anomalies::released(const Seen& seen) {
  const std::lock_guard lock(mutex_);
  detector_.released(seen.conduct, seen.look);
  if (os::monotonic_ns() - saved_ns_ > options_.save_interval_s * kSecondNs) plan_save();
}

void Anomalies::note(const event::Event& event) {
  if (options_.alerts_per_day <= 0 || is_probe_root(event.root)) return;
  if (event.kind == kind::kToolResult) {
    const auto id = event.corr.find("tool_use_id");
    const auto end = event.data["not_run"].bool_or(false)  ? detect::CallEnd::not_run
                     : event.data["failed"].bool_or(false) ? detect::CallEnd::failed
                                                           : detect::CallEnd::fine;
    const std::lock_guard lock(mutex_);
    detector_.outcome(event.session, id == event.corr.end() ? std::string_view() : id->second, end);
  } else if (event.kind == kind::kSessionEnd) {
    const std::lock_guard lock(mutex_);
    detector_.ended(event.session);
    plan_save();
  }
}

void Anomalies::stopped(std::string_view root) {
  const std::lock_guard lock(mutex_);
  detector_.stopped(root);
}

// Somebody removed a file, or all: they want it forgotten. The disk is asked without the lock; nobody else
// changes files_ meanwhile.
void Anomalies::forget_removed() {
  std::set<std::string> gone;
  for (const auto& file : files_)
    if (!os::exists(path_of(file))) gone.insert(file);
  const bool all = scales_on_disk_ && !os::exists(path_of(std::string(kScalesFile)));
  if (gone.empty() && !all) return;
  log_.info("what was learned of agents was removed and is forgotten",
            {{"dir", options_.dir}, {"files", all ? "all" : std::to_string(gone.size())}});
  const std::lock_guard lock(mutex_);
  if (all) {
    detector_ = detect::AnomalyDetector(config_of(options_));
    files_.clear();
    written_.clear();
    scales_written_ = 0;
    scales_on_disk_ = false;
    return;
  }
  std::vector<std::pair<std::string, std::string>> names;
  for (const auto* profile : detector_.profiles())
    if (gone.contains(file_of(profile->agent(), profile->repository())))
      names.emplace_back(profile->agent(), profile->repository());
  for (const auto& [agent, repository] : names)
    detector_.forget(agent, repository);
  for (const auto& file : gone) {
    files_.erase(file);
    written_.erase(file);
  }
}

// One at a time, so that the lock is held for one copy only.
std::optional<Anomalies::Unit> Anomalies::next_unit(std::set<std::string>& done) {
  const std::lock_guard lock(mutex_);
  const auto changed = [&](const detect::AnomalyProfile& profile, const std::string& file) {
    const auto written = written_.find(file);
    return profile.calls() > 0 && (written == written_.end() || written->second != profile.calls());
  };
  while (auto idlest = detector_.take_idlest(options_.profiles_in_memory)) {
    std::string file = file_of(idlest->agent(), idlest->repository());
    if (!changed(*idlest, file)) continue;
    const std::uint64_t calls = idlest->calls();
    files_.insert(file);  // whoever wants it waits until it is there
    return Unit{std::move(file), std::move(idlest), {}, calls};
  }
  for (const auto* profile : detector_.profiles()) {
    std::string file = file_of(profile->agent(), profile->repository());
    if (!changed(*profile, file) || !done.insert(file).second) continue;
    return Unit{std::move(file), *profile, {}, profile->calls()};
  }
  const std::uint64_t calls = detector_.status().calls;
  if (calls == scales_written_ || !done.insert(std::string(kScalesFile)).second) return std::nullopt;
  return Unit{std::string(kScalesFile), std::nullopt, detector_.scales_json(), calls};
}

bool Anomalies::write(const Unit& unit) {
  const std::string path = path_of(unit.file);
  const std::string text = canonical(unit.profile ? unit.profile->to_json() : unit.scales) + "\n";
  Status written = os::make_dirs(options_.dir, 0700);
  if (written) written = os::write_file_atomic(path, text, mode_t{0600}, os::Durability::none);
  const bool there = written || os::exists(path);
  const std::lock_guard lock(mutex_);
  if (!there) files_.erase(unit.file);
  if (!written) {
    if (unwritten_.empty())
      log_.warn("what was learned of agents cannot be written", {{"why", written.error().message()}});
    unwritten_ = written.error().message();
    return false;
  }
  unwritten_.clear();
  if (unit.profile) {
    files_.insert(unit.file);
    written_[unit.file] = unit.calls;
  } else {
    scales_written_ = unit.calls;
    scales_on_disk_ = true;
  }
  return true;
}

void Anomalies::drop_oldest_files() {
  std::vector<std::pair<std::int64_t, std::string>> by_age;
  for (const auto& name : files_)
    if (const auto info = os::file_info(path_of(name))) by_age.emplace_back(info->mtime_ns, name);
  if (by_age.size() <= options_.files_max) return;
  std::sort(by_age.begin(), by_age.end());
  by_age.resize(by_age.size() - options_.files_max);
  for (const auto& [time, name] : by_age)
    (void)os::remove_file(path_of(name));
  const std::lock_guard lock(mutex_);
  for (const auto& [time, name] : by_age) {
    files_.erase(name);
    written_.erase(name);
  }
}

void Anomalies::save() {
  const std::lock_guard files_lock(files_mutex_);
  {
    const std::lock_guard lock(mutex_);
    saving_ = false;
    saved_ns_ = os::monotonic_ns();
  }
  forget_removed();
  std::set<std::string> done;
  bool wrote = false;
  while (const auto unit = next_unit(done)) {
    if (!write(*unit)) return;
    wrote = true;
  }
  if (wrote) drop_oldest_files();
}

void Anomalies::keep() {
  if (options_.alerts_per_day <= 0 || options_.dir.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    detector_.settle();
  }
  save();
}

Json Anomalies::status() const {
  const std::lock_guard lock(mutex_);
  const bool on = options_.alerts_per_day > 0;
  Json out = Json::object({{"on", on}});
  if (!on) return out;
  const detect::AnomalyStatus now = detector_.status();
  Json families = Json::array();
  for (const auto& family : now.families)
    families.push(Json::object({{"rule", detect::rule_of(family.family)},
                                {"alerts_per_day", family.alerts_per_day},
                                {"told", family.told},
                                {"held_back", family.held_back},
                                {"threshold_bits", family.threshold_bits}}));
  Json profiles = Json::array();
  for (const auto* profile : detector_.profiles())
    profiles.push(profile->summary());
  out.set("alerts_per_day", options_.alerts_per_day)
      .set("calls", now.calls)
      .set("calls_a_day", now.calls_per_day)
      .set("forgotten", now.forgotten)
      .set("families", std::move(families))
      .set("profiles", std::move(profiles))
      .set("files", static_cast<std::uint64_t>(files_.size()))
      .set("dir", options_.dir);
  if (const std::string& problem = unread_.empty() ? unwritten_ : unread_; !problem.empty())
    out.set("problem", problem);
  return out;
}

}  // namespace weir::daemon
