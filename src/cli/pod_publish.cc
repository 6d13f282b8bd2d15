#include "cli/pod_publish.h"

#include <algorithm>
#include <ostream>

namespace weir::cli {

Option publish_option() {
  return {"--publish", "[HOSTPORT:]PORT",
          "what a program in the pod serves at 127.0.0.1:PORT is reached at the host's 127.0.0.1:HOSTPORT "
          "(default: the same; 0: any that is free)",
          true};
}

Result<PodPublish> PodPublish::open(const Args& args) {
  PodPublish publish;
  std::vector<pod::PublishedPort> wanted;
  for (const auto& text : args.values("--publish")) {
    TRY(const pod::PublishedPort port, pod::parse_published(text));
    wanted.push_back(port);
    publish.found_ |= port.outside == 0;
  }
  if (wanted.size() > pod::kPodPublishedMax)
    return fail(ErrorCode::limit,
                "a pod has at most " + std::to_string(pod::kPodPublishedMax) + " published ports",
                "--publish");
  TRY(publish.sockets_, pod::open_published(wanted));
  for (const auto& socket : publish.sockets_)
    publish.ports_.push_back(socket.port);
  return publish;
}

std::vector<std::uint16_t> PodPublish::inside() const {
  std::vector<std::uint16_t> inside;
  for (const auto& port : ports_)
    if (std::ranges::find(inside, port.inside) == inside.end()) inside.push_back(port.inside);
  return inside;
}

void PodPublish::attach(pod::PodOptions& options, Context& context) {
  if (!any()) return;
  options.on_inbound = [this](os::Fd link) -> Status {
    TRY(pod::Portal started, pod::Portal::start(std::move(sockets_), std::move(link)));
    sockets_.clear();  // the process has its own
    portal_.emplace(std::move(started));
    return {};
  };
  options.on_ready = [this, &context,
                      before = std::move(options.on_ready)](const pod::PodReady& ready) -> Status {
    if (before) TRY_STATUS(before(ready));
    tell(context);
    return {};
  };
}

void PodPublish::finish() {
  portal_.reset();
  sockets_.clear();
}

Json PodPublish::to_json() const {
  Json list = Json::array();
  for (const auto& port : ports_)
    list.push(Json::object({{"host_port", port.outside}, {"port", port.inside}}));
  return list;
}

void PodPublish::tell(Context& context) const {
  if (context.json) {
    context.err << compact(Json::object({{"published", to_json()}})) << "\n" << std::flush;
    return;
  }
  // A port that was found is what was asked for, not progress.
  if (context.quiet && !found_) return;
  for (const auto& port : ports_)
    context.err << "weir: 127.0.0.1:" << port.outside << " leads to port " << port.inside << " of the pod\n";
  context.err << std::flush;
}

}  // namespace weir::cli
