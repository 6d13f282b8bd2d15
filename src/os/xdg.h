// Where Weir keeps its things (XDG Base Directory specification 0.8).
#pragma once

#include <string>

namespace weir::os {

struct Places {
  std::string home;     // $HOME
  std::string config;   // $XDG_CONFIG_HOME/weir: policies, settings
  std::string state;    // $XDG_STATE_HOME/weir: store, ledger, keys
  std::string runtime;  // $XDG_RUNTIME_DIR/weir, or `state` where there is none: sockets

  // In a directory of its own: a shield that shows the directory survives a restart of the daemon.
  std::string event_dir() const { return runtime + "/event"; }
  std::string event_socket() const { return event_dir() + "/event.sock"; }
  std::string socket_link() const { return runtime + "/weir.sock"; }  // -> event.sock, the name scripts know
  std::string control_socket() const { return runtime + "/control.sock"; }
  std::string store_dir() const { return state + "/store"; }
  std::string ledger_dir() const { return state + "/ledger"; }
  std::string keys_dir() const { return state + "/keys"; }
  std::string public_key_file() const { return state + "/weir.pub"; }
};

// From this process's environment. WEIR_HOME=DIR puts everything below DIR (tests, demo, several
// installations).
Places places();
Places places_under(const std::string& dir);

}  // namespace weir::os
