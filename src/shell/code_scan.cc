#include "shell/code_scan.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/bytes.h"
#include "base/limits.h"
#include "shell/code_fold.h"
#include "shell/verbs.h"

namespace weir::shell {
namespace {

constexpr std::size_t kCodeBytesMax = 256 * limits::kKiB;
constexpr std::size_t kCallsMax = 256;

// What a call by this name does. `name` is the last part of a dotted name; `owner`, when given, must stand
// before it.
struct Known {
  std::string_view owner, name;
  std::string_view verb;  // or "shell", "program", "eval", "open", "spawn"
  bool recursive = false;
  std::string_view language = {};  // only there
};
constexpr Known kKnown[] = {
    {"", "rmtree", verbs::kFileDelete, true},
    {"", "rm_rf", verbs::kFileDelete, true},
    {"", "rm_r", verbs::kFileDelete, true},
    {"", "remove_dir", verbs::kFileDelete, true},
    {"os", "remove", verbs::kFileDelete},
    {"", "unlink", verbs::kFileDelete},
    {"", "unlinkSync", verbs::kFileDelete},
    {"", "rmSync", verbs::kFileDelete, true},
    {"fs", "rm", verbs::kFileDelete, true},
    {"", "rmdir", verbs::kFileDelete},
    {"", "rmdirSync", verbs::kFileDelete},
    {"", "removedirs", verbs::kFileDelete},
    {"", "rm_f", verbs::kFileDelete},
    {"File", "delete", verbs::kFileDelete},
    {"fs", "unlink", verbs::kFileDelete},
    {"", "removeSync", verbs::kFileDelete, true},
    {"", "remove_tree", verbs::kFileDelete, true},
    {"FileUtils", "rm", verbs::kFileDelete},
    {"", "writeFileSync", verbs::kFileWrite},
    {"", "writeFile", verbs::kFileWrite},
    {"", "appendFileSync", verbs::kFileWrite},
    {"", "appendFile", verbs::kFileWrite},
    {"", "file_put_contents", verbs::kFileWrite},
    {"File", "write", verbs::kFileWrite},
    {"", "createWriteStream", verbs::kFileWrite},
    {"", "readFileSync", verbs::kFileRead},
    {"", "readFile", verbs::kFileRead},
    {"", "file_get_contents", verbs::kFileRead},
    {"File", "read", verbs::kFileRead},
    {"IO", "read", verbs::kFileRead},
    {"", "createReadStream", verbs::kFileRead},
    {"os", "chmod", verbs::kFileChmod},
    {"", "chmodSync", verbs::kFileChmod},
    {"", "chmod", verbs::kFileChmod},
    {"", "open", "open"},
    {"", "fopen", "open"},
    {"File", "open", "open"},
    {"", "urlopen", verbs::kNetConnect},
    {"", "urlretrieve", verbs::kNetConnect},
    {"requests", "get", verbs::kNetConnect},
    {"requests", "post", verbs::kNetConnect},
    {"requests", "put", verbs::kNetConnect},
    {"httpx", "get", verbs::kNetConnect},
    {"httpx", "post", verbs::kNetConnect},
    {"http", "get", verbs::kNetConnect},
    {"https", "get", verbs::kNetConnect},
    {"http", "request", verbs::kNetConnect},
    {"https", "request", verbs::kNetConnect},
    {"axios", "get", verbs::kNetConnect},
    {"axios", "post", verbs::kNetConnect},
    {"", "fetch", verbs::kNetConnect},
    {"", "create_connection", verbs::kNetConnect},
    {"", "connect", verbs::kNetConnect},
    {"net", "connect", verbs::kNetConnect},
    {"", "createConnection", verbs::kNetConnect},
    {"TCPSocket", "new", verbs::kNetConnect},
    {"TCPSocket", "open", verbs::kNetConnect},
    {"", "fsockopen", verbs::kNetConnect},
    {"URI", "open", verbs::kNetConnect},
    {"", "sockaddr_in", verbs::kNetConnect},
    {"os", "system", "shell"},
    {"os", "popen", "shell"},
    {"os", "execute", "shell"},
    {"io", "popen", "shell"},
    {"IO", "popen", "shell"},
    {"", "system", "shell"},
    {"", "shell_exec", "shell"},
    {"", "passthru", "shell"},
    {"", "popen", "shell"},
    {"", "proc_open", "shell"},
    {"", "exec", "run"},
    {"", "execSync", "shell"},
    {"", "getoutput", "shell"},
    {"", "getstatusoutput", "shell"},
    {"subprocess", "run", "program"},
    {"subprocess", "call", "program"},
    {"subprocess", "Popen", "program"},
    {"subprocess", "check_output", "program"},
    {"subprocess", "check_call", "program"},
    {"", "check_output", "program"},
    {"", "Popen", "program"},
    {"", "spawn", "program"},
    {"", "spawnSync", "program"},
    {"", "execFile", "program"},
    {"", "execFileSync", "program"},
    {"", "execl", "program"},
    {"", "execv", "program"},
    {"", "execvp", "program"},
    {"", "execlp", "program"},
    {"", "capture2", "program"},
    {"", "capture3", "program"},
    {"", "eval", "eval"},
    {"", "Function", "eval"},
    {"", "instance_eval", "eval"},
    {"", "assert", "eval"},
    {"os", "cmd", "shell"},
    {"file", "del_dir_r", verbs::kFileDelete, true, "erlang"},
    {"file", "del_dir", verbs::kFileDelete, false, "erlang"},
    {"file", "delete", verbs::kFileDelete, false, "erlang"},
    {"file", "write_file", verbs::kFileWrite, false, "erlang"},
    {"System", "cmd", "program"},
    {"System", "shell", "shell"},
    {"File", "rm", verbs::kFileDelete},
    {"", "rm", verbs::kFileDelete, true, "julia"},
    {"", "shell", "shell", false, "prolog"},
    {"", "delete_directory", verbs::kFileDelete, true, "prolog"},
    {"", "delete_file", verbs::kFileDelete, false, "prolog"},
    {"", "delete", verbs::kFileDelete, true, "ex"},
    {"", "Delete", verbs::kFileDelete, true, "powershell"},
    {"", "WriteAllText", verbs::kFileWrite, false, "powershell"},
    {"", "DownloadString", verbs::kNetConnect, false, "powershell"},
    {"", "DownloadData", verbs::kNetConnect, false, "powershell"},
    {"", "DownloadFile", verbs::kNetConnect, false, "powershell"},
};

bool name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool appears(std::string_view code, std::string_view word) {
  return code.find(word) != std::string_view::npos;
}

// Names that only some languages call without parentheses: system "x", exec "/bin/sh".
bool bare_calls(std::string_view language) {
  return language == "perl" || language == "ruby" || language == "awk" || language == "php";
}

class Scanner {
 public:
  Scanner(std::string_view language, std::string_view code, int depth)
      : language_(language), code_(code.substr(0, kCodeBytesMax)), folder_(language, code_), depth_(depth) {
    read_aliases();
  }

