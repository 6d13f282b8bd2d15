#include "daemon/daemon.h"

#include <unistd.h>

#include <condition_variable>
#include <thread>

#include "base/hash.h"
#include "base/time_text.h"
#include "daemon/control.h"
#include "daemon/engine.h"
#include "daemon/keys.h"
#include "daemon/pack_loader.h"
#include "daemon/pattern_files.h"
#include "daemon/probe_paths.h"
#include "daemon/probes.h"
#include "daemon/proofs.h"
#include "daemon/records.h"
#include "ledger/key.h"
#include "ledger/log.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/process.h"
#include "store/indexer.h"
#include "store/sqlite_query.h"

namespace weir::daemon {
namespace {

constexpr int kIndexWaitMs = 10'000;  // for the index to catch up at start; rebuilt state needs it

// This program's own digest, so that a Decision says which build made it.
std::string build_digest() {
  constexpr std::size_t kBytesMax = 512 * limits::kMiB;
  const auto bytes = os::read_file("/proc/self/exe", kBytesMax);
  return bytes ? digest_text(sha256(*bytes)) : std::string();
}

Status make_places(const os::Places& places) {
  for (const auto& dir : {places.state, places.runtime, places.event_dir(), places.store_dir(),
                          places.ledger_dir(), places.keys_dir()})
    TRY_STATUS(os::make_dirs(dir, 0700));
  return {};
}

// weir.sock -> event/event.sock: the name that scripts know.
void link_socket(const os::Places& places) {
  ::unlink(places.socket_link().c_str());
  (void)!::symlink("event/event.sock", places.socket_link().c_str());
}

}  // namespace

struct Daemon::Parts : net::LocalServer::Handler {
  DaemonOptions options;
  std::int64_t started_ns = os::wall_ns();
  HookKey key;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<store::Indexer> indexer;
  std::unique_ptr<store::SqliteQuery> query;
  std::unique_ptr<ledger::Log> ledger;
  std::unique_ptr<Committer> committer;
  Runs runs;
  std::unique_ptr<PinStore> pin;
  std::unique_ptr<Probes> probes;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<net::LocalServer> server;
  std::unique_ptr<Control> control;
  std::mutex probe_mutex;
  std::condition_variable probe_wake;
  bool stopping = false;

  void on_message(net::Message message) override {
    if (message.socket == options.places.control_socket())
      control->on_line(message);
    else
      on_hook(std::move(message));
  }
  void on_close(net::ConnectionId connection) override { control->on_close(connection); }

  void on_hook(net::Message message) {
    auto request = net::parse_request(message.bytes);
    if (!request) {
      server->send(message.connection, "", net::AfterSend::close);
      return;
    }
    // The answer is signed over the request's bytes: they are kept until then, the payload goes to the
    // engine.
    auto body = std::make_shared<std::string>(std::move(message.bytes));
    const auto connection = message.connection;
    engine->handle(
        {request->agent, request->event, std::move(request->payload), message.peer, message.received_ns},
        [this, body, connection](const ingest::HookAnswer& answer) {
          const net::HookReply reply{answer.exit_code, answer.out, answer.err};
          server->send(
              connection,
              net::frame(net::FrameType::hook_answer, net::answer_body(reply, *body, key.secret.bytes)),
              net::AfterSend::close);
        });
  }

  Status record(std::string_view what, const Json& facts) {
    auto outcome = std::make_shared<Status>();
    std::mutex mutex;
    std::condition_variable ready;
    bool done = false;
    Commit commit;
    commit.entries.push_back(system_entry(what, os::wall_ns(), facts));
    commit.done = [&, outcome](const Status& status) {
      const std::lock_guard lock(mutex);
      *outcome = status;
      done = true;
      ready.notify_one();
    };
    committer->submit(std::move(commit));
    std::unique_lock lock(mutex);
    ready.wait(lock, [&] { return done; });
    return *outcome;
  }

  void probe_loop() {
    while (true) {
      (void)probes->run_now();
      std::unique_lock lock(probe_mutex);
      probe_wake.wait_for(lock, std::chrono::seconds(options.probe_interval_s), [this] { return stopping; });
      if (stopping) return;
    }
  }

