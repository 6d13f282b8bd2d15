#include "gateway/egress_record.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/wire.h"
#include "gateway/gateway_limits.h"

namespace weir::gateway {
namespace {

constexpr std::size_t kTextBytesMax = 300;
constexpr std::size_t kAddressesShown = 4;
constexpr std::size_t kFactsShown = 32;  // entries of a ledger are small
constexpr std::size_t kWallsMax = 16;

// Valid and short, since it becomes JSON.
std::string bounded(std::string_view text) {
  return printable(text, kTextBytesMax);
}

void count(std::vector<EgressRecord::Refused>& list, const EgressEvent& event, std::string reason,
           std::uint64_t& not_listed) {
  const std::string host = bounded(event.host);
  const std::string detail = bounded(event.detail);
  for (auto& one : list)
    if (one.host == host && one.port == event.port && one.reason == reason && one.detail == detail) {
      ++one.times;
      return;
    }
  if (list.size() >= limits::kRecordEntriesMax) {
    ++not_listed;
    return;
  }
  list.push_back({host, event.port, std::move(reason), detail, 1});
}

Json refused_json(const std::vector<EgressRecord::Refused>& list) {
  Json out = Json::array();
  for (const auto& one : list)
    out.push(Json::object({{"host", one.host},
                           {"port", static_cast<std::int64_t>(one.port)},
                           {"reason", one.reason},
                           {"detail", one.detail},
                           {"times", one.times}}));
  return out;
}

Json used_json(const std::vector<EgressRecord::Used>& list) {
  Json out = Json::array();
  for (const auto& one : list)
    out.push(Json::object({{"credential", one.credential},
                           {"host", one.host},
                           {"port", static_cast<std::int64_t>(one.port)},
                           {"method", one.method},
                           {"path", one.path},
                           {"times", one.times},
                           {"first_ms", one.first_ms},
                           {"last_ms", one.last_ms}}));
  return out;
}

void write(WireWriter& out, const std::vector<EgressRecord::Refused>& list) {
  out.number(list.size());
  for (const auto& one : list)
    out.text(one.host).number(one.port).text(one.reason).text(one.detail).number(one.times);
}

void write(WireWriter& out, const std::vector<std::string>& list) {
  out.number(list.size());
  for (const auto& one : list)
    out.text(one);
}

std::uint16_t port_of(WireReader& in) {
  return static_cast<std::uint16_t>(std::min<std::uint64_t>(in.number(), 65535));
}

std::vector<EgressRecord::Refused> read_refused(WireReader& in) {
  std::vector<EgressRecord::Refused> list;
  for (std::size_t left = in.items(limits::kRecordEntriesMax); left > 0; --left) {
    auto& one = list.emplace_back();
    one.host = bounded(in.text());
    one.port = port_of(in);
    one.reason = bounded(in.text());
    one.detail = bounded(in.text());
    one.times = in.number();
  }
  return list;
}

std::vector<std::string> read_texts(WireReader& in, std::size_t items_max) {
  std::vector<std::string> list;
  for (std::size_t left = in.items(items_max); left > 0; --left)
    list.push_back(bounded(in.text()));
  return list;
}

std::string place(const std::string& host, std::uint16_t port) {
  const std::string shown = host.contains(':') ? "[" + host + "]" : host;
  return port == 0 ? shown : shown + ":" + std::to_string(port);
}

// "--allow HOST" with the port where the default ones do not hold it.
std::string how_to_allow(const std::string& host, std::uint16_t port) {
  const bool usual = port == 0 || port == 80 || port == 443;
  return "to allow it: --allow " + place(host, usual ? 0 : port);
}

std::string counted(const EgressRecord::Refused& one) {
  return one.times > 1 ? " (" + std::to_string(one.times) + " times)" : "";
}

template <class Line>
std::vector<std::string> lines_of(const std::vector<EgressRecord::Refused>& list, std::size_t lines_max,
                                  Line line) {
  std::vector<std::string> lines;
  // Where not all have room, the last line is for the number of the others.
  const std::size_t shown = list.size() > lines_max ? lines_max - 1 : list.size();
  for (std::size_t i = 0; i < shown; ++i)
    lines.push_back(line(list[i]));
  if (shown < list.size()) lines.push_back(std::to_string(list.size() - shown) + " more; --json lists them");
  return lines;
}

std::string refusal_line(const EgressRecord::Refused& one) {
  const std::string what = place(one.host, one.port);
  const auto said = [&](std::string_view text) { return what + ": " + std::string(text) + counted(one); };
  if (one.reason == name(Refusal::host_not_allowed) || one.reason == name(Refusal::port_not_allowed)) {
    const bool known = one.reason == name(Refusal::port_not_allowed);
    const bool nameable = canonical_host(one.host).has_value();
    return said(known ? "not allowed at this port" : "not allowed") +
           (nameable ? "; " + how_to_allow(one.host, one.port) : "");
  }
  if (one.reason == name(Refusal::address_not_allowed))
    return said("leads to an address that names may not have: " + one.detail) +
           "; to allow it: --allow-private " + place(one.host, one.port);
  if (one.reason == name(Refusal::other_name))
    return said("a connection to it asked for another name: " + one.detail);
  if (one.reason == name(Refusal::no_name)) return said("a connection that named no host: " + one.detail);
  if (one.reason == name(Refusal::hidden_name))
    return said("encrypted ClientHello hides the name; switch it off in the program");
  if (one.reason == name(Refusal::too_much)) return said("the byte budget is used up: " + one.detail);
  if (one.reason == name(Refusal::unsupervised)) return said("a connection that did not pass the supervisor");
  if (one.reason == name(Refusal::not_agreed)) return said("the supervisor did not agree");
  return said(one.detail.empty() ? one.reason : one.detail);
}

}  // namespace

void EgressRecord::add(const EgressEvent& event) {
  if (event.what == EgressEvent::What::refused)
    return count(refused, event, std::string(name(event.refusal)), not_listed);
  if (event.what == EgressEvent::What::failed) return count(failed, event, "failed", not_listed);
  if (event.what == EgressEvent::What::used) return add_use(event);
  sent += event.sent;
  received += event.received;
  const std::string host = bounded(event.host);
  auto found = std::ranges::find_if(
      reached, [&](const Reached& one) { return one.host == host && one.port == event.port; });
  if (found == reached.end()) {
    if (reached.size() >= limits::kRecordEntriesMax) {
      ++not_listed;
      return;
    }
    found = reached.insert(reached.end(), Reached{.host = host, .port = event.port});
  }
  found->sent += event.sent;
  found->received += event.received;
  if (event.what != EgressEvent::What::opened) return;
  ++found->connections;
  if (found->addresses.size() < kAddressesShown &&
      std::ranges::find(found->addresses, event.address) == found->addresses.end())
    found->addresses.push_back(event.address);
}

void EgressRecord::add_use(const EgressEvent& event) {
  Used use{.credential = bounded(event.credential),
           .host = bounded(event.host),
           .port = event.port,
           .method = bounded(event.method),
           .path = bounded(event.path)};
  for (auto& one : used)
    if (one.credential == use.credential && one.host == use.host && one.port == use.port &&
        one.method == use.method && one.path == use.path) {
      ++one.times;
      one.last_ms = event.at_ms;
      return;
    }
  if (used.size() >= limits::kRecordEntriesMax) {
    ++not_listed;
    return;
  }
  use.times = 1;
  use.first_ms = use.last_ms = event.at_ms;
  used.push_back(std::move(use));
}

Json credential_facts(const EgressRecord& record) {
  std::vector<EgressRecord::Refused> misused;
  for (const auto& one : record.refused)
    if (misused.size() < kFactsShown &&
        (one.reason == name(Refusal::misused_credential) || one.reason == name(Refusal::ended_credential)))
      misused.push_back(one);
  if (record.used.empty() && misused.empty()) return {};
  std::vector<EgressRecord::Used> used = record.used;
  if (used.size() > kFactsShown) used.resize(kFactsShown);
  return Json::object({{"used", used_json(used)}, {"misused", refused_json(misused)}});
}

Json to_json(const EgressRecord& record) {
  Json reached = Json::array();
  for (const auto& one : record.reached)
    reached.push(Json::object({{"host", one.host},
                               {"port", static_cast<std::int64_t>(one.port)},
                               {"connections", one.connections},
                               {"sent", one.sent},
                               {"received", one.received},
                               {"addresses", Json::strings(one.addresses)}}));
  return Json::object({{"sent", record.sent},
                       {"received", record.received},
                       {"reached", std::move(reached)},
                       {"credentials", used_json(record.used)},
                       {"refused", refused_json(record.refused)},
                       {"failed", refused_json(record.failed)},
                       {"not_listed", record.not_listed},
                       {"walls", Json::strings(record.walls)},
                       {"problem", record.problem}});
}

std::string encode(const EgressRecord& record) {
  WireWriter out;
  out.number(record.sent).number(record.received).number(record.not_listed).text(record.problem);
  out.number(record.reached.size());
  for (const auto& one : record.reached) {
    out.text(one.host).number(one.port).number(one.connections).number(one.sent).number(one.received);
    write(out, one.addresses);
  }
  write(out, record.refused);
  write(out, record.failed);
  write(out, record.walls);
  out.number(record.used.size());
  for (const auto& one : record.used) {
    out.text(one.credential)
        .text(one.host)
        .number(one.port)
        .text(one.method)
        .text(one.path)
        .number(one.times);
    out.number(static_cast<std::uint64_t>(one.first_ms)).number(static_cast<std::uint64_t>(one.last_ms));
  }
  return out.take();
}

Result<EgressRecord> decode_egress_record(std::string_view bytes) {
  WireReader in(bytes);
  EgressRecord record;
  record.sent = in.number();
  record.received = in.number();
  record.not_listed = in.number();
  record.problem = bounded(in.text());
  for (std::size_t left = in.items(limits::kRecordEntriesMax); left > 0; --left) {
    auto& one = record.reached.emplace_back();
    one.host = bounded(in.text());
    one.port = port_of(in);
    one.connections = in.number();
    one.sent = in.number();
    one.received = in.number();
    one.addresses = read_texts(in, kAddressesShown);
  }
  record.refused = read_refused(in);
  record.failed = read_refused(in);
  record.walls = read_texts(in, kWallsMax);
  for (std::size_t left = in.items(limits::kRecordEntriesMax); left > 0; --left) {
    auto& one = record.used.emplace_back();
    one.credential = bounded(in.text());
    one.host = bounded(in.text());
    one.port = port_of(in);
    one.method = bounded(in.text());
    one.path = bounded(in.text());
    one.times = in.number();
    one.first_ms = static_cast<std::int64_t>(in.number());
    one.last_ms = static_cast<std::int64_t>(in.number());
  }
  if (!in.ok_to_the_end()) return fail(ErrorCode::corrupt, "not an egress record");
  return record;
}

std::vector<std::string> refusal_lines(const EgressRecord& record, std::size_t lines_max) {
  return lines_of(record.refused, lines_max, refusal_line);
}

std::vector<std::string> failure_lines(const EgressRecord& record, std::size_t lines_max) {
  return lines_of(record.failed, lines_max, [](const EgressRecord::Refused& one) {
    return place(one.host, one.port) + ": " + one.detail + counted(one);
  });
}

}  // namespace weir::gateway
