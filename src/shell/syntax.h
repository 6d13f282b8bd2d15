// The typed tree of a shell script, as plain values. Grammar: the Bash Reference Manual 5.2, chapter 3, and
// POSIX.1-2017 XCU 2. parse.h makes it, expand.h and the analysis read it.
//
//   Script = Statement*          Statement = Pipeline ((&& | ||) Pipeline)* [&]
//   Pipeline = [!] Command (| Command)*
//   Command  = Simple | Group | If | Loop | For | ... each with Redirections
//   Word     = Part*             Part = Literal | Parameter | Substitution | Glob | Brace | ...
//
// Literals hold decoded text: quotes and backslashes are gone, `quoted` says that they were there. Spans are
// byte offsets into the text given to parse(); inside backquotes and indented here-documents, whose text is
// rewritten before it is parsed, every span is that of the whole construct.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace weir::shell {

struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;  // one past the last byte
  bool operator==(const Span&) const = default;
};

struct Part;
struct Statement;
struct Command;
using Script = std::vector<Statement>;

struct Word {
  std::vector<Part> parts;
  Span span;
};

// ---- parts of a word

struct Literal {
  std::string text;
  bool quoted = false;
};
// A live pattern: "*", "?", "[a-z]" or an extended pattern such as "!(a|b)".
struct Glob {
  std::string pattern;
};
// "~" (user empty) or "~user", "~+", "~-", at the start of a word.
struct Tilde {
  std::string user;
};
// $name, ${name}, ${name<op>argument}. op is "" or one of  :- - := = :? ? :+ + # ## % %% / // /# /% ^ ^^ , ,,
// : (substring) @ (transformation) and "bad" for what bash refuses only when it runs (also ${{ template }}).
struct Parameter {
  std::string name;  // "x", "1", "@", "#", ...
  std::string op;
  std::vector<Word> subscript;  // at most one
  std::vector<Word> arguments;  // of the operator: at most two
  bool length = false;          // ${#name}
  bool indirect = false;        // ${!name}
  bool quoted = false;
  std::string source;  // as written, for display
};
// $(script), `script`, ${ script; }
struct Substitution {
  Script script;
  bool quoted = false;
  std::string source;
};
// $((expression)), $[expression]; the expression's own expansions are its parts.
struct Arithmetic {
  Word expression;
  bool quoted = false;
};
// <(script) and >(script)
struct ProcessSubstitution {
  Script script;
  bool writes = false;
};
struct Brace {
  std::vector<Word> alternatives;
};
struct BraceRange {
  std::string first, last;
  std::string step;  // may be empty
};

struct Part {
  std::variant<Literal, Glob, Tilde, Parameter, Substitution, Arithmetic, ProcessSubstitution, Brace,
               BraceRange>
      value;
  Span span;
};

// ---- redirections and assignments

struct HereDocument {
  Word body;
  std::string delimiter;
  bool expands = true;  // the delimiter was not quoted
};

struct Redirection {
  enum class Kind {
    read,           // <
    write,          // > >|
    append,         // >>
    read_write,     // <>
    write_both,     // &> and >&file
    append_both,    // &>>
    duplicate,      // <&N >&N, also "-" for closing
    here_document,  // << <<-
    here_string,    // <<<
  };
  Kind kind = Kind::read;
  int fd = -1;              // -1: the operator's own (0 for input, 1 for output)
  std::string fd_variable;  // {name}>file
  Word target;
  std::shared_ptr<const HereDocument> document;  // of here_document
  Span span;
};

struct Assignment {
  std::string name;
  std::vector<Word> subscript;  // at most one
  bool append = false;          // +=
  bool array = false;           // name=( elements )
  Word value;
  std::vector<Word> elements;
  std::vector<Word> keys;  // of the elements, [key]=element; an element without one has a key of no parts
  Span span;
};

// ---- commands

struct Simple {
  std::vector<Assignment> assignments;  // before the command name
  std::vector<Word> words;
  std::vector<Assignment> declared;  // operands of export, declare, local, readonly, typeset
};
struct Group {
  Script body;
  bool subshell = false;
};
struct If {
  struct Branch {
    Script condition, body;
  };
  std::vector<Branch> branches;
  Script otherwise;
};
struct Loop {
  bool until = false;
  Script condition, body;
};
struct For {
  std::string variable;
  bool has_words = false;  // else over the positional parameters
  bool select = false;
  std::vector<Word> words;
  Script body;
};
struct ForArithmetic {
  Word header;
  Script body;
};
struct Case {
  struct Arm {
    std::vector<Word> patterns;
    Script body;
  };
  Word subject;
  std::vector<Arm> arms;
};
struct Function {
  std::string name;
  std::vector<Command> body;  // exactly one
};
// [[ ... ]]: the words between, operators included as literals.
struct Test {
  std::vector<Word> words;
};
struct ArithmeticCommand {
  Word expression;
};
struct Coprocess {
  std::string name;
  std::vector<Command> body;  // exactly one
};
// What the parser could not read.
struct Unparsed {
  std::string reason;
};

struct Command {
  std::variant<Simple, Group, If, Loop, For, ForArithmetic, Case, Function, Test, ArithmeticCommand,
               Coprocess, Unparsed>
      value;
  std::vector<Redirection> redirections;
  Span span;
};

struct Pipeline {
  std::vector<Command> commands;
  bool negated = false;
  bool timed = false;
};

struct Statement {
  enum class Connector { and_then, or_else };
  std::vector<Pipeline> pipelines;
  std::vector<Connector> connectors;  // one fewer than pipelines
  bool background = false;
  Span span;
};

}  // namespace weir::shell
