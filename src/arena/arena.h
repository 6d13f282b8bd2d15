// Room `arena` (floor 7, rim): scripted agents play written scenarios against the real Weir.
//
// A Scenario (content/scenarios/*.yaml) says what an agent says and calls, step by step, and what must come
// of it. The Stage is a throw-away directory with a Weir of its own: daemon, hook, keys, store, ledger. In it
// each scenario gets a World of its own: project, home, and stand-ins for programs that would do something.
// The agent is a process of its own that asks the real hook before every call and runs the call only when the
// hook lets it. Whether a call took effect is judged by what it left behind, never by what Weir says of
// itself.
//
//   scenario.h   the script and what must come of it     tools.h    what the agent's tools do
//   world.h      where it plays; judges effects          agent.h    the scripted agent
//   stage.h      daemon, agent, decisions, ledger        child.h    a child process one talks with in lines
//   flow_costs.h what policies stop in recorded runs, and what that costs
//
// No network, no account; nothing outside the throw-away directory is touched. `weir demo` shows it.
#pragma once

#include "arena/scenario.h"
#include "arena/stage.h"
