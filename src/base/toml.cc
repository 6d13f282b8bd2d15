#include "base/toml.h"

#include <toml++/toml.h>

#include <sstream>

#include "base/limits.h"

namespace weir {
namespace {

// Dates, times and floats: text as TOML writes them.
template <class T>
Json as_text(const toml::value<T>& value) {
  std::ostringstream out;
  out << value.get();
  return Json(out.str());
}

Result<Json> convert(const toml::node& node, std::string_view where, std::size_t depth) {
  if (depth > limits::kJsonDepthMax)
    return fail(ErrorCode::limit, "the tables are nested too deeply",
                std::string(where) + ":" + std::to_string(node.source().begin.line));
  if (const auto* table = node.as_table()) {
    Json object = Json::object();
    for (const auto& [key, child] : *table) {
      TRY(Json value, convert(child, where, depth + 1));
      object.set(std::string(key.str()), std::move(value));
    }
    return object;
  }
  if (const auto* array = node.as_array()) {
    Json list = Json::array();
    for (const auto& child : *array) {
      TRY(Json value, convert(child, where, depth + 1));
      list.push(std::move(value));
    }
    return list;
  }
  if (const auto* text = node.as_string()) return Json(text->get());
  if (const auto* number = node.as_integer()) return Json(number->get());
  if (const auto* truth = node.as_boolean()) return Json(truth->get());
  if (const auto* real = node.as_floating_point()) return as_text(*real);
  if (const auto* date = node.as_date()) return as_text(*date);
  if (const auto* time = node.as_time()) return as_text(*time);
  if (const auto* moment = node.as_date_time()) return as_text(*moment);
  return Json();
}

}  // namespace

Result<Json> parse_toml(std::string_view text, std::string_view where) {
  if (text.size() > limits::kYamlBytesMax)
    return fail(ErrorCode::limit, "the TOML file is too large", std::string(where));
  try {
    const toml::table table = toml::parse(text, where);
    return convert(table, where, 0);
  } catch (const toml::parse_error& error) {
    return fail("the TOML cannot be read: " + std::string(error.description()),
                std::string(where) + ":" + std::to_string(error.source().begin.line));
  }
}

}  // namespace weir
