// What the tests of room `shell` share: the table that ships, a place to stand in, a case file read.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "content.h"
#include "shell/effects.h"

namespace weir::shell {

// The catalogue in content/commands, read once.
inline const CommandTable& shipped_table() {
  static const CommandTable table = [] {
    CommandTable out;
    for (const ContentFile& file : content_files())
      if (file.name.starts_with("commands/") && file.name.ends_with(".yaml")) {
        const Status added = out.add(file.bytes, file.name);
        EXPECT_TRUE(added) << added.error().message();
      }
    return out;
  }();
  return table;
}

inline Environment workspace() {
  return {.cwd = "/workspace", .home = "/home/dev", .workspace = "/workspace", .variables = {}, .depth = 0};
}

inline Analysis analyze_here(std::string_view script) {
  static const Environment here = workspace();
  return analyze(script, here, shipped_table());
}

// The words of the first command, unknown ones as they are shown.
inline std::vector<std::string> argv_of(std::string_view script, std::size_t index = 0) {
  const Analysis analysis = analyze_here(script);
  std::vector<std::string> out;
  if (index < analysis.commands.size())
    for (const Arg& arg : analysis.commands[index].argv)
      out.push_back(arg.text);
  return out;
}

inline const Effect* effect_of(const Analysis& analysis, std::string_view verb,
                               std::string_view resource = {}) {
  for (const Effect& effect : analysis.effects)
    if (effect.verb == verb && (resource.empty() || effect.resource == resource)) return &effect;
  return nullptr;
}

}  // namespace weir::shell
