#include "sigma/write.h"

#include <algorithm>

namespace weir::sigma {
namespace {

std::string quoted(std::string_view text) {
  // Line breaks and control characters need double quotes; JSON's escapes are YAML's.
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20) return compact(Json(text));
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

// A test as modifiers behind the field, and its value as YAML.
struct Item {
  std::string key;
  std::string value;
};

Item glob_item(const Glob& glob, bool keyword) {
  Glob core = glob;
  const auto is_any = [](const Piece& piece) { return piece.kind == Piece::Kind::any; };
  const bool before = core.pieces.size() > 1 && is_any(core.pieces.front());
  const bool after = core.pieces.size() > 1 && is_any(core.pieces.back());
  std::string key;
  if (before || keyword) core.pieces.erase(core.pieces.begin());
  if ((after || keyword) && !core.pieces.empty()) core.pieces.pop_back();
  if (!keyword && before && after) key = "|contains";
  if (!keyword && before && !after) key = "|endswith";
  if (!keyword && !before && after) key = "|startswith";
  if (std::any_of(core.pieces.begin(), core.pieces.end(),
                  [](const Piece& piece) { return piece.kind == Piece::Kind::dash; }))
    key = "|windash" + key;
  if (glob.cased) key += "|cased";
  return {key, quoted(to_text(core))};
}

struct WriteCheck {
  const Test& test;

  Item operator()(const Glob& glob) const { return glob_item(glob, test.field.empty()); }
  Item operator()(const Expression& e) const {
    std::string key = "|re";
    if (e.ignore_case) key += "|i";
    if (e.multi_line) key += "|m";
    if (e.dot_all) key += "|s";
    return {key, quoted(e.text)};
  }
  Item operator()(const AddressRange& range) const { return {"|cidr", quoted(range.text)}; }
  Item operator()(const Comparison& c) const {
    static constexpr std::string_view kOps[] = {"|gt", "|gte", "|lt", "|lte", "", "|neq"};
    std::string key = test.part == DatePart::none ? "" : "|" + std::string(name(test.part));
    return {key + std::string(kOps[static_cast<std::size_t>(c.op)]), canonical(Json(c.number))};
  }
  Item operator()(const Exists& exists) const { return {"|exists", exists.wanted ? "true" : "false"}; }
  Item operator()(const IsNull&) const { return {"", "null"}; }
  Item operator()(const SameAs& same) const {
    static constexpr std::string_view kHow[] = {"", "|startswith", "|endswith", "|contains"};
    return {
        "|fieldref" + std::string(kHow[static_cast<std::size_t>(same.how)]) + (same.cased ? "|cased" : ""),
        quoted(same.field)};
  }
};

Item item_of(const Test& test) {
  Item item = std::visit(WriteCheck{test}, test.check);
  item.key = test.field + item.key;
  return item;
}

class Writer {
 public:
  // Writes the selections that the expression needs and returns the condition over them.
  std::string condition(const Expr& expr) {
    if (expr.kind == Expr::Kind::test) return selection({&expr, 1});
    if (expr.kind == Expr::Kind::negation) return "not " + inner(expr.parts.front());
    std::vector<std::string> parts;
    if (expr.kind == Expr::Kind::any)
      parts = alternatives(expr);
    else
      for (const Expr& part : expr.parts)
        parts.push_back(inner(part));
    std::string out;
    for (const std::string& part : parts)
      out += (out.empty() ? "" : expr.kind == Expr::Kind::any ? " or " : " and ") + part;
    return out;
  }

  std::string selections;

 private:
  std::string inner(const Expr& expr) {
    const std::string text = condition(expr);
    return text.find(' ') == std::string::npos ? text : "(" + text + ")";
  }

  // Tests of one field that stand beside each other become one list.
  std::vector<std::string> alternatives(const Expr& expr) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < expr.parts.size();) {
      std::size_t end = i + 1;
      if (!listable(expr.parts[i])) {
        out.push_back(inner(expr.parts[i]));
      } else {
        const std::string key = item_of(*expr.parts[i].test).key;
        while (end < expr.parts.size() && listable(expr.parts[end]) &&
               item_of(*expr.parts[end].test).key == key)
          ++end;
        out.push_back(selection(std::span(expr.parts).subspan(i, end - i)));
      }
      i = end;
    }
    return out;
  }

  static bool listable(const Expr& expr) {
    return expr.kind == Expr::Kind::test && !std::holds_alternative<IsNull>(expr.test->check);
  }

  std::string selection(std::span<const Expr> tests) {
    const std::string name = "selection_" + std::to_string(++count_);
    const std::string key = item_of(*tests.front().test).key;
    selections += "    " + name + ":\n";
    std::string indent = "        ";
    if (!key.empty()) {
      // Keywords with a modifier, or a field.
      selections += indent + quoted(key) + ":";
      if (tests.size() == 1) {
        selections += " " + item_of(*tests.front().test).value + "\n";
        return name;
      }
      selections += "\n";
      indent += "    ";
    }
    for (const Expr& test : tests)
      selections += indent + "- " + item_of(*test.test).value + "\n";
    return name;
  }

  std::size_t count_ = 0;
};

void add_text(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) out += std::string(name) + ": " + quoted(value) + "\n";
}

void add_list(std::string& out, std::string_view name, const std::vector<std::string>& values) {
  if (values.empty()) return;
  out += std::string(name) + ":\n";
  for (const std::string& value : values)
    out += "    - " + quoted(value) + "\n";
}

}  // namespace

std::string to_yaml(const Rule& rule) {
  const Meta& meta = rule.meta;
  std::string out;
  add_text(out, "title", meta.title);
  add_text(out, "id", meta.id);
  add_text(out, "name", meta.name);
  add_text(out, "status", meta.status);
  add_text(out, "description", meta.description);
  add_list(out, "references", meta.references);
  add_text(out, "author", meta.author);
  add_text(out, "license", meta.license);
  add_text(out, "date", meta.date);
  add_text(out, "modified", meta.modified);
  add_list(out, "tags", meta.tags);
  out += "logsource:\n";
  add_text(out, "    product", rule.logsource.product);
  add_text(out, "    category", rule.logsource.category);
  add_text(out, "    service", rule.logsource.service);
  Writer writer;
  const std::string condition = writer.condition(rule.condition);
  out += "detection:\n" + writer.selections + "    condition: " + condition + "\n";
  add_list(out, "fields", meta.fields);
  add_list(out, "falsepositives", meta.falsepositives);
  if (meta.level != Level::none) out += "level: " + std::string(name(meta.level)) + "\n";
  add_list(out, "scope", meta.scope);
  for (const auto& [key, value] : meta.custom.is_object() ? meta.custom.as_object() : Json::Object())
    if (!value.is_null()) out += key + ": " + compact(value) + "\n";
  return out;
}

}  // namespace weir::sigma
