// From the tokens of one policy to a Document; see format.h for the layout. Internal to the formatter.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "cedar/format_document.h"
#include "cedar/lexer.h"

namespace weir::cedar {

// A token with the comments that go with it.
struct CommentedToken {
  Token token;
  struct Comment {
    std::string_view text;     // "// ...", without white space at its end
    bool after_blank = false;  // an empty line stands before it
  };
  std::vector<Comment> before;  // on lines of their own
  std::string_view behind;      // on the token's line; empty: none
  bool after_blank = false;     // an empty line stands between `before` and the token
};

// All tokens of a text; the last one is TokenKind::end and holds the comments at the end of the text.
std::vector<CommentedToken> commented_tokens(std::string_view text);

// The layout of one policy, given its tokens to the `;`. The text must have been parsed before: here the
// grammar is taken for granted.
Document::Node layout_policy(Document& document, std::span<const CommentedToken> tokens, int indent_columns);
// The comments before a token, on lines of their own. `spaced`: with the empty lines between and behind them,
// each group of which becomes one.
Document::Node layout_comments(Document& document, const CommentedToken& token, bool spaced);

}  // namespace weir::cedar