  CodeScan run() {
    while (at_ < code_.size() && found_.calls.size() < kCallsMax) {
      const char c = code_[at_];
      if (c == '\'' || c == '"') {
        string();
      } else if (c == '`') {
        const std::string text = string();
        // a template literal in JavaScript, a command elsewhere
        if (language_ == "perl" || language_ == "ruby" || language_ == "php") found_.shell.push_back(text);
      } else if (c == '#' && language_ != "php" && language_ != "node" && language_ != "erlang") {
        at_ = std::min(code_.find('\n', at_), code_.size());
      } else if (name_char(c)) {
        name();
      } else {
        ++at_;
      }
    }
    judge_whole();
    if (prints_unknown_) found_.printed.reset();
    return std::move(found_);
  }

 private:
  // import subprocess as s: what is called s.run is subprocess.run.
  void read_aliases() {
    for (auto at = code_.find("import "); at != std::string_view::npos; at = code_.find("import ", at + 7)) {
      const auto end = code_.find_first_of("\n;,", at);
      const std::string_view clause =
          code_.substr(at + 7, end == std::string_view::npos ? end : end - at - 7);
      const auto as = clause.find(" as ");
      if (as == std::string_view::npos || aliases_.size() > 64) continue;
      aliases_.emplace_back(trim(clause.substr(as + 4)), trim(clause.substr(0, as)));
    }
  }

