#include "daemon/run_link.h"

#include <sys/socket.h>

#include "base/json.h"
#include "os/clock.h"

namespace weir::daemon {
namespace {

constexpr int kConnectMs = 2000;
constexpr int kAnswerMs = 15'000;
constexpr int kSendMs = 2000;
constexpr int kLinesMax = 256;  // of one poll: the agent's terminal must not wait for us

std::string text(const Json& line, std::string_view key) {
  return std::string(line[key].text_or(""));
}

bool peer_has_gone(int fd) {
  char byte;
  return ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

}  // namespace

Result<RunLink> RunLink::open(const os::Places& places) {
  TRY(auto client, net::LocalClient::connect(places.control_socket(), kConnectMs));
  return RunLink(std::move(client));
}

Status RunLink::begin(const RunStart& start) {
  Json request = Json::object({{"cmd", "run"},
                               {"id", start.id},
                               {"agent", start.agent},
                               {"mode", start.observe ? "observe" : "enforce"},
                               {"isolation", start.isolation},
                               {"warnings", Json::strings(start.warnings)},
                               {"prompts", Json::strings(start.prompts)}});
  const bool in_pod = !start.pod.is_null();
  request.set(in_pod ? "pod" : "shield", in_pod ? start.pod : start.shield);
  TRY_STATUS(client_.send_line(compact(request), kSendMs));
  const std::int64_t deadline_ns = os::monotonic_ns() + std::int64_t{kAnswerMs} * 1'000'000;
  while (os::monotonic_ns() < deadline_ns) {
    TRY(const std::string line, client_.receive_line(kAnswerMs));
    TRY(const Json answer, parse_json(line));
    if (const Json* error = answer.find("error"))
      return fail((*error)["code"].text_or("") == "denied" ? ErrorCode::denied : ErrorCode::unavailable,
                  text(*error, "what"), text(*error, "where"), text(*error, "hint"));
    if (answer["ok"].bool_or(false)) return {};
    take(answer, early_);
  }
  return fail(ErrorCode::unavailable, "the Weir daemon did not register the run in time", {},
              "see `weir doctor`");
}

void RunLink::take(const Json& line, RunNews& news) {
  if (line.has("decision")) {
    news.decisions.push_back({.id = text(line, "decision"),
                              .session = text(line, "session"),
                              .tool = text(line, "tool"),
                              .tool_use_id = text(line, "tool_use_id"),
                              .call = text(line, "call"),
                              .verdict = text(line, "verdict"),
                              .would = text(line, "would"),
                              .reason = text(line, "reason"),
                              .approval_id = text(line, "approval_id"),
                              .approved = line["approved"].bool_or(false)});
  } else if (line.has("run_session")) {
    news.sessions.push_back(text(line, "run_session"));
  } else if (line.has("run_agent")) {
    news.agents.push_back({static_cast<pid_t>(line["run_agent"].int_or(0)),
                           static_cast<std::uint64_t>(line["start"].int_or(0))});
  } else if (line.has("stop")) {
    news.stop = text(line, "reason");
    if (news.stop->empty()) news.stop = "a person stopped it";
  } else if (line.has("effect")) {
    if (const auto id = line["effect"].int_or(-1); id >= 0)
      news.effects[static_cast<std::uint64_t>(id)] = {
          line["allow"].bool_or(false), line["of_agent"].bool_or(false), line["brings"].bool_or(false)};
  } else if (line.has("diverged")) {
    news.call_answers.emplace_back(text(line, "tool_use_id"), line["diverged"].bool_or(false));
  }
}

RunNews RunLink::poll() {
  RunNews news = std::exchange(early_, {});
  for (int i = 0; i < kLinesMax && !lost_; ++i) {
    const auto line = client_.receive_line(0);
    if (!line) {
      lost_ = peer_has_gone(client_.fd()) || line.error().code == ErrorCode::limit;
      break;
    }
    if (const auto json = parse_json(*line); json && json->is_object()) take(*json, news);
  }
  news.lost = lost_;
  return news;
}

Status RunLink::ask(const std::string& agent, const std::string& session, const std::string& root,
                    const std::string& tool, const std::string& tool_use_id) {
  return client_.send_line(compact(Json::object({{"cmd", "call"},
                                                 {"agent", agent},
                                                 {"session", session},
                                                 {"root", root},
                                                 {"tool", tool},
                                                 {"tool_use_id", tool_use_id}})),
                           kSendMs);
}

Status RunLink::effect(const Effect& effect) {
  Json request = to_json(effect);
  request.set("cmd", "effect");
  return client_.send_line(compact(request), kSendMs);
}

Status RunLink::holds(const std::string& path, bool below, const std::string& place) {
  return client_.send_line(
      compact(Json::object({{"cmd", "holds"}, {"path", path}, {"below", below}, {"place", place}})), kSendMs);
}

Status RunLink::tell(std::string_view command, Json facts) {
  Json request = Json::object({{"cmd", command}});
  request.set("facts", std::move(facts));
  return client_.send_line(compact(request), kSendMs);
}

}  // namespace weir::daemon
