// What the control socket understands: one JSON object a line in, one a line out (docs/formats/control.md).
//
//   {"cmd":"status"} {"cmd":"held"} {"cmd":"approve","id":…,"pin":…} {"cmd":"deny","id":…,"pin":…}
//   {"cmd":"stop","session":…|"all":true,"pin"?} {"cmd":"resume",…,"pin":…} {"cmd":"reload"}
//   {"cmd":"carried"} lists files that carry labels, {"cmd":"vouch","path":…,"pin":…} takes one off
//   {"cmd":"mcp","do":"list"|"show"|"approve"|"forget",…} tool servers and their pins (control_mcp.cc)
//   {"cmd":"pin","new":…,"old"?} {"cmd":"erase","session":…,"pin":…} → {"ok","root","erased"}
//   {"cmd":"run",…} registers a guarded run for as long as its connection lives, and streams its decisions,
//   sessions and stops; {"cmd":"call",…} {"cmd":"effect",…} {"cmd":"breach",…} {"cmd":"ended",…} belong to
//   it.
//   {"cmd":"follow"} streams all decisions. {"cmd":"probe"} probes now; {"cmd":"live","path","version",
//   "refused","detail"} records what `weir doctor --live` saw; {"cmd":"pod","what","facts"} what was
//   committed from a pod or discarded.
//
// Errors come as {"error":{"code","what","where","hint"}}. Peers whose ancestry reaches a guarded agent may
// ask for `status` and nothing else.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "daemon/engine.h"
#include "daemon/keys.h"
#include "daemon/pack_loader.h"
#include "daemon/probes.h"
#include "daemon/runs.h"
#include "net/local_server.h"

namespace weir::daemon {

class Control {
 public:
  struct Parts {
    Engine& engine;
    Runs& runs;
    Probes& probes;
    Committer& committer;
    PinStore& pin;
    PackOptions pack;
    os::Places places;
    std::int64_t started_ns = 0;  // wall
    std::string isolation;
    bool observe = false;
    os::Log log;
  };

  Control(Parts parts, net::LocalServer& server);
  ~Control();

  void on_line(const net::Message& message);
  void on_close(net::ConnectionId connection);

 private:
  using Reply = std::function<void(Result<Json>)>;
  void dispatch(const std::string& command, const Json& request, const net::Message& message,
                const Reply& reply);
  void answer_held(const Json& request, const net::Message& message, bool yes, const Reply& reply);
  void stop_or_resume(const Json& request, bool stop, const Reply& reply);
  // Tells the launchers of the runs that are meant; how many.
  std::size_t stop_runs(const std::string& session, const std::string& reason);
  void erase(const Json& request, const Reply& reply);
  void tool_servers(const Json& request, const net::Message& message, const Reply& reply);
  void vouch(const Json& request, const net::Message& message, const Reply& reply);
  Result<Json> change_pin(const Json& request);
  Result<Json> reload();
  void register_run(const Json& request, const net::Message& message, const Reply& reply);
  // Facts of a registered run for the ledger: a broken shield, the end.
  void record_of_run(std::string_view what, const Json& request, const net::Message& message,
                     const Reply& reply);
  void seen_effect(const Json& request, const net::Message& message, const Reply& reply);
  void seen_holds(const Json& request, const net::Message& message, const Reply& reply);
  void seen_call(const Json& request, const Reply& reply);
  // On a thread of its own: the shims that it starts are answered by the loop that called us.
  void probe_now(const Reply& reply);
  void seen_live(const Json& request, const Reply& reply);
  void done_by_person(const std::string& subject, const Json& request, const Reply& reply);
  Json status() const;
  Json held() const;
  void publish(const Notice& notice);
  // `done` is told when it is durable.
  Status record(std::string_view what, const Json& facts, std::function<void(const Status&)> done = {});

  Parts parts_;
  net::LocalServer& server_;
  std::mutex mutex_;
  std::set<net::ConnectionId> followers_;
  std::atomic<bool> probing_{false};
  std::thread prober_;  // used by the loop's thread only
};

}  // namespace weir::daemon
