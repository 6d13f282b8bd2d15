// What a connection that the kernel saw may carry out of the pod: files of keys, tokens or passwords that the
// program can hold, by whatever programs, files and pipes they came to it (docs/divergence.md).
//
//   for (auto& action : carried_out(event, why, calls, classes, home)) add(std::move(action));
//
// Each is a file.read with the flag `sent`, which is what a call that says "send this file" comes to: the
// same policies judge both (secrets.upload). What the call that makes the connection says that it reads was
// judged with that call.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "event/action.h"
#include "event/event.h"
#include "guard/path_classes.h"
#include "guard/running_calls.h"

namespace weir::guard {

// Do these path classes mean that whoever has the file can act as the user?
bool is_secret_class(const std::vector<std::string>& classes);

std::vector<event::Action> carried_out(const event::Event& connection, const Explanation& why,
                                       const RunningCalls& calls, const PathClasses& classes,
                                       std::string_view home);
// Hosts that the program can hold something from, "pages.example:443", sorted.
std::vector<std::string> hosts_held(const event::Event& connection);

}  // namespace weir::guard
