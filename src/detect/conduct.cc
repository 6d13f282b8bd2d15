#include "detect/conduct.h"

#include <algorithm>

#include "base/bytes.h"

namespace weir::detect {
namespace {

constexpr std::size_t kTraitsMax = 64;
constexpr std::size_t kValueBytesMax = 128;

// Names are counted under their beginning, and are text: they are written down as JSON.
std::string named(std::string_view value) {
  std::string name = to_valid_utf8(value.substr(0, 2 * kValueBytesMax));
  if (name.size() <= kValueBytesMax) return name;
  std::size_t end = kValueBytesMax;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80)
    --end;
  name.resize(end);
  return name;
}

void add(std::vector<Trait>& traits, TraitKind kind, std::string_view value) {
  if (value.empty() || traits.size() >= kTraitsMax) return;
  Trait trait{kind, named(value)};
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
              .tool = named(event.data["tool"].text_or("")),
              .wall_ns = event.time.wall_ns};
  out.root = event.root;
  if (const auto id = event.corr.find("tool_use_id"); id != event.corr.end()) out.call = id->second;
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
