// The pod's name server. It answers from the policy alone and never asks another server, so no name can carry
// anything out: an allowed name has a synthetic address, every other name does not exist.
//
//   allowed name, A                 →  its synthetic address, 30 s
//   allowed name, any other type    →  no error, no record: clients go on with the A record
//   any other name                  →  NXDOMAIN, told as refused
//
// UDP (DnsUdp) and TCP (DnsTcp) of RFC 1035 and RFC 7766, at whatever address the program thought a server
// was.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/egress_policy.h"
#include "gateway/egress_record.h"
#include "gateway/poller.h"
#include "gateway/synthetic_names.h"
#include "os/fd.h"

namespace weir::gateway {

class EgressDns {
 public:
  // `named`: told of an address before it is answered; false: it must not be answered.
  using Named = std::function<bool(const IpAddress&, const std::string& host)>;
  EgressDns(const EgressPolicy& policy, SyntheticNames& names, std::function<void(const EgressEvent&)> tell,
            Named named = {})
      : policy_(policy), names_(names), tell_(std::move(tell)), named_(std::move(named)) {}

  // None: nothing is answered, since it is no question.
  std::optional<std::string> answer(std::string_view message);

 private:
  const EgressPolicy& policy_;
  SyntheticNames& names_;
  std::function<void(const EgressEvent&)> tell_;
  Named named_;
};

// A socket of datagrams. Answers leave from the address that was asked.
class DnsUdp final : public Watcher {
 public:
  static Result<DnsUdp> create(os::Fd socket, EgressDns& dns);
  int fd() const { return socket_.get(); }
  void ready(int fd, std::uint32_t events) override;

 private:
  DnsUdp(os::Fd socket, EgressDns& dns) : socket_(std::move(socket)), dns_(&dns) {}
  bool answer_one();

  os::Fd socket_;
  EgressDns* dns_;
};

// One connection: messages with their length before them.
class DnsTcp final : public Watcher {
 public:
  DnsTcp(os::Fd client, EgressDns& dns, Poller& poller);
  ~DnsTcp();
  DnsTcp(const DnsTcp&) = delete;
  DnsTcp& operator=(const DnsTcp&) = delete;

  void begin();
  void ready(int fd, std::uint32_t events) override;
  void tick(std::int64_t now_ms);
  bool done() const { return !client_; }

 private:
  bool answer_waiting();
  void end();

  os::Fd client_;
  EgressDns& dns_;
  Poller& poller_;
  std::string in_;
  std::string out_;
  std::int64_t deadline_ms_ = 0;
};

}  // namespace weir::gateway
