#include "sigma/record.h"

#include <charconv>

namespace weir::sigma {
namespace {

constexpr std::size_t kDepthMax = 32;
constexpr std::size_t kFieldsMax = 10'000;

Field::Kind kind_of(const Json& value) {
  if (value.is_string()) return Field::Kind::text;
  if (value.is_number()) return Field::Kind::number;
  if (value.is_bool()) return Field::Kind::boolean;
  if (value.is_null()) return Field::Kind::null;
  return Field::Kind::object;
}

void append_text(std::string& arena, const Json& value) {
  if (!value.is_int()) {
    arena += compact(value);
    return;
  }
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value.as_int()).ptr;
  arena.append(digits, static_cast<std::size_t>(end - digits));
}

}  // namespace

const Field* find_field(Record record, std::string_view name) {
  for (const Field& field : record)
    if (field.name == name) return &field;
  return nullptr;
}

void FlatEvent::add_value(const Name& name, const Json& value) {
  Field field{.name = {}, .text = {}, .kind = kind_of(value)};
  Place place{.name = name};
  if (field.kind == Field::Kind::text) {
    field.text = value.as_string();
  } else if (field.kind == Field::Kind::boolean) {
    field.text = value.as_bool() ? "true" : "false";
  } else if (field.kind != Field::Kind::null) {
    place.own_text = true;
    place.text_begin = arena_.size();
    append_text(arena_, value);
    place.text_size = arena_.size() - place.text_begin;
  }
  fields_.push_back(field);
  places_.push_back(place);
}

void FlatEvent::walk(const Name& name, const Json& value, std::size_t depth) {
  if (fields_.size() >= kFieldsMax) return;
  if (value.is_array() && depth < kDepthMax) {
    for (const Json& item : value.as_array())
      walk(name, item, depth + 1);
    return;
  }
  add_value(name, value);
  if (!value.is_object() || depth >= kDepthMax) return;
  for (const auto& [key, member] : value.as_object()) {
    const std::size_t begin = arena_.size();
    if (name.key.data() != nullptr)
      arena_ += name.key;
    else
      arena_.append(arena_, name.begin, name.size);
    arena_ += '.';
    arena_ += key;
    walk({{}, begin, arena_.size() - begin}, member, depth + 1);
  }
}

void FlatEvent::clear() {
  fields_.clear();
  places_.clear();
  arena_.clear();
}

void FlatEvent::add(std::string_view name, std::string_view text) {
  if (fields_.size() >= kFieldsMax) return;
  fields_.push_back({.name = {}, .text = text, .kind = Field::Kind::text});
  places_.push_back({.name = {name, 0, 0}});
}

void FlatEvent::add(std::string_view name, const Json& value) {
  walk({name, 0, 0}, value, 0);
}

void FlatEvent::add_joined(std::string_view name, std::string_view head, std::string_view tail) {
  if (fields_.size() >= kFieldsMax) return;
  fields_.push_back({.name = {}, .text = {}, .kind = Field::Kind::text});
  places_.push_back({.name = {name, 0, 0},
                     .text_begin = arena_.size(),
                     .text_size = head.size() + tail.size(),
                     .own_text = true});
  arena_ += head;
  arena_ += tail;
}

void FlatEvent::seal() {
  const std::string_view arena = arena_;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const Place& place = places_[i];
    const Name& name = place.name;
    fields_[i].name = name.key.data() != nullptr ? name.key : arena.substr(name.begin, name.size);
    if (place.own_text) fields_[i].text = arena.substr(place.text_begin, place.text_size);
  }
}

void FlatEvent::assign(const Json& event) {
  clear();
  if (!event.is_object()) return;
  for (const auto& [key, value] : event.as_object())
    walk({key, 0, 0}, value, 0);
  seal();
}

}  // namespace weir::sigma
