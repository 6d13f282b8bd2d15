// One event as the rules see it: named values, flat.
//
//   FlatEvent flat;                      // one a thread; its memory is used again
//   flat.assign(json);                   // {"a": {"b": [1, 2]}} → a = {"b":[1,2]}, a.b = 1, a.b = 2
//   engine.match(logsource, flat.fields(), workspace);
//
// Members of members are named with dots, members of a list's items by the list's own name, so a name may
// come several times: a test holds when it holds for one of them. An object is also there as its JSON text,
// for rules that look into it whole; keywords do not look at those.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace weir::sigma {

struct Field {
  enum class Kind : std::uint8_t { text, number, boolean, null, object };

  std::string_view name;
  std::string_view text;  // "" for null
  Kind kind = Kind::text;
};
using Record = std::span<const Field>;

// The value of the first field of that name; nullptr when absent.
const Field* find_field(Record record, std::string_view name);

class FlatEvent {
 public:
  // `event` must outlive the fields. What is nested deeper than 32 levels is there only as text, and so is
  // what comes after the 10,000th field.
  void assign(const Json& event);

  // The same a field at a time, for who has no JSON object: clear(), add …, seal(). Names, texts and JSON
  // must outlive the fields; what is joined is kept here.
  void clear();
  void add(std::string_view name, std::string_view text);
  void add(std::string_view name, const Json& value);
  void add_joined(std::string_view name, std::string_view head, std::string_view tail);
  void seal();

  Record fields() const { return fields_; }

 private:
  // The arena moves while it grows, so what lies in it is known by position until all is there.
  struct Name {
    std::string_view key = {};  // of the event itself; one without data: in the arena
    std::size_t begin = 0, size = 0;
  };
  struct Place {
    Name name;
    std::size_t text_begin = 0, text_size = 0;  // in the arena, when `own_text`
    bool own_text = false;
  };

  void walk(const Name& name, const Json& value, std::size_t depth);
  void add_value(const Name& name, const Json& value);

  std::vector<Field> fields_;
  std::vector<Place> places_;
  std::string arena_;
};

}  // namespace weir::sigma
