#include "cedar/format.h"

#include <fmt/format.h>

#include <algorithm>

#include "cedar/format_layout.h"
#include "cedar/parser.h"

namespace weir::cedar {
namespace {

constexpr int kWidthMax = 10'000;
constexpr int kIndentMax = 16;

bool closes(TokenKind kind) {
  return kind == TokenKind::close_paren || kind == TokenKind::close_bracket || kind == TokenKind::close_brace;
}

// All that must not change: the tokens but for commas before a closing one, and the comments, in order.
std::vector<std::string_view> content(const std::vector<CommentedToken>& tokens) {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    for (const auto& comment : tokens[i].before)
      out.push_back(comment.text);
    const bool trailing_comma = tokens[i].token.kind == TokenKind::comma && closes(tokens[i + 1].token.kind);
    if (!trailing_comma) out.push_back(tokens[i].token.text);
    if (!tokens[i].behind.empty()) out.push_back(tokens[i].behind);
  }
  return out;
}

std::string laid_out(const std::vector<CommentedToken>& tokens, const FormatOptions& options) {
  std::string out;
  const auto is_end = [](const CommentedToken& token) { return token.token.kind == TokenKind::semicolon; };
  auto begin = tokens.begin();
  for (auto end = std::find_if(begin, tokens.end(), is_end); end != tokens.end();
       end = std::find_if(begin, tokens.end(), is_end)) {
    if (!out.empty()) out += '\n';
    Document document;
    const auto node = layout_policy(document, {begin, end + 1}, options.indent_columns);
    document.render(node, options.width_columns, out);
    out += '\n';
    begin = end + 1;
  }
  const CommentedToken& last = tokens.back();
  if (last.before.empty()) return out;
  if (!out.empty() && last.before.front().after_blank) out += '\n';
  Document document;
  CommentedToken comments = last;
  comments.after_blank = false;
  document.render(layout_comments(document, comments, true), options.width_columns, out);
  return out += '\n';
}

}  // namespace

Result<std::string> format_policies(std::string_view text, const FormatOptions& options,
                                    std::string_view name) {
  if (options.width_columns < 1 || options.width_columns > kWidthMax)
    return fail(fmt::format("a line width of {} columns", options.width_columns), "line width",
                fmt::format("give 1 to {}", kWidthMax));
  if (options.indent_columns < 0 || options.indent_columns > kIndentMax)
    return fail(fmt::format("an indentation of {} columns", options.indent_columns), "indent width",
                fmt::format("give 0 to {}", kIndentMax));
  if (const auto parsed = parse_policies(text); !parsed)
    return std::unexpected(parsed.error().in(text, name));
  const std::vector<CommentedToken> tokens = commented_tokens(text);
  std::string out = laid_out(tokens, options);
  const std::vector<CommentedToken> again = commented_tokens(out);
  if (content(tokens) != content(again))
    return fail(ErrorCode::internal, "formatting would have changed more than white space", std::string(name),
                "the text stays as it was; please report it");
  return out;
}

}  // namespace weir::cedar
