#include "daemon/start.h"

#include <unistd.h>

#include <cstdio>

#include "base/bytes.h"
#include "net/local_client.h"
#include "os/clock.h"
#include "os/detached.h"
#include "os/files.h"
#include "os/process.h"

namespace weir::daemon {
namespace {

constexpr int kAnswerMs = 5000;
constexpr int kPauseUs = 10'000;
constexpr std::size_t kLogBytesMax = 8 * limits::kMiB;

// Errors: `unavailable` when nobody listens; whatever else went wrong when somebody does.
Status answers(const os::Places& places) {
  TRY(auto client, net::LocalClient::connect(places.control_socket(), kAnswerMs));
  TRY(const Json status, client.call(Json::object({{"cmd", "status"}}), kAnswerMs));
  (void)status;
  return {};
}

bool nobody_listens(const os::Places& places) {
  const auto client = net::LocalClient::connect(places.control_socket(), kAnswerMs);
  return !client && client.error().code == ErrorCode::unavailable;
}

// Only what a daemon needs: where its places are, who it is, how to write times and names. Nothing that
// belongs to the agent or to the terminal.
std::map<std::string, std::string> daemon_environment() {
  std::map<std::string, std::string> env;
  for (const auto& [key, value] : os::environment())
    for (const char* kept : {"HOME", "USER", "LOGNAME", "PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "WEIR_HOME",
                             "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"})
      if (key == kept) env[key] = value;
  return env;
}

std::string last_log_line(const std::string& path) {
  const auto text = os::read_file(path, 2 * kLogBytesMax);
  if (!text) return {};
  std::string_view rest = trim(*text);
  if (const auto end = rest.rfind('\n'); end != std::string_view::npos) rest.remove_prefix(end + 1);
  return printable(rest, 300);
}

Result<os::Fd> take_turn(const std::string& path, std::int64_t deadline_ns) {
  while (true) {
    auto lock = os::lock_file(path);
    if (lock || lock.error().code != ErrorCode::unavailable || os::monotonic_ns() > deadline_ns) return lock;
    ::usleep(kPauseUs);
  }
}

Status wait_until_it_answers(const StartOptions& options, pid_t pid, std::int64_t deadline_ns) {
  const std::string log = daemon_log_file(options.places);
  while (os::monotonic_ns() < deadline_ns) {
    if (answers(options.places)) return {};
    if (!os::process_info(pid))
      return fail(ErrorCode::unavailable, "the daemon ended at once: " + last_log_line(log), log,
                  "mend that, or run `weir daemon` in a terminal to see more");
    ::usleep(kPauseUs);
  }
  return fail(ErrorCode::unavailable, "the daemon was started but does not answer", log,
              "see its log, or `weir doctor`");
}

}  // namespace

std::string daemon_log_file(const os::Places& places) {
  return places.state + "/daemon.log";
}

Result<bool> ensure_daemon(const StartOptions& options) {
  if (!nobody_listens(options.places)) {
    TRY_STATUS(answers(options.places));
    return false;
  }
  const std::int64_t deadline_ns = os::monotonic_ns() + std::int64_t{options.timeout_ms} * 1'000'000;
  TRY_STATUS(os::make_dirs(options.places.state, 0700));
  TRY(const os::Fd turn, take_turn(options.places.state + "/start.lock", deadline_ns));
  if (!nobody_listens(options.places)) {
    TRY_STATUS(answers(options.places));
    return false;
  }
  const std::string log = daemon_log_file(options.places);
  if (const auto info = os::file_info(log); info && info->size > kLogBytesMax)
    (void)std::rename(log.c_str(), (log + ".1").c_str());
  TRY(const pid_t pid,
      os::spawn_detached(
          {.argv = {options.program, "daemon"}, .env = daemon_environment(), .cwd = "/", .log_file = log}));
  TRY_STATUS(wait_until_it_answers(options, pid, deadline_ns));
  return true;
}

}  // namespace weir::daemon
