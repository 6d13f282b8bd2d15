// One YAML document while it is read: values, their lines, and the problems found. Only parse*.cc and
// canary.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"
#include "sigma/parse.h"

namespace weir::sigma {

class Document {
 public:
  Document(const YamlText& text, std::string_view file, int first_line, RuleSet& set)
      : text_(text), file_(file), first_line_(first_line), set_(set) {}

  const Json& root() const { return text_.value; }
  // "file:line" of the value at a JSON Pointer, or of what holds it.
  std::string at(std::string_view pointer) const;

  void warn(std::string_view pointer, std::string what, std::string hint);
  // The same error with the place filled in.
  Error placed(Error error, std::string_view pointer) const;

  // A text, or "" when absent; numbers and dates come as their text. A list or map is a warning.
  std::string text(std::string_view pointer, const Json& value);
  // A list of texts; one text is a list of one.
  std::vector<std::string> texts(std::string_view pointer, const Json& value);

  std::string rule;  // by which the document's problems name it

 private:
  const YamlText& text_;
  std::string_view file_;
  int first_line_;
  RuleSet& set_;
};

// The attributes all documents share. Errors: no title, a taxonomy that is not Sigma's own.
Result<Meta> read_meta(Document& document);
Result<LogSource> read_logsource(Document& document);
// Search identifiers and condition below `section` ("/detection", "/filter").
Result<Expr> read_detection(Document& document, const std::string& section, const ParseOptions& options);
Result<Correlation> read_correlation(Document& document);
Result<Filter> read_filter(Document& document, const ParseOptions& options);

}  // namespace weir::sigma
