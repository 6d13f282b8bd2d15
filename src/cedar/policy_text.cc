#include "cedar/policy_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "cedar/text.h"

namespace weir::cedar {
namespace {

bool is_name(std::string_view text) {
  return is_identifier(text) && !is_reserved(text);
}

std::string attribute_text(const std::string& attribute) {
  return is_name(attribute) ? attribute : quoted(attribute);
}

// What the grammar calls a Member: it stands as an operand without parentheses.
bool is_member(Op op) {
  switch (op) {
    case Op::literal:
    case Op::variable:
    case Op::contains:
    case Op::contains_all:
    case Op::contains_any:
    case Op::has_tag:
    case Op::get_tag:
    case Op::is_empty:
    case Op::attribute:
    case Op::set:
    case Op::record:
    case Op::call:
      return true;
    default:
      return false;
  }
}

bool is_left_associative(Op op) {
  return op == Op::add || op == Op::subtract || op == Op::multiply;
}

class Writer {
 public:
  void expression(const Expression& at);

  std::string take() { return std::move(out_); }
  const std::string& problem() const { return problem_; }

 private:
  void operand(const Expression& at);
  void literal(const Value& value);
  void chain(const Expression& at);
  void binary(const Expression& at);
  void method(const Expression& receiver, std::string_view name, const Expression* begin,
              const Expression* end);
  void has(const Expression& at);
  void call(const Expression& at);
  void record(const Expression& at);
  void list(const Expression* begin, const Expression* end);

  std::string out_;
  std::string problem_;  // of what no text can say; the first one
};

void Writer::operand(const Expression& at) {
  if (is_member(at.op)) return expression(at);
  out_ += '(';
  expression(at);
  out_ += ')';
}

void Writer::literal(const Value& value) {
  const auto* number = value.get_if<std::int64_t>();
  // `-1.x` would be the negation of `1.x`.
  const bool negative = number != nullptr && *number < 0;
  out_ += negative ? "(" : "";
  out_ += value.text();
  out_ += negative ? ")" : "";
}

void Writer::chain(const Expression& at) {
  for (std::size_t i = 0; i < at.args.size(); ++i) {
    if (i > 0) out_ += at.op == Op::and_ ? " && " : " || ";
    operand(at.args[i]);
  }
}

void Writer::binary(const Expression& at) {
  const Expression& left = at.args[0];
  if (left.op == at.op && is_left_associative(at.op))
    expression(left);
  else
    operand(left);
  out_ += fmt::format(" {} ", operator_text(at.op));
  operand(at.args[1]);
}

void Writer::list(const Expression* begin, const Expression* end) {
  for (const Expression* item = begin; item != end; ++item) {
    if (item != begin) out_ += ", ";
    expression(*item);
  }
}

void Writer::method(const Expression& receiver, std::string_view name, const Expression* begin,
                    const Expression* end) {
  operand(receiver);
  out_ += fmt::format(".{}(", name);
  list(begin, end);
  out_ += ')';
}

void Writer::has(const Expression& at) {
  operand(at.args[0]);
  out_ += " has ";
  for (std::size_t i = 0; i < at.names.size(); ++i) {
    if (i > 0) out_ += '.';
    out_ += attribute_text(at.names[i]);
    if (at.names.size() > 1 && !is_name(at.names[i]) && problem_.empty())
      problem_ = fmt::format("`has` with the path of several attributes through {} has no text form",
                             printable(quoted(at.names[i]), 60));
  }
}

void Writer::call(const Expression& at) {
  const Expression* args = at.args.data();
  const std::size_t count = at.args.size();
  if (is_constructor(at.function) || count == 0) {
    if (!is_constructor(at.function) && problem_.empty())
      problem_ = fmt::format("the method {} without a receiver has no text form", name(at.function));
    out_ += fmt::format("{}(", name(at.function));
    list(args, args + count);
    out_ += ')';
  } else {
    method(args[0], name(at.function), args + 1, args + count);
  }
}

void Writer::record(const Expression& at) {
  out_ += '{';
  for (std::size_t i = 0; i < at.args.size(); ++i) {
    if (i > 0) out_ += ", ";
    out_ += attribute_text(at.names[i]) + ": ";
    expression(at.args[i]);
  }
  out_ += '}';
}

std::string pattern_text(const std::vector<std::string>& parts) {
  std::string out = "\"";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += '*';
    const std::string part = quoted(parts[i]);
    for (const char c : std::string_view(part).substr(1, part.size() - 2)) {
      if (c == '*') out += '\\';
      out += c;
    }
  }
  return out += '"';
}

void Writer::expression(const Expression& at) {
  switch (at.op) {
    case Op::literal:
      return literal(at.value);
    case Op::variable:
      out_ += name(at.variable);
      return;
    case Op::and_:
    case Op::or_:
      return chain(at);
    case Op::if_:
      for (std::size_t i = 0; i < 3; ++i) {
        out_ += i == 0 ? "if " : i == 1 ? " then " : " else ";
        expression(at.args[i]);
      }
      return;
    case Op::not_:
      out_ += '!';
      return operand(at.args[0]);
    case Op::negate:
      // Always with parentheses: `-1` is a literal.
      out_ += "-(";
      expression(at.args[0]);
      out_ += ')';
      return;
    case Op::contains:
    case Op::contains_all:
    case Op::contains_any:
    case Op::has_tag:
    case Op::get_tag:
    case Op::is_empty:
      return method(at.args[0], operator_text(at.op), at.args.data() + 1, at.args.data() + at.args.size());
    case Op::attribute:
      operand(at.args[0]);
      out_ += is_name(at.names[0]) ? "." + at.names[0] : "[" + quoted(at.names[0]) + "]";
      return;
    case Op::has:
      return has(at);
    case Op::like:
      operand(at.args[0]);
      out_ += " like " + pattern_text(at.names);
      return;
    case Op::is:
    case Op::is_in:
      operand(at.args[0]);
      out_ += " is " + at.names[0];
      if (at.op == Op::is) return;
      out_ += " in ";
      return operand(at.args[1]);
    case Op::set:
      out_ += '[';
      list(at.args.data(), at.args.data() + at.args.size());
      out_ += ']';
      return;
    case Op::record:
      return record(at);
    case Op::call:
      return call(at);
    default:
      return binary(at);
  }
}

Result<std::string> finished(Writer& writer, std::string_view where) {
  if (!writer.problem().empty())
    return fail(writer.problem(), std::string(where),
                "keep the policy in its JSON form or rewrite this part");
  return writer.take();
}

}  // namespace

