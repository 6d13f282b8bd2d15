// One connection of a program in the pod, from its acceptance to its end: where does it want to go, may it,
// which address is that, and then bytes through a Relay.
//
//   whose        of a supervised pod: only what the supervisor made itself (egress_supervision.h)
//   where to     transparent: the address that was dialled · proxy: CONNECT or a URL · socks: the request
//   may it       EgressPolicy::find; of a supervised pod, when a proxy was asked, also the supervisor
//   which one    a name is resolved now, every address is checked, and what was checked is what is dialled
//                behind a company's proxy that one is dialled and asked for it (upstream_proxy.h)
//   then         StreamGate and EgressBudget inside of a Relay, or an InspectedRelay where requests are
//   looked at
//
// Refusals are told to the client in its own protocol where it has one: an HTTP status, a SOCKS reply, a TLS
// alert; else the connection is reset, so that programs fail at once.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/conduit.h"
#include "gateway/credential_set.h"
#include "gateway/egress_budget.h"
#include "gateway/egress_policy.h"
#include "gateway/egress_record.h"
#include "gateway/egress_supervision.h"
#include "gateway/poller.h"
#include "gateway/resolver.h"
#include "gateway/synthetic_names.h"
#include "gateway/tls_stream.h"
#include "os/fd.h"

namespace weir::gateway {

// What all connections of a run share.
struct EgressServices {
  const EgressPolicy& policy;
  Poller& poller;
  Resolver& resolver;
  SyntheticNames& names;
  EgressBudget& budget;
  std::function<void(const EgressEvent&)> tell;
  std::function<bool(const IpAddress&)> is_own;
  EgressSupervision* supervision = nullptr;  // null: the pod is not supervised
  std::vector<std::uint64_t> ended;          // ids of connections that are done
  CredentialSet* credentials = nullptr;      // where `tls` is there, this is, too
  TlsContexts* tls = nullptr;                // null: nothing is looked at inside TLS
};

// Is it an address of this machine? Asks the kernel from where it would send to it; sends nothing.
bool is_own_address(const IpAddress& address);

class EgressConnection final : public Watcher {
 public:
  enum class Front { transparent, proxy, socks };

  // `client` does not block. Call begin() next.
  EgressConnection(std::uint64_t id, os::Fd client, Front front, EgressServices& services);
  ~EgressConnection();
  EgressConnection(const EgressConnection&) = delete;
  EgressConnection& operator=(const EgressConnection&) = delete;

  void begin();
  void ready(int fd, std::uint32_t events) override;
  void resolved(const Result<std::vector<IpAddress>>& addresses);
  void registered(std::uint64_t call);  // the supervisor made it, for this call
  void agreed(bool allowed);            // the supervisor's answer
  void tick(std::int64_t now_ms);       // time has passed: about once a second

  bool done() const { return phase_ == Phase::done; }
  // Bytes of the client are, or may be, still on their way to a server.
  bool owes_server() const {
    return phase_ == Phase::resolving || phase_ == Phase::connecting || phase_ == Phase::tunnelling ||
           (phase_ == Phase::relaying && relay_->owes_server());
  }

 private:
  enum class Phase {
    registering,
    request,
    asking,
    resolving,
    connecting,
    tunnelling,  // the upstream proxy is asked
    relaying,
    answering,
    done
  };

  void await_registration();
  void proceed();
  bool client_has_gone() const;
  void resolve();
  void read_request();
  void read_proxy();
  void read_socks();
  void go(Host host, std::uint16_t port);
  void dial_next();
  void dialled();
  void open_tunnel();
  void read_tunnel();
  void connected();
  bool is_inspected() const;
  std::unique_ptr<Conduit> relay(std::string answer);
  std::unique_ptr<Conduit> inspected_relay(std::string answer);
  void pump();

  void refuse(Refusal why, std::string detail, const std::string& answer = {});
  void refuse_gate();
  void fail_with(std::string why, int http_status);
  void answer_and_end(std::string bytes);
  void flush_answer();
  void end(bool reset);
  void tell(EgressEvent event);
  std::string refusal_answer(Refusal why, std::string_view detail) const;
  void wait_for(int fd, std::uint32_t events);
  void set_deadline(std::int64_t after_ms);

  std::uint64_t id_;
  os::Fd client_;
  os::Fd server_;
  Front front_;
  EgressServices& services_;
  Phase phase_ = Phase::request;
  std::int64_t deadline_ms_ = 0;
  std::uint64_t call_ = 0;  // of the supervisor, whose connection this is; 0: not known

  std::string in_;        // what the client has sent before the relay takes over
  bool greeted_ = false;  // SOCKS
  Host host_;
  std::uint16_t port_ = 0;
  const EgressRule* rule_ = nullptr;
  const UpstreamProxy* via_ = nullptr;  // null: dialled directly
  std::string reply_;                   // of that proxy, as far as it has come
  std::string first_;                   // a rewritten head
  std::optional<http::BodyFraming> framing_;
  std::deque<IpAddress> candidates_;
  std::string address_;  // that is being dialled, or was
  std::unique_ptr<Conduit> relay_;
  std::string answer_;
};

}  // namespace weir::gateway
