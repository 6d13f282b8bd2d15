#include "daemon/mcp_book.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/redact.h"
#include "ingest/mcp_wire.h"
#include "ingest/tools.h"
#include "mcp/screen.h"
#include "os/files.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kServersMax = 1024;
constexpr std::size_t kLaunchesMax = 16;  // ways to start a server of one name
constexpr std::size_t kFileBytesMax = 64 * limits::kMiB;
constexpr std::size_t kRememberedMax = 8192;  // descriptions that were looked at
constexpr std::size_t kItemsJudgedMax =
    limits::kActionsMax - 1;  // the rest is not shown: no Action, no word for it
constexpr std::size_t kTitleBytesMax = 200;
constexpr int kVersion = 1;
constexpr std::string_view kEnding = ".json";

Json flags_json(const std::set<std::string>& flags) {
  Json list = Json::array();
  for (const auto& flag : flags)
    list.push(flag);
  return list;
}

}  // namespace

McpBook::McpBook(std::string dir, os::Log log) : dir_(std::move(dir)), log_(std::move(log)) {
  if (!dir_.empty()) load();
}

void McpBook::load() {
  for (const auto& file : os::list_dir(dir_)) {
    if (!file.ends_with(kEnding) || servers_.size() >= kServersMax) continue;
    const std::string name = file.substr(0, file.size() - kEnding.size());
    if (!ingest::valid_server_name(name)) continue;
    Server server;
    const auto read = [&]() -> Status {
      TRY(const std::string text, os::read_file(dir_ + "/" + file, kFileBytesMax));
      TRY(const Json json, parse_json(text));
      if (json["v"].int_or(0) != kVersion || !json["launches"].is_object())
        return fail("not a file of pins", file);
      for (const auto& [digest, launch] : json["launches"].as_object()) {
        TRY(auto pins, mcp::Pins::from_json(launch["pins"]));
        server.launches[digest] = {std::move(pins), std::string(launch["title"].text_or("")),
                                   launch["trusted"].bool_or(false)};
      }
      server.last = json["last"].text_or("");
      return {};
    }();
    if (!read) {
      server.broken = read.error().message();
      log_.warn("the pins of a tool server cannot be read; it is refused",
                {{"server", name}, {"why", server.broken}});
    }
    servers_[name] = std::move(server);
  }
}

Status McpBook::keep(const std::string& name, const Server& server) const {
  if (dir_.empty()) return {};
  Json launches = Json::object();
  for (const auto& [digest, launch] : server.launches)
    launches.set(
        digest, Json::object(
                    {{"title", launch.title}, {"trusted", launch.trusted}, {"pins", launch.pins.to_json()}}));
  const Json json = Json::object({{"v", kVersion}, {"last", server.last}, {"launches", std::move(launches)}});
  TRY_STATUS(os::make_dirs(dir_, 0700));
  return os::write_file_atomic(dir_ + "/" + name + std::string(kEnding), canonical(json) + "\n",
                               mode_t{0600});
}

// What speaks against a description that no person has approved.
std::set<std::string> McpBook::against(const std::string& server, const std::string& item,
                                       const Json& descriptor, const std::string& digest,
                                       const Launch& launch, const GivesOrders& gives_orders, bool to_model) {
  std::set<std::string> flags;
  if (mcp::hidden_text_in(descriptor)) flags.insert("hidden_text");
  if (orders_.size() >= kRememberedMax) orders_.clear();
  const auto [at, fresh] = orders_.emplace(digest, false);
  if (fresh) at->second = gives_orders(descriptor, to_model);
  if (at->second) flags.insert("gives_orders");
  std::vector<mcp::Elsewhere> others;
  const auto own = launch.pins.tools();
  for (const auto& [name, other] : servers_) {
    if (name == server) continue;
    if (mcp::mistaken_for(name, server)) flags.insert("looks_alike");
    for (const auto& [digest_of, one] : other.launches)
      others.push_back({name, one.pins.tools()});
  }
  if (!mcp::names_other(descriptor, others, own).empty()) flags.insert("names_other_server");
  const auto alike = [&](const std::set<std::string>& names) {
    return std::ranges::any_of(names, [&](const auto& name) { return mcp::mistaken_for(name, item); });
  };
  if (alike(own) || std::ranges::any_of(others, [&](const auto& other) { return alike(other.tools); }))
    flags.insert("looks_alike");
  return flags;
}

std::set<std::string> McpBook::flags_of(const std::string& server, const mcp::LookItem& item,
                                        mcp::OfferKind kind, const Launch& launch,
                                        const GivesOrders& gives_orders) {
  std::set<std::string> flags;
  if (item.state != mcp::PinState::same) flags.insert("pin_" + std::string(mcp::name(item.state)));
  if (!launch.trusted) flags.insert("launch_changed");
  const auto* pin = launch.pins.find(kind, item.name);
  if (pin != nullptr && !item.approved)
    flags.merge(against(server, item.name, pin->descriptor, pin->digest, launch, gives_orders, false));
  return flags;
}

