// Facts about a path that policies ask for: where it leads, whether it lies in the workspace, which classes
// it has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "event/action.h"
#include "guard/pack.h"
#include "guard/question.h"
#include "guard/session.h"

namespace weir::guard {

// "/a/b" is below "/a" and is "/a/b"; not below "/a/bc". An empty or "/" root contains nothing.
bool path_within(std::string_view path, std::string_view root);

// Absolute and without "." and ".."; relative paths are taken from `cwd`, "~/" from `home`. "" when it cannot
// be made absolute.
std::string absolute_path(std::string_view path, std::string_view cwd, std::string_view home);

// Completes an Action on a Path: resource becomes where the path leads, attrs get known, in_workspace,
// exists, classes. What must still be asked goes to `questions`.
class PathFacts {
 public:
  PathFacts(const SessionState& state, const GuardOptions& options, const Pack& pack, const Answers& answers)
      : state_(state), options_(options), pack_(pack), answers_(answers) {}

  void complete(event::Action& action, std::vector<Question>& questions, Json& assumptions) const;

 private:
  std::vector<std::string> classes_of(const std::string& path, const event::Action& action) const;

  const SessionState& state_;
  const GuardOptions& options_;
  const Pack& pack_;
  const Answers& answers_;
};

}  // namespace weir::guard
