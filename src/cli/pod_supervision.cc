#include "cli/pod_supervision.h"

#include <ostream>

#include "base/bytes.h"

namespace weir::cli {
namespace {

constexpr std::size_t kConnectionsMax = 256;
constexpr std::size_t kLinesMax = 10;
constexpr std::size_t kTextBytesMax = 300;

std::string counted(std::uint64_t number, const char* one, const char* many) {
  return std::to_string(number) + " " + (number == 1 ? one : many);
}

}  // namespace

void SupervisionTally::attach(pod::PodOptions& options) {
  options.supervise.decide = [this](const pod::ConnectCall& call) {
    const auto shown = [](const std::string& text) { return printable(text, kTextBytesMax); };
    const auto& argv = call.process.argv;
    const Connection connection(shown(call.process.program), argv.empty() ? std::string() : shown(argv[0]),
                                shown(call.host.empty() ? call.address : call.host), call.port,
                                std::string(pod::name(call.how)));
    const auto found = connections_.find(connection);
    if (found != connections_.end())
      ++found->second;
    else if (connections_.size() < kConnectionsMax)
      connections_.emplace(connection, 1);
    else
      ++not_listed_;
    return pod::ConnectVerdict::allow();
  };
}

void SupervisionTally::tell(const pod::SupervisionCount& count, const Context& context) const {
  if (context.quiet || context.json) return;
  context.err << "weir: supervised: "
              << counted(count.programs, "program was started", "programs were started") << ", "
              << counted(count.connections, "connection asked for", "connections asked for") << "\n";
  std::size_t lines = 0;
  for (const auto& [connection, times] : connections_) {
    const auto& [program, argv0, host, port, how] = connection;
    if (++lines > kLinesMax) {
      context.err << "weir: " << connections_.size() - kLinesMax << " more; --json lists them\n";
      return;
    }
    context.err << "weir: " << program << (program.ends_with(argv0) ? "" : " (as " + argv0 + ")") << " to "
                << (host.contains(':') ? "[" + host + "]" : host) << ":" << port
                << (how == "direct" ? "" : " by the pod's " + how + (how == "socks" ? " proxy" : ""))
                << (times > 1 ? ", " + std::to_string(times) + " times" : "") << "\n";
  }
}

Json SupervisionTally::to_json(const pod::SupervisionCount& count) const {
  Json connections = Json::array();
  for (const auto& [connection, times] : connections_) {
    const auto& [program, argv0, host, port, how] = connection;
    connections.push(Json::object({{"program", program},
                                   {"argv0", argv0},
                                   {"host", host},
                                   {"port", static_cast<std::int64_t>(port)},
                                   {"how", how},
                                   {"times", times}}));
  }
  return Json::object(
      {{"programs", count.programs}, {"connections", std::move(connections)}, {"not_listed", not_listed_}});
}

}  // namespace weir::cli
