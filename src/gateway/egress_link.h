// What the supervisor of a pod and its egress proxy tell each other, over one socket pair of whole messages
// (base/wire.h). For a pod that is supervised nothing goes out that the supervisor has not made known.
//
//   supervisor → proxy   registered  this connection I made myself, for this call
//                        answer      to a question
//   proxy → supervisor   named       this address will stand for this name; sent before anybody learns it
//                        asked       on the connection of this call a program asks for this host
//                        ended       the connection of this call is over
//
//   EgressLink link(std::move(fd));
//   link.send({.kind = LinkMessage::Kind::ended, .call = 7});
//   while (auto message = link.receive()) …
//
// Nothing waits: what finds no room in the socket waits in a queue, and above kLinkQueueMax is refused.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "gateway/ip_address.h"
#include "os/fd.h"

namespace weir::gateway {

// One end of a connection.
struct SocketEnd {
  IpAddress address;
  std::uint16_t port = 0;
  auto operator<=>(const SocketEnd&) const = default;
};

// Of its fields each kind uses those it needs, the others stay empty.
struct LinkMessage {
  enum class Kind { registered, answer, named, asked, ended };
  Kind kind = Kind::ended;
  std::uint64_t call = 0;
  std::uint64_t question = 0;
  bool allowed = false;
  bool socks = false;     // asked: by SOCKS5, else of the HTTP proxy
  SocketEnd source;       // registered
  SocketEnd destination;  // registered; named: the address; asked: the port
  std::string host;       // canonical
  bool operator==(const LinkMessage&) const = default;
};

std::string encode(const LinkMessage& message);
// Error `corrupt` for what encode() does not make, hosts that are not canonical among it.
Result<LinkMessage> decode_link_message(std::string_view bytes);

class EgressLink {
 public:
  explicit EgressLink(os::Fd fd) : fd_(std::move(fd)) {}
  static Result<std::pair<os::Fd, os::Fd>> make_ends();

  int fd() const { return fd_.get(); }
  // False: the other side is gone, or has not listened for very long.
  bool send(const LinkMessage& message);
  // None: nothing now. A message that cannot be read ends the link.
  std::optional<LinkMessage> receive();
  void flush();
  bool gone() const { return gone_; }

 private:
  os::Fd fd_;
  std::deque<std::string> waiting_;
  bool gone_ = false;
};

}  // namespace weir::gateway
