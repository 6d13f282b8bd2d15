// A connection to a host whose requests are looked at: TLS ends here on both sides, or there is none, and
// between the two stands HttpInspection.
//
//   InspectedRelay relay({.client = fd, .server = fd, .http = {...}, .tls = tls, ...});
//   switch (relay.pump()) …          // as Relay
//
// The client's first bytes decide: TLS, whose ClientHello must say the name as everywhere (StreamGate), or
// HTTP/1; nothing else. What is refused inside is answered inside. Nothing is sent to a server whose
// certificate was not verified. Each direction holds at most kRelayBufferBytes and an answer's head.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "gateway/conduit.h"
#include "gateway/egress_budget.h"
#include "gateway/http_inspection.h"
#include "gateway/tls_stream.h"

namespace weir::gateway {

class InspectedRelay final : public Conduit {
 public:
  struct Setup {
    int client = -1;
    int server = -1;
    HttpInspection::Setup http;
    TlsContexts& tls;
    EgressBudget& budget;
    std::string unread;  // what the client has sent already
    std::string answer;  // to the client before anything else
    std::function<void(Refusal, std::string)> refused;
    std::function<void(std::string)> failed;
  };

  explicit InspectedRelay(Setup setup);

  State pump() override;
  const StreamGate::Step& refusal() const override { return refusal_; }
  const std::string& unread() const override { return setup_.answer; }
  std::uint32_t client_events() const override;
  std::uint32_t server_events() const override;
  std::uint64_t sent() const override { return sent_; }
  std::uint64_t received() const override { return received_; }
  bool half_closed() const override { return client_ended_ || server_ended_ || answering_; }
  bool inside_message() const override;
  bool owes_server() const override { return !answering_ && (!client_ended_ || !to_server_.empty()); }
  bool moved() override;

 private:
  State start();
  State begin(bool tls);
  State round();
  State read_client();
  State write_server();
  State read_server();
  State server_failed();
  State write_client();
  State finish_answering();
  void refuse_inside(HttpInspection::Step step);
  bool can_answer() const;
  bool closed_between_requests() const;

  Setup setup_;
  StreamGate gate_;
  StreamGate::Step refusal_;
  std::optional<TlsStream> client_;
  std::optional<TlsStream> server_;
  std::optional<HttpInspection> http_;
  std::string from_client_, to_server_, from_server_, to_client_;
  bool client_ended_ = false;
  bool server_ended_ = false;
  bool answering_ = false;  // refused: the client is told, and nothing else happens
  bool again_ = false;      // there was more to move than one pump() may
  bool moved_ = false;
  bool moved_since_asked_ = true;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
};

}  // namespace weir::gateway