  void note_probe(const ProbeResult& result, const std::string& agent_level) {
    engine->set_verified(result.path.agent, agent_level);
    Commit commit;
    commit.urgent = false;
    commit.entries.push_back(system_entry("probe", os::wall_ns(),
                                          Json::object({{"path", result.path.name},
                                                        {"agent", result.path.agent},
                                                        {"refused", result.refused},
                                                        {"level", result.level}})));
    committer->submit(std::move(commit));
  }
};

Daemon::Daemon(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Daemon::~Daemon() = default;

static std::string patterns_of(const DaemonOptions& options) {
  return options.patterns_dir.empty() ? patterns_dir(options.places.state) : options.patterns_dir;
}

Result<std::unique_ptr<Daemon>> Daemon::start(const DaemonOptions& options) {
  os::harden_self();
  auto parts = std::make_unique<Parts>();
  Parts& p = *parts;
  p.options = options;
  const os::Places& places = options.places;
  TRY_STATUS(make_places(places));
  TRY(p.store, store::Store::open(store::options_at(places)));
  TRY(p.key, load_or_create_hook_key(places));
  TRY(auto signer, ledger::load_or_create_key(places.keys_dir() + "/ledger.key", os::host_name()));
  TRY(auto ledger, ledger::Log::open(places.ledger_dir(), std::move(signer)));
  p.ledger = std::make_unique<ledger::Log>(std::move(ledger));
  TRY_STATUS(Committer::catch_up(*p.store, *p.ledger));
  p.indexer = std::make_unique<store::Indexer>(*p.store);
  if (!p.indexer->wait_for(p.store->end(), kIndexWaitMs))
    options.log.warn("the index is behind; sessions from before the start begin with empty budgets");
  p.query = std::make_unique<store::SqliteQuery>(*p.store);
  p.store->use_locator(p.query.get());
  os::keep_large_blocks_apart();
  PackOptions pack_options = installed_packs(places.config);
  pack_options.proofs_dir = proofs_dir(places.state);
  pack_options.detectors = true;
  pack_options.patterns_dir = patterns_of(options);
  TRY(auto pack, load_pack(pack_options));
  p.committer = std::make_unique<Committer>(*p.store, *p.ledger, options.log);
  p.pin = std::make_unique<PinStore>(places.keys_dir() + "/pin");
  p.engine = std::make_unique<Engine>(
      *p.store, *p.query, *p.committer, p.runs, pack,
      EngineOptions{.home = places.home,
                    .host = os::host_name(),
                    .user = os::user_name(),
                    .boot = os::boot_id(),
                    .build = build_digest(),
                    .observe = options.observe,
                    .isolation = options.isolation,
                    .weir_state = places.state,
                    .weir_config = places.config,
                    .stop_file = places.state + "/stopped",
                    .carried_file = places.state + "/flow/carried.jsonl",
                    .anomalies = {.dir = places.state + "/anomaly",
                                  .alerts_per_day = options.alerts_per_day,
                                  .save_interval_s = options.learned_interval_s},
                    .await_index = [&p] { return p.indexer->wait_for(p.store->end(), kIndexWaitMs); }},
      options.log);
  p.probes = std::make_unique<Probes>(
      ProbeOptions{.state_file = places.state + "/probes.json", .observe = options.observe},
      [places] { return probe_paths(places); },
      [&p](const ProbeResult& result, const std::string& level) { p.note_probe(result, level); },
      options.log);
  p.server = std::make_unique<net::LocalServer>(p);
  p.control = std::make_unique<Control>(
      Control::Parts{*p.engine, p.runs, *p.probes, *p.committer, *p.pin, pack_options, places, p.started_ns,
                     options.isolation, options.observe, options.log},
      *p.server);
  TRY_STATUS(p.server->listen({.path = places.control_socket(),
                               .framing = net::Framing::lines,
                               .message_bytes_max = limits::kMiB,
                               .connections_max = 128,
                               .idle_timeout_ms = 0}));
  TRY_STATUS(p.server->listen({.path = places.event_socket(),
                               .framing = net::Framing::frames,
                               .message_bytes_max = limits::kHookPayloadBytesMax + 1024,
                               .connections_max = limits::kConnectionsMax,
                               .idle_timeout_ms = 60'000}));
  link_socket(places);
  Json facts = activation_facts(*pack, pack_options.proofs_dir);
  facts.set("isolation", options.isolation).set("cut_tail", p.store->cut().has_value());
  TRY_STATUS(p.record("daemon.started", facts));
  return std::unique_ptr<Daemon>(new Daemon(std::move(parts)));
}

Status Daemon::run() {
  Parts& p = *parts_;
  std::thread probing;
  if (p.options.probes) probing = std::thread([&p] { p.probe_loop(); });
  p.options.log.info("weir is on", {{"socket", p.options.places.event_socket()}});
  p.server->run();
  {
    const std::lock_guard lock(p.probe_mutex);
    p.stopping = true;
  }
  p.probe_wake.notify_all();
  if (probing.joinable()) probing.join();
  p.engine->end_planning();
  p.engine->drain();
  (void)p.record("daemon.stopped", Json::object());
  const Status status = p.committer->finish();
  p.engine->keep_learned();
  ::unlink(p.options.places.socket_link().c_str());
  p.options.log.info("weir is off");
  return status;
}

void Daemon::stop() {
  parts_->server->stop();
}

}  // namespace weir::daemon
