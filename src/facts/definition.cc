#include "facts/definition.h"

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "base/yaml.h"

namespace weir::facts {
namespace {

bool is_name(std::string_view text) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (text.empty() || !lower(text[0])) return false;
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return lower(c) || (c >= '0' && c <= '9') || c == '_'; });
}

Result<std::vector<std::string>> texts_of(const Json& list, const std::string& where, std::string_view what) {
  std::vector<std::string> out;
  if (list.is_null()) return out;
  if (!list.is_array()) return fail("\"" + std::string(what) + "\" must be a list of texts", where);
  for (const auto& item : list.as_array()) {
    if (!item.is_string()) return fail("\"" + std::string(what) + "\" must be a list of texts", where);
    out.push_back(item.as_string());
  }
  return out;
}

Result<Definition> read_fact(const Json& json, std::string_view file, std::size_t number) {
  const std::string place = std::string(file) + ", fact " + std::to_string(number + 1);
  if (!json.is_object()) return fail("a fact must be a map", place);
  for (const auto& [key, value] : json.as_object())
    if (key != "name" && key != "says" && key != "by" && key != "when" && key != "references")
      return fail("a fact has no field \"" + key + "\"", place, "name, says, by, when, references");
  Definition fact;
  fact.name = json["name"].text_or("");
  if (!is_name(fact.name))
    return fail("a fact's name must be lower case letters, digits and underscores", place);
  const std::string where = std::string(file) + ", fact " + fact.name;
  fact.says = json["says"].text_or("");
  if (fact.says.empty()) return fail("a fact must say in a sentence what it means", where, "add `says:`");
  TRY(fact.by, texts_of(json["by"], where, "by"));
  if (json["by"].is_null()) fact.by = {"session"};
  std::sort(fact.by.begin(), fact.by.end());
  fact.by.erase(std::unique(fact.by.begin(), fact.by.end()), fact.by.end());
  TRY(fact.references, texts_of(json["references"], where, "references"));
  const auto when = json["when"].text_or("");
  if (when.empty()) return fail("a fact must have a formula", where, "add `when:`");
  TRY(fact.when, parse_formula(when, where));
  return fact;
}

}  // namespace

Result<std::vector<Definition>> parse_facts(std::string_view yaml, std::string_view where) {
  TRY(const Json json, parse_yaml(yaml, where));
  const Json& list = json["facts"];
  if (!list.is_array()) return fail("the file must hold a list `facts:`", std::string(where));
  if (list.as_array().size() > limits::kFactsMax)
    return fail(ErrorCode::limit, "the file holds too many facts", std::string(where));
  std::vector<Definition> facts;
  std::set<std::string> names;
  for (std::size_t i = 0; i < list.as_array().size(); ++i) {
    TRY(Definition fact, read_fact(list.as_array()[i], where, i));
    if (!names.insert(fact.name).second)
      return fail("two facts are named \"" + fact.name + "\"", std::string(where));
    facts.push_back(std::move(fact));
  }
  return facts;
}

}  // namespace weir::facts
