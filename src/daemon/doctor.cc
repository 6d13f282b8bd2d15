#include "daemon/doctor.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "daemon/keys.h"
#include "daemon/probe_paths.h"
#include "ledger/published.h"
#include "net/local_client.h"
#include "os/files.h"
#include "setup/install.h"
#include "store/store.h"

namespace weir::daemon {
namespace {

constexpr int kConnectMs = 2000;
constexpr int kAnswerMs = 10'000;
constexpr int kProbeAnswerMs = 60'000;
constexpr std::size_t kShimBytesMax = 64 * limits::kMiB;

std::string octal(std::uint32_t mode) {
  std::string digits;
  for (int shift = 9; shift >= 0; shift -= 3)
    digits += static_cast<char>('0' + ((mode >> shift) & 7));
  return digits;
}

Result<Json> ask(const os::Places& places, const char* command, int timeout_ms) {
  TRY(auto client, net::LocalClient::connect(places.control_socket(), kConnectMs));
  return client.call(Json::object({{"cmd", command}}), timeout_ms);
}

// What is learned of agents (anomalies.h).
void anomaly_row(const Json& anomalies, std::vector<Check>& rows) {
  if (anomalies.has("problem"))
    rows.push_back({"anomalies", Health::warn, std::string(anomalies["problem"].text_or("")),
                    "what is usual is learned anew; see that " + std::string(anomalies["dir"].text_or("")) +
                        " can be written"});
  else if (anomalies["on"].bool_or(false))
    rows.push_back({"anomalies", Health::ok,
                    std::to_string(anomalies["files"].int_or(0)) + " repositories known, " +
                        std::to_string(anomalies["calls"].int_or(0)) + " calls learned",
                    ""});
  else
    rows.push_back({"anomalies", Health::ok, "switched off", ""});
}

// The program that reads prompts (planner.h); without settings there is none.
void planner_row(const Json& planner, std::vector<Check>& rows) {
  if (planner.has("problem")) {
    rows.push_back({"planner", Health::warn, "off: " + std::string(planner["problem"].text_or("")),
                    "mend or remove the file, then `weir reload`"});
    return;
  }
  if (!planner["on"].bool_or(false)) return;
  std::string detail = std::string(planner["program"].text_or("")) + ", " +
                       std::to_string(planner["used"].int_or(0)) + " of " +
                       std::to_string(planner["asked"].int_or(0)) + " prompts planned";
  const bool well = planner["well"].bool_or(true);
  if (const Json& last = planner["last_problem"]; !last.is_null())
    detail += "; last failed " + std::string(last["time"].text_or("").substr(0, 19)) +
              "Z: " + std::string(last["why"].text_or(""));
  rows.push_back({"planner", well ? Health::ok : Health::warn, std::move(detail),
                  well ? ""
                       : "its plans are missing and more is asked; if you changed the program, `weir "
                         "reload`, else try it by hand"});
}

void daemon_rows(const os::Places& places, std::vector<Check>& rows) {
  const auto status = ask(places, "status", kAnswerMs);
  if (!status) {
    rows.push_back({"daemon", Health::fail, status.error().message(),
                    "start it: `systemctl --user start weir`, or `weir daemon` in a terminal"});
    return;
  }
  rows.push_back({"daemon", Health::ok,
                  "on since " + std::string((*status)["since"].text_or("")) + ", isolation " +
                      std::string((*status)["isolation"].text_or("")),
                  ""});
  if ((*status)["mode"].text_or("") == "observe")
    rows.push_back({"mode", Health::warn, "observe: calls are recorded and none is refused",
                    "restart the daemon without --mode observe"});
  if ((*status)["stopped_all"].bool_or(false))
    rows.push_back({"stopped", Health::warn, "all sessions are stopped", "weir resume --all"});
  anomaly_row((*status)["anomalies"], rows);
  planner_row((*status)["planner"], rows);
}

// Mine, of that kind, and nobody else gets in.
Check private_thing(std::string name, const std::string& path, os::FileInfo::Kind kind, std::string missing) {
  const auto info = os::file_info(path);
  if (!info) return {std::move(name), Health::fail, path + " is not there", std::move(missing)};
  if (info->kind != kind)
    return {std::move(name), Health::fail, path + " is of another kind than Weir makes",
            "remove it and restart the daemon"};
  if (info->uid != ::geteuid())
    return {std::move(name), Health::fail, path + " belongs to uid " + std::to_string(info->uid),
            "remove it and restart the daemon"};
  if ((info->mode & 077) != 0)
    return {std::move(name), Health::fail, path + " is open to others (mode " + octal(info->mode) + ")",
            "chmod go-rwx " + path};
  return {std::move(name), Health::ok, path + ", mode " + octal(info->mode), ""};
}

void private_rows(const os::Places& places, std::vector<Check>& rows) {
  using Kind = os::FileInfo::Kind;
  const char* start = "start the daemon: it makes it";
  rows.push_back(private_thing("state directory", places.state, Kind::dir, start));
  rows.push_back(private_thing("event socket", places.event_socket(), Kind::socket, start));
  rows.push_back(private_thing("control socket", places.control_socket(), Kind::socket, start));
  rows.push_back(private_thing("answer key", places.keys_dir() + "/hook.key", Kind::file, start));
  rows.push_back(private_thing("ledger key", places.keys_dir() + "/ledger.key", Kind::file, start));
  const bool pin = PinStore(places.keys_dir() + "/pin").is_set();
  rows.push_back(
      pin ? Check{"approval PIN", Health::ok, "set", ""}
          : Check{"approval PIN", Health::warn, "none is set: held calls cannot be approved", "weir pin"});
}

void record_rows(const os::Places& places, std::vector<Check>& rows) {
  store::Options options = store::options_at(places);
  options.read_only = true;
  if (const auto store = store::Store::open(options); !store)
    rows.push_back({"store", Health::fail, store.error().message(), "weir store check"});
  else
    rows.push_back({"store", Health::ok, "opens; `weir store check` reads every record", ""});
  const Json ledger = ledger_now(places);
  if (ledger.has("problem"))
    rows.push_back(
        {"ledger", Health::fail, std::string(ledger["problem"].text_or("")), "weir ledger verify"});
  else
    rows.push_back({"ledger", Health::ok,
                    "checkpoint of " + std::to_string(ledger["size"].int_or(0)) +
                        " entries is signed; `weir ledger verify` checks every one",
                    ""});
}

// An ELF file without an interpreter needs no shared library that somebody could put before the right one
// (System V ABI, program header PT_INTERP = 3). Only 64-bit little-endian: what Weir is built for.
bool is_static_elf(std::string_view file) {
  const auto number = [&](std::size_t at, std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes && at + i < file.size(); ++i)
      value |= std::uint64_t{static_cast<unsigned char>(file[at + i])} << (8 * i);
    return value;
  };
  if (!file.starts_with("\x7f"
                        "ELF\x02\x01"))
    return false;
  const std::uint64_t headers_at = number(0x20, 8);
  const std::uint64_t header_bytes = number(0x36, 2);
  const std::uint64_t count = number(0x38, 2);
  if (headers_at > file.size() || count * header_bytes > file.size() - headers_at) return false;
  for (std::uint64_t i = 0; i < count; ++i)
    if (number(headers_at + i * header_bytes, 4) == 3) return false;
  return true;
}

void shim_row(std::vector<Check>& rows) {
  const std::string path = shim_path();
  const auto digest = setup::check_shim(path, setup::Scope::user);
  if (!digest) {
    rows.push_back({"shim", Health::fail, digest.error().message(), "reinstall Weir"});
    return;
  }
  const auto bytes = os::read_file(os::resolve_path(path), kShimBytesMax);
  if (!bytes || !is_static_elf(*bytes))
    rows.push_back({"shim", Health::warn, path + " needs shared libraries, which its caller chooses",
                    "install the static weir-hook of the package"});
  else
    rows.push_back({"shim", Health::ok, path + ", static, " + digest->substr(0, 19), ""});
}

// Probed now; without a daemon the settings alone are looked at.
void path_rows(const os::Places& places, std::vector<Check>& rows) {
  const auto probed = ask(places, "probe", kProbeAnswerMs);
  if (probed && (*probed)["paths"].is_array()) {
    for (const auto& path : (*probed)["paths"].as_array()) {
      const bool refused = path["refused"].bool_or(false);
      const bool agent = path["level"].text_or("") == "agent";
      const std::string seen = agent ? "seen through the agent " + std::string(path["last_agent"].text_or(""))
                                     : "seen at the shim, not yet through the agent";
      rows.push_back({"path " + std::string(path["path"].text_or("")), refused ? Health::ok : Health::fail,
                      refused ? "refuses, " + seen : std::string(path["problem"].text_or("")),
                      refused ? "" : "mend what it says; then `weir init` again, or `weir doctor`"});
    }
    return;
  }
  for (const auto& path : probe_paths(places))
    rows.push_back({"path " + path.name, Health::fail,
                    path.problem.empty() ? "not probed: " + probed.error().message() : path.problem,
                    path.problem.empty() ? "start the daemon" : "weir init"});
}

}  // namespace

std::string_view name(Health health) {
  return health == Health::ok ? "ok" : health == Health::warn ? "warn" : "fail";
}

Json to_json(const Check& check) {
  return Json::object(
      {{"name", check.name}, {"health", name(check.health)}, {"detail", check.detail}, {"mend", check.mend}});
}

Json ledger_now(const os::Places& places) {
  const auto disk = ledger::real_disk();
  const auto published = ledger::read_published(*disk, places.ledger_dir(), std::nullopt);
  if (!published) return Json::object({{"problem", published.error().message()}});
  return Json::object({{"size", published->checkpoint.size},
                       {"root", to_base64(published->checkpoint.root)},
                       {"origin", published->checkpoint.origin}});
}

std::vector<Check> examine(const Examination& what) {
  std::vector<Check> rows;
  daemon_rows(what.places, rows);
  private_rows(what.places, rows);
  record_rows(what.places, rows);
  shim_row(rows);
  path_rows(what.places, rows);
  for (auto& row : examine_host(what))
    rows.push_back(std::move(row));
  return rows;
}

}  // namespace weir::daemon
