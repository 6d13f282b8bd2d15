#include "shell/sql.h"

#include <algorithm>

#include "base/bytes.h"
#include "shell/verbs.h"

namespace weir::shell {
namespace {

constexpr std::size_t kStatementsMax = 256;
constexpr std::size_t kTokensMax = 512;  // of one statement; the verb stands at its beginning

bool word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

// Cuts the text into statements of tokens; strings become one token "'".
class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) {}

  // The tokens of the next statement; false at the end.
  bool next(std::vector<std::string>& out, std::string& raw_line) {
    out.clear();
    raw_line.clear();
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ';') {
        ++at_;
        if (!out.empty()) return true;
      } else if (out.empty() && (c == '\\' || c == '.')) {
        // a command of the client, up to the end of its line
        const auto end = std::min(text_.find('\n', at_), text_.size());
        raw_line = text_.substr(at_, end - at_);
        at_ = end;
        return true;
      } else {
        token(out);
      }
    }
    return !out.empty();
  }

 private:
  void token(std::vector<std::string>& out) {
    const char c = text_[at_];
    if (text_.substr(at_).starts_with("--") || c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (text_.substr(at_).starts_with("/*")) {
      const auto end = text_.find("*/", at_ + 2);
      at_ = end == std::string_view::npos ? text_.size() : end + 2;
    } else if (c == '\'' || c == '"' || c == '`') {
      const auto end = std::min(text_.find(c, at_ + 1), text_.size());
      // quoted names are names; quoted text is only marked
      add(out, c == '\'' ? std::string("'") : std::string(text_.substr(at_ + 1, end - at_ - 1)));
      at_ = std::min(end + 1, text_.size());
    } else if (word_char(c)) {
      const std::size_t begin = at_;
      while (at_ < text_.size() && word_char(text_[at_]))
        ++at_;
      add(out, std::string(text_.substr(begin, at_ - begin)));
    } else {
      if (c == '(' || c == ')' || c == '*') add(out, std::string(1, c));
      ++at_;
    }
  }
  static void add(std::vector<std::string>& out, std::string token) {
    if (out.size() < kTokensMax) out.push_back(std::move(token));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool contains(const std::vector<std::string>& tokens, std::string_view word) {
  return std::any_of(tokens.begin(), tokens.end(),
                     [&](const std::string& t) { return to_lower_ascii(t) == word; });
}

// The token after `word`, skipping words that only qualify.
std::string after(const std::vector<std::string>& tokens, std::string_view word) {
  static constexpr std::string_view kSkip[] = {"if",   "exists",       "not", "table",
                                               "only", "concurrently", "or",  "replace"};
  bool found = false;
  for (const std::string& token : tokens) {
    const std::string lower = to_lower_ascii(token);
    if (found && std::find(std::begin(kSkip), std::end(kSkip), lower) == std::end(kSkip)) return token;
    found = found || lower == word;
  }
  return {};
}

SqlStatement client_command(std::string_view line) {
  SqlStatement statement;
  statement.verb = verbs::kDbRead;
  statement.operation = std::string(line.substr(0, line.find(' ')));
  for (const std::string_view prefix : {"\\! ", "\\!", ".shell ", ".system "})
    if (line.starts_with(prefix)) {
      statement.shell = trim(line.substr(prefix.size()));
      return statement;
    }
  return statement;
}

void judge_removal(SqlStatement& statement, const std::vector<std::string>& tokens, std::string_view verb) {
  const std::string object = tokens.size() > 1 ? to_lower_ascii(tokens[1]) : "";
  statement.irreversible = true;
  statement.verb = verbs::kDbDelete;
  if (verb == "drop") {
    // A dropped index, view or function can be made again from its definition; data cannot.
    static constexpr std::string_view kData[] = {"table",      "database", "schema", "keyspace", "collection",
                                                 "tablespace", "owned",    "user",   "role"};
    statement.operation = "drop " + object;
    statement.irreversible = std::find(std::begin(kData), std::end(kData), object) != std::end(kData);
    statement.resource = after(tokens, object);
    if (!statement.irreversible) statement.verb = verbs::kDbWrite;
  } else {
    statement.resource = after(tokens, verb);
  }
}

SqlStatement judge(const std::vector<std::string>& tokens) {
  SqlStatement statement;
  std::string verb = to_lower_ascii(tokens[0]);
  if (verb == "with" || verb == "explain") {
    // the verb of a common table expression comes later; an EXPLAIN without ANALYZE runs nothing
    const bool runs = verb == "with" || contains(tokens, "analyze");
    for (const std::string_view later : {"delete", "update", "insert", "merge"})
      if (runs && contains(tokens, later)) verb = later;
  }
  statement.operation = verb;
  if (verb == "drop" || verb == "truncate") {
    judge_removal(statement, tokens, verb);
  } else if (verb == "delete") {
    statement.resource = after(tokens, "from");
    statement.unbounded = !contains(tokens, "where");
    statement.irreversible = statement.unbounded;
    statement.verb = statement.unbounded ? verbs::kDbDelete : verbs::kDbWrite;
  } else if (verb == "update") {
    statement.resource = after(tokens, "update");
    statement.unbounded = !contains(tokens, "where");
    statement.verb = verbs::kDbWrite;
  } else if (verb == "alter") {
    statement.verb = verbs::kDbWrite;
    statement.resource = tokens.size() > 2 ? after(tokens, to_lower_ascii(tokens[1])) : "";
    if (contains(tokens, "drop") && contains(tokens, "column")) {
      statement.verb = verbs::kDbDelete;
      statement.irreversible = true;
      statement.operation = "alter drop column";
    }
  } else if (verb == "select" || verb == "show" || verb == "explain" || verb == "describe" ||
             verb == "desc" || verb == "pragma" || verb == "with" || verb == "use" || verb == "values" ||
             verb == "set" || verb == "begin" || verb == "commit" || verb == "rollback" || verb == "list") {
    statement.verb = contains(tokens, "into") && verb == "select" ? verbs::kDbWrite : verbs::kDbRead;
    statement.resource = after(tokens, "from");
  } else {
    statement.verb = verbs::kDbWrite;
    statement.resource =
        after(tokens, verb == "insert" || verb == "merge" || verb == "replace" ? "into" : verb);
  }
  return statement;
}

}  // namespace

std::vector<SqlStatement> classify_sql(std::string_view text) {
  std::vector<SqlStatement> out;
  Tokens reader(text);
  std::vector<std::string> tokens;
  std::string line;
  while (out.size() < kStatementsMax && reader.next(tokens, line)) {
    if (!line.empty())
      out.push_back(client_command(line));
    else
      out.push_back(judge(tokens));
  }
  return out;
}

}  // namespace weir::shell
