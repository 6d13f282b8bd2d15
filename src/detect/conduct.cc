#include "detect/conduct.h"

#include <algorithm>

namespace weir::detect {
namespace {

constexpr std::size_t kTraitsMax = 64;
constexpr std::size_t kValueBytesMax = 128;

void add(std::vector<Trait>& traits, TraitKind kind, std::string_view value) {
  if (value.empty() || traits.size() >= kTraitsMax) return;
  Trait trait{kind, std::string(value.substr(0, kValueBytesMax))};
  if (std::find(traits.begin(), traits.end(), trait) == traits.end()) traits.push_back(std::move(trait));
}

}  // namespace

std::string_view name(TraitKind kind) {
  static constexpr std::array<std::string_view, kTraitKinds> kNames = {"tool", "program", "sub-command",
                                                                       "host", "path class"};
  return kNames[static_cast<std::size_t>(kind)];
}

Conduct conduct_of(const event::Event& event, std::span<const event::Action> actions,
                   std::string_view repository) {
  Conduct out{.agent = event.agent.name,
              .repository = std::string(repository),
              .session = event.session,
              .tool = std::string(event.data["tool"].text_or("")),
              .wall_ns = event.time.wall_ns};
  add(out.traits, TraitKind::tool, out.tool);
  for (const event::Action& action : actions) {
    if (action.resource_type == "Program") {
      add(out.traits, TraitKind::program, action.resource);
      const std::string_view operation = action.attrs["operation"].text_or("");
      if (!operation.empty())
        add(out.traits, TraitKind::subcommand, action.resource + " " + std::string(operation));
    }
    if (action.verb == "net.connect" || action.verb == "net.listen")
      add(out.traits, TraitKind::host, action.attrs["host"].text_or(action.resource));
    if (action.resource_type == "Path" && action.attrs["classes"].is_array())
      for (const Json& one : action.attrs["classes"].as_array())
        add(out.traits, TraitKind::path_class, one.text_or(""));
  }
  return out;
}

}  // namespace weir::detect
