#include "jsonschema/compile.h"

#include <deque>

#include "jsonschema/catalogue.h"
#include "jsonschema/number.h"
#include "jsonschema/schema.h"

namespace weir::jsonschema {
namespace {

std::unexpected<Error> bad(std::string_view keyword, std::string what) {
  return fail("a keyword of the schema " + std::move(what), std::string(keyword));
}

std::optional<unsigned> type_of_name(std::string_view name) {
  constexpr std::pair<std::string_view, unsigned> kNames[] = {
      {"null", kNull},     {"boolean", kBoolean}, {"integer", kInteger}, {"number", kNumber},
      {"string", kString}, {"array", kArray},     {"object", kObject}};
  for (const auto& [known, type] : kNames)
    if (name == known) return type;
  return std::nullopt;
}

Result<match::Regex> compiled_pattern(std::string_view keyword, std::string_view text) {
  auto regex = match::Regex::compile(re2_pattern(text), {.utf8 = true});
  if (!regex) return bad(keyword, "is a pattern that Weir cannot run (RE2): " + regex.error().message());
  return *std::move(regex);
}

// Long names of Unicode's general categories, which ECMA-262 knows and RE2 does not.
std::string_view short_category(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {{"Letter", "L"},
                                                                      {"Uppercase_Letter", "Lu"},
                                                                      {"Lowercase_Letter", "Ll"},
                                                                      {"Titlecase_Letter", "Lt"},
                                                                      {"Modifier_Letter", "Lm"},
                                                                      {"Other_Letter", "Lo"},
                                                                      {"Mark", "M"},
                                                                      {"Number", "N"},
                                                                      {"Decimal_Number", "Nd"},
                                                                      {"digit", "Nd"},
                                                                      {"Punctuation", "P"},
                                                                      {"punct", "P"},
                                                                      {"Symbol", "S"},
                                                                      {"Separator", "Z"},
                                                                      {"Space_Separator", "Zs"},
                                                                      {"Other", "C"},
                                                                      {"Control", "Cc"}};
  for (const auto& [known, category] : kNames)
    if (name == known) return category;
  return name;
}

class Compiler {
 public:
  Compiler(Program& program, const Catalogue& catalogue) : program_(program), catalogue_(catalogue) {}

  Status run() {
    for (const auto& entry : catalogue_.entries())
      program_.resources.push_back({entry.uri, {}});
    TRY(program_.root, node({&program_.source, 0}));
    for (std::size_t i = 0; i < catalogue_.entries().size(); ++i)
      for (const auto& [name, place] : catalogue_.entries()[i].dynamic_anchors) {
        TRY(program_.resources[i].dynamic_anchors[name], node(place));
      }
    while (!waiting_.empty()) {
      const auto [place, id] = waiting_.front();
      waiting_.pop_front();
      TRY_STATUS(fill(place, id));
    }
    return {};
  }

 private:
  // A node for the schema, filled in later: references may lead back to where they stand.
  Result<NodeId> node(const Place& place) {
    if (!place.schema->is_object() && !place.schema->is_bool())
      return fail("a schema must be an object, true or false", "the schema");
    const auto [it, fresh] = ids_.emplace(place.schema, program_.nodes.size());
    if (!fresh) return it->second;
    if (program_.nodes.size() >= kNodesMax)
      return fail(ErrorCode::limit, "holds more schemas than Weir reads");
    program_.nodes.push_back({});
    program_.nodes.back().resource = place.resource;
    waiting_.emplace_back(place, it->second);
    return it->second;
  }

  Result<NodeId> below(const Json& schema, const Place& from) {
    return node({&schema, catalogue_.resource_of(&schema, from.resource)});
  }

  Status fill(const Place& place, NodeId id) {
    const Json& schema = *place.schema;
    Node out;
    out.resource = place.resource;
    if (schema.is_bool()) {
      out.always = schema.as_bool();
    } else {
      const Draft draft = catalogue_.entries()[place.resource].draft;
      TRY_STATUS(references(schema, place, draft, out));
      // In drafts up to 7 what stands beside $ref does not count.
      if (draft != Draft::draft7 || !schema.has("$ref")) {
        TRY_STATUS(values(schema, out));
        TRY_STATUS(texts_and_numbers(schema, out));
        TRY_STATUS(arrays(schema, place, draft, out));
        TRY_STATUS(objects(schema, place, draft, out));
        TRY_STATUS(combinations(schema, place, out));
      }
    }
    program_.nodes[id] = std::move(out);
    return {};
  }

  Status references(const Json& schema, const Place& place, Draft draft, Node& out) {
    if (const Json* ref = schema.find("$ref")) {
      if (!ref->is_string()) return bad("$ref", "must be a string");
      TRY(const Place to, catalogue_.find(ref->as_string(), place));
      TRY(out.reference, node(to));
    }
    const bool recursive = draft == Draft::draft2019;
    const char* keyword = recursive ? "$recursiveRef" : "$dynamicRef";
    const Json* dynamic = draft == Draft::draft7 ? nullptr : schema.find(keyword);
    if (dynamic == nullptr) return {};
    if (!dynamic->is_string()) return bad(keyword, "must be a string");
    TRY(const Place to, catalogue_.find(dynamic->as_string(), place));
    DynamicReference reference;
    TRY(reference.initial, node(to));
    reference.anchor = catalogue_.dynamic_name(dynamic->as_string(), place);
    out.dynamic_reference = std::move(reference);
    return {};
  }

