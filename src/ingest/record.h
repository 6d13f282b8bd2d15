// A record of a transcript taken apart in place: what `fields.h` is for values, over views that copy nothing.
//
//   ViewFields fields(record);                       // base/json_view.h
//   std::string_view cwd = fields.text("cwd");       // "" when absent; a field of another type stays
//   Body body;
//   body.set("output", fields.peek("content"));
//   fields.rest_to(body);                            // what nobody took
//   body.each_text([](std::string_view text) { … }); // as a scan looks at it
//   event.body = body.to_json();                     // as everybody else does
//
// Views hold as long as the document they were read from is not parsed into again.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json_view.h"
#include "event/event.h"

namespace weir::ingest {

class Body;

class ViewFields {
 public:
  ViewFields() = default;
  // Anything but an object has no fields and is the rest as a whole.
  explicit ViewFields(JsonView object);

  // Fields that were taken are gone.
  JsonView peek(std::string_view key) const;
  std::optional<JsonView> take(std::string_view key);
  std::string_view text(std::string_view key);
  // A string field that is a valid identifier (valid_native_id), or "" and the field stays.
  std::string_view id(std::string_view key);

  // As in Fields: tokens, numbers and truth values into the envelope's data, texts into the body, identifiers
  // into event.corr.
  void token_to(Json& data, std::string_view key, std::string_view name);
  void token_to(Json& data, std::string_view key) { token_to(data, key, key); }
  void text_to(Body& body, std::string_view key, std::string_view name);
  void corr_to(event::Event& event, std::string_view key, std::string_view name);
  void corr_to(event::Event& event, std::string_view key) { corr_to(event, key, key); }

  // What nobody took, as member `name` of the body; nothing when nothing is left.
  void rest_to(Body& body, std::string_view name = "rest");

  Json to_json() const;  // what nobody took
  void each_text(const std::function<void(std::string_view)>& take) const;

 private:
  struct Member {
    std::string_view key;
    JsonView value;
    bool taken = false;
  };
  Member* find(std::string_view key);
  bool empty() const;

  std::vector<Member> members_;
  JsonView whole_;  // when it is no object
};

// The body of an Event that is being read. Names are literals; each is set once.
class Body {
 public:
  void set(std::string_view name, std::string text) { parts_.emplace_back(name, std::move(text)); }
  void set(std::string_view name, JsonView value) { parts_.emplace_back(name, value); }
  void set(std::string_view name, Json value) { parts_.emplace_back(name, std::move(value)); }
  void set(std::string_view name, ViewFields rest) { parts_.emplace_back(name, std::move(rest)); }

  // A text member as it was set; "" when there is none.
  std::string_view text(std::string_view name) const;
  // Every text in it, in order, whatever its place; keys are none.
  void each_text(const std::function<void(std::string_view)>& take) const;
  Json to_json() const;
  Json to_json(std::span<const std::string_view> names) const;  // these members only

 private:
  using Part = std::variant<std::string, JsonView, Json, ViewFields>;
  static Json part_json(const Part& part);
  std::vector<std::pair<std::string_view, Part>> parts_;
};

// An Event whose body was not made yet: event.body is null.
struct Record {
  event::Event event;
  Body body;
};

}  // namespace weir::ingest
