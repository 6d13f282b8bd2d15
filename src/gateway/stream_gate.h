// What a client may send on one connection. The destination is decided before; the gate looks at the bytes
// and holds them back until the name that they say is the name that was allowed, for as long as names can be
// seen.
//
//   StreamGate gate({.host = host, .port = 443, .any_protocol = false});
//   const auto step = gate.up(waiting);            // what the client sent and nobody has got yet
//   if (step.refused) … step.answer goes to the client, the connection ends
//   else the first step.pass bytes go to the server
//   gate.down(first_bytes_of_the_server);          // some decisions wait for what it says
//
// TLS: the ClientHello must say the name, be alone, and hide nothing; after a HelloRetryRequest the second
// one is asked the same. What follows is encrypted and passes: a Host or :authority inside it is not seen
// ("SNI only"). HTTP/1: the Host, and the host of an absolute target, of every request; bodies are measured
// so that no request hides in one. Of upgrades only "websocket" as the first request, and only when the
// server agrees at once. Anything else passes where the rule says so (any_protocol); HTTP/2 without TLS
// never.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/egress_policy.h"
#include "http/chunks.h"
#include "http/request_head.h"

namespace weir::gateway {

class StreamGate {
 public:
  struct Expected {
    Host host;
    std::uint16_t port = 0;
    bool any_protocol = false;
    bool inside_tls = false;  // the requests come out of a connection whose TLS the proxy has ended
    bool unseen = false;      // nothing is looked at: an endpoint of the host's loopback that was mapped in
  };
  struct Step {
    std::size_t pass = 0;
    std::optional<Refusal> refused;
    std::string says;    // the other name, or what was wrong; hostile bytes
    std::string answer;  // for the client, in its protocol; may be empty
  };

  explicit StreamGate(Expected expected);
  // A request whose head was read, checked and sent already: its body and nothing after it (a plain HTTP
  // proxy closes after each answer).
  static StreamGate body_only(Expected expected, http::BodyFraming framing);

  // `waiting` begins where the bytes that passed before ended. No byte passes that was not decided on.
  Step up(std::string_view waiting);
  // What the server sends, in order, until it answers false: then it need not be told any more.
  bool down(std::string_view bytes);

  bool open() const { return part_ == Part::open; }  // everything passes from now on
  // Nothing is decided before the server has said something.
  bool waits_for_server() const { return part_ == Part::server_hello || part_ == Part::upgrade; }
  // The client has limited time for what it is sending: a first message, the head of a request.
  bool inside_message(bool bytes_waiting) const;

 private:
  enum class Part {
    start,         // nothing seen
    server_hello,  // ClientHello sent; the server's first bytes decide
    second_hello,  // the server wants another one
    head,          // of a request
    body,          // bytes of a known number
    chunks,
    upgrade,   // asked for websocket; the server's status decides
    finished,  // nothing more may come
    open
  };
  Step start(std::string_view waiting);
  Step hello(std::string_view waiting, Part next);
  Step second_hello(std::string_view waiting);
  Step head(std::string_view waiting);
  Step body(std::string_view waiting);
  Step chunks(std::string_view waiting);
  void begin_body(http::BodyFraming framing);

  Expected expected_;
  Part part_ = Part::start;
  std::uint64_t body_left_ = 0;
  http::ChunkReader chunk_reader_;
  bool first_request_ = true;
  bool single_ = false;
  std::string server_start_;
};

// Does a request go where it is expected to, and is it one that stays what it is? None: yes. `may_upgrade`:
// it is the first one of its connection.
std::optional<StreamGate::Step> check_request(const http::RequestHead& head,
                                              const StreamGate::Expected& expected, bool may_upgrade);

// "HTTP/1.1 403 Forbidden" with a text that tells a person what to do, closing the connection.
std::string http_refusal(int status, std::string_view text);

}  // namespace weir::gateway
