#include "guard/path_facts.h"

#include <algorithm>

#include "base/bytes.h"

namespace weir::guard {
namespace {

// Resolving follows the last link for a read or write; a delete takes the link itself away.
std::string resolved_for(std::string_view verb, const Json& answer) {
  const bool itself = verb == "file.delete" || verb == "file.move";
  const auto text = answer[itself ? "parent" : "resolved"].text_or("");
  return std::string(text);
}

}  // namespace

bool path_within(std::string_view path, std::string_view root) {
  if (root.empty() || root == "/" || !path.starts_with(root)) return false;
  return path.size() == root.size() || path[root.size()] == '/';
}

std::string absolute_path(std::string_view path, std::string_view cwd, std::string_view home) {
  std::string whole;
  if (path.starts_with("/"))
    whole = path;
  else if (path == "~" || path.starts_with("~/")) {
    if (home.empty()) return {};
    whole = std::string(home) + std::string(path.substr(1));
  } else if (cwd.starts_with("/")) {
    whole = std::string(cwd) + "/" + std::string(path);
  } else {
    return {};
  }
  std::vector<std::string_view> parts;
  for (const auto part : split(whole, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  std::string out;
  for (const auto part : parts)
    (out += '/') += part;
  return out.empty() ? "/" : out;
}

std::vector<std::string> PathFacts::classes_of(const std::string& path, const event::Action& action) const {
  std::vector<std::string> classes = pack_.paths().of(path, options_.home);
  if (action.verb == "file.delete" && action.attrs["recursive"].bool_or(false))
    for (auto& id : pack_.paths().inside(path, options_.home))
      classes.push_back(std::move(id));
  // Who copies a directory of keys copies the keys, whatever they are called.
  if (action.verb == "file.read" && action.attrs["recursive"].bool_or(false))
    for (const std::string_view child : {"/id_rsa", "/credentials", "/Default"})
      for (auto& id : pack_.paths().of(path + std::string(child), options_.home))
        classes.push_back(std::move(id));
  // Where this installation keeps its things, wherever that is.
  if (path_within(path, options_.weir_config)) classes.emplace_back("weir");
  if (path_within(path, options_.weir_state)) classes.insert(classes.end(), {"weir", "weir-state"});
  return classes;
}

void PathFacts::complete(event::Action& action, std::vector<Question>& questions, Json& assumptions) const {
  const std::string given = action.resource;
  const bool absolute = given.starts_with("/");
  const bool remote = action.attrs.has("remote") || action.attrs.has("container");
  bool in_workspace = absolute && path_within(given, state_.workspace);
  std::vector<std::string> classes;
  if (absolute) classes = classes_of(given, action);
  if (absolute && !remote) {
    const Question question{Question::Kind::path, given};
    const auto answer = answers_.find(question.key());
    if (answer == answers_.end()) {
      questions.push_back(question);
    } else if (answer->second.is_object()) {
      const std::string resolved = resolved_for(action.verb, answer->second);
      if (!resolved.empty() && resolved != given) {
        // A link may lead out of the workspace or to a protected file: both names count.
        for (auto& id : classes_of(resolved, action))
          classes.push_back(std::move(id));
        in_workspace = in_workspace && path_within(resolved, state_.workspace);
        Json& paths = assumptions.has("paths")
                          ? *assumptions.find("paths")
                          : (assumptions.set("paths", Json::object()), *assumptions.find("paths"));
        paths.set(given, resolved);
        action.attrs.set("resolved", resolved);
      }
      if (answer->second["exists"].bool_or(false)) action.attrs.set("exists", true);
    }
  }
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  if (absolute && action.certainty != event::Certainty::opaque && !action.attrs["partial"].bool_or(false))
    action.attrs.set("known", true);
  if (in_workspace) action.attrs.set("in_workspace", true);
  if (!classes.empty()) action.attrs.set("classes", Json::strings(classes));
}

}  // namespace weir::guard
