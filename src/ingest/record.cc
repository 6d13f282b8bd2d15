#include "ingest/record.h"

#include <algorithm>

#include "ingest/ingest.h"

namespace weir::ingest {
namespace {

using Take = std::function<void(std::string_view)>;

// The depth of both is limited where they are read.
void each_text_of(JsonView value, const Take& take) {
  if (value.is_string()) return take(value.text_or(""));
  for (const JsonView item : value.items())
    each_text_of(item, take);
  for (const auto& [key, member] : value.members())
    each_text_of(member, take);
}

void each_text_of(const Json& value, const Take& take) {
  if (value.is_string()) return take(value.as_string());
  if (value.is_array())
    for (const auto& item : value.as_array())
      each_text_of(item, take);
  if (value.is_object())
    for (const auto& [key, member] : value.as_object())
      each_text_of(member, take);
}

}  // namespace

ViewFields::ViewFields(JsonView object) {
  constexpr std::size_t kUsualFields = 32;
  if (!object.is_object()) {
    whole_ = object;
    return;
  }
  members_.reserve(kUsualFields);
  for (const auto& [key, value] : object.members())
    members_.push_back({key, value, false});
}

ViewFields::Member* ViewFields::find(std::string_view key) {
  for (auto& member : members_)
    if (member.key.size() == key.size() && !member.taken && member.key == key) return &member;
  return nullptr;
}

JsonView ViewFields::peek(std::string_view key) const {
  const Member* found = const_cast<ViewFields*>(this)->find(key);
  return found == nullptr ? JsonView() : found->value;
}

std::optional<JsonView> ViewFields::take(std::string_view key) {
  Member* found = find(key);
  if (found == nullptr) return std::nullopt;
  found->taken = true;
  return found->value;
}

std::string_view ViewFields::text(std::string_view key) {
  Member* found = find(key);
  if (found == nullptr || !found->value.is_string()) return {};
  found->taken = true;
  return found->value.text_or("");
}

std::string_view ViewFields::id(std::string_view key) {
  Member* found = find(key);
  if (found == nullptr || !valid_native_id(found->value.text_or(""))) return {};
  found->taken = true;
  return found->value.text_or("");
}

void ViewFields::token_to(Json& data, std::string_view key, std::string_view name) {
  Member* found = find(key);
  if (found == nullptr) return;
  const JsonView value = found->value;
  const bool plain = value.is_bool() || value.is_number() || is_token(value.text_or(""));
  if (!plain) return;
  found->taken = true;
  data.set(name, value.to_json());
}

void ViewFields::text_to(Body& body, std::string_view key, std::string_view name) {
  Member* found = find(key);
  if (found == nullptr || !found->value.is_string()) return;
  found->taken = true;
  body.set(name, found->value);
}

void ViewFields::corr_to(event::Event& event, std::string_view key, std::string_view name) {
  const std::string_view value = id(key);
  if (!value.empty()) event.corr[std::string(name)] = value;
}

bool ViewFields::empty() const {
  return whole_.is_null() &&
         std::all_of(members_.begin(), members_.end(), [](const auto& member) { return member.taken; });
}

void ViewFields::rest_to(Body& body, std::string_view name) {
  if (!empty()) body.set(name, std::exchange(*this, {}));
}

Json ViewFields::to_json() const {
  if (!whole_.is_null()) return whole_.to_json();
  Json::Object object;
  for (const auto& member : members_)
    if (!member.taken) object.emplace_back(std::string(member.key), member.value.to_json());
  return Json(std::move(object));
}

void ViewFields::each_text(const Take& take) const {
  each_text_of(whole_, take);
  for (const auto& member : members_)
    if (!member.taken) each_text_of(member.value, take);
}

std::string_view Body::text(std::string_view name) const {
  for (const auto& [own, part] : parts_) {
    if (own != name) continue;
    if (const auto* text = std::get_if<std::string>(&part)) return *text;
    if (const auto* view = std::get_if<JsonView>(&part)) return view->text_or("");
  }
  return {};
}

void Body::each_text(const Take& take) const {
  for (const auto& [name, part] : parts_) {
    if (const auto* text = std::get_if<std::string>(&part))
      take(*text);
    else if (const auto* view = std::get_if<JsonView>(&part))
      each_text_of(*view, take);
    else if (const auto* json = std::get_if<Json>(&part))
      each_text_of(*json, take);
    else
      std::get<ViewFields>(part).each_text(take);
  }
}

Json Body::part_json(const Part& part) {
  if (const auto* text = std::get_if<std::string>(&part)) return Json(*text);
  if (const auto* view = std::get_if<JsonView>(&part)) return view->to_json();
  if (const auto* json = std::get_if<Json>(&part)) return *json;
  return std::get<ViewFields>(part).to_json();
}

Json Body::to_json() const {
  Json::Object body;
  body.reserve(parts_.size());
  for (const auto& [name, part] : parts_)
    body.emplace_back(std::string(name), part_json(part));
  return Json(std::move(body));
}

Json Body::to_json(std::span<const std::string_view> names) const {
  Json::Object body;
  for (const auto& [name, part] : parts_)
    if (std::find(names.begin(), names.end(), name) != names.end())
      body.emplace_back(std::string(name), part_json(part));
  return Json(std::move(body));
}

}  // namespace weir::ingest
