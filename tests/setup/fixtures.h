// Settings as people have them, for the round-trip tests, and a throw-away home with a shim in it.
#pragma once

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "setup/places.h"
#include "support/throwaway_dir.h"

namespace weir::setup::testing {

struct Fixture {
  std::string name;
  std::string text;
};

// Every text is valid for the agent. Raw strings where bytes matter (tabs, CRLF, byte order mark).
inline std::vector<Fixture> claude_settings() {
  return {
      {"empty file", ""},
      {"blank file", "\n \n"},
      {"empty object", "{}"},
      {"empty object, newline", "{}\n"},
      {"empty object over lines", "{\n}\n"},
      {"blanks in an empty object", "{   }"},
      {"one line", R"({"model":"opus","env":{"A":"1"}})"},
      {"one spaced line", R"({ "model": "opus" , "x" : [ 1 , 2 ] }
)"},
      {"two spaces",
       "{\n  \"model\": \"opus\",\n  \"permissions\": {\n    \"allow\": [\"Bash(ls:*)\"]\n  }\n}\n"},
      {"four spaces, no newline at the end", "{\n    \"model\": \"opus\"\n}"},
      {"tabs", "{\n\t\"model\": \"opus\",\n\t\"hooks\": {\n\t\t\"Stop\": []\n\t}\n}\n"},
      {"windows line ends", "{\r\n  \"model\": \"opus\",\r\n  \"n\": 1\r\n}\r\n"},
      {"byte order mark", "\xef\xbb\xbf{\n  \"model\": \"opus\"\n}\n"},
      {"empty hooks", "{\n  \"hooks\": {}\n}\n"},
      {"empty hooks over lines", "{\n  \"hooks\": {\n  },\n  \"z\": null\n}\n"},
      {"empty event", R"({"hooks":{"PreToolUse":[]}})"},
      {"empty event over lines", "{\n  \"hooks\": {\n    \"PreToolUse\": [\n    ]\n  }\n}\n"},
      {"hooks of others", R"({
  "hooks": {
    "PreToolUse": [
      {
        "matcher": "Bash",
        "hooks": [
          { "type": "command", "command": "/home/ada/bin/lint --strict" }
        ]
      }
    ],
    "Notification": [{"hooks": [{"type": "command", "command": "notify-send hi"}]}]
  },
  "statusLine": { "type": "command", "command": "date" }
}
)"},
      {"hooks of others on the bracket's line", R"({
  "hooks": {"PreToolUse": [{
    "matcher": "Edit",
    "hooks": [{"type": "command", "command": "fmt"}]
  }]}
})"},
      {"strange spacing",
       "  {\n\n\"a\"   :1\n ,\n   \"hooks\":\n{\"Stop\":[ { \"hooks\":[]} ]   }\n\n}  \n\n"},
      {"brackets and commas in strings",
       R"({"a":"},]\"","hooks":{"Stop":[{"hooks":[{"type":"command","command":"echo '[{,'"}]}]}})"},
      {"escaped keys", R"({"\u0068ooks":{"PreToolUse":[]},"\"":2})"},
      {"unicode and unknown fields", "{\n  \"größe\": \"naïve ☃\",\n  \"future\": {\"deep\": [[[]]]}\n}\n"},
      {"big numbers", R"({"a":18446744073709551615,"b":1e300,"c":-0.0})"},
  };
}

inline std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void spill(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

// A directory of its own with home, project, root and an executable called weir-hook.
class Machine {
 public:
  Machine() {
    spill(hook(), "#!/bin/sh\nexit 2\n");
    ::chmod(hook().c_str(), 0755);
    std::filesystem::create_directories(home());
    std::filesystem::create_directories(project());
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  std::string home() const { return dir_ + "/home"; }
  std::string project() const { return dir_ + "/project"; }
  std::string root() const { return dir_ + "/root"; }
  std::string hook() const { return dir_ + "/bin/weir-hook"; }

  os::Places places() const {
    return {.home = home(),
            .config = dir_ + "/weir/config",
            .state = dir_ + "/weir/state",
            .runtime = dir_ + "/weir/run"};
  }
  Surroundings around() const {
    Surroundings around = surroundings(places(), {}, project(), root());
    around.now = "2026-11-22T00:00:00.000000000Z";
    return around;
  }
  Installation installation() const {
    return {.hook_path = hook(),
            .socket = dir_ + "/weir/run/event/event.sock",
            .public_key_base64 = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="};
  }

 private:
  support::ThrowawayDir throwaway_;
  std::string dir_ = throwaway_.path();
};

}  // namespace weir::setup::testing