  std::string_view real_name(std::string_view owner) const {
    for (const auto& [alias, name] : aliases_)
      if (alias == owner) return name;
    return owner;
  }

  // print "x", console.log(x): what goes to standard output, while all of it is constant.
  bool print(std::string_view name, std::string_view owner, std::size_t next) {
    const bool line =
        name == "puts" || name == "log" || (name == "print" && (language_ == "python" || language_ == "awk"));
    const bool writes = name == "write" && owner == "stdout";
    if (!line && !writes && name != "print" && name != "echo") return false;
    if (name == "log" && owner != "console") return false;
    std::size_t from = next;
    if (from < code_.size() && code_[from] == '(') ++from;
    const auto text = folder_.text(from);
    if (!text) {
      prints_unknown_ = true;
    } else {
      if (!found_.printed) found_.printed.emplace();
      *found_.printed += *text + (line ? "\n" : "");
    }
    return true;
  }

  // Reads a string literal at the cursor; simple escapes decoded.
  std::string string() {
    const char quote = code_[at_++];
    const bool triple = code_.substr(at_).starts_with(std::string(2, quote));
    if (triple) at_ += 2;
    std::string text;
    while (at_ < code_.size()) {
      const char c = code_[at_];
      if (c == quote && (!triple || code_.substr(at_).starts_with(std::string(3, quote)))) {
        at_ += triple ? 3 : 1;
        break;
      }
      if (c == '\\' && at_ + 1 < code_.size()) {
        const char next = code_[at_ + 1];
        text += next == 'n' ? '\n' : next == 't' ? '\t' : next;
        at_ += 2;
        continue;
      }
      text += c;
      ++at_;
    }
    return text;
  }

  void name() {
    std::vector<std::string_view> parts;
    while (at_ < code_.size()) {
      const std::size_t begin = at_;
      while (at_ < code_.size() && name_char(code_[at_]))
        ++at_;
      parts.push_back(code_.substr(begin, at_ - begin));
      if (code_.substr(at_).starts_with("::") || code_.substr(at_).starts_with("->"))
        at_ += 2;
      else if (at_ + 1 < code_.size() && code_[at_] == '.' && name_char(code_[at_ + 1]))
        ++at_;
      else if (language_ == "erlang" && at_ + 1 < code_.size() && code_[at_] == ':' &&
               name_char(code_[at_ + 1]))
        ++at_;
      else
        break;
    }
    if (parts.empty()) return;
    if (language_ == "elixir" && code_.substr(at_).starts_with("!")) ++at_;
    const std::string_view owner = parts.size() > 1 ? real_name(parts[parts.size() - 2]) : std::string_view{};
    if (parts.size() == 1 && depth_ < kScansMax)
      folder_.assignment(static_cast<std::size_t>(parts[0].data() - code_.data()));
    std::size_t next = at_;
    while (next < code_.size() && (code_[next] == ' ' || code_[next] == '\t'))
      ++next;
    if (print(parts.back(), owner, next)) return;
    const bool bracket = next < code_.size() && code_[next] == '(';
    const bool bare = bare_calls(language_) && next < code_.size() && next > at_ &&
                      (code_[next] == '"' || code_[next] == '\'' || code_[next] == '$' || is_call(next));
    // open with two arguments in Perl, %x{} in Ruby and the like are left to deeper analysis.
    if (!bracket && !bare) return;
    for (const Known& known : kKnown)
      if (known.name == parts.back() && (known.owner.empty() || known.owner == owner) &&
          (known.language.empty() || known.language == language_)) {
        at_ = next;
        return call(known, owner);
      }
  }

