#include "sigma/document.h"

#include <algorithm>

#include "base/bytes.h"

namespace weir::sigma {
namespace {

constexpr std::size_t kTitleBytesMax = 256;  // Sigma 2.1, title

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

bool is_date(std::string_view text) {
  if (text.size() != 10) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((i == 4 || i == 7) ? text[i] != '-' : (text[i] < '0' || text[i] > '9')) return false;
  return true;
}

void read_related(Document& document, Meta& meta) {
  const Json& related = document.root()["related"];
  if (!related.is_array()) return;
  for (const Json& one : related.as_array())
    meta.related.emplace_back(one["type"].text_or(""), one["id"].text_or(""));
}

void read_custom(const Json& root, Meta& meta) {
  static constexpr std::string_view kKnown[] = {
      "title",   "id",         "name",   "related", "taxonomy",    "status",         "description",
      "license", "references", "author", "date",    "modified",    "logsource",      "detection",
      "fields",  "tags",       "scope",  "level",   "correlation", "falsepositives", "filter"};
  meta.custom = Json::object();
  for (const auto& [key, value] : root.as_object())
    if (std::find(std::begin(kKnown), std::end(kKnown), key) == std::end(kKnown)) meta.custom.set(key, value);
}

void check_meta(Document& document, const Meta& meta) {
  static constexpr std::string_view kStatus[] = {"stable", "test", "experimental", "deprecated",
                                                 "unsupported"};
  const Json& root = document.root();
  if (meta.id.empty())
    document.warn("", "there is no id", "add a random UUID, so that reports and correlations can name it");
  else if (!is_uuid(meta.id))
    document.warn("/id", "the id is no UUID", "use a random UUID (version 4)");
  if (!meta.status.empty() &&
      std::find(std::begin(kStatus), std::end(kStatus), meta.status) == std::end(kStatus))
    document.warn("/status", "unknown status", "use stable, test, experimental, deprecated or unsupported");
  if (meta.title.size() > kTitleBytesMax)
    document.warn("/title", "the title is longer than 256 characters", "shorten it");
  if (root.has("level") && meta.level == Level::none)
    document.warn("/level", "unknown level", "use informational, low, medium, high or critical");
  if (!meta.date.empty() && !is_date(meta.date))
    document.warn("/date", "the date is not written as YYYY-MM-DD", "write it so");
  if (!meta.modified.empty() && !is_date(meta.modified))
    document.warn("/modified", "the date is not written as YYYY-MM-DD", "write it so");
}

}  // namespace

std::string Document::at(std::string_view pointer) const {
  std::string path(pointer);
  int line = first_line_;
  while (!path.empty()) {
    const auto found = text_.lines.find(path);
    if (found != text_.lines.end()) {
      line = found->second;
      break;
    }
    path.resize(path.find_last_of('/'));
  }
  return std::string(file_) + ":" + std::to_string(line);
}

void Document::warn(std::string_view pointer, std::string what, std::string hint) {
  set_.problems.push_back(
      {Problem::Weight::warning, rule, {ErrorCode::invalid, std::move(what), at(pointer), std::move(hint)}});
}

Error Document::placed(Error error, std::string_view pointer) const {
  // What the parts below name as the place is the value in question: it goes into the sentence.
  if (!error.where.empty()) error.what += ": " + printable(error.where, 100);
  error.where = at(pointer);
  return error;
}

std::string Document::text(std::string_view pointer, const Json& value) {
  if (value.is_null()) return {};
  if (value.is_array() || value.is_object()) {
    warn(pointer, "a text is expected here", "write one value");
    return {};
  }
  return value.is_string() ? value.as_string() : compact(value);
}

std::vector<std::string> Document::texts(std::string_view pointer, const Json& value) {
  std::vector<std::string> out;
  if (!value.is_array()) {
    std::string one = text(pointer, value);
    if (!one.empty()) out.push_back(std::move(one));
    return out;
  }
  for (std::size_t i = 0; i < value.as_array().size(); ++i)
    out.push_back(text(std::string(pointer) + "/" + std::to_string(i), value.as_array()[i]));
  return out;
}

Result<Meta> read_meta(Document& document) {
  const Json& root = document.root();
  Meta meta;
  meta.where = document.at("");
  meta.id = document.text("/id", root["id"]);
  meta.name = document.text("/name", root["name"]);
  document.rule = meta.key() == meta.where ? "" : meta.key();
  meta.title = document.text("/title", root["title"]);
  meta.description = document.text("/description", root["description"]);
  meta.status = document.text("/status", root["status"]);
  meta.author = document.text("/author", root["author"]);
  meta.license = document.text("/license", root["license"]);
  meta.taxonomy = document.text("/taxonomy", root["taxonomy"]);
  meta.date = document.text("/date", root["date"]);
  meta.modified = document.text("/modified", root["modified"]);
  meta.level = level_named(document.text("/level", root["level"])).value_or(Level::none);
  meta.references = document.texts("/references", root["references"]);
  meta.tags = document.texts("/tags", root["tags"]);
  meta.fields = document.texts("/fields", root["fields"]);
  meta.falsepositives = document.texts("/falsepositives", root["falsepositives"]);
  meta.scope = document.texts("/scope", root["scope"]);
  read_related(document, meta);
  read_custom(root, meta);
  check_meta(document, meta);
  if (meta.title.empty())
    return std::unexpected(document.placed(
        {ErrorCode::invalid, "there is no title", {}, "say in one line what the rule finds"}, ""));
  if (!meta.taxonomy.empty() && meta.taxonomy != "sigma")
    return std::unexpected(
        document.placed({ErrorCode::invalid,
                         "the taxonomy \"" + printable(meta.taxonomy, 40) + "\" is not known",
                         {},
                         "name fields as in Sigma's own taxonomy"},
                        "/taxonomy"));
  return meta;
}

Result<LogSource> read_logsource(Document& document) {
  const Json& section = document.root()["logsource"];
  const auto wrong = [&](std::string what) {
    return std::unexpected(document.placed(
        {ErrorCode::invalid, std::move(what), {}, "name category, product or service of the logs"},
        "/logsource"));
  };
  if (!section.is_object()) return wrong("there is no logsource");
  LogSource out;
  out.category = to_lower_ascii(document.text("/logsource/category", section["category"]));
  out.product = to_lower_ascii(document.text("/logsource/product", section["product"]));
  out.service = to_lower_ascii(document.text("/logsource/service", section["service"]));
  out.definition = document.text("/logsource/definition", section["definition"]);
  if (out.category.empty() && out.product.empty() && out.service.empty())
    return wrong("the logsource says nothing");
  return out;
}

}  // namespace weir::sigma
