#include "shell/state.h"

#include <algorithm>

namespace weir::shell {
namespace {

constexpr std::size_t kAlternativesMax = 4;

bool same(const Arg& a, const Arg& b) {
  return a.text == b.text && a.holes.size() == b.holes.size();
}

void add_alternatives(Variable& into, const std::vector<Arg>& values) {
  for (const Arg& value : values) {
    const bool have =
        std::any_of(into.values.begin(), into.values.end(), [&](const Arg& v) { return same(v, value); });
    if (!have && into.values.size() < kAlternativesMax) into.values.push_back(value);
  }
}

}  // namespace

void State::join(const State& other) {
  for (const auto& [name, theirs] : other.variables) {
    auto [mine, is_new] = variables.try_emplace(name, theirs);
    if (!is_new && !mine->second.array && !theirs.array) add_alternatives(mine->second, theirs.values);
  }
  functions.insert(other.functions.begin(), other.functions.end());
  aliases.insert(other.aliases.begin(), other.aliases.end());
  downloads.insert(other.downloads.begin(), other.downloads.end());
  written.insert(other.written.begin(), other.written.end());
  if (exited && !other.exited) {
    cwd = other.cwd;
    exited = false;
  }
}

}  // namespace weir::shell
