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

// Aliases repeat what they name: without this limit a short text could stand for a huge value.
constexpr std::size_t kYamlNodesMax = 1'000'000;

struct Reading {
  std::string_view where;
  std::map<std::string, int>* lines = nullptr;  // none: not wanted
  std::size_t nodes = 0;
};

// RFC 6901: "~" and "/" in a key are written "~0" and "~1".
std::string below(const Reading& reading, const std::string& path, std::string_view key) {
  if (reading.lines == nullptr) return {};
  std::string longer = path + "/";
  for (const char c : key)
    if (c == '~')
      longer += "~0";
    else if (c == '/')
      longer += "~1";
    else
      longer += c;
  return longer;
}

Result<Json> convert(const YAML::Node& node, Reading& reading, const std::string& path, std::size_t depth) {
  const std::string_view where = reading.where;
  if (reading.lines != nullptr && node.Mark().line >= 0) reading.lines->emplace(path, node.Mark().line + 1);
  if (++reading.nodes > kYamlNodesMax)
    return fail(ErrorCode::limit, "YAML holds more than " + std::to_string(kYamlNodesMax) + " values",
                at(where, node.Mark()));
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
      std::size_t index = 0;
      for (const auto& item : node) {
        TRY(Json value, convert(item, reading, below(reading, path, std::to_string(index++)), depth + 1));
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
        TRY(Json value, convert(item.second, reading, below(reading, path, key), depth + 1));
        object.set(key, std::move(value));
      }
      return object;
    }
  }
  return Json();
}

Result<Json> read(std::string_view text, Reading reading) {
  const std::string_view where = reading.where;
  if (text.size() > limits::kYamlBytesMax)
    return fail(ErrorCode::limit, "YAML is longer than " + std::to_string(limits::kYamlBytesMax) + " bytes",
                std::string(where));
  try {
    return convert(YAML::Load(std::string(text)), reading, "", 0);
  } catch (const YAML::Exception& error) {
    return fail("not valid YAML: " + error.msg, at(where, error.mark));
  }
}

}  // namespace

Result<Json> parse_yaml(std::string_view text, std::string_view where) {
  return read(text, {.where = where});
}

Result<YamlText> parse_yaml_lines(std::string_view text, std::string_view where) {
  YamlText result;
  TRY(result.value, read(text, {.where = where, .lines = &result.lines}));
  return result;
}

}  // namespace weir
