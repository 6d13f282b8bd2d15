#include "base/yaml.h"

#include <yaml-cpp/yaml.h>

#include <charconv>

namespace weir {
namespace {

std::string at(std::string_view where, const YAML::Mark& mark) {
  return std::string(where) + ":" + std::to_string(mark.line + 1);
}

Json scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  const bool quoted = node.Tag() == "!";
  if (quoted) return Json(text);
  if (text == "true") return Json(true);
  if (text == "false") return Json(false);
  if (text == "null" || text == "~" || text.empty()) return Json();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size()) return Json(number);
  return Json(text);
}

Result<Json> convert(const YAML::Node& node, std::string_view where, std::size_t depth) {
  if (depth > limits::kJsonDepthMax)
    return fail(ErrorCode::limit, "YAML is nested too deeply", at(where, node.Mark()));
  switch (node.Type()) {
    case YAML::NodeType::Undefined:
    case YAML::NodeType::Null:
      return Json();
    case YAML::NodeType::Scalar:
      return scalar(node);
    case YAML::NodeType::Sequence: {
      Json array = Json::array();
      for (const auto& item : node) {
        TRY(Json value, convert(item, where, depth + 1));
        array.push(std::move(value));
      }
      return array;
    }
    case YAML::NodeType::Map: {
      Json object = Json::object();
      for (const auto& item : node) {
        if (!item.first.IsScalar()) return fail("a YAML key is not text", at(where, item.first.Mark()));
        const std::string& key = item.first.Scalar();
        if (object.has(key))
          return fail("the key \"" + key + "\" is given twice", at(where, item.first.Mark()));
        TRY(Json value, convert(item.second, where, depth + 1));
        object.set(key, std::move(value));
      }
      return object;
    }
  }
  return Json();
}

}  // namespace

Result<Json> parse_yaml(std::string_view text, std::string_view where) {
  if (text.size() > limits::kYamlBytesMax)
    return fail(ErrorCode::limit, "YAML is longer than " + std::to_string(limits::kYamlBytesMax) + " bytes",
                std::string(where));
  try {
    return convert(YAML::Load(std::string(text)), where, 0);
  } catch (const YAML::Exception& error) {
    return fail("not valid YAML: " + error.msg, at(where, error.mark));
  }
}

}  // namespace weir
