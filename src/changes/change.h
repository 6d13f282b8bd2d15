// One thing that a pod's workspace has and the host's has not, or the other way round. Values only.
//
// A Change compares two sides at one path: `host`, the workspace as it is now, and `pod`, what the agent
// left. kind says what would happen to the host's side:
//
//   added     the host has nothing there        retyped   a file became a link, a directory a file, ...
//   modified  another content                   mode      the same content, other permissions
//   deleted   the pod took it away
//
// What cannot be brought to the host at all (a socket, a file that cannot be read) is a Change with a
// problem.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "changes/beneath.h"

namespace weir::changes {

enum class ChangeKind { added, modified, deleted, retyped, mode };
std::string_view name(ChangeKind kind);  // "added", ...
char letter(ChangeKind kind);            // A M D T P, as `git status` has them; P for permissions

struct Side {
  Node node;            // kind none: nothing there
  std::string content;  // 64 hex digits of a file's content or a link's target; "" for all else
  std::string target;   // of a link
};

struct Change {
  std::string path;  // relative to the workspace, "/" between names; any bytes but NUL
  ChangeKind kind = ChangeKind::added;
  Side host;
  Side pod;
  std::uint32_t mode = 0;  // permissions that a commit gives
  std::string problem;     // why it cannot be committed; "" when it can
  // The pod has a copy of a file of the host's, and the host nothing of that name: removed there since,
  // unless the pod moved or linked it.
  bool began_with_host = false;
  std::int64_t host_above_ctime_ns = 0;  // of the nearest directory above that the host has
  std::vector<std::string> notes;        // what a commit does not keep: set-user-ID, hard links
};

// A side as text that tells two states apart (docs/formats/pod.md): "file:644:ab12…", "none", "deleted".
std::string state_text(const Side& side);

// The permissions that a commit gives to what the pod has: never set-user-ID, set-group-ID or sticky, and no
// write permission for group and others that the host's file had not already. A directory keeps its owner's.
std::uint32_t committed_mode(const Node& host, const Node& pod);

// Executable for somebody now, and not before.
bool becomes_executable(const Change& change);

}  // namespace weir::changes
