#include "cli/pod_supervision.h"

#include <ostream>

#include "base/bytes.h"

namespace weir::cli {
namespace {

constexpr std::size_t kConnectionsMax = 256;
constexpr std::size_t kLinesMax = 10;
constexpr std::size_t kHoldsMax = 64;  // of one connection
constexpr std::size_t kTextBytesMax = 300;

std::string counted(std::uint64_t number, const char* one, const char* many) {
  return std::to_string(number) + " " + (number == 1 ? one : many);
}

}  // namespace

void SupervisionTally::attach(pod::PodOptions& options, std::function<bool(const std::string&)> is_secret) {
  options.supervise.is_origin = std::move(is_secret);
  options.supervise.decide = [this](const pod::ConnectCall& call) {
    const auto shown = [](const std::string& text) { return printable(text, kTextBytesMax); };
    const auto& argv = call.process.argv;
    const Connection connection(shown(call.process.program), argv.empty() ? std::string() : shown(argv[0]),
                                shown(call.host.empty() ? call.address : call.host), call.port,
                                std::string(pod::name(call.how)));
    if (connections_.size() >= kConnectionsMax && !connections_.contains(connection)) {
      ++not_listed_;
      return pod::ConnectVerdict::allow();
    }
    Row& row = connections_[connection];
    ++row.times;
    for (const auto& origin : call.holds)
      if (row.holds.size() < kHoldsMax) row.holds.try_emplace({origin.kind, origin.name}, origin.steps);
    return pod::ConnectVerdict::allow();
  };
}

void SupervisionTally::tell(const pod::SupervisionCount& count, const Context& context) const {
  if (context.quiet || context.json) return;
  context.err << "weir: supervised: "
              << counted(count.programs, "program was started", "programs were started") << ", "
              << counted(count.connections, "connection asked for", "connections asked for") << "\n";
  std::size_t lines = 0;
  for (const auto& [connection, row] : connections_) {
    const auto& [program, argv0, host, port, how] = connection;
    if (++lines > kLinesMax) {
      context.err << "weir: " << connections_.size() - kLinesMax << " more; --json lists them\n";
      return;
    }
    context.err << "weir: " << program << (program.ends_with(argv0) ? "" : " (as " + argv0 + ")") << " to "
                << (host.contains(':') ? "[" + host + "]" : host) << ":" << port
                << (how == "direct" ? "" : " by the pod's " + how + (how == "socks" ? " proxy" : ""))
                << (row.times > 1 ? ", " + std::to_string(row.times) + " times" : "") << "\n";
    for (const auto& [origin, steps] : row.holds)
      context.err << "weir:   could hold something from " << printable(origin.second, kTextBytesMax) << "\n";
  }
}

Json SupervisionTally::holds_of(const Row& row) {
  Json holds = Json::array();
  for (const auto& [origin, steps] : row.holds) {
    std::vector<std::string> names;
    for (const auto& step : steps)
      names.push_back(to_valid_utf8(step));
    holds.push(Json::object({{"kind", pod::name(origin.first)},
                             {"name", to_valid_utf8(origin.second)},
                             {"steps", Json::strings(names)}}));
  }
  return holds;
}

Json SupervisionTally::to_json(const pod::SupervisionCount& count) const {
  Json connections = Json::array();
  for (const auto& [connection, row] : connections_) {
    const auto& [program, argv0, host, port, how] = connection;
    connections.push(Json::object({{"program", program},
                                   {"argv0", argv0},
                                   {"host", host},
                                   {"port", static_cast<std::int64_t>(port)},
                                   {"how", how},
                                   {"times", row.times},
                                   {"holds", holds_of(row)}}));
  }
  return Json::object(
      {{"programs", count.programs}, {"connections", std::move(connections)}, {"not_listed", not_listed_}});
}

}  // namespace weir::cli
