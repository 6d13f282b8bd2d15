// The entry of the room: what a command line would do, without doing it.
//
//   Environment here{.cwd = "/src/app", .home = "/home/ann", .workspace = "/src/app"};
//   Analysis a = analyze("cd /tmp && rm -rf build", here, table);
//   // a.effects: file.delete /tmp/build certain {recursive, force, inside_workspace: false, temporary: true}
//
// Certainty is about what is seen, not about whether control reaches it: `if x; then rm a; fi` deletes `a`
// certainly, should that branch run.
//   certain   verb and resource are spelled out
//   possible  the resource is known in part, or the effect was inferred (inline code, a default value)
//   opaque    something runs that cannot be seen through; every such place is also in `opaque`
//
// What the attributes mean is in docs/shell.md; those that depend on an unknown are absent, not false.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shell/arg.h"
#include "shell/command_table.h"
#include "shell/parse.h"
#include "shell/state.h"
#include "shell/verbs.h"

namespace weir::shell {

enum class Certainty { certain, possible, opaque };
enum class ResourceKind {
  program,
  file,
  host,
  url,
  package,
  repository,
  resource,
  database,
  process,
  service,
  agent,
  secret
};

using AttributeValue = std::variant<bool, std::string>;
using Attributes = std::map<std::string, AttributeValue, std::less<>>;

struct Effect {
  std::string_view verb;  // one of verbs.h
  ResourceKind kind = ResourceKind::program;
  std::string resource;  // files: absolute and lexically normalised where that is known
  Certainty certainty = Certainty::certain;
  Span span;  // of the command in the source
  Attributes attributes;

  bool flag(std::string_view name) const;  // true when the attribute is there and true
  std::string_view text(std::string_view name) const;
};

// A simple command that would run.
struct CommandRun {
  std::vector<Arg> argv;
  Span span;
  std::string where;  // "" here, "remote:host", "container:image"
};

struct Opaque {
  std::string reason;  // "dynamic command name", "eval of unknown text", "inline python", "syntax: ..."
  std::string detail;
  Span span;
};

struct Analysis {
  std::vector<CommandRun> commands;
  std::vector<Effect> effects;
  std::vector<Opaque> opaque;
  bool limited = false;  // a limit cut the analysis short (also in `opaque`)
};

Analysis analyze(std::string_view script, const Environment& environment, const CommandTable& table);

std::string_view name(Certainty certainty);
std::string_view name(ResourceKind kind);

}  // namespace weir::shell
