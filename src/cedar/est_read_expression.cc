// Expressions from Cedar's JSON form; see est.h.
#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "cedar/est.h"
#include "cedar/est_reader.h"
#include "cedar/text.h"

namespace weir::cedar {
namespace {

// The operators with members `left` and `right`.
constexpr std::pair<std::string_view, Op> kBinary[] = {{"==", Op::equal},
                                                       {"!=", Op::not_equal},
                                                       {"in", Op::in},
                                                       {"<", Op::less},
                                                       {"<=", Op::less_equal},
                                                       {">", Op::greater},
                                                       {">=", Op::greater_equal},
                                                       {"+", Op::add},
                                                       {"-", Op::subtract},
                                                       {"*", Op::multiply},
                                                       {"contains", Op::contains},
                                                       {"containsAll", Op::contains_all},
                                                       {"containsAny", Op::contains_any},
                                                       {"getTag", Op::get_tag},
                                                       {"hasTag", Op::has_tag}};
// Those with the member `arg`.
constexpr std::pair<std::string_view, Op> kUnary[] = {
    {"!", Op::not_}, {"neg", Op::negate}, {"isEmpty", Op::is_empty}};

template <std::size_t N>
const Op* find(const std::pair<std::string_view, Op> (&table)[N], std::string_view key) {
  for (const auto& [name, op] : table)
    if (name == key) return &op;
  return nullptr;
}

std::unexpected<Error> misshaped(std::string what, std::string where = {}) {
  return fail(std::move(what), std::move(where), "see \"JSON policy format\" of Cedar");
}

Status members_are(const Json& body, std::initializer_list<const char*> required,
                   std::initializer_list<const char*> optional = {}) {
  if (!body.is_object()) return misshaped("must be an object");
  for (const char* member : required)
    if (!body.has(member)) return misshaped(fmt::format("needs the member \"{}\"", member));
  const auto known = [](std::initializer_list<const char*> names, std::string_view key) {
    return std::find(names.begin(), names.end(), key) != names.end();
  };
  for (const auto& [key, value] : body.as_object())
    if (!known(required, key) && !known(optional, key))
      return misshaped(fmt::format("unknown member {}", printable(quoted(key), 60)));
  return {};
}

}  // namespace

Result<Expression> EstReader::node(Op op, std::vector<Expression> args, Names names) {
  Expression out;
  out.op = op;
  for (const auto& arg : args)
    out.height = std::max<std::uint16_t>(out.height, arg.height + 1);
  out.args = std::move(args);
  out.names = std::move(names);
  if (++nodes_ > limits::kCedarNodesMax)
    return fail(ErrorCode::limit, fmt::format("more than {} expressions", limits::kCedarNodesMax), {},
                "split the policy");
  return out;
}

Result<Expression> EstReader::literal(Value value) {
  TRY(Expression out, node(Op::literal, {}));
  out.value = std::move(value);
  out.constant = true;
  return out;
}

Result<Expression> EstReader::expression(const Json& json, std::size_t depth) {
  if (depth > limits::kCedarDepthMax)
    return fail(ErrorCode::limit,
                fmt::format("the expression is nested deeper than {} levels", limits::kCedarDepthMax), {},
                "split the condition into several");
  if (!json.is_object() || json.as_object().size() != 1)
    return misshaped("an expression must be an object with one member");
  const auto& [key, body] = json.as_object()[0];
  return under(key, operation(key, body, depth));
}

Result<Expression> EstReader::operation(const std::string& key, const Json& body, std::size_t depth) {
  if (const Op* op = find(kBinary, key)) return operands(*op, body, {"left", "right"}, depth);
  if (const Op* op = find(kUnary, key)) return operands(*op, body, {"arg"}, depth);
  if (key == "&&" || key == "||") return chain(key == "&&" ? Op::and_ : Op::or_, key, body, depth);
  if (key == "Value") return value(body, depth);
  if (key == "Var") return variable(body);
  if (key == ".") return attribute(body, depth);
  if (key == "has") return has(body, depth);
  if (key == "like") return like(body, depth);
  if (key == "is") return is(body, depth);
  if (key == "if-then-else") return operands(Op::if_, body, {"if", "then", "else"}, depth);
  if (key == "Set") return set(body, depth, false);
  if (key == "Record") return record(body, depth, false);
  if (key == "Slot") return misshaped("a slot stands in a condition: slots are for the scope only");
  return call(key, body, depth, false);
}

// The members of `body` as arguments, in the given order; `others` may stand beside them.
Result<Expression> EstReader::operands(Op op, const Json& body, std::initializer_list<const char*> members,
                                       std::size_t depth, std::initializer_list<const char*> others) {
  TRY_STATUS(members_are(body, members, others));
  std::vector<Expression> args;
  args.reserve(members.size());
  for (const char* member : members) {
    TRY(Expression arg, under(member, expression(body[member], depth + 1)));
    args.push_back(std::move(arg));
  }
  return node(op, std::move(args));
}

// The left side of && may be an && again, and so on: the operands of one flat node (expression.h).
Result<Expression> EstReader::chain(Op op, const std::string& key, const Json& body, std::size_t depth) {
  std::vector<const Json*> links{&body};
  for (const Json* link = &body; link != nullptr;) {
    link = (*link)["left"].find(key);
    if (link != nullptr && (*links.back())["left"].as_object().size() != 1) link = nullptr;
    if (link != nullptr) links.push_back(link);
  }
  std::vector<Expression> args;
  args.reserve(links.size() + 1);
  const auto read = [&](std::size_t level, const char* member) -> Status {
    auto operand = expression((*links[level])[member], depth + 1);
    if (!operand) {
      std::string path;
      for (std::size_t i = 0; i < level; ++i)
        path += "left." + key + ".";
      return std::unexpected(under(path + member, std::move(operand)).error());
    }
    args.push_back(*std::move(operand));
    return {};
  };
  for (std::size_t level = links.size(); level-- > 0;) {
    TRY_STATUS(members_are(*links[level], {"left", "right"}));
    if (args.empty()) TRY_STATUS(read(level, "left"));
    TRY_STATUS(read(level, "right"));
  }
  return node(op, std::move(args));
}

Result<Expression> EstReader::variable(const Json& body) {
  for (const auto variable : {Variable::principal, Variable::action, Variable::resource, Variable::context}) {
    if (body.text_or("") != name(variable)) continue;
    TRY(Expression out, node(Op::variable, {}));
    out.variable = variable;
    return out;
  }
  return misshaped("must be principal, action, resource or context");
}

Result<Expression> EstReader::attribute(const Json& body, std::size_t depth) {
  TRY(Expression out, operands(Op::attribute, body, {"left"}, depth, {"attr"}));
  if (!body["attr"].is_string()) return misshaped("needs the string \"attr\"");
  out.names.push_back(body["attr"].as_string());
  return out;
}

Result<Expression> EstReader::has(const Json& body, std::size_t depth) {
  TRY(Expression out, operands(Op::has, body, {"left"}, depth, {"attr"}));
  const Json& attr = body["attr"];
  if (attr.is_string()) {
    out.names.push_back(attr.as_string());
    return out;
  }
  if (!attr.is_array() || attr.as_array().empty())
    return misshaped("needs \"attr\": an attribute, or an array of one or more");
  if (attr.as_array().size() > limits::kCedarDepthMax)
    return fail(ErrorCode::limit, fmt::format("a path of more than {} attributes", limits::kCedarDepthMax));
  for (const auto& step : attr.as_array()) {
    if (!step.is_string()) return misshaped("the steps of \"attr\" must be strings");
    out.names.push_back(step.as_string());
  }
  return out;
}

Result<Expression> EstReader::like(const Json& body, std::size_t depth) {
  TRY(Expression out, operands(Op::like, body, {"left"}, depth, {"pattern"}));
  const Json& pattern = body["pattern"];
  if (!pattern.is_array()) return misshaped("needs the array \"pattern\"");
  out.names.emplace_back();
  for (const auto& element : pattern.as_array()) {
    if (element.text_or("") == "Wildcard")
      out.names.emplace_back();
    else if (element["Literal"].is_string() && element.as_object().size() == 1)
      out.names.back() += element["Literal"].as_string();
    else
      return misshaped("an element must be \"Wildcard\" or {\"Literal\": text}", "pattern");
  }
  return out;
}

Result<Expression> EstReader::is(const Json& body, std::size_t depth) {
  const bool with_in = body.has("in");
  TRY(Expression out, with_in ? operands(Op::is_in, body, {"left", "in"}, depth, {"entity_type"})
                              : operands(Op::is, body, {"left"}, depth, {"entity_type"}));
  const std::string type(body["entity_type"].text_or(""));
  if (!is_type_path(type))
    return misshaped(fmt::format("{} is not the name of an entity type", printable(quoted(type), 60)),
                     "entity_type");
  out.names.push_back(type);
  return out;
}

Result<Expression> EstReader::set(const Json& body, std::size_t depth, bool values) {
  if (!body.is_array()) return misshaped("must be an array");
  std::vector<Expression> args;
  args.reserve(body.as_array().size());
  for (std::size_t i = 0; i < body.as_array().size(); ++i) {
    TRY(Expression next, under(fmt::format("[{}]", i), item(body.as_array()[i], depth + 1, values)));
    args.push_back(std::move(next));
  }
  return node(Op::set, std::move(args));
}

Result<Expression> EstReader::record(const Json& body, std::size_t depth, bool values) {
  if (!body.is_object()) return misshaped("must be an object");
  std::vector<Expression> args;
  Names names;
  for (const auto& [key, json] : body.as_object()) {
    TRY(Expression next, under(printable(key, 60), item(json, depth + 1, values)));
    args.push_back(std::move(next));
    names.push_back(key);
  }
  return node(Op::record, std::move(args), std::move(names));
}

Result<Expression> EstReader::call(std::string_view function, const Json& arguments, std::size_t depth,
                                   bool values) {
  const auto known = extension_function(function);
  if (!known)
    return misshaped(
        fmt::format("{} is no operator and no function of Cedar", printable(quoted(function), 60)));
  if (!arguments.is_array()) return misshaped("needs an array of arguments");
  std::vector<Expression> args;
  for (std::size_t i = 0; i < arguments.as_array().size(); ++i) {
    TRY(Expression next, under(fmt::format("[{}]", i), item(arguments.as_array()[i], depth + 1, values)));
    args.push_back(std::move(next));
  }
  TRY(Expression out, node(Op::call, std::move(args)));
  out.function = *known;
  return out;
}

Result<Expression> EstReader::extension_value(const Json& extn, std::size_t depth) {
  if (!extn["fn"].is_string()) return misshaped("needs {\"fn\", \"arg\"} or {\"fn\", \"args\"}", "__extn");
  const Json* arg = extn.find("arg");
  const Json list = arg != nullptr ? Json(Json::Array{*arg}) : extn["args"];
  return under("__extn", call(extn["fn"].as_string(), list, depth, true));
}

Result<Expression> EstReader::value(const Json& json, std::size_t depth) {
  if (depth > limits::kCedarDepthMax)
    return fail(ErrorCode::limit,
                fmt::format("the value is nested deeper than {} levels", limits::kCedarDepthMax));
  if (json.is_bool()) return literal(Value(json.as_bool()));
  if (json.is_int()) return literal(Value(json.as_int()));
  if (json.is_string()) return literal(Value(json.as_string()));
  if (json.is_array()) return set(json, depth, true);
  if (!json.is_object())
    return misshaped(json.is_null() ? "null is not a value of Cedar"
                                    : "a number must be an integer of 64 bits, without fraction or exponent");
  if (json.as_object().size() == 1) {
    if (json.has("__entity")) {
      TRY(EntityUid uid, read_uid_json(json));
      return literal(Value(std::move(uid)));
    }
    if (const Json* extn = json.find("__extn")) return extension_value(*extn, depth);
    if (json.has("__expr")) return misshaped("the __expr escape is no longer part of Cedar");
  }
  return record(json, depth, true);
}

}  // namespace weir::cedar
