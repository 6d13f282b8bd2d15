#include "flow/tool_settings.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace weir::flow {
namespace {

constexpr std::array<std::string_view, 3> kToolKeys = {"effect", "makes_new", "readers"};
constexpr std::array<std::string_view, 5> kReturnKeys = {"source", "integrity", "confidentiality", "form",
                                                         "author"};
constexpr std::size_t kShownMax = 200;

template <std::size_t N>
bool holds(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::unexpected<Error> bad(std::string what, std::string_view where) {
  return fail(ErrorCode::invalid, std::move(what), printable(where, kShownMax),
              "`weir flow tools --help` shows how");
}

// "a=b" at the last '='; both sides must say something.
Result<std::pair<std::string, std::string>> pair_of(std::string_view what, std::string_view wanted) {
  const auto at = what.rfind('=');
  if (at == std::string_view::npos || at == 0 || at + 1 == what.size())
    return bad("must be " + std::string(wanted), what);
  return std::pair(std::string(what.substr(0, at)), std::string(what.substr(at + 1)));
}

// "server/tool.field" or "server/tool:key", apart.
struct Name {
  std::string tool;
  std::string field;
  std::string key;
};

Name name_of(std::string_view what) {
  if (const auto colon = what.rfind(':'); colon != std::string_view::npos) {
    const auto key = what.substr(colon + 1);
    if (holds(kToolKeys, key) || holds(kReturnKeys, key))
      return {std::string(what.substr(0, colon)), {}, std::string(key)};
  }
  const auto dot = what.rfind('.');
  if (dot == std::string_view::npos) return {std::string(what), {}, {}};
  return {std::string(what.substr(0, dot)), std::string(what.substr(dot + 1)), {}};
}

Json& member(Json& map, std::string_view key) {
  if (!map[key].is_object()) map.set(key, Json::object());
  return *map.find(key);
}

// An empty member says nothing.
void drop_empty(Json& map, std::string_view key) {
  const Json& value = map[key];
  const bool empty =
      (value.is_object() && value.as_object().empty()) || (value.is_array() && value.as_array().empty());
  if (empty) map.erase(key);
}

// The number of the entry of `takes` that names the field.
std::size_t place_of(const Json::Array& takes, std::string_view field) {
  const auto it = std::find_if(takes.begin(), takes.end(), [&](const Json& one) { return one.has(field); });
  return static_cast<std::size_t>(it - takes.begin());
}

void set_field(Json& tool, const std::string& field, const std::string& role) {
  if (!tool["takes"].is_array()) tool.set("takes", Json::array());
  Json* takes = tool.find("takes");
  Json entry = Json::object({{field, role}});
  const std::size_t at = place_of(takes->as_array(), field);
  if (at < takes->as_array().size())
    takes->as_array()[at] = std::move(entry);
  else
    takes->push(std::move(entry));
}

bool unset_part(Json& tool, const Name& name) {
  if (!name.key.empty()) {
    Json* returns = tool.find("returns");
    Json& map = holds(kReturnKeys, name.key) && returns != nullptr ? *returns : tool;
    const bool found = map.has(name.key);
    map.erase(name.key);
    drop_empty(tool, "returns");
    return found;
  }
  Json* takes = tool.find("takes");
  if (takes == nullptr || !takes->is_array()) return false;
  auto& list = takes->as_array();
  const std::size_t at = place_of(list, name.field);
  if (at == list.size()) return false;
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(at));
  drop_empty(tool, "takes");
  return true;
}

bool unset_tool(Json& settings, std::string_view what) {
  Json* tools = settings.find("tools");
  if (tools == nullptr || !tools->is_object()) return false;
  if (tools->has(what)) {
    tools->erase(what);
    return true;
  }
  const Name name = name_of(what);
  Json* tool = tools->find(name.tool);
  if (tool == nullptr || !unset_part(*tool, name)) return false;
  drop_empty(*tools, name.tool);
  return true;
}

bool erase_text(Json* list, std::string_view text) {
  if (list == nullptr || !list->is_array()) return false;
  auto& items = list->as_array();
  return std::erase_if(items, [&](const Json& one) { return one.text_or("") == text; }) > 0;
}

bool unset_trust(Json& settings, std::string_view what) {
  Json* trusted = settings.find("trusted");
  if (trusted == nullptr) return false;
  bool found = erase_text(trusted->find("domains"), what);
  drop_empty(*trusted, "domains");
  const auto at = what.find('=');
  if (Json* authors = trusted->find("authors"); authors != nullptr && at != std::string_view::npos) {
    const std::string_view product = what.substr(0, at);
    found = erase_text(authors->find(product), what.substr(at + 1)) || found;
    drop_empty(*authors, product);
    drop_empty(*trusted, "authors");
  }
  return found;
}

// JSON is YAML: every text is quoted as JSON quotes it, so none can be read as anything else.
void write_map(const Json& map, const std::string& indent, bool deep, std::string& out) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map.as_object())
    keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  for (const auto& key : keys) {
    const Json& value = map[key];
    out += indent;
    append_json_string(out, key);
    out += ':';
    if (deep && value.is_object()) {
      out += '\n';
      write_map(value, indent + "  ", false, out);
    } else {
      out += ' ' + canonical(value) + '\n';
    }
  }
}

}  // namespace