  // name( : as in `system pack("H*", "...")`
  bool is_call(std::size_t at) const {
    while (at < code_.size() && name_char(code_[at]))
      ++at;
    return at < code_.size() && code_[at] == '(';
  }

  struct Literals {
    std::vector<std::string> strings;
    bool computed = false;  // something else stands among the arguments
    bool list = false;
    std::string first_number;
  };

  // The literal arguments, up to the closing parenthesis or, without one, the end of the statement. Reads
  // ahead only: calls inside the arguments are found afterwards.
  Literals arguments() {
    const std::size_t back = at_;
    Literals out;
    int open = 0;
    const bool bracket = code_[at_] == '(';
    bool begins = !bracket;  // an argument begins here
    while (at_ < code_.size() && at_ - back < 64 * 1024) {
      const char c = code_[at_];
      // ~c"text"
      if (c == '~' && language_ == "elixir" && at_ + 2 < code_.size() && code_[at_ + 2] == '"') {
        at_ += 2;
        continue;
      }
      if (begins && c != ' ' && c != '\n' && out.strings.size() < 32) {
        begins = false;
        std::size_t end = at_;
        if (auto text = folder_.text(end); text && ends_argument(end)) {
          out.strings.push_back(std::move(*text));
          at_ = end;
          continue;
        }
      }
      begins = begins || c == ',' || c == '[' || (c == '(' && open == 0);
      if (c == '\'' || c == '"' || c == '`') {
        std::string text = string();
        if (out.strings.size() < 32) out.strings.push_back(std::move(text));
        continue;
      }
      if (c == '(') ++open;
      if (c == ')' && --open <= 0) break;
      if (!bracket && (c == ';' || c == '\n' || c == '}')) break;
      if (c == '[') out.list = true;
      if (c >= '0' && c <= '9' && out.first_number.empty()) {
        while (at_ < code_.size() && code_[at_] >= '0' && code_[at_] <= '9')
          out.first_number += code_[at_++];
        continue;
      }
      if (name_char(c) && out.strings.empty()) out.computed = true;
      ++at_;
    }
    at_ = back + (bracket ? 1 : 0);
    return out;
  }

  bool ends_argument(std::size_t at) const {
    while (at < code_.size() && (code_[at] == ' ' || code_[at] == '\n'))
      ++at;
    return at >= code_.size() || std::string_view(",)];}").find(code_[at]) != std::string_view::npos;
  }

  void call(const Known& known, std::string_view owner) {
    const Literals literals = arguments();
    const std::string first =
        literals.strings.empty() || literals.computed ? std::string() : literals.strings[0];
    if (known.verb == "shell" || known.verb == "run") {
      if (known.verb == "run" && language_ == "python") return eval_call();
      if (first.empty())
        found_.computed_command = true;
      else if (literals.strings.size() > 1 && bare_calls(language_))
        found_.programs.push_back(literals.strings);
      else
        found_.shell.push_back(first);
    } else if (known.verb == "program") {
      program_call(literals, first);
    } else if (known.verb == "eval") {
      eval_call();
    } else if (known.verb == "open") {
      open_call(literals, first);
    } else if (known.verb == verbs::kNetConnect) {
      net_call(literals, owner);
    } else {
      found_.calls.push_back({known.verb, first, known.recursive});
    }
  }

  void program_call(const Literals& literals, const std::string& first) {
    if (first.empty())
      found_.computed_command = true;
    else if (literals.list || literals.strings.size() > 1)
      found_.programs.push_back(literals.strings);
    else
      found_.shell.push_back(first);
  }

