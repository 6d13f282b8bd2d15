// A shallow look at code in other languages that is given inline (python -c, perl -e, node -e, ruby -e, php
// -r, awk): which calls that touch files, programs or the network appear, with their literal arguments. It
// reads words, strings and parentheses, not the language: what it finds is possible, what it does not find is
// not absent.
//
//   CodeScan found = scan_code("python", "import os; os.remove('/etc/hosts')");
//   // found.calls: file.delete "/etc/hosts"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::shell {

struct CodeCall {
  std::string_view verb;  // verbs.h: file.read, file.write, file.delete, file.chmod, net.connect
  std::string resource;   // the literal argument; empty when it is computed
  bool recursive = false;
};

struct CodeScan {
  std::vector<CodeCall> calls;
  std::vector<std::string> shell;                  // literal texts given to a shell: os.system("..."), `...`
  std::vector<std::vector<std::string>> programs;  // literal argument vectors: subprocess.run(["rm", "x"])
  bool computed_command = false;                   // a shell or program whose text is not literal
  bool remote_shell = false;                       // a socket bound to a shell
  bool runs_network = false;                       // eval/exec of what was fetched
  bool runs_encoded = false;                       // eval/exec of what was decoded
  std::optional<std::string> printed;              // all it prints, when that is constant
  std::string peer;                                // host[:port] of the first connection
  std::string url;
};

CodeScan scan_code(std::string_view language, std::string_view code);

}  // namespace weir::shell