Result<Json> set_tool(Json settings, std::string_view what) {
  TRY(const auto said, pair_of(what, "TOOL.FIELD=ROLE or TOOL:KEY=VALUE"));
  const Name name = name_of(said.first);
  if (name.tool.empty() || (name.field.empty() && name.key.empty()))
    return bad("must be TOOL.FIELD=ROLE or TOOL:KEY=VALUE", what);
  Json& tool = member(member(settings, "tools"), name.tool);
  if (!name.field.empty()) {
    set_field(tool, name.field, said.second);
  } else if (name.key == "makes_new") {
    if (said.second != "true" && said.second != "false") return bad("must be true or false", what);
    tool.set(name.key, said.second == "true");
  } else {
    (holds(kReturnKeys, name.key) ? member(tool, "returns") : tool).set(name.key, said.second);
  }
  return settings;
}

Result<Json> set_server(Json settings, std::string_view what) {
  TRY(const auto said, pair_of(what, "NAME=PRODUCT"));
  member(settings, "servers").set(said.first, said.second);
  return settings;
}

Result<Json> trust_domain(Json settings, std::string_view domain) {
  Json& trusted = member(settings, "trusted");
  erase_text(trusted.find("domains"), domain);
  if (!trusted["domains"].is_array()) trusted.set("domains", Json::array());
  trusted.find("domains")->push(domain);
  return settings;
}

Result<Json> trust_author(Json settings, std::string_view what) {
  TRY(const auto said, pair_of(what, "PRODUCT=AUTHOR"));
  Json& authors = member(member(settings, "trusted"), "authors");
  erase_text(authors.find(said.first), said.second);
  if (!authors[said.first].is_array()) authors.set(said.first, Json::array());
  authors.find(said.first)->push(said.second);
  return settings;
}

Result<Json> unset(Json settings, std::string_view what) {
  bool found = unset_tool(settings, what);
  if (Json* servers = settings.find("servers"); !found && servers != nullptr && servers->has(what)) {
    servers->erase(what);
    found = true;
  }
  found = found || unset_trust(settings, what);
  if (!found)
    return fail(ErrorCode::not_found, "nothing of that name is set", printable(what, kShownMax),
                "`weir flow tools --yours` shows what is");
  for (const char* part : {"servers", "tools", "trusted"})
    drop_empty(settings, part);
  return settings;
}

std::string settings_yaml(const Json& settings) {
  std::string out =
      "# What this user says of tools. `weir flow tools` writes this file anew at each change: keep words of "
      "your\n"
      "# own in another file beside it.\n";
  if (!settings.is_object() || settings.as_object().empty()) return out + "{}\n";
  write_map(settings, "", true, out);
  return out;
}

std::string changed_lines(std::string_view before, std::string_view after) {
  const auto old_lines = split(before, '\n');
  const auto new_lines = split(after, '\n');
  const auto holds_line = [](const auto& lines, std::string_view line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  };
  std::string out;
  for (const auto line : old_lines)
    if (!holds_line(new_lines, line)) (out += "- ").append(line) += '\n';
  for (const auto line : new_lines)
    if (!holds_line(old_lines, line)) (out += "+ ").append(line) += '\n';
  return out;
}

}  // namespace weir::flow