void McpBook::look_instructions(event::Event& offer, Launch& launch, std::int64_t now_ns,
                                const GivesOrders& gives_orders) {
  const std::string text(offer.body["text"].text_or(""));
  const auto state = launch.pins.look_instructions(text, now_ns);
  const Json descriptor = Json::object({{"description", text}});
  const std::string digest = digest_text(sha256(text));
  std::set<std::string> flags;
  if (state != mcp::PinState::same) flags.insert("pin_" + std::string(mcp::name(state)));
  if (!launch.trusted) flags.insert("launch_changed");
  if (!launch.pins.instructions_approved())
    flags.merge(against(std::string(offer.data["server"].text_or("")), "instructions", descriptor, digest,
                        launch, gives_orders, true));
  offer.body.set("items",
                 Json::array({Json::object(
                     {{"name", "instructions"}, {"digest", digest}, {"flags", flags_json(flags)}})}));
}

Status McpBook::look(event::Event& offer, std::int64_t now_ns, const GivesOrders& gives_orders) {
  const std::string name(offer.data["server"].text_or(""));
  const std::string kind_name(offer.data["offered"].text_or(""));
  const std::string launch_digest(offer.body["launch"].text_or(""));
  const std::lock_guard lock(mutex_);
  if (!servers_.contains(name) && servers_.size() >= kServersMax)
    return fail(ErrorCode::limit, "Weir keeps pins of 1024 tool servers at most", name,
                "weir mcp forget SERVER");
  Server& server = servers_[name];
  if (!server.broken.empty())
    return fail(ErrorCode::corrupt, "the pins of this server cannot be read: " + server.broken, name,
                "weir mcp forget " + name + ", then look at what it offers");
  if (!server.launches.contains(launch_digest) && server.launches.size() >= kLaunchesMax)
    return fail(ErrorCode::limit, "a server of this name was started in 16 ways", name,
                "weir mcp forget " + name);
  const bool first_launch = server.launches.empty();
  Launch& launch = server.launches[launch_digest];
  if (first_launch) launch.trusted = true;
  if (launch.title.empty()) launch.title = printable(redact(offer.body["title"].text_or("")), kTitleBytesMax);
  server.last = launch_digest;
  const Json before = launch.pins.to_json();
  if (kind_name == "instructions") {
    look_instructions(offer, launch, now_ns, gives_orders);
  } else {
    const auto kind = mcp::offer_kind(kind_name);
    if (!kind) return fail("is not a kind of offer", kind_name);
    TRY(auto items, mcp::offered_in(*kind, offer.body["list"]));
    if (items.size() > kItemsJudgedMax) items.resize(kItemsJudgedMax);
    mcp::Offer page{*kind, std::move(items), offer.data["first_page"].bool_or(true),
                    offer.data["last_page"].bool_or(true)};
    const mcp::Look seen = launch.pins.look(page, now_ns);
    Json list = Json::array();
    for (std::size_t i = 0; i < seen.items.size(); ++i)
      list.push(
          Json::object({{"name", seen.items[i].name},
                        {"digest", page.items[i].digest},
                        {"flags", flags_json(flags_of(name, seen.items[i], *kind, launch, gives_orders))}}));
    offer.body.set("items", std::move(list));
    if (!seen.removed.empty()) offer.body.set("removed", Json::strings(seen.removed));
  }
  // The descriptions stand in the file of pins. What is kept from the agent is not among what it has read.
  offer.body.erase("list");
  offer.body.erase("text");
  if (first_launch || launch.pins.to_json() != before) return keep(name, server);
  return {};
}

Status McpBook::look_call(event::Event& call, const GivesOrders& gives_orders) {
  const auto use = ingest::tool_use(call.agent.name, call.body["tool"].text_or(""), Json::object());
  const bool wire = call.plane == event::plane::kWire;
  const std::string name = wire ? std::string(call.data["server"].text_or("")) : use.server;
  const std::string prefix = "mcp__" + name + "__";
  const std::string tool(call.body["tool"].text_or(""));
  if (!tool.starts_with(prefix)) return {};
  TRY(Called called, find_called(call, name, tool.substr(prefix.size()), gives_orders));
  Json mcp = Json::object();
  if (!called.digest.empty()) {
    const Fit fit = schemas_.check(called.digest, "inputSchema", called.descriptor, call.body["input"]);
    if (fit.unchecked) called.flags.insert("schema_unchecked");
    if (!fit.wrong.empty()) {
      called.flags.insert("arguments_unfit");
      mcp.set("unfit", Json::strings(fit.wrong));
    }
  }
  if (!called.flags.empty()) call.body.set("mcp", mcp.set("flags", flags_json(called.flags)));
  return {};
}

