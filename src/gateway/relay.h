// Bytes between a client and a server, with a gate before what the client sends and a budget on both ways.
//
//   Relay relay({.client = client.get(), .server = server.get(), .gate = StreamGate(...), ...});
//   switch (relay.pump()) …                       // whenever one of the two is ready
//   poller.watch(client, relay.client_events(), …)
//
// Non-blocking sockets. Each direction holds at most kRelayBufferBytes and then reads no more, so a slow
// reader slows its writer. When one side has sent its last byte, the other is told so and may go on
// (half-close).
#pragma once

#include <cstdint>
#include <string>

#include "gateway/conduit.h"
#include "gateway/egress_budget.h"
#include "gateway/stream_gate.h"

namespace weir::gateway {

class Relay final : public Conduit {
 public:
  struct Setup {
    int client = -1;
    int server = -1;
    StreamGate gate;
    const EgressRule& rule;
    EgressBudget& budget;
    std::string first;   // to the server before anything else: a head that was read and rewritten
    std::string unread;  // what the client has sent behind it
    std::string answer;  // to the client before anything else
  };

  explicit Relay(Setup setup);

  State pump() override;
  const StreamGate::Step& refusal() const override { return refusal_; }
  const std::string& unread() const override { return down_; }
  std::uint32_t client_events() const override;
  std::uint32_t server_events() const override;
  std::uint64_t sent() const override { return sent_; }
  std::uint64_t received() const override { return received_; }
  bool half_closed() const override { return client_ended_ || server_ended_; }
  bool inside_message() const override { return setup_.gate.inside_message(up_.size() > passed_); }
  bool owes_server() const override { return !client_ended_ || passed_ > 0; }
  bool moved() override;

 private:
  State read_client();
  State ask_gate();
  State write_server();
  State read_server();
  State write_client();
  State pass_on_ends();

  Setup setup_;
  std::string up_;          // from the client
  std::size_t passed_ = 0;  // at its front: may go to the server
  std::string down_;        // from the server
  bool client_ended_ = false;
  bool server_ended_ = false;
  bool server_told_ = false;  // that the client has ended
  bool client_told_ = false;
  bool gate_listens_ = true;
  bool moved_ = false;
  bool moved_since_asked_ = true;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  StreamGate::Step refusal_;
};

}  // namespace weir::gateway