  // eval and exec of a constant: that code is looked at in turn.
  void nested_scan() {
    std::size_t at = at_;
    const auto code = folder_.text(at);
    if (!code || depth_ + 1 >= kScansMax) return;
    CodeScan inner = Scanner(language_, *code, depth_ + 1).run();
    std::move(inner.calls.begin(), inner.calls.end(), std::back_inserter(found_.calls));
    std::move(inner.shell.begin(), inner.shell.end(), std::back_inserter(found_.shell));
    std::move(inner.programs.begin(), inner.programs.end(), std::back_inserter(found_.programs));
    found_.computed_command = found_.computed_command || inner.computed_command;
    found_.remote_shell = found_.remote_shell || inner.remote_shell;
    found_.runs_network = found_.runs_network || inner.runs_network;
    found_.runs_encoded = found_.runs_encoded || inner.runs_encoded;
    if (found_.peer.empty()) found_.peer = inner.peer;
    if (found_.url.empty()) found_.url = inner.url;
  }

  void eval_call() {
    nested_scan();
    const bool network = appears(code_, "urlopen") || appears(code_, "requests.") ||
                         appears(code_, "http.get") || appears(code_, "https.get") ||
                         appears(code_, "fetch(") || appears(code_, "LWP") || appears(code_, "open-uri") ||
                         appears(code_, "file_get_contents('http") ||
                         appears(code_, "file_get_contents(\"http");
    const bool encoded = appears(code_, "b64decode") || appears(code_, "base64") ||
                         appears(code_, "fromhex") || appears(code_, "unhexlify") ||
                         appears(code_, "decompress") || appears(code_, "unpack(") || appears(code_, "atob(");
    found_.runs_network = found_.runs_network || network;
    found_.runs_encoded = found_.runs_encoded || (encoded && !network);
  }

  void open_call(const Literals& literals, const std::string& first) {
    if (first.empty() && literals.strings.empty()) return;
    const std::string mode = literals.strings.size() > 1 ? literals.strings[1] : "";
    const bool writes = !mode.empty() && mode.size() <= 4 && mode.find_first_of("wax+>") != std::string::npos;
    found_.calls.push_back({writes ? verbs::kFileWrite : verbs::kFileRead, first, false});
  }

  void net_call(const Literals& literals, std::string_view owner) {
    (void)owner;
    std::string target;
    for (const std::string& text : literals.strings)
      if (!text.empty() && text.find(' ') == std::string::npos) {
        target = text;
        break;
      }
    const bool url = target.find("://") != std::string::npos;
    if (!url && !target.empty() && !literals.first_number.empty()) target += ":" + literals.first_number;
    if (found_.peer.empty()) found_.peer = target;
    if (url && found_.url.empty()) found_.url = target;
    found_.calls.push_back({verbs::kNetConnect, target, false});
  }

  // Shapes that only the whole text shows.
  void judge_whole() {
    const bool socket = appears(code_, "socket") || appears(code_, "Socket") || appears(code_, "fsockopen") ||
                        appears(code_, "net.connect") || appears(code_, "createConnection") ||
                        appears(code_, "/inet/tcp");
    const bool shell = appears(code_, "/bin/sh") || appears(code_, "/bin/bash") ||
                       appears(code_, "pty.spawn") || appears(code_, "sh -i") || appears(code_, "cmd.exe");
    const bool bound = appears(code_, "dup2") || appears(code_, "pty.spawn") ||
                       appears(code_, "open(STDIN") || appears(code_, "<&3") || appears(code_, ".pipe(") ||
                       appears(code_, "spawn") || appears(code_, "exec") || appears(code_, "getline");
    found_.remote_shell = socket && bound && (shell || appears(code_, "/inet/tcp"));
  }

