#include "base/yaml.h"

#include <yaml-cpp/yaml.h>

#include <charconv>

#include "base/bytes.h"

namespace weir {
namespace {

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
  int lines_before = 0;                         // lines of the file above this document
  std::size_t nodes = 0;

  int line(const YAML::Mark& mark) const { return lines_before + mark.line + 1; }
};

std::string at(const Reading& reading, const YAML::Mark& mark) {
  return std::string(reading.where) + ":" + std::to_string(reading.line(mark));
}

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
  if (reading.lines != nullptr && node.Mark().line >= 0)
    reading.lines->emplace(path, reading.line(node.Mark()));
  if (++reading.nodes > kYamlNodesMax)
    return fail(ErrorCode::limit, "YAML holds more than " + std::to_string(kYamlNodesMax) + " values",
                at(reading, node.Mark()));
  if (depth > limits::kJsonDepthMax)
    return fail(ErrorCode::limit, "YAML is nested too deeply", at(reading, node.Mark()));
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
        if (!item.first.IsScalar()) return fail("a YAML key is not text", at(reading, item.first.Mark()));
        const std::string& key = item.first.Scalar();
        if (object.has(key))
          return fail("the key \"" + key + "\" is given twice", at(reading, item.first.Mark()));
        TRY(Json value, convert(item.second, reading, below(reading, path, key), depth + 1));
        object.set(key, std::move(value));
      }
      return object;
    }
  }
  return Json();
}

Result<Json> read(std::string_view text, Reading reading) {
  if (text.size() > limits::kYamlBytesMax)
    return fail(ErrorCode::limit, "YAML is longer than " + std::to_string(limits::kYamlBytesMax) + " bytes",
                std::string(reading.where));
  try {
    return convert(YAML::Load(std::string(text)), reading, "", 0);
  } catch (const YAML::Exception& error) {
    constexpr std::size_t kMessageBytesMax = 200;  // it quotes the file, line breaks and all
    return fail("not valid YAML: " + printable(error.msg, kMessageBytesMax), at(reading, error.mark));
  }
}

// "---" at the beginning of a line, alone or before a blank: YAML 1.2.2 section 9.1.2. Content of a block
// scalar is indented, so no other text can look like it.
bool is_document_marker(std::string_view line) {
  if (!line.starts_with("---")) return false;
  return line.size() == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\r';
}

bool only_comments(std::string_view text) {
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view rest = trim(line);
    if (!rest.empty() && !rest.starts_with('#') && rest != "---" && rest != "...") return false;
  }
  return true;
}

}  // namespace

std::vector<YamlDocument> parse_yaml_documents(std::string_view text, std::string_view where) {
  std::vector<YamlDocument> documents;
  int line = 0, first = 0;  // of the whole text, and of the document being gathered
  std::size_t begin = 0;
  const auto take = [&](std::size_t end) {
    const std::string_view part = text.substr(begin, end - begin);
    if (!only_comments(part)) {
      YamlDocument document{.line = first + 1, .text = YamlText()};
      auto value = read(part, {.where = where, .lines = &document.text->lines, .lines_before = first});
      if (value)
        document.text->value = *std::move(value);
      else
        document.text = std::unexpected(std::move(value.error()));
      documents.push_back(std::move(document));
    }
    begin = end;
    first = line;
  };
  for (std::size_t at_byte = 0; at_byte < text.size(); ++line) {
    std::size_t end = text.find('\n', at_byte);
    if (end == std::string_view::npos) end = text.size();
    if (at_byte > begin && is_document_marker(text.substr(at_byte, end - at_byte))) take(at_byte);
    at_byte = end + 1;
  }
  take(text.size());
  return documents;
}

Result<Json> parse_yaml(std::string_view text, std::string_view where) {
  return read(text, {.where = where});
}

Result<YamlText> parse_yaml_lines(std::string_view text, std::string_view where) {
  YamlText result;
  TRY(result.value, read(text, {.where = where, .lines = &result.lines}));
  return result;
}

}  // namespace weir
