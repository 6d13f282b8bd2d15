// What the egress proxy of a supervised pod knows of connections: which ones the supervisor made, who waits
// to be made known, and what was asked.
//
//   if (auto call = supervision.take(source, destination)) …      // made known, and from now on this one
//   else supervision.wait(connection_id, source, destination);    // it may be told a moment later
//   for (const auto& news : supervision.hear()) …                 // whom it concerns
//
// A connection is recognised by both its ends: a program that connects by itself, in whatever way, has an end
// that nobody made known, or goes where it was allowed to go.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gateway/egress_link.h"

namespace weir::gateway {

class EgressSupervision {
 public:
  // To the connection with this id.
  struct News {
    std::uint64_t id = 0;
    std::optional<std::uint64_t> call;  // it was made for this call
    std::optional<bool> allowed;        // what it asked for
  };

  explicit EgressSupervision(EgressLink& link) : link_(link) {}

  std::optional<std::uint64_t> take(const SocketEnd& source, const SocketEnd& destination);
  void wait(std::uint64_t id, const SocketEnd& source, const SocketEnd& destination);
  // Answered by News. False: nobody is there to answer.
  bool ask(std::uint64_t id, std::uint64_t call, bool socks, const std::string& host, std::uint16_t port);
  // The connection is over; `call` 0: it was never made known.
  void ended(std::uint64_t id, std::uint64_t call);
  // False: it cannot be told now, so nobody shall learn the address.
  bool named(const IpAddress& address, const std::string& host);

  std::vector<News> hear();
  void tick(std::int64_t now_ms);  // registrations that nobody came for are forgotten
  bool gone() const { return link_.gone(); }

 private:
  using Ends = std::pair<SocketEnd, SocketEnd>;
  struct Registration {
    std::uint64_t call = 0;
    std::int64_t until_ms = 0;
  };
  void add(const LinkMessage& message, std::vector<News>& news);

  EgressLink& link_;
  std::map<Ends, Registration> registered_;
  std::map<Ends, std::uint64_t> waiting_;             // connections
  std::map<std::uint64_t, std::uint64_t> questions_;  // and the connection that waits for the answer
  std::set<std::string> told_;                        // names
  std::uint64_t next_question_ = 1;
};

}  // namespace weir::gateway
