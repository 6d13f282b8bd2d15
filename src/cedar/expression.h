// The syntax tree of expressions: what stands between the braces of `when` and `unless`.
//
//   resource.owner == principal      Op::equal
//                                      Op::attribute names={"owner"}  args={ Op::variable resource }
//                                      Op::variable principal
//
// A plain value. The operator says which members mean something (table below); the others are empty. The
// tree is as written: `a > b` stays greater, `has a.b` stays one node, so that it can be printed, translated
// to Cedar's JSON form and analysed without loss. Chains of && and || are one node with many args, so that
// a long chain is not a deep tree; nothing else is deeper than limits::kCedarDepthMax.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/extension.h"
#include "cedar/source.h"
#include "cedar/value.h"

namespace weir::cedar {

enum class Variable : std::uint8_t { principal, action, resource, context };
std::string_view name(Variable variable);

enum class Op : std::uint8_t {
  //              args                      other members
  literal,   // -                      value: bool, long, string or entity
  variable,  // -                      variable
  and_,      // two or more
  or_,       // two or more
  if_,       // condition, then, else
  not_,      // one
  negate,    // one
  equal,     // two, as all below to in
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  add,
  subtract,
  multiply,
  in,            // entity, entity or set
  contains,      // set, any
  contains_all,  // set, set
  contains_any,  // set, set
  has_tag,       // entity, string
  get_tag,       // entity, string
  is_empty,      // set
  attribute,     // entity or record       names: one attribute
  has,           // entity or record       names: the path, one or more (`has a.b.c`)
  like,          // string                 names: the pattern cut at its wildcards, see unescape_pattern()
  is,            // entity                 names: the entity type
  is_in,         // entity, entity or set  names: the entity type
  set,           // elements
  record,        // values                 names: the attributes, parallel to args
  call,          // arguments with the receiver  function
};

struct Expression {
  Op op = Op::literal;
  Variable variable = Variable::principal;
  ExtensionFunction function = ExtensionFunction::decimal;
  std::uint16_t height = 1;  // levels of this tree; at most limits::kCedarDepthMax
  bool constant = false;  // `value` is the value of the whole node: a literal, or folded by fold_constants()
  Span span;
  std::vector<Expression> args;
  std::vector<std::string> names;
  Value value;
};

// Computes once what needs no request: sets and records of constants, and extension values such as
// ip("10.0.0.0/8"). What would be an error stays as it is and errs when evaluated.
void fold_constants(Expression& expression);

}  // namespace weir::cedar
