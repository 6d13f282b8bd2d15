// The bundled model of `weir doctor --live`: says one shell call, hears what became of it, says goodbye.
//
//   ScriptedModel model("printf ran > /tmp/x/marker && false && weir uninstall");
//   TRY(auto server, net::HttpLoopback::listen([&](const auto& request) { return model.answer(request); }));
//   … start the agent …                  model.heard()  // what it told the model about the call
//
// Speaks just enough of Anthropic's Messages API (for Claude Code) and of OpenAI's Responses API (for Codex),
// both as server-sent events. Which step is due is read from the request itself: a request that holds the
// result of a call gets the goodbye. Requests without tools (titles, quota probes) get a word.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/json.h"
#include "net/http_loopback.h"

namespace weir::daemon {

class ScriptedModel {
 public:
  explicit ScriptedModel(std::string command) : command_(std::move(command)) {}

  net::HttpResponse answer(const net::HttpRequest& request);

  bool asked() const;                      // the call was said
  std::vector<std::string> heard() const;  // texts of tool results

 private:
  net::HttpResponse messages(const Json& request);
  net::HttpResponse responses(const Json& request);
  void note(bool asked, std::vector<std::string> heard);

  std::string command_;
  mutable std::mutex mutex_;
  bool asked_ = false;
  std::vector<std::string> heard_;
};

}  // namespace weir::daemon