  std::string_view language_;
  std::string_view code_;
  static constexpr int kScansMax = 4;  // code in code
  std::size_t at_ = 0;
  CodeFolder folder_;
  int depth_ = 0;
  std::vector<std::pair<std::string_view, std::string_view>> aliases_;
  bool prints_unknown_ = false;
  CodeScan found_;
};

// Tcl quotes with braces.
std::string without_braces(std::string command) {
  const auto open = command.find(" {");
  if (open == std::string::npos || !command.ends_with('}')) return command;
  std::string quoted = "'";
  for (const char c : command.substr(open + 2, command.size() - open - 3))
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return command.substr(0, open + 1) + quoted + "'";
}

// What stands behind one of the words, "" when the line begins with none of them.
std::string_view after_word(std::string_view line, std::initializer_list<std::string_view> words) {
  std::string_view text;
  for (const std::string_view word : words)
    if (line.starts_with(word)) text = trim(line.substr(word.size()));
  return text;
}

// Languages of lines: "!cmd" of ex and ed, "shell cmd" of gdb, "spawn cmd" and "exec cmd" of Tcl.
void scan_line(std::string_view language, std::string_view line, CodeScan& found) {
  line = trim(line);
  while (line.starts_with(':'))
    line = trim(line.substr(1));
  for (const std::string_view word : {"silent!", "silent", "%"})
    if (line.starts_with(word)) line = trim(line.substr(word.size()));
  std::string_view text =
      after_word(line, {"!", "r!", "r !", "w!", "w !", "shell ", "platform shell ", "spawn ", "exec "});
  if (language == "ex" && text.empty()) text = after_word(line, {"terminal ", "term "});
  if (!text.empty() && found.shell.size() < kCallsMax) {
    const bool tcl = line.starts_with("spawn ") || line.starts_with("exec ");
    found.shell.push_back(tcl ? without_braces(std::string(text)) : std::string(text));
  }
  if (std::string_view paths = after_word(line, {"file delete "}); !paths.empty() && language == "script")
    for (const std::string_view path : split(paths, ' '))
      if (!path.empty() && !path.starts_with('-') && found.calls.size() < kCallsMax)
        found.calls.push_back({verbs::kFileDelete, std::string(path), true});
}

void scan_lines(std::string_view language, std::string_view code, CodeScan& found) {
  for (std::string_view line : split(code.substr(0, kCodeBytesMax), '\n')) {
    // A bar parts two commands of ex, but `!` takes the whole rest.
    while (language == "ex") {
      const auto bar = line.find('|');
      if (bar == std::string_view::npos || line.find('!') < bar) break;
      scan_line(language, line.substr(0, bar), found);
      line.remove_prefix(bar + 1);
    }
    scan_line(language, line, found);
  }
}

// Forms of Lisp whose first text is a path or a command: (delete-directory "~/x" t).
void scan_forms(std::string_view code, CodeScan& found) {
  static constexpr std::pair<std::string_view, std::string_view> kForms[] = {
      {"delete-directory", verbs::kFileDelete},
      {"delete-file", verbs::kFileDelete},
      {"delete-directory-tree", verbs::kFileDelete},
      {"write-region", verbs::kFileWrite},
      {"shell-command", "shell"},
      {"shell-command-to-string", "shell"},
      {"async-shell-command", "shell"},
      {"run-program", "shell"},
      {"uiop:run-program", "shell"},
      {"run-shell-command", "shell"}};
  code = code.substr(0, kCodeBytesMax);
  for (auto at = code.find('('); at != std::string_view::npos; at = code.find('(', at + 1)) {
    const auto end = std::min(code.find_first_of(" \t\n()\"", at + 1), code.size());
    for (const auto& [name, verb] : kForms) {
      if (code.substr(at + 1, end - at - 1) != name || found.calls.size() >= kCallsMax) continue;
      const auto open = code.substr(0, end + 200).find('"', end);
      const auto close = open == std::string_view::npos ? open : code.find('"', open + 1);
      if (close == std::string_view::npos) continue;
      std::string text(code.substr(open + 1, close - open - 1));
      if (verb == "shell")
        found.shell.push_back(std::move(text));
      else
        found.calls.push_back({verb, std::move(text), true});
    }
  }
}

}  // namespace

CodeScan scan_code(std::string_view language, std::string_view code) {
  CodeScan found = Scanner(language, code, 0).run();
  if (language == "ex" || language == "script") scan_lines(language, code, found);
  if (language == "lisp" || language == "script") scan_forms(code, found);
  return found;
}

}  // namespace weir::shell
