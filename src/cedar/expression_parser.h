// The expression half of the parser; see the grammar in parser.h. Internal to the room.
#pragma once

#include "cedar/expression.h"
#include "cedar/token_stream.h"

namespace weir::cedar {

class ExpressionParser {
 public:
  explicit ExpressionParser(TokenStream& tokens) : tokens_(tokens) {}

  // From now on mistakes that do not hide how the text goes on (an unknown variable, a function that does not
  // exist, a wrong number of arguments ...) are added to `mistakes`, and the parse goes on.
  void collect_into(std::vector<ParseError>& mistakes) { mistakes_ = &mistakes; }

  Parsed<Expression> expression();
  // An entity reference, where nothing else may stand.
  Parsed<EntityUid> entity(std::string_view role);

 private:
  struct BinaryOperator;
  const BinaryOperator* operator_in_front() const;

  Parsed<Expression> if_then_else();
  Parsed<Expression> binary(int precedence_min);
  Parsed<Expression> relation(const BinaryOperator& op, Expression left);
  Parsed<Expression> has(Expression left);
  Parsed<Expression> like(Expression left);
  Parsed<Expression> is(Expression left);
  Parsed<Expression> unary();
  Parsed<Expression> negative_number(std::uint32_t begin, std::size_t& signs);
  Parsed<Expression> member();
  Parsed<Expression> accesses(Expression base);
  Parsed<Expression> method(Expression receiver, const Token& name);
  Parsed<Expression> index(Expression base);
  Parsed<Expression> primary();
  Parsed<Expression> word();
  Parsed<Expression> function(const TokenStream::Path& path);
  Parsed<Expression> parenthesised();
  Parsed<Expression> set();
  Parsed<Expression> record();
  Parsed<std::vector<Expression>> list(TokenKind close, std::string_view role);

  // A node over `args`, spanning from `begin` to the last token taken. Errs at the limits.
  Parsed<Expression> node(Op op, std::uint32_t begin, std::vector<Expression> args);
  Parsed<Expression> literal(Value value, std::uint32_t begin);
  // Ends the parse with a mistake, or collects it and stands in for what is wrong.
  Parsed<Expression> mistake(ParseError error, std::uint32_t begin);

  TokenStream& tokens_;
  std::vector<ParseError>* mistakes_ = nullptr;
  std::size_t depth_ = 0;
  std::size_t nodes_ = 0;
};

}  // namespace weir::cedar