  Status values(const Json& schema, Node& out) {
    if (const Json* type = schema.find("type")) {
      const Json list = type->is_array() ? *type : Json::array({*type});
      for (const auto& name : list.as_array()) {
        const auto known = type_of_name(name.text_or(""));
        if (!known) return bad("type", "names no type");
        out.types |= *known;
      }
      if (out.types == 0) return bad("type", "must name a type");
    }
    if (const Json* list = schema.find("enum")) {
      if (!list->is_array()) return bad("enum", "must be an array");
      out.one_of_values.emplace();
      for (const auto& value : list->as_array())
        out.one_of_values->insert(canonical(value));
    }
    if (const Json* value = schema.find("const")) {
      const std::string only = canonical(*value);
      const bool possible = !out.one_of_values || out.one_of_values->contains(only);
      out.one_of_values = possible ? std::set<std::string>{only} : std::set<std::string>{};
    }
    return {};
  }

  static Status bound(const Json& schema, std::string_view keyword, bool exclusive,
                      std::optional<Bound>& out) {
    const Json* value = schema.find(keyword);
    if (value == nullptr) return {};
    if (!value->is_number()) return bad(keyword, "must be a number");
    out = Bound{*value, exclusive};
    return {};
  }

  template <class T>
  static Status count(const Json& schema, std::string_view keyword, T& out) {
    const Json* value = schema.find(keyword);
    if (value == nullptr) return {};
    if (!value->is_number() || !is_whole(*value) || value->as_double() < 0)
      return bad(keyword, "must be a whole number from 0");
    const double number = value->as_double();
    out = number >= 1e15 ? std::uint64_t{1'000'000'000'000'000} : static_cast<std::uint64_t>(number);
    return {};
  }

  Status texts_and_numbers(const Json& schema, Node& out) {
    TRY_STATUS(bound(schema, "minimum", false, out.least));
    TRY_STATUS(bound(schema, "maximum", false, out.most));
    TRY_STATUS(bound(schema, "exclusiveMinimum", true, out.above));
    TRY_STATUS(bound(schema, "exclusiveMaximum", true, out.below));
    if (const Json* value = schema.find("multipleOf")) {
      if (!value->is_number() || value->as_double() <= 0)
        return bad("multipleOf", "must be a number above 0");
      out.multiple_of = *value;
    }
    TRY_STATUS(count(schema, "minLength", out.length.least));
    TRY_STATUS(count(schema, "maxLength", out.length.most));
    if (const Json* pattern = schema.find("pattern")) {
      if (!pattern->is_string()) return bad("pattern", "must be a string");
      TRY(out.pattern, regex("pattern", pattern->as_string()));
    }
    return {};
  }

  Status arrays(const Json& schema, const Place& place, Draft draft, Node& out) {
    TRY_STATUS(count(schema, "minItems", out.item_count.least));
    TRY_STATUS(count(schema, "maxItems", out.item_count.most));
    if (const Json* unique = schema.find("uniqueItems")) {
      if (!unique->is_bool()) return bad("uniqueItems", "must be true or false");
      out.unique = unique->as_bool();
    }
    // A list of schemas, one for each place: "prefixItems" today, an array under "items" before.
    const Json* first = draft == Draft::draft2020 ? schema.find("prefixItems") : nullptr;
    const char* rest = "items";
    if (const Json* items = schema.find("items"); items != nullptr && items->is_array()) {
      first = items;
      rest = "additionalItems";
    }
    if (first != nullptr) TRY_STATUS(list("items", *first, place, out.first_items));
    TRY_STATUS(single(schema, rest, place, out.items));
    TRY_STATUS(single(schema, "contains", place, out.contains));
    if (draft != Draft::draft7) {
      TRY_STATUS(count(schema, "minContains", out.contained.least));
      TRY_STATUS(count(schema, "maxContains", out.contained.most));
      TRY_STATUS(single(schema, "unevaluatedItems", place, out.unseen_items));
    }
    program_.tracks = program_.tracks || out.unseen_items.has_value();
    return {};
  }

  Status objects(const Json& schema, const Place& place, Draft draft, Node& out) {
    TRY_STATUS(count(schema, "minProperties", out.member_count.least));
    TRY_STATUS(count(schema, "maxProperties", out.member_count.most));
    if (const Json* names = schema.find("required")) TRY_STATUS(strings("required", *names, out.required));
    if (const Json* map = schema.find("dependentRequired")) {
      if (!map->is_object()) return bad("dependentRequired", "must be an object");
      for (const auto& [name, names] : map->as_object())
        TRY_STATUS(strings("dependentRequired", names, out.required_with[name]));
    }
    TRY_STATUS(schemas(schema, "dependentSchemas", place, out.with_member));
    TRY_STATUS(dependencies(schema, place, out));
    TRY_STATUS(schemas(schema, "properties", place, out.members));
    std::map<std::string, NodeId, std::less<>> like;
    TRY_STATUS(schemas(schema, "patternProperties", place, like));
    for (const auto& [pattern, id] : like) {
      TRY(auto compiled, regex("patternProperties", pattern));
      out.members_like.emplace_back(std::move(compiled), id);
    }
    TRY_STATUS(single(schema, "additionalProperties", place, out.other_members));
    TRY_STATUS(single(schema, "propertyNames", place, out.member_names));
    if (draft != Draft::draft7)
      TRY_STATUS(single(schema, "unevaluatedProperties", place, out.unseen_members));
    program_.tracks = program_.tracks || out.unseen_members.has_value();
    return {};
  }

  // Of drafts up to 7; later ones divided it.
  Status dependencies(const Json& schema, const Place& place, Node& out) {
    const Json* map = schema.find("dependencies");
    if (map == nullptr) return {};
    if (!map->is_object()) return bad("dependencies", "must be an object");
    for (const auto& [name, what] : map->as_object()) {
      if (what.is_array()) {
        TRY_STATUS(strings("dependencies", what, out.required_with[name]));
      } else {
        TRY(out.with_member[name], below(what, place));
      }
    }
    return {};
  }

  Status combinations(const Json& schema, const Place& place, Node& out) {
    const std::pair<std::string_view, std::vector<NodeId>*> lists[] = {
        {"allOf", &out.all}, {"anyOf", &out.any}, {"oneOf", &out.one}};
    for (const auto& [keyword, into] : lists) {
      const Json* found = schema.find(keyword);
      if (found == nullptr) continue;
      TRY_STATUS(list(keyword, *found, place, *into));
      if (into->empty()) return bad(keyword, "must hold a schema");
    }
    TRY_STATUS(single(schema, "not", place, out.none));
    TRY_STATUS(single(schema, "if", place, out.condition));
    if (!out.condition) return {};
    TRY_STATUS(single(schema, "then", place, out.then));
    return single(schema, "else", place, out.otherwise);
  }

  Result<match::Regex> regex(std::string_view keyword, const std::string& text) {
    if (++patterns_ > kPatternsMax) return fail(ErrorCode::limit, "holds more patterns than Weir reads");
    return compiled_pattern(keyword, text);
  }

  Status single(const Json& schema, std::string_view keyword, const Place& place,
                std::optional<NodeId>& out) {
    const Json* found = schema.find(keyword);
    if (found == nullptr) return {};
    if (!found->is_object() && !found->is_bool()) return bad(keyword, "must be a schema");
    TRY(out, below(*found, place));
    return {};
  }

  Status list(std::string_view keyword, const Json& found, const Place& place, std::vector<NodeId>& out) {
    if (!found.is_array()) return bad(keyword, "must be an array of schemas");
    for (const auto& item : found.as_array()) {
      TRY(const NodeId id, below(item, place));
      out.push_back(id);
    }
    return {};
  }

  Status schemas(const Json& schema, std::string_view keyword, const Place& place,
                 std::map<std::string, NodeId, std::less<>>& out) {
    const Json* found = schema.find(keyword);
    if (found == nullptr) return {};
    if (!found->is_object()) return bad(keyword, "must be an object of schemas");
    for (const auto& [name, item] : found->as_object()) {
      TRY(out[name], below(item, place));
    }
    return {};
  }

  static Status strings(std::string_view keyword, const Json& found, std::vector<std::string>& out) {
    if (!found.is_array()) return bad(keyword, "must be an array of names");
    for (const auto& item : found.as_array()) {
      if (!item.is_string()) return bad(keyword, "must be an array of names");
      out.push_back(item.as_string());
    }
    return {};
  }

  Program& program_;
  const Catalogue& catalogue_;
  std::unordered_map<const Json*, NodeId> ids_;
  std::deque<std::pair<Place, NodeId>> waiting_;
  std::size_t patterns_ = 0;
};

}  // namespace

std::string re2_pattern(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '\\' || i + 1 == pattern.size()) {
      out += pattern[i];
      continue;
    }
    const char next = pattern[++i];
    if (next == 'u' && i + 4 < pattern.size() && pattern[i + 1] != '{') {
      out += "\\x{" + std::string(pattern.substr(i + 1, 4)) + "}";
      i += 4;
    } else if (next == 'u' && i + 1 < pattern.size()) {
      out += "\\x";
    } else if (const auto end = pattern.find('}', i); (next == 'p' || next == 'P') &&
                                                      i + 1 < pattern.size() && pattern[i + 1] == '{' &&
                                                      end != std::string_view::npos) {
      out += '\\';
      out += next;
      out += '{';
      out += short_category(pattern.substr(i + 2, end - i - 2));
      out += '}';
      i = end;
    } else {
      out += '\\';
      out += next;
    }
  }
  return out;
}

Result<Program> compile_program(Json schema) {
  Program out;
  out.source = std::move(schema);
  TRY(const Catalogue catalogue, Catalogue::of(out.source));
  Compiler compiler(out, catalogue);
  TRY_STATUS(compiler.run());
  return out;
}

}  // namespace weir::jsonschema
