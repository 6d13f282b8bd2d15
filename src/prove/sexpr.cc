#include "prove/sexpr.h"

#include <fmt/format.h>

#include "prove/limits.h"

namespace weir::prove {
namespace {

// An explicit stack instead of recursion, so that the depth limit is the only one.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<std::vector<SExpr>> run() {
    if (text_.size() > limits::kSExprBytesMax)
      return fail(ErrorCode::limit, fmt::format("the text exceeds {} bytes", limits::kSExprBytesMax));
    std::vector<std::vector<SExpr>> open(1);  // the lists not yet closed; the first holds the whole
    for (skip(); at_ < text_.size(); skip()) {
      const char c = text_[at_];
      if (c == '(') {
        if (open.size() > limits::kSExprDepthMax)
          return fail(ErrorCode::limit, fmt::format("lists nest deeper than {}", limits::kSExprDepthMax),
                      place());
        open.emplace_back();
        ++at_;
      } else if (c == ')') {
        if (open.size() == 1) return fail("a closing parenthesis without an opening one", place());
        SExpr list;
        list.list = std::move(open.back());
        open.pop_back();
        open.back().push_back(std::move(list));
        ++at_;
      } else {
        TRY(SExpr leaf, atom(c));
        open.back().push_back(std::move(leaf));
      }
    }
    if (open.size() != 1) return fail("a list is not closed", place());
    return std::move(open.front());
  }

 private:
  std::string place() const { return fmt::format("byte {}", at_); }

  void skip() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ';') {
        const auto end = text_.find('\n', at_);
        at_ = end == std::string_view::npos ? text_.size() : end;
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++at_;
      } else {
        return;
      }
    }
  }

  Result<SExpr> atom(char first) {
    SExpr out;
    if (first == '"') {
      out.kind = SExpr::Kind::string;
      return string(std::move(out));
    }
    out.kind = SExpr::Kind::symbol;
    if (first == '|') {
      const auto end = text_.find('|', at_ + 1);
      if (end == std::string_view::npos) return fail("a quoted symbol is not closed", place());
      out.text = text_.substr(at_ + 1, end - at_ - 1);
      out.quoted = true;
      at_ = end + 1;
      return out;
    }
    const auto end = std::min(text_.find_first_of(" \t\r\n()\";|", at_), text_.size());
    out.text = text_.substr(at_, end - at_);
    at_ = end;
    return out;
  }

  // Between double quotes; two of them stand for one.
  Result<SExpr> string(SExpr out) {
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] != '"') {
        out.text.push_back(text_[at_]);
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        out.text.push_back('"');
        ++at_;
      } else {
        ++at_;
        return out;
      }
    }
    return fail("a string is not closed", place());
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void write(const SExpr& expression, std::string& out) {
  switch (expression.kind) {
    case SExpr::Kind::symbol:
      out += expression.quoted ? "|" + expression.text + "|" : expression.text;
      return;
    case SExpr::Kind::string:
      out.push_back('"');
      for (const char c : expression.text)
        out.append(c == '"' ? 2 : 1, c);
      out.push_back('"');
      return;
    case SExpr::Kind::list:
      out.push_back('(');
      for (std::size_t i = 0; i < expression.list.size(); ++i) {
        if (i != 0) out.push_back(' ');
        write(expression.list[i], out);
      }
      out.push_back(')');
  }
}

}  // namespace

Result<std::vector<SExpr>> parse_sexprs(std::string_view text) {
  return Reader(text).run();
}

Result<SExpr> parse_sexpr(std::string_view text) {
  TRY(auto all, parse_sexprs(text));
  if (all.size() != 1) return fail(fmt::format("one expression was expected, not {}", all.size()));
  return std::move(all.front());
}

std::string to_text(const SExpr& expression) {
  std::string out;
  write(expression, out);
  return out;
}

}  // namespace weir::prove