std::string_view operator_text(Op op) {
  static constexpr std::pair<Op, std::string_view> kTexts[] = {{Op::and_, "&&"},
                                                               {Op::or_, "||"},
                                                               {Op::not_, "!"},
                                                               {Op::negate, "-"},
                                                               {Op::equal, "=="},
                                                               {Op::not_equal, "!="},
                                                               {Op::less, "<"},
                                                               {Op::less_equal, "<="},
                                                               {Op::greater, ">"},
                                                               {Op::greater_equal, ">="},
                                                               {Op::add, "+"},
                                                               {Op::subtract, "-"},
                                                               {Op::multiply, "*"},
                                                               {Op::in, "in"},
                                                               {Op::contains, "contains"},
                                                               {Op::contains_all, "containsAll"},
                                                               {Op::contains_any, "containsAny"},
                                                               {Op::has_tag, "hasTag"},
                                                               {Op::get_tag, "getTag"},
                                                               {Op::is_empty, "isEmpty"},
                                                               {Op::has, "has"},
                                                               {Op::like, "like"},
                                                               {Op::is, "is"},
                                                               {Op::is_in, "is"}};
  for (const auto& [candidate, text] : kTexts)
    if (candidate == op) return text;
  return {};
}

std::string scope_text(std::string_view variable, const Scope& scope) {
  std::string out(variable);
  const auto target = [&] { return scope.slot ? fmt::format("?{}", variable) : scope.entities[0].text(); };
  switch (scope.kind) {
    case Scope::Kind::any:
      return out;
    case Scope::Kind::equal:
      return out + " == " + target();
    case Scope::Kind::in:
      return out + " in " + target();
    case Scope::Kind::is:
      return out + " is " + scope.entity_type;
    case Scope::Kind::is_in:
      return out + " is " + scope.entity_type + " in " + target();
    case Scope::Kind::in_any:
      out += " in [";
      for (const auto& entity : scope.entities)
        (out += &entity == &scope.entities.front() ? "" : ", ") += entity.text();
      return out += "]";
  }
  return out;
}

Result<std::string> expression_text(const Expression& expression) {
  Writer writer;
  writer.expression(expression);
  return finished(writer, {});
}

Result<std::string> policy_text(const Policy& policy) {
  std::string out;
  for (const auto& [key, value] : policy.annotations)
    out += policy.is_bare(key) ? fmt::format("@{}\n", key) : fmt::format("@{}({})\n", key, quoted(value));
  out += fmt::format("{}({}, {}, {})", name(policy.effect), scope_text("principal", policy.principal),
                     scope_text("action", policy.action), scope_text("resource", policy.resource));
  for (const auto& condition : policy.conditions) {
    Writer writer;
    writer.expression(condition.body);
    TRY(const std::string body, finished(writer, policy.id));
    out += fmt::format(" {} {{ {} }}", condition.unless ? "unless" : "when", body);
  }
  return out += ';';
}

}  // namespace weir::cedar