Result<McpBook::Called> McpBook::find_called(const event::Event& call, const std::string& name,
                                             const std::string& item, const GivesOrders& gives_orders) {
  const bool wire = call.plane == event::plane::kWire;
  const std::lock_guard lock(mutex_);
  const auto found = servers_.find(name);
  Called out;
  if (found == servers_.end()) {
    if (wire) out.flags.insert("pin_unknown");
    return out;
  }
  if (!found->second.broken.empty())
    return fail(ErrorCode::corrupt, "the pins of this server cannot be read", name,
                "weir mcp forget " + name);
  const auto launch = found->second.launches.find(
      wire && call.body.has("launch") ? std::string(call.body["launch"].text_or("")) : found->second.last);
  const bool is_tool = item != "prompts.get" && item != "resources.read" && item != "completion.complete" &&
                       item != "sampling.createMessage" && item != "elicitation.create";
  const bool is_prompt = item == "prompts.get";
  const auto kind = is_prompt ? mcp::OfferKind::prompt : mcp::OfferKind::tool;
  const std::string called = is_prompt ? std::string(call.body["input"]["name"].text_or("")) : item;
  if (launch == found->second.launches.end()) {
    out.flags.insert("pin_unknown");
  } else if (is_tool || is_prompt) {
    const auto state = launch->second.pins.look_called(kind, called);
    if (!state) {
      out.flags.insert("pin_unknown");
      return out;
    }
    out.flags = flags_of(name, *state, kind, launch->second, gives_orders);
    if (const auto* pin = launch->second.pins.find(kind, called); is_tool && pin != nullptr) {
      out.digest = pin->digest;
      out.descriptor = pin->descriptor;
    }
  } else if (!launch->second.trusted) {
    out.flags.insert("launch_changed");
  }
  return out;
}

Json McpBook::list() const {
  const std::lock_guard lock(mutex_);
  Json all = Json::array();
  for (const auto& [name, server] : servers_) {
    Json launches = Json::array();
    for (const auto& [digest, launch] : server.launches) {
      Json one = launch.pins.summary();
      one.set("launch", digest).set("title", launch.title).set("trusted", launch.trusted);
      one.set("last", digest == server.last);
      launches.push(std::move(one));
    }
    Json row = Json::object({{"server", name}, {"launches", std::move(launches)}});
    if (!server.broken.empty()) row.set("broken", server.broken);
    all.push(std::move(row));
  }
  return Json::object({{"servers", std::move(all)}});
}

Result<Json> McpBook::show(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = servers_.find(name);
  if (found == servers_.end())
    return fail(ErrorCode::not_found, "no tool server of this name was seen", printable(name, 80),
                "weir mcp pins");
  Json launches = Json::array();
  for (const auto& [digest, launch] : found->second.launches)
    launches.push(Json::object({{"launch", digest},
                                {"title", launch.title},
                                {"trusted", launch.trusted},
                                {"diff", launch.pins.diff()},
                                {"pins", launch.pins.to_json()}}));
  return Json::object({{"server", name}, {"launches", std::move(launches)}});
}

Result<Json> McpBook::approve(const std::string& name, const std::vector<std::string>& names,
                              std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  const auto found = servers_.find(name);
  if (found == servers_.end())
    return fail(ErrorCode::not_found, "no tool server of this name was seen", printable(name, 80),
                "weir mcp pins");
  Server changed = found->second;
  if (!changed.broken.empty())
    return fail(ErrorCode::corrupt, "its pins cannot be read: " + changed.broken, name,
                "weir mcp forget " + name);
  // The launch that spoke last is the one that the person looked at.
  const auto launch = changed.launches.find(changed.last);
  if (launch == changed.launches.end()) return fail(ErrorCode::not_found, "it has offered nothing yet", name);
  Json taken = Json::array();
  if (!launch->second.trusted && names.empty()) {
    launch->second.trusted = true;
    taken.push("launch");
  }
  for (const auto& one : launch->second.pins.approve(names, now_ns))
    taken.push(one);
  if (taken.as_array().empty())
    return fail(ErrorCode::not_found, "nothing of it waits for a person", name, "weir mcp diff " + name);
  TRY_STATUS(keep(name, changed));
  found->second = std::move(changed);
  return Json::object({{"server", name}, {"approved", std::move(taken)}});
}

Status McpBook::forget(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (servers_.erase(name) == 0)
    return fail(ErrorCode::not_found, "no tool server of this name was seen", printable(name, 80),
                "weir mcp pins");
  return dir_.empty() ? Status() : os::remove_file(dir_ + "/" + name + std::string(kEnding));
}

}  // namespace weir::daemon
