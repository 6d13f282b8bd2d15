// The anomaly detector in the daemon's path, with what it has learned kept in files.
//
//   Anomalies anomalies({.dir = state + "/anomaly", .alerts_per_day = 3}, log);
//   anomalies.run_later([&](auto work) { return strands.post("anomalies", work); });
//   auto seen = anomalies.look(event, actions, repository);     // before the verdict; nullptr: not looked at
//   anomalies.released(*seen);                                  // it was let through
//   anomalies.note(result);                                     // its outcome
//
// look(), released() and note() may be called from any thread: they hold one lock for a microsecond or two
// and touch no file. Files are read and written by `later` work: at the end of a session, every few minutes,
// and when a repository is met again whose profile is not in memory. At the daemon's end keep() writes what
// is left.
//
// A file per agent and repository and one for the scales (docs/formats/anomaly.md), replaced whole, not
// flushed: what was learned is no truth, and a file that cannot be read is said once, in log, `weir status`
// and `weir doctor`, and learning begins anew. Nothing here ever refuses a call. Removing the directory makes
// a running daemon forget: it looks before it writes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "detect/anomaly.h"
#include "event/event.h"
#include "os/log.h"

namespace weir::daemon {

struct AnomalyOptions {
  std::string dir;            // "": nothing is kept
  double alerts_per_day = 0;  // of all families; 0: switched off
  int save_interval_s = 300;
  std::size_t profiles_in_memory = 12;
  std::size_t files_max = 128;  // profiles on disk; the one written longest ago goes
};

// Is it one of this detector's findings, and not a rule's or a policy's of the same class?
bool is_anomaly(const event::Finding& finding);

class Anomalies {
 public:
  // Runs work once, some time later, one piece after the other; false when it cannot.
  using Later = std::function<bool(std::function<void()>)>;
  struct Seen {
    detect::Conduct conduct;
    detect::AnomalyLook look;
  };

  // Reads the scales and the profiles that were used last.
  Anomalies(AnomalyOptions options, os::Log log);

  // Before the first look(); without it no file is touched after the start.
  void run_later(Later later) { later_ = std::move(later); }

  std::shared_ptr<const Seen> look(const event::Event& event, std::span<const event::Action> actions,
                                   std::string_view repository);
  void released(const Seen& seen);
  // Results and ends of sessions; other events are of no account.
  void note(const event::Event& event);
  // The tree's sessions are stopped: what they did last teaches nothing.
  void stopped(std::string_view root);

  // Learns what waits and writes everything. After the last call.
  void keep();

  // {"on","alerts_per_day","calls","calls_a_day","forgotten","families":[…],"profiles":[…],"files","dir",
  // "problem"?}; docs/cli.md.
  Json status() const;

 private:
  struct Unit;  // what is to be written
  std::string path_of(const std::string& file) const { return options_.dir + "/" + file; }
  void load_at_start();
  Result<detect::AnomalyProfile> read_profile(const std::string& file) const;
  void load(const std::string& file);
  void save();
  void forget_removed();
  std::optional<Unit> next_unit(std::set<std::string>& done);
  bool write(const Unit& unit);
  void drop_oldest_files();
  void plan_save();
  void cannot_read(const std::string& file, const Error& error);

  const AnomalyOptions options_;
  const os::Log log_;
  Later later_;
  std::mutex files_mutex_;    // held by who reads and writes files
  mutable std::mutex mutex_;  // guards the members below
  detect::AnomalyDetector detector_;
  std::set<std::string> files_;  // names of profiles on disk
  std::set<std::string> loading_;
  std::map<std::string, std::uint64_t> written_;  // by file: calls of the profile as it was written
  std::uint64_t scales_written_ = 0;              // calls
  bool scales_on_disk_ = false;
  bool saving_ = false;  // is planned
  std::int64_t saved_ns_ = 0;
  std::string unread_;     // why what was learned could not be read, "" when it could
  std::string unwritten_;  // why it could not be written last time
};

}  // namespace weir::daemon
