// Tool servers, for people: what they offer, and taking over what changed (docs/mcp.md).
#include "base/bytes.h"
#include "daemon/control.h"
#include "os/clock.h"

namespace weir::daemon {

// {"cmd":"mcp","do":"list"} {"do":"show","server"} {"do":"approve","server","names"?,"pin"}
// {"do":"forget","server","pin"}
void Control::tool_servers(const Json& request, const net::Message& message, const Reply& reply) {
  McpBook& book = parts_.engine.tool_servers();
  const std::string what(request["do"].text_or(""));
  const std::string server(request["server"].text_or(""));
  if (what == "list") return reply(book.list());
  if (what == "show") return reply(book.show(server));
  if (what != "approve" && what != "forget") return reply(fail("list, show, approve or forget", "do"));
  if (const Status pin = parts_.pin.check(std::string(request["pin"].text_or("")), os::monotonic_ns()); !pin)
    return reply(std::unexpected(pin.error()));
  std::vector<std::string> names;
  if (request["names"].is_array())
    for (const auto& name : request["names"].as_array())
      names.emplace_back(name.text_or(""));
  Result<Json> done = Json::object({{"server", server}});
  if (what == "approve")
    done = book.approve(server, names, os::wall_ns());
  else if (const Status gone = book.forget(server); !gone)
    done = std::unexpected(gone.error());
  if (!done) return reply(std::unexpected(done.error()));
  Json facts = *done;
  facts.set("by", "uid:" + std::to_string(message.peer.uid));
  const Json answer = *done;
  (void)record(what == "approve" ? "mcp.approved" : "mcp.forgotten", facts,
               [reply, answer](const Status& status) {
                 reply(status ? Result<Json>(answer) : std::unexpected(status.error()));
               });
}

}  // namespace weir::daemon
