// What Weir remembers of tool servers: their pins (mcp/pins.h), one file for each name, and what speaks
// against a description. An event of the wire, or a hook's call of a server's tool, gets that written into
// its body before it is judged, so a replay judges the same.
//
//   McpBook book(state + "/mcp", log);
//   TRY_STATUS(book.look(offer, detectors));    // body.items: name, digest, flags
//   book.look_call(call, detectors);            // body.mcp.flags
//   book.approve("github", {"create_issue"}, now)
//
// Flags: pin_first pin_changed pin_added pin_repeated pin_unknown launch_changed hidden_text gives_orders
// names_other_server looks_alike. The last four are gone once a person has approved that very description.
// Of a call also arguments_unfit (with body.mcp.unfit: what is wrong with which) and schema_unchecked. A file
// that cannot be read refuses what its server does. Any thread.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "daemon/mcp_schemas.h"
#include "detect/scanner.h"
#include "event/event.h"
#include "mcp/pins.h"
#include "os/log.h"

namespace weir::daemon {

class McpBook {
 public:
  // Errors of a pattern engine count as a finding.
  // `to_model`: of instructions, which address a model by their nature; there only strong signs count.
  using GivesOrders = std::function<bool(const Json& descriptor, bool to_model)>;

  // "" for a directory: kept in memory only.
  McpBook(std::string dir, os::Log log);

  // An event of kind tools.offered: its list becomes items with flags. Errors: a list that is malformed, pins
  // that cannot be read or written; then nothing of it may be shown.
  Status look(event::Event& offer, std::int64_t now_ns, const GivesOrders& gives_orders);
  // A tool.call of an MCP tool, from the wire or a hook. Of a server that was never seen on the wire nothing
  // is known and nothing is said, unless it comes from the wire.
  Status look_call(event::Event& call, const GivesOrders& gives_orders);

  // For people. Errors: not_found.
  Json list() const;
  Result<Json> show(const std::string& server) const;  // {"server","launches":[{"title","trusted","diff",…}]}
  Result<Json> approve(const std::string& server, const std::vector<std::string>& names, std::int64_t now_ns);
  Status forget(const std::string& server);

 private:
  struct Launch {
    mcp::Pins pins;
    std::string title;
    bool trusted = false;
  };
  struct Server {
    std::map<std::string, Launch> launches;  // by digest of how it is started or reached
    std::string last;                        // that spoke last
    std::string broken;                      // why its file cannot be read
  };
  struct Called {
    std::set<std::string> flags;
    std::string digest;  // of the tool's description, "" when it has none that is pinned
    Json descriptor;
  };
  Result<Called> find_called(const event::Event& call, const std::string& name, const std::string& item,
                             const GivesOrders& gives_orders);
  void load();
  Status keep(const std::string& name, const Server& server) const;
  std::set<std::string> flags_of(const std::string& server, const mcp::LookItem& item, mcp::OfferKind kind,
                                 const Launch& launch, const GivesOrders& gives_orders);
  std::set<std::string> against(const std::string& server, const std::string& item, const Json& descriptor,
                                const std::string& digest, const Launch& launch,
                                const GivesOrders& gives_orders, bool to_model);
  void look_instructions(event::Event& offer, Launch& launch, std::int64_t now_ns,
                         const GivesOrders& gives_orders);

  std::string dir_;
  os::Log log_;
  mutable std::mutex mutex_;
  std::map<std::string, Server> servers_;
  McpSchemas schemas_;
  std::map<std::string, bool> orders_;  // by digest of a description: does it give orders
};

}  // namespace weir::daemon
