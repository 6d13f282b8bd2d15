#include "flow/meaning.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "base/limits.h"
#include "flow/shape.h"

namespace weir::flow {
namespace {

constexpr std::array<std::string_view, 4> kRoles = {"authority", "address", "payload", "setting"};

bool any_in(const std::vector<std::string>& words, const WordSet& set) {
  return std::any_of(words.begin(), words.end(), [&](const auto& word) { return set.contains(word); });
}

// The effect of the first word that stands for one.
std::optional<std::size_t> first_effect(std::span<const std::string> in, const Words& words) {
  for (const auto& word : in)
    if (const auto effect = words.effect_of(word)) return effect;
  return std::nullopt;
}

// The same of a tool's name, where a thing may come first: "mail_delete" deletes. Only towards what changes
// something: "mail_list" might send the list.
std::optional<std::size_t> named_effect(std::string_view name, const Words& words) {
  const auto parts = words_of(name);
  const auto first =
      std::find_if(parts.begin(), parts.end(), [&](const auto& word) { return words.effect_of(word); });
  if (first == parts.end()) return std::nullopt;
  if (words.things.contains(*first))
    for (auto it = first + 1; it != parts.end(); ++it)
      if (const auto effect = words.effect_of(*it);
          effect && words.effects[*effect].changes && !words.things.contains(*it))
        return effect;
  return words.effect_of(*first);
}

// A description says in its first words what the tool does: "Sends an email to …", "This tool deletes …".
std::optional<std::size_t> described_effect(std::string_view description, const Words& words) {
  constexpr std::size_t kBytesLooked = 200;
  constexpr std::size_t kWordsLooked = 6;
  const auto first = words_of(description.substr(0, kBytesLooked));
  return first_effect(std::span(first).first(std::min(first.size(), kWordsLooked)), words);
}

// A choice between addresses is one of whom to reach.
bool is_choice(const Json& schema) {
  if (const Json& list = schema["enum"]; list.is_array())
    return std::none_of(list.as_array().begin(), list.as_array().end(), [](const Json& one) {
      return one.is_string() && shape_of(comparable(one.as_string())) != Shape::other;
    });
  return schema["type"].text_or("") == "boolean";
}
bool is_address_format(const Json& schema) {
  const std::string_view format = schema["format"].text_or("");
  return format == "uri" || format == "url" || format == "iri" || format == "uri-reference";
}

Role role_of(std::string_view field, const Json& schema, const ToolMeaning& tool, const Words& words) {
  const auto parts = words_of(field);
  if (any_in(parts, words.address)) return Role::address;
  if (!parts.empty() && words.naming.contains(parts.back()) && !is_choice(schema)) return Role::authority;
  if (tool.changes && any_in(parts, words.selecting)) return Role::authority;
  if (any_in(parts, words.payload)) return Role::payload;
  if (is_choice(schema) || any_in(parts, words.setting)) return Role::setting;
  if (is_address_format(schema)) return Role::address;
  if (tool.makes_new && !parts.empty() && words.label.contains(parts.back())) return Role::setting;
  return Role::authority;
}

}  // namespace

std::string_view name(Role role) {
  return kRoles[static_cast<std::size_t>(role)];
}

std::optional<Role> role_from(std::string_view name) {
  const auto it = std::find(kRoles.begin(), kRoles.end(), name);
  if (it == kRoles.end()) return std::nullopt;
  return static_cast<Role>(it - kRoles.begin());
}

Role ToolMeaning::role(std::string_view field, const Words& words) const {
  const auto known =
      std::find_if(fields.begin(), fields.end(), [&](const auto& one) { return one.name == field; });
  return known != fields.end() ? known->role : role_of(field, Json(), *this, words);
}

ToolMeaning meaning_of(const ToolDescription& tool, const Words& words) {
  ToolMeaning meaning;
  meaning.name = tool.name;
  if (any_in(words_of(tool.name), words.memory)) meaning.source.kind = "memory";
  auto effect = named_effect(tool.name, words);
  const auto described = described_effect(tool.description, words);
  // Of the two the one that changes something.
  if (!effect || (described && !words.effects[*effect].changes)) effect = described ? described : effect;
  if (effect) {
    meaning.effect = words.effects[*effect].name;
    meaning.changes = words.effects[*effect].changes;
    meaning.makes_new = words.effects[*effect].makes_new;
  }
  const Json& properties = tool.schema["properties"];
  if (!properties.is_object()) return meaning;
  for (const auto& [field, schema] : properties.as_object()) {
    if (meaning.fields.size() >= limits::kFlowValuesMax) break;
    meaning.fields.push_back({field, role_of(field, schema, meaning, words)});
  }
  return meaning;
}

Json to_json(const ToolMeaning& meaning) {
  Json fields = Json::object();
  for (const auto& field : meaning.fields)
    fields.set(field.name, std::string(name(field.role)));
  return Json::object({{"changes", meaning.changes},
                       {"effect", meaning.effect},
                       {"fields", std::move(fields)},
                       {"tool", meaning.name}});
}

}  // namespace weir::flow
