#include "base/json_wire.h"

#include <bit>

#include "base/limits.h"
#include "base/wire.h"

namespace weir {
namespace {

enum class Kind : std::uint64_t { null, flag, integer, large, real, text, list, map };

void write(const Json& value, WireWriter& out) {
  const auto kind = [&](Kind one) -> WireWriter& { return out.number(static_cast<std::uint64_t>(one)); };
  if (value.is_bool()) {
    kind(Kind::flag).flag(value.as_bool());
  } else if (value.is_int()) {
    kind(Kind::integer).number(static_cast<std::uint64_t>(value.as_int()));
  } else if (value.is_uint64()) {
    kind(Kind::large).number(value.as_uint64());
  } else if (value.is_double()) {
    kind(Kind::real).number(std::bit_cast<std::uint64_t>(value.as_double()));
  } else if (value.is_string()) {
    kind(Kind::text).text(value.as_string());
  } else if (value.is_array()) {
    kind(Kind::list).number(value.as_array().size());
    for (const auto& item : value.as_array())
      write(item, out);
  } else if (value.is_object()) {
    kind(Kind::map).number(value.as_object().size());
    for (const auto& [key, member] : value.as_object()) {
      out.text(key);
      write(member, out);
    }
  } else {
    kind(Kind::null);
  }
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : in_(bytes), items_max_(bytes.size()) {}

  Json value(std::size_t depth = 0);
  bool ok_to_the_end() const { return known_ && in_.ok_to_the_end(); }

 private:
  WireReader in_;
  std::size_t items_max_;  // an item is a byte at least
  bool known_ = true;
};

Json Reader::value(std::size_t depth) {
  if (depth > limits::kJsonDepthMax) known_ = false;
  if (!known_) return {};
  switch (static_cast<Kind>(in_.number())) {
    case Kind::null:
      return {};
    case Kind::flag:
      return Json(in_.flag());
    case Kind::integer:
      return Json(static_cast<std::int64_t>(in_.number()));
    case Kind::large:
      return Json(in_.number());
    case Kind::real:
      return Json(std::bit_cast<double>(in_.number()));
    case Kind::text:
      return Json(in_.text());
    case Kind::list: {
      Json::Array items;
      for (std::size_t left = in_.items(items_max_); left > 0 && known_ && in_.ok(); --left)
        items.push_back(value(depth + 1));
      return Json(std::move(items));
    }
    case Kind::map: {
      Json::Object members;
      for (std::size_t left = in_.items(items_max_); left > 0 && known_ && in_.ok(); --left) {
        std::string key = in_.text();
        members.emplace_back(std::move(key), value(depth + 1));
      }
      return Json(std::move(members));
    }
  }
  known_ = false;
  return {};
}

}  // namespace

std::string json_wire(const Json& value) {
  WireWriter out;
  write(value, out);
  return out.take();
}

Result<Json> read_json_wire(std::string_view bytes, std::string_view where) {
  Reader reader(bytes);
  Json value = reader.value();
  if (!reader.ok_to_the_end()) return fail("not a value that the build wrote", std::string(where));
  return value;
}

}  // namespace weir
