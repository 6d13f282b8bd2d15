#include "daemon/effect.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/redact.h"
#include "guard/running_calls.h"
#include "os/process.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kWordsMax = 64;
constexpr std::size_t kParentsTold = 16;

std::string base_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

Result<ProcessKey> key_from(const Json& value) {
  const std::int64_t pid = value["pid"].int_or(0);
  const std::int64_t start = value["start"].int_or(-1);
  if (pid <= 0 || pid > INT32_MAX || start < 0) return fail("a process needs pid and start", "process");
  return ProcessKey{static_cast<pid_t>(pid), static_cast<std::uint64_t>(start)};
}

void read_texts(const Json& list, std::vector<std::string>& out) {
  if (!list.is_array()) return;
  for (const auto& word : list.as_array())
    if (word.is_string() && out.size() < kWordsMax) out.push_back(word.as_string());
}

// Only what is known of it is kept.
Result<Json> holds_from(const Json& list) {
  if (list.is_null()) return Json();
  if (!list.is_array() || list.as_array().size() > kEffectHoldsMax)
    return fail("what the program holds is no list, or a longer one than is told", "holds");
  Json holds = Json::array();
  for (const auto& one : list.as_array()) {
    const std::string_view kind = one["kind"].text_or("");
    const std::string_view name = one["name"].text_or("");
    if ((kind != "host" && kind != "file") || name.empty())
      return fail("what the program holds needs kind, host or file, and name", "holds");
    std::vector<std::string> steps;
    read_texts(one["steps"], steps);
    holds.push(Json::object({{"kind", kind}, {"name", name}, {"steps", Json::strings(steps)}}));
  }
  return holds;
}

}  // namespace

Result<Effect> effect_from(const Json& request) {
  Effect effect;
  const std::int64_t id = request["id"].int_or(-1);
  if (id < 0) return fail("an effect needs the supervisor's number of it", "id");
  effect.id = static_cast<std::uint64_t>(id);
  const Json& chain = request["chain"];
  if (!chain.is_array() || chain.as_array().empty() || chain.as_array().size() > kEffectChainMax)
    return fail("the chain of processes is missing or too long", "chain");
  for (const auto& process : chain.as_array()) {
    TRY(const ProcessKey key, key_from(process));
    effect.chain.push_back(key);
  }
  effect.orphan = request["orphan"].bool_or(true);
  effect.program = request["program"].text_or("");
  effect.fixed = request["fixed"].bool_or(false);
  read_texts(request["argv"], effect.argv);
  read_texts(request["parents"], effect.parents);
  effect.how = request["how"].text_or("");
  if (effect.begins()) {
    effect.cwd = request["cwd"].text_or("");
    if (effect.program.empty()) return fail("a program that begins has no name", "program");
    return effect;
  }
  effect.host = request["host"].text_or("");
  effect.address = request["address"].text_or("");
  const std::int64_t port = request["port"].int_or(0);
  if (port <= 0 || port > UINT16_MAX) return fail("a connection needs a port from 1 to 65535", "port");
  effect.port = static_cast<std::uint16_t>(port);
  TRY(effect.holds, holds_from(request["holds"]));
  if (effect.host.empty() && effect.address.empty())
    return fail("a connection needs host or address", "host");
  return effect;
}

Json to_json(const Effect& effect) {
  Json chain = Json::array();
  for (const auto& process : effect.chain)
    chain.push(Json::object({{"pid", static_cast<std::int64_t>(process.pid)},
                             {"start", static_cast<std::int64_t>(process.start_ticks)}}));
  std::vector<std::string> argv;
  for (const auto& word : effect.argv)
    argv.push_back(to_valid_utf8(word));
  return Json::object({{"id", static_cast<std::int64_t>(effect.id)},
                       {"chain", std::move(chain)},
                       {"orphan", effect.orphan},
                       {"program", to_valid_utf8(effect.program)},
                       {"fixed", effect.fixed},
                       {"argv", Json::strings(argv)},
                       {"parents", Json::strings(effect.parents)},
                       {"how", effect.how},
                       {"cwd", to_valid_utf8(effect.cwd)},
                       {"host", to_valid_utf8(effect.host)},
                       {"address", effect.address},
                       {"port", static_cast<std::int64_t>(effect.port)},
                       {"holds", effect.holds}});
}

std::optional<std::size_t> agent_in(const Effect& effect, const Runs& runs) {
  for (std::size_t i = 0; i < effect.chain.size(); ++i)
    if (runs.is_agent_process(effect.chain[i])) return i;
  return std::nullopt;
}

event::Event effect_event(const Effect& effect, std::optional<std::size_t> agent_at) {
  using From = guard::Sighting::From;
  From from = effect.orphan ? From::unknown : From::launcher;
  event::Event event;
  event.kind = effect.begins() ? event::kind::kProgram : event::kind::kConnection;
  event.plane = event::plane::kOs;
  event.source = "weir/pod";
  event.assurance = event::Assurance::kernel;
  event.data = Json::object({{"how", effect.how}, {"fixed", effect.fixed}});
  if (agent_at) {
    from = *agent_at == 0 ? From::agent : From::tool;
    if (*agent_at > 0) event.data.set("branch_ns", os::ns_of_ticks(effect.chain[*agent_at - 1].start_ticks));
    if (effect.begins()) event.data.set("first", *agent_at == 1);
  }
  event.data.set("from", guard::name(from));
  event.corr["pid"] = std::to_string(effect.chain.front().pid);
  event.corr["pid_start"] = std::to_string(effect.chain.front().start_ticks);
  const auto told = std::min(effect.parents.size(), kParentsTold);
  event.body = Json::object(
      {{"program", effect.program},
       {"argv", Json::strings(effect.argv)},
       {"parents", Json::strings({effect.parents.begin(),
                                  effect.parents.begin() + static_cast<std::ptrdiff_t>(told)})}});
  if (effect.begins()) {
    event.body.set("cwd", effect.cwd);
    return event;
  }
  event.body.set("host", effect.host)
      .set("address", effect.address)
      .set("port", static_cast<std::int64_t>(effect.port));
  if (effect.holds.is_array() && !effect.holds.as_array().empty()) event.body.set("holds", effect.holds);
  return event;
}

std::string place_of(const Effect& effect) {
  const std::string& host = effect.host.empty() ? effect.address : effect.host;
  return (host.contains(':') ? "[" + host + "]" : host) + ":" + std::to_string(effect.port);
}

std::string summary_of(const Effect& effect) {
  constexpr std::size_t kBytesMax = 120;
  std::string text = base_of(effect.program);
  if (effect.begins())
    for (std::size_t i = 1; i < effect.argv.size() && text.size() < kBytesMax; ++i)
      text += ' ' + effect.argv[i];
  if (!effect.parents.empty()) text += " (below " + base_of(effect.parents.front()) + ")";
  if (!effect.begins()) text += " → " + place_of(effect);
  return printable_redacted(text, kBytesMax);
}

}  // namespace weir::daemon
