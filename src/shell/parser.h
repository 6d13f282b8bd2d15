// The parser's inside: one cursor over the text, shared by the files that read words (parse_word.cc,
// parse_dollar.cc), simple commands and lists (parse.cc) and compound commands (parse_compound.cc).
// Not for other rooms; they include parse.h.
//
// Reading is by character, not by token, because what a character means depends on where it stands. Depth is
// counted in one place (Deeper). After a limit is hit `stopped_` is set and every loop ends.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shell/parse.h"

namespace weir::shell {

// Where a word stands, which decides what ends it.
enum class WordMode {
  command,         // ends at blanks and metacharacters
  assignment,      // the same, but braces do not expand
  pattern,         // of case: also ends at ) and |
  test,            // inside [[ ]]: ( ) < > are operators
  regex,           // after =~: parentheses belong to the word
  brace,           // argument of ${..}: ends at }
  brace_slash,     // first argument of ${x/..}: ends at / or }
  subscript,       // ends at ]
  arithmetic,      // ends at )) or, in a for header, the same
  old_arithmetic,  // $[ ]: ends at ]
};

class Parser {
 public:
  struct Shared {  // by a parser and those it starts for rewritten text
    std::vector<Problem> problems;
    std::size_t commands = 0;
    std::size_t depth = 0;
    std::size_t deferred = 0;  // constructs around the cursor that bash reads only when it runs them
    bool stopped = false;
  };

  Parser(std::string_view text, Shared& shared) : text_(text), shared_(shared) {}
  // For text that was rewritten: every span is `fixed`.
  Parser(std::string_view text, Shared& shared, Span fixed) : text_(text), shared_(shared), fixed_(fixed) {}

  Script parse_all();
  Word parse_here_document_body();

 private:
  class Deeper;

  // cursor
  bool at_end() const { return pos_ >= text_.size() || shared_.stopped; }
  char peek(std::size_t ahead = 0) const { return pos_ + ahead < text_.size() ? text_[pos_ + ahead] : '\0'; }
  bool looking_at(std::string_view token) const { return text_.substr(pos_).starts_with(token); }
  bool take(std::string_view token);
  void skip_blanks();       // spaces, tabs, continued lines, comments
  void skip_blank_lines();  // and newlines
  void take_newline();      // also reads the here-documents that begin after it
  Span span_from(std::size_t begin) const;
  Span span_to_content(std::size_t begin) const;  // without blanks and comments at its end
  void problem(std::string reason, std::size_t begin);
  void stop(std::string reason);

  // lists (parse.cc)
  Script parse_list();  // up to what cannot begin a command here
  std::optional<Statement> parse_statement();
  Pipeline parse_pipeline();
  Command parse_command();
  Command recover(std::string reason, std::size_t begin);
  bool at_list_end() const;
  bool at_statement_end() const;

  // simple commands (parse_simple.cc)
  Command parse_simple();
  bool parse_simple_item(Command& command, Simple& simple);
  std::optional<Assignment> parse_assignment();
  void parse_array(Assignment& assignment);
  std::size_t assignment_operator() const;  // offset of = or +=, npos if this is no assignment
  bool parse_redirection(std::vector<Redirection>& out);
  bool at_redirection() const;
  static bool redirected_after(const Command& command, const Simple& simple);
  bool open_subscript() const;
  void parse_redirections(std::vector<Redirection>& out);
  void begin_here_document(Redirection& redirection, bool strip_tabs);
  void read_here_documents();

  // compound commands (parse_compound.cc)
  std::string_view reserved() const;  // the reserved word at the cursor, or ""
  bool take_reserved(std::string_view word);
  void expect_reserved(std::string_view word, std::string_view opener, std::size_t begin);
  std::optional<Command> parse_compound(std::string_view word);
  Command parse_group(bool subshell);
  Command parse_if();
  Command parse_loop(bool until);
  Command parse_for(bool select);
  Command parse_for_arithmetic(std::size_t begin);
  Command parse_case();
  void parse_case_arm(Case& node);
  Command parse_function(std::string name, std::size_t begin);
  Command parse_arithmetic_command();
  Command parse_coprocess();
  Script parse_loop_body(std::size_t begin);
  bool arithmetic_ahead(std::size_t from) const;  // do the parentheses opened here close with "))"?

  // conditions (parse_test.cc)
  Command parse_test();
  bool parse_test_or(Test& test);
  bool parse_test_term(Test& test);
  void add_test_operator(Test& test, std::size_t length);
  std::string_view add_test_word(Test& test, WordMode mode);
  bool at_test_end() const;
  void test_problem(std::size_t begin);

  // words (parse_word.cc)
  Word parse_word(WordMode mode);
  bool word_ends(WordMode mode, int parentheses) const;
  bool parse_word_piece(Word& word, WordMode mode, int& parentheses);
  void parse_single_quoted(Word& word);
  void parse_ansi_quoted(Word& word);
  void parse_double_quoted(Word& word);
  void parse_backslash(Word& word);
  bool parse_extended_glob(Word& word);
  void parse_quoted_until(Word& word, char end);
  void add_text(Word& word, std::string_view text, bool quoted);
  void add_part(Word& word, Part part);

  // $ and ` (parse_dollar.cc)
  void parse_dollar(Word& word, bool quoted);
  void parse_braced(Word& word, bool quoted);
  void parse_operator(Parameter& parameter, bool quoted);
  void parse_substitution(Word& word, bool quoted);
  void parse_arithmetic(Word& word, bool quoted);
  void parse_backquoted(Word& word, bool quoted);
  void parse_process(Word& word);
  void skip_bad_parameter();
  bool parse_parameter_name(Parameter& parameter);

  // here-documents inside $( ) (parse_dollar.cc)
  struct Pending {  // a here-document whose body has not begun
    std::shared_ptr<HereDocument> document;
    bool strip_tabs = false;
    std::size_t begin = 0;
  };
  void leave_substitution(std::vector<Pending> outer);

  std::string_view text_;
  Shared& shared_;
  std::optional<Span> fixed_;
  std::size_t pos_ = 0;
  std::size_t content_end_ = 0;    // behind the last word, redirection or closing word
  std::size_t substitutions_ = 0;  // open $( around the cursor
  bool in_braced_quotes_ = false;  // inside "${x:-...}": single quotes are ordinary
  std::vector<Pending> pending_;
};

// Counts one level of nesting; `ok` is false when the limit is reached (and the parser has stopped).
class Parser::Deeper {
 public:
  explicit Deeper(Parser& parser);
  ~Deeper() { --parser_.shared_.depth; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;
  bool ok = true;

 private:
  Parser& parser_;
};

// Turns unquoted literals into Tilde, Glob and Brace parts (structure.cc). `braces`: also brace expansion,
// which assignments, patterns and arguments of ${..} do not get.
void structure_word(Word& word, bool braces);

// Decodes the inside of $'...' (Bash manual 3.1.2.4), shared with printf '%b' and echo -e (escapes.cc).
std::string decode_ansi_escapes(std::string_view text);

bool is_meta(char c);
bool is_name_start(char c);
bool is_name_char(char c);

}  // namespace weir::shell
