// The checker behind typecheck(): one method for each operator. Internal to the room.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cedar/typecheck.h"
#include "cedar/typecheck_types.h"

namespace weir::cedar {

// Known to hold where an expression is true: `subject` has the attribute or tag.
struct Capability {
  const Expression* subject = nullptr;
  const std::string* attribute = nullptr;  // one of the two
  const Expression* tag = nullptr;
  bool operator==(const Capability& other) const;
};
using Capabilities = std::vector<Capability>;

class Typechecker {
 public:
  Typechecker(const Schema& schema, const Hierarchy& hierarchy, const RequestEnvironment& environment);
  Typing run(const Expression& condition);

 private:
  // What is known of an expression. A type may be there although checking failed: then the mistakes below do
  // not matter for what the expression is.
  struct Answer {
    bool ok = true;
    SchemaTypePtr type;
    Capabilities capabilities;  // empty when not ok
    TypedExpression typed;
  };
  using Kind = SchemaType::Kind;
  // Kinds that an operand may have, each a bit, and how the message names them.
  struct Expected {
    unsigned kinds = 0;
    const char* text = "";
    const char* extension = nullptr;  // the only extension type
    bool entities_only = false;       // sets must be of entities
  };
  // Says how to mend an operand of that type; "" when nothing helps.
  using Help = std::string_view (*)(const SchemaType& actual);

  Answer check(const Expression& e, const Capabilities& prior);
  Answer expect(const Expression& e, const Capabilities& prior, const Expected& expected,
                Help help = nullptr);
  Answer boolean(const Expression& e, const Capabilities& prior);

  Answer literal(const Expression& e);
  Answer variable(const Expression& e);
  Answer and_chain(const Expression& e, const Capabilities& prior);
  Answer or_chain(const Expression& e, const Capabilities& prior);
  Answer if_then_else(const Expression& e, const Capabilities& prior);
  Answer not_operator(const Expression& e, const Capabilities& prior);
  Answer arithmetic(const Expression& e, const Capabilities& prior);
  Answer equality(const Expression& e, const Capabilities& prior);
  Answer comparison(const Expression& e, const Capabilities& prior);
  Answer in(const Expression& e, const Capabilities& prior);
  Answer set_operation(const Expression& e, const Capabilities& prior);
  Answer has_tag(const Expression& e, const Capabilities& prior);
  Answer get_tag(const Expression& e, const Capabilities& prior);
  Answer attribute(const Expression& e, const Capabilities& prior);
  Answer has(const Expression& e, const Capabilities& prior);
  Answer is(const Expression& e, const Capabilities& prior);
  Answer set(const Expression& e, const Capabilities& prior);
  Answer record(const Expression& e, const Capabilities& prior);
  Answer call(const Expression& e, const Capabilities& prior);

  Answer and_pair(const Expression& e, Answer left, Answer right);
  Answer or_pair(const Expression& e, Answer left, Answer right);
  // A node over its operands: ok when they are.
  static Answer over(const Expression& e, SchemaTypePtr type, std::vector<Answer> operands);
  static bool contains(const Capabilities& capabilities, const Capability& wanted);
  static Capabilities joined(const Capabilities& a, const Capabilities& b);

  bool tags_of(const SchemaTypePtr& type, SchemaTypePtr& tags) const;
  SchemaTypePtr type_of_equality(const Expression& a, const SchemaTypePtr& a_type, const Expression& b,
                                 const SchemaTypePtr& b_type) const;
  bool compatible(const Expression& e, const SchemaTypePtr& a, const SchemaTypePtr& b,
                  std::string_view users);
  SchemaTypePtr bound_of(const Expression& e, const std::vector<SchemaTypePtr>& types,
                         std::string_view users);
  SchemaTypePtr type_of_in(const Expression& e, const SchemaTypePtr& left, const SchemaTypePtr& right,
                           bool& ok) const;
  const EntityUid* entity_in(const Expression& e) const;  // of a literal or the variable action
  const SchemaType::Attribute* find_attribute(const SchemaType& type, std::string_view name) const;
  bool arguments_fit(const Expression& e);
  SchemaTypePtr entity_type(const std::string& name);

  // `attribute` read from `subject`, in words: "`a.b` on entity type `User`"; `guard` is the `has` that
  // helps.
  std::string access_text(const TypedExpression& subject, const std::string& attribute,
                          std::string* guard) const;

  void error(const Expression& at, std::string message, std::string help = {});

  const Schema& schema_;
  const Hierarchy& hierarchy_;
  const RequestEnvironment& environment_;
  std::map<std::string, SchemaTypePtr, std::less<>> entity_types_;
  SchemaTypePtr bool_, true_, false_, long_, string_, empty_record_;
  std::vector<Diagnostic> errors_;
};

}  // namespace weir::cedar
