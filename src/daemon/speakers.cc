#include "daemon/speakers.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>

#include "base/hash.h"
#include "base/limits.h"
#include "ingest/tools.h"
#include "setup/hook_plan.h"

namespace weir::daemon {
namespace {

namespace kind = event::kind;
using ingest::ToolKind;

constexpr std::size_t kCallsMax = 64;  // of a session; agents that report no results fill it
constexpr std::size_t kAgentsMax = 8;
constexpr std::int64_t kHookAgeMaxMs = 30'000;  // agents wait no longer for a hook that gates

std::uint64_t call_of(const event::Event& event) {
  for (const char* key : {"tool_use_id", "call_id"}) {
    const auto it = event.corr.find(key);
    if (it == event.corr.end()) continue;
    const auto digest = sha256(it->second);
    std::uint64_t begin = 0;
    std::memcpy(&begin, digest.data(), sizeof begin);
    return begin;
  }
  return 0;
}

// Programs that run other people's code: that two processes run one of them says nothing.
bool is_interpreter(std::string_view program) {
  constexpr std::array<std::string_view, 4> kInterpreters = {"node", "bun", "deno", "python"};
  return std::any_of(kInterpreters.begin(), kInterpreters.end(),
                     [&](auto one) { return program.starts_with(one); });
}

// The turn of the agent is over: no process begins any more for calls that had no result until now.
bool ends_all(const event::Event& event) {
  if (event.kind == kind::kSessionStart || event.kind == kind::kSessionEnd) return true;
  const std::string_view what = event.data["event"].text_or("");
  return what == "Stop" || what == "StopFailure" || what == "Interrupt";
}

std::optional<setup::WeirCommand> as_command(const std::vector<std::string>& words) {
  if (words.empty()) return std::nullopt;
  return setup::weir_command(
      Json::object({{"command", words[0]}, {"args", Json::strings({words.begin() + 1, words.end()})}}));
}

// The shell or timeout that `weir init` puts around the shim, and the shell that an agent runs that line in.
std::optional<setup::WeirCommand> as_wrapper(std::vector<std::string> words) {
  constexpr std::size_t kTimeoutWords = 4;  // timeout -s KILL 20
  if (words.size() == 3 && words[1].starts_with('-') && words[1].ends_with('c'))
    return setup::weir_command(Json::object({{"command", words[2]}}));
  if (words.size() > kTimeoutWords && words[0].ends_with("/timeout") && words[1] == "-s")
    words.erase(words.begin(), words.begin() + kTimeoutWords);
  return as_command(words);
}

// Everything between the agent, chain[agent], and the shim, chain[0], is the hook's own command.
bool is_own_command(const std::vector<os::ProcessInfo>& chain, std::size_t agent) {
  if (agent <= 1) return true;
  const auto shim = as_command(os::command_line(chain[0].pid));
  if (!shim) return false;
  for (std::size_t i = 1; i < agent; ++i)
    if (as_wrapper(os::command_line(chain[i].pid)) != shim) return false;
  return true;
}

Voice no(std::string_view why) {
  return {Speaker::tool, why};
}

}  // namespace

std::string_view name(Speaker speaker) {
  constexpr std::array<std::string_view, 3> kNames = {"user", "agent", "tool"};
  return kNames[static_cast<std::size_t>(speaker)];
}

Speakers::Speakers() {
  if (const auto self = os::process_info(::getpid())) unknown_before_ticks_ = self->start_ticks;
}

Speakers::Known& Speakers::known(const std::string& root, std::uint64_t now_ticks) {
  if (!sessions_.contains(root) && sessions_.size() >= limits::kSessionsMax) {
    unknown_before_ticks_ = std::max(unknown_before_ticks_, now_ticks);
    sessions_.erase(std::min_element(sessions_.begin(), sessions_.end(), [](const auto& a, const auto& b) {
      return a.second.used < b.second.used;
    }));
  }
  Known& session = sessions_[root];
  session.used = ++clock_;
  return session;
}

// Rule 1.
bool Speakers::belongs(Known& session, const os::ProcessInfo& agent) {
  const ProcessKey key{agent.pid, agent.start_ticks};
  const auto is_it = [&](const Bound& one) { return one.process == key; };
  if (std::any_of(session.agents.begin(), session.agents.end(), is_it)) return true;
  const bool were_known =
      std::any_of(session.agents.begin(), session.agents.end(), [](const Bound& one) { return one.known; });
  Bound next{key, os::program_of(agent.pid), is_agent(agent.name)};
  if (were_known && !next.known) return false;
  std::erase_if(session.agents, [](const Bound& one) {
    const auto now = os::process_info(one.process.pid);
    return !now || now->start_ticks != one.process.start_ticks;
  });
  const bool same_program = next.program && !is_interpreter(next.program->name) &&
                            std::any_of(session.agents.begin(), session.agents.end(), [&](const Bound& one) {
                              return one.known && one.program == next.program;
                            });
  if (!session.agents.empty() && !same_program) return false;
  if (session.agents.size() >= kAgentsMax) return false;
  session.agents.push_back(std::move(next));
  return true;
}

// Rule 3. The same tick and a higher pid is later.
bool Speakers::ran_meanwhile(const Known& session, const os::ProcessInfo& top) const {
  if (top.start_ticks < std::max(unknown_before_ticks_, session.unknown_before_ticks)) return true;
  const auto at = std::tuple(top.start_ticks, top.pid);
  return session.forgot || std::any_of(session.calls.begin(), session.calls.end(), [&](const Open& call) {
           return at > std::tuple(call.from_ticks, call.from_pid) &&
                  (!call.until || at < std::tuple(call.until->start_ticks, call.until->pid));
         });
}

// Without a call: all of them.
void Speakers::ended(Known& session, std::optional<std::uint64_t> call, const os::ProcessInfo& top) {
  for (auto& one : session.calls)
    if (!one.until && (!call || one.call == *call)) one.until = ProcessKey{top.pid, top.start_ticks};
  if (!call) session.forgot = false;
}

// One that ended longer ago than a hook can be old says nothing any more.
void Speakers::drop_oldest(Known& session, std::uint64_t now_ticks) {
  auto it = std::find_if(session.calls.begin(), session.calls.end(), [](const Open& one) {
    return one.until && os::age_ms(one.until->start_ticks) > kHookAgeMaxMs;
  });
  if (it == session.calls.end()) {
    it = session.calls.begin();
    if (it->until)
      session.unknown_before_ticks = now_ticks;
    else
      session.forgot = true;
  }
  session.calls.erase(it);
}

Voice Speakers::heard(const event::Event& event, const net::Peer& peer,
                      const std::vector<os::ProcessInfo>& ancestry, const Runs& runs) {
  const bool prompt = event.kind == kind::kPrompt;
  const bool ends = event.kind == kind::kToolResult || ends_all(event);
  if (ancestry.empty() || ancestry[0].pid != peer.pid || ancestry[0].start_ticks != peer.start_ticks)
    return no("the process that reported it had gone");
  const auto found = std::find_if(ancestry.begin(), ancestry.end(),
                                  [](const auto& one) { return !stands_between(one.name); });
  if (found == ancestry.end() || found->pid <= 1) return no("no agent started the hook");
  const auto agent = static_cast<std::size_t>(found - ancestry.begin());
  const os::ProcessInfo& top = ancestry[agent == 0 ? 0 : agent - 1];
  bool meanwhile = false;
  {
    const std::lock_guard lock(mutex_);
    Known& session = known(event.root, peer.start_ticks);
    if (!belongs(session, *found)) return no("it came from another process than the session's agent");
    meanwhile = agent > 0 && ran_meanwhile(session, top);
  }
  if (!prompt && !ends) return {};
  if (!is_own_command(ancestry, agent)) return no("a shell command started the hook, not the agent");
  if (prompt && runs.has_agent(os::ancestry(found->ppid)))
    return {Speaker::agent, "another guarded agent started this one"};
  if (prompt && agent > 0) {
    if (os::age_ms(top.start_ticks) > kHookAgeMaxMs) return no("its process is older than a hook can be");
    if (meanwhile && !os::reads_other_end(found->pid, peer.pid, STDOUT_FILENO))
      return no("its process began while a tool ran, and may be the tool's");
  }
  if (ends) {
    const bool result = event.kind == kind::kToolResult;
    const std::lock_guard lock(mutex_);
    ended(known(event.root, peer.start_ticks), result ? std::optional(call_of(event)) : std::nullopt, top);
  }
  return {};
}

void Speakers::released(const event::Event& event, const net::Peer& peer) {
  if (event.kind != kind::kToolCall) return;
  const std::string tool(event.data["tool"].text_or(""));
  if (event.data["phase"].text_or("") == "permission") return;  // it was announced before
  const auto kind = ingest::tool_use(event.agent.name, tool, event.body["input"]).kind;
  if (kind != ToolKind::shell && kind != ToolKind::unknown) return;
  const std::lock_guard lock(mutex_);
  Known& session = known(event.root, peer.start_ticks);
  if (session.calls.size() >= kCallsMax) drop_oldest(session, peer.start_ticks);
  session.calls.push_back({call_of(event), peer.start_ticks, peer.pid, std::nullopt});
}

}  // namespace weir::daemon
