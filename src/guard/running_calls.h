// Which released tool calls are running, and what each lets its programs reach: what a connection that the
// kernel saw is held against.
//
//   RunningCalls calls;
//   calls.released(event, actions);                      // a tool call was let run
//   Explanation why = calls.explain(sighting, table);    // a program below the agent connects
//   calls.returned(result);                              // its result came
//
// A program belongs to the calls during which its branch began: the first process below the agent, known by
// the time the kernel gave it. So what a call leaves behind stays that call's, and its connections are
// unexplained once the call has returned, whoever became its parent. Times are monotonic, of one boot.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "event/action.h"
#include "event/event.h"
#include "shell/command_table.h"

namespace weir::guard {

// What a call says that it will reach.
struct Reach {
  struct Place {
    std::string host;        // lower case, or an address
    std::uint16_t port = 0;  // 0: any
    bool operator==(const Place&) const = default;
  };
  std::vector<Place> places;
  bool anywhere = false;           // a host that only shows when it runs: `curl $URL`
  bool installs = false;           // packages, from wherever their manager is set up to get them
  bool tool_server = false;        // an MCP tool: its server may begin only now, and reaches what it serves
  std::vector<std::string> tools;  // programs that it runs by their names, without a directory
  // What it does beyond the machine (beyond_pod.h), as it was judged.
  struct Effect {
    std::string verb;
    std::string resource;
    bool operator==(const Effect&) const = default;
  };
  std::vector<Effect> effects;
  std::vector<std::string> secrets;  // files of keys, tokens or passwords that it says it reads
  bool operator==(const Reach&) const = default;
};
Reach reach_of(const std::vector<event::Action>& actions);

// A connection, or a program that begins, as the supervisor saw it. All of it was kept by the kernel, but for
// the program that begins: that is what was asked for.
struct Sighting {
  // Whose program connects: the agent's own process, one below it, one of the launcher's that the agent is
  // below of or beside, or one whose origin is not known.
  enum class From { agent, tool, launcher, unknown };
  From from = From::unknown;
  std::int64_t branch_ns = 0;  // tool: when its branch began; 10 ms coarse, never late
  std::string program;         // absolute
  bool fixed = false;          // the program lies where nothing in the pod can write
  std::string host;            // "" when only the address is known
  std::string address;
  std::uint16_t port = 0;
  bool first = false;  // a program: the process is a child of the agent itself
};
std::string_view name(Sighting::From from);
// Of a `connection` or `program` event; unknown values read as From::unknown.
Sighting sighting_of(const event::Event& event);

struct Explanation {
  // "agent" "launcher" "helper": not of a tool call. "host" "unknown-host" "install" "tool-server" "tool":
  // what of the call explains it. Else why nothing does: "orphan", "late" (its call has returned),
  // "not-named". Of a program also "shell": by which the agent runs the call.
  std::string_view by;
  bool explained = false;
  std::string tool_use_id;  // the call that explains it, or that it belongs to; "" when there is none
};

class RunningCalls {
 public:
  void released(const event::Event& call, const std::vector<event::Action>& actions);
  void returned(const event::Event& result);
  // A new prompt: calls of its session that never got a result run no more.
  void turn_began(const event::Event& prompt);
  Explanation explain(const Sighting& seen, const shell::CommandTable& table) const;
  // Of a program that begins: "tool" is one that the call names.
  Explanation explain_program(const Sighting& seen) const;
  // Did a running call that the program belongs to say that it does this, and was let?
  bool said(const Sighting& seen, const event::Action& action) const;
  // Does this call say that it reads this file of keys, tokens or passwords?
  bool reads_secret(std::string_view tool_use_id, std::string_view path) const;

 private:
  struct Call {
    std::string tool_use_id;
    std::string session;
    std::int64_t since_ns = 0;
    std::int64_t until_ns = 0;  // 0: no result yet
    bool background = false;    // goes on after its result
    Reach reach;

    bool owns(std::int64_t branch_ns) const;
    bool runs() const { return until_ns == 0 || background; }
  };
  static std::string_view explains(const Call& call, const Sighting& seen, const shell::CommandTable& table);
  // `explains`: by what a running call explains it; "": by nothing.
  template <class Explains>
  Explanation explain_by(const Sighting& seen, Explains explains) const;

  std::deque<Call> calls_;  // in order of release; bounded, the oldest are forgotten
};

}  // namespace weir::guard
