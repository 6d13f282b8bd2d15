#include "sigma/canary.h"

#include "base/bytes.h"
#include "sigma/modifiers.h"

namespace weir::sigma {
namespace {

bool looks_so(const Json& value) {
  return value.is_object() && value.has("severity") && value.has("id") && !value.has("detection");
}

std::vector<std::string> fields_of(std::string_view field) {
  if (field == "command" || field == "pattern" || field == "output") return {std::string(field)};
  if (field == "file_path") return {"file_path", "path"};
  if (field == "any") return {"command", "file_path", "path", "pattern", "output"};
  return {};
}

Json strings_of(const std::vector<std::string>& texts) {
  return Json::strings(texts);
}

// "field|re|i: patterns" for each field that the block looks at.
Result<Expr> block(Document& document, const std::string& pointer, const Json& value) {
  const auto fields = fields_of(value["field"].text_or("any"));
  if (fields.empty())
    return fail("unknown field", std::string(value["field"].text_or("")),
                "use command, file_path, pattern, output or any");
  const auto patterns = document.texts(pointer + "/patterns", value["patterns"]);
  if (patterns.empty()) return fail("the block has no patterns", {}, "add at least one");
  std::vector<Expr> parts;
  for (const std::string& field : fields) {
    TRY(Expr part, detection_item(field + "|re|i", strings_of(patterns), {}));
    parts.push_back(std::move(part));
  }
  return Expr::joined(Expr::Kind::any, std::move(parts));
}

Result<Expr> condition_of(Document& document, const std::string& pointer, const Json& value) {
  std::vector<Expr> all;
  const std::string tool_pattern = document.text(pointer + "/tool_pattern", value["tool_pattern"]);
  const auto tools = document.texts(pointer + "/tools", value["tools"]);
  if (!tool_pattern.empty()) {
    TRY(Expr tool, detection_item("tool|re", tool_pattern, {}));
    all.push_back(std::move(tool));
  } else if (!tools.empty()) {
    TRY(Expr tool, detection_item("tool|exact|cased", strings_of(tools), {}));
    all.push_back(std::move(tool));
  }
  if (value["match"].is_array() && !value["match"].as_array().empty()) {
    std::vector<Expr> any;
    const Json::Array& blocks = value["match"].as_array();
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      TRY(Expr part, block(document, pointer + "/match/" + std::to_string(i), blocks[i]));
      any.push_back(std::move(part));
    }
    all.push_back(Expr::joined(Expr::Kind::any, std::move(any)));
  }
  if (all.empty()) return fail("the rule looks at nothing", {}, "add tools, tool_pattern or match");
  return Expr::joined(Expr::Kind::all, std::move(all));
}

Result<Rule> read_one(Document& document, const std::string& pointer, const Json& value) {
  Rule rule;
  Meta& meta = rule.meta;
  meta.where = document.at(pointer);
  meta.id = document.text(pointer + "/id", value["id"]);
  document.rule = meta.id;
  meta.title = document.text(pointer + "/name", value["name"]);
  meta.description = document.text(pointer + "/description", value["description"]);
  meta.tags = document.texts(pointer + "/tags", value["tags"]);
  meta.level = level_named(to_lower_ascii(document.text(pointer + "/severity", value["severity"])))
                   .value_or(Level::none);
  meta.custom = Json::object({{"message", value["message"]}});
  if (meta.id.empty() || meta.title.empty()) return fail("a CanaryAI rule needs id and name", {}, "add them");
  if (meta.level == Level::none)
    return fail("unknown severity", std::string(value["severity"].text_or("")),
                "use LOW, MEDIUM, HIGH or CRITICAL");
  rule.logsource.product = "weir";
  TRY(rule.condition, condition_of(document, pointer, value));
  return rule;
}

}  // namespace

bool is_canary(const Json& root) {
  if (root.is_array()) return !root.as_array().empty() && looks_so(root.as_array().front());
  return looks_so(root);
}

void read_canary(RuleSet& set, Document& document) {
  const auto one = [&](const std::string& pointer, const Json& value) {
    auto rule = read_one(document, pointer, value);
    if (rule)
      set.rules.push_back(*std::move(rule));
    else
      set.problems.push_back(
          {Problem::Weight::error, document.rule, document.placed(std::move(rule.error()), pointer)});
  };
  if (document.root().is_object()) return one("", document.root());
  const Json::Array& rules = document.root().as_array();
  set.documents += rules.size() - 1;
  for (std::size_t i = 0; i < rules.size(); ++i)
    one("/" + std::to_string(i), rules[i]);
}

}  // namespace weir::sigma
