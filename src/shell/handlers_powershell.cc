// PowerShell given in a command line: `pwsh -Command TEXT`, `-EncodedCommand`, text on standard input. Its
// words are read (about_Quoting_Rules, about_Parsing), cmdlets become the programs that do the same, and what
// is none is a program of the machine, as it is to PowerShell.
#include <algorithm>
#include <map>

#include "base/bytes.h"
#include "base/limits.h"
#include "shell/analyzer.h"
#include "shell/decode.h"

namespace weir::shell {
namespace {

constexpr std::size_t kNestedMax = 8;
constexpr std::size_t kStatementsMax = 512;

struct Parameter {
  std::string_view name;    // lower case; a beginning of it will do
  std::string_view option;  // of the program: "-r"; ":operand"; ":value" is passed over with its value
  bool takes_value = false;
};
struct Cmdlet {
  std::vector<std::string_view> names;  // lower case, aliases included
  std::vector<std::string_view> program;
  std::vector<Parameter> parameters;
  std::size_t operands_max = SIZE_MAX;  // further ones are content, not paths
};

const std::vector<Cmdlet>& cmdlets() {
  static const std::vector<Parameter> kPaths = {{"path", ":operand", true},
                                                {"literalpath", ":operand", true},
                                                {"filepath", ":operand", true},
                                                {"destination", ":operand", true},
                                                {"recurse", "-r"},
                                                {"force", "-f"},
                                                {"include", ":value", true},
                                                {"exclude", ":value", true},
                                                {"filter", ":value", true},
                                                {"value", ":value", true},
                                                {"encoding", ":value", true},
                                                {"inputobject", ":value", true},
                                                {"itemtype", ":value", true},
                                                {"name", ":value", true},
                                                {"erroraction", ":value", true}};
  static const std::vector<Parameter> kWeb = {{"uri", ":operand", true}, {"outfile", "-o", true},
                                              {"method", "-X", true},    {"body", "-d", true},
                                              {"infile", "-T", true},    {"headers", ":value", true},
                                              {"useragent", "-A", true}, {"contenttype", ":value", true}};
  static const std::vector<Parameter> kNames = {
      {"name", ":operand", true}, {"id", ":operand", true}, {"force", "-f"}};
  static const std::vector<Cmdlet> kCmdlets = {
      {{"remove-item", "ri", "del", "erase", "rd"}, {"rm"}, kPaths},
      {{"copy-item", "cpi", "copy"}, {"cp"}, kPaths},
      {{"move-item", "mi", "move", "rename-item", "rni", "ren"}, {"mv"}, kPaths},
      {{"set-content", "sc", "add-content", "ac", "out-file", "clear-content", "clc", "new-item", "ni"},
       {"tee"},
       kPaths,
       1},
      {{"get-content", "gc", "type"}, {"cat"}, kPaths},
      {{"invoke-webrequest", "iwr", "invoke-restmethod", "irm"}, {"curl"}, kWeb},
      {{"stop-process", "spps"}, {"pkill"}, kNames},
      {{"stop-service", "spsv"}, {"systemctl", "stop"}, kNames},
      {{"restart-computer"}, {"reboot"}, {}},
      {{"stop-computer"}, {"poweroff"}, {}},
      {{"start-process", "saps", "start"},
       {},
       {{"filepath", ":operand", true},
        {"argumentlist", ":operand", true},
        {"workingdirectory", ":value", true},
        {"verb", ":value", true},
        {"wait", ""},
        {"nonewwindow", ""}}}};
  return kCmdlets;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

// The text between the bracket at `at` and the one that closes it, quotes minded; `at` is moved behind.
std::string_view bracketed(std::string_view code, std::size_t& at) {
  const std::size_t begin = at + 1;
  std::size_t open = 0;
  char quote = '\0';
  for (; at < code.size(); ++at) {
    const char c = code[at];
    if (quote != '\0') {
      if (c == '`' && quote == '"') ++at;
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(' || c == '{' || c == '[') {
      ++open;
    } else if ((c == ')' || c == '}' || c == ']') && --open == 0) {
      return code.substr(begin, at++ - begin);
    }
  }
  return begin < code.size() ? code.substr(begin) : std::string_view();
}

// UTF-16, little end first, as far as it is ASCII: what is hidden is.
std::string from_utf16(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
    out += bytes[i + 1] == '\0' ? bytes[i] : '?';
  return out;
}

// Runs text on paper, statement by statement.
class PowerShell {
 public:
  using Program = std::function<Stream(std::vector<Arg> argv, const Stream& in)>;
  using Text = std::function<void(const Arg& code)>;  // of Invoke-Expression
  PowerShell(Program program, Text text, std::string home)
      : program_(std::move(program)), text_(std::move(text)), home_(std::move(home)) {}

  Stream run(std::string_view code, const Stream& in, std::size_t depth = 0) {
    Stream stream = in;
    Stream last;
    if (depth > kNestedMax) return Stream::unknown();
    for (std::size_t at = 0; at < code.size() && ++statements_ < kStatementsMax;) {
      std::vector<Word> words = statement(code, at, depth);
      const std::string_view rest = code.substr(std::min(at, code.size()));
      const bool pipes = rest.starts_with('|') && !rest.starts_with("||");
      if (!words.empty()) stream = command(std::move(words), stream, depth);
      if (!pipes && stream.present) last = std::exchange(stream, Stream{});
      ++at;
    }
    return stream.present ? stream : last;
  }

 private:
  struct Word {
    Arg arg;
    bool bare = false;   // not quoted: a parameter may begin with its dash
    bool block = false;  // {…}
  };

  // The words up to what ends a command; `at` stands there.
  std::vector<Word> statement(std::string_view code, std::size_t& at, std::size_t depth) {
    std::vector<Word> words;
    while (at < code.size()) {
      const char c = code[at];
      if (is_blank(c) || c == ',' || code.substr(at).starts_with("`\n")) {
        at += c == '`' ? 2 : 1;
      } else if (c == '#') {
        at = std::min(code.find('\n', at), code.size());
      } else if (c == '&' && words.empty() && !code.substr(at).starts_with("&&")) {
        ++at;  // the call operator
      } else if (c == '\n' || c == ';' || c == '|' || c == '&' || c == '}' || c == ')') {
        break;
      } else if (c == '{') {
        words.push_back({Arg::of(bracketed(code, at)), false, true});
      } else {
        words.push_back(word(code, at, depth));
      }
    }
    return words;
  }

  Word word(std::string_view code, std::size_t& at, std::size_t depth) {
    Word out{{}, true, false};
    if (depth > kNestedMax) {
      out.arg.append_hole("(computed)");
      at = code.size();
      return out;
    }
    while (at < code.size() && std::string_view(" \t\r\n;|&{},)}").find(code[at]) == std::string_view::npos) {
      const char c = code[at];
      if (c == '\'') {
        out.bare = false;
        out.arg.append(single_quoted(code, at));
      } else if (c == '"') {
        out.bare = false;
        double_quoted(code, at, depth, out.arg);
      } else if (c == '(' || code.substr(at).starts_with("@(")) {
        at += c == '@' ? 1 : 0;
        out.bare = false;
        bracketed_value(code, at, depth, out.arg);
      } else if (c == '$') {
        variable(code, at, depth, out.arg);
      } else if (c == '[') {
        out.arg.append("[");
        out.arg.append(bracketed(code, at));
        out.arg.append("]");
      } else if (c == '`' && at + 1 < code.size()) {
        out.arg.append(code.substr(at + 1, 1));
        at += 2;
      } else {
        out.arg.append(code.substr(at++, 1));
      }
    }
    return out;
  }

  std::string single_quoted(std::string_view code, std::size_t& at) const {
    std::string out;
    for (++at; at < code.size(); ++at) {
      if (code[at] == '\'' && !code.substr(at).starts_with("''")) break;
      if (code[at] == '\'') ++at;
      out += code[at];
    }
    at = std::min(at + 1, code.size());
    return out;
  }

  void double_quoted(std::string_view code, std::size_t& at, std::size_t depth, Arg& out) {
    for (++at; at < code.size() && code[at] != '"';) {
      if (code[at] == '`' && at + 1 < code.size()) {
        out.append(code[at + 1] == 'n' ? "\n" : code.substr(at + 1, 1));
        at += 2;
      } else if (code[at] == '$') {
        variable(code, at, depth, out);
      } else {
        out.append(code.substr(at++, 1));
      }
    }
    at = std::min(at + 1, code.size());
  }

  // ( … ): what the command in it prints, or the text of an expression; then `.Member`.
  void bracketed_value(std::string_view code, std::size_t& at, std::size_t depth, Arg& out) {
    const std::string_view inside = bracketed(code, at);
    if (const std::string_view text = trim(inside); text.starts_with('\'') || text.starts_with('"')) {
      std::size_t from = 0;
      out.append(word(text, from, depth + 1).arg);
    } else {
      const Stream result = run(inside, {}, depth + 1);
      out.append(result.data.text.empty() ? Arg::hole("(output)") : result.data);
    }
    while (at < code.size() && code[at] == '.') {
      const std::size_t begin = ++at;
      while (at < code.size() && (is_name(code[at])))
        ++at;
      const std::string_view member = code.substr(begin, at - begin);
      if (at >= code.size() || code[at] != '(') continue;
      const std::string_view arguments = trim(bracketed(code, at));
      if (member != "DownloadString" && member != "DownloadData") continue;
      std::size_t from = 0;
      out = Arg::hole("(download)", Origin::network, word(arguments, from, depth + 1).arg.text);
    }
  }

  static bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
  }

  // $name, $env:NAME, ${name}, $( … )
  void variable(std::string_view code, std::size_t& at, std::size_t depth, Arg& out) {
    ++at;
    if (at < code.size() && code[at] == '(') return bracketed_value(code, at, depth, out);
    std::string name;
    if (at < code.size() && code[at] == '{')
      name = bracketed(code, at);
    else
      while (at < code.size() && is_name(code[at]))
        name += code[at++];
    name = to_lower_ascii(name);
    if (name == "home" || name == "env:home" || name == "env:userprofile")
      return out.append(home_.empty() ? "~" : home_);
    if (const auto known = variables_.find(name); known != variables_.end()) return out.append(known->second);
    out.append_hole("$" + name);
  }

  // One command of a pipeline.
  Stream command(std::vector<Word> words, const Stream& in, std::size_t depth) {
    if (words[0].arg.text == "." && words.size() > 1) words.erase(words.begin());
    for (const Word& word : words)
      if (word.block) (void)run(word.arg.text, in, depth + 1);
    std::erase_if(words, [](const Word& word) { return word.block; });
    if (words.empty()) return Stream::unknown();
    std::string name = to_lower_ascii(words[0].arg.text);
    if (words.size() > 2 && words[1].bare && words[1].arg.text == "=" && name.starts_with('$'))
      return assign(name.substr(1), std::move(words), in, depth);
    if (name == "iex" || name == "invoke-expression") return evaluate(words, in);
    if (words.size() == 1 && !words[0].bare) return Stream::of(words[0].arg);  // an expression prints itself
    for (const Cmdlet& cmdlet : cmdlets())
      if (std::find(cmdlet.names.begin(), cmdlet.names.end(), name) != cmdlet.names.end())
        return program_(translated(cmdlet, words), in);
    if (name == "write-output" || name == "echo" || name == "write-host") name = "echo";
    std::vector<Arg> argv;
    for (Word& word : words)
      argv.push_back(std::move(word.arg));
    if (name == "echo") argv[0] = Arg::of("echo");
    return program_(std::move(argv), in);
  }

  // $name = what the rest gives
  Stream assign(const std::string& name, std::vector<Word> words, const Stream& in, std::size_t depth) {
    words.erase(words.begin(), words.begin() + 2);
    const Stream value = command(std::move(words), in, depth + 1);
    if (variables_.size() < 256)
      variables_.insert_or_assign(name, value.data.text.empty() ? Arg::hole("$" + name) : value.data);
    return {};
  }

  Stream evaluate(const std::vector<Word>& words, const Stream& in) {
    bool given = false;
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (words[i].bare && words[i].arg.text.starts_with('-')) continue;
      text_(words[i].arg);
      given = true;
    }
    if (!given && in.present) text_(in.data);
    return Stream::unknown();
  }

  static std::vector<Arg> translated(const Cmdlet& cmdlet, const std::vector<Word>& words) {
    std::vector<Arg> argv;
    for (const std::string_view word : cmdlet.program)
      argv.push_back(Arg::of(word));
    std::vector<Arg> operands;
    for (std::size_t i = 1; i < words.size(); ++i) {
      const std::string text = to_lower_ascii(words[i].arg.text);
      if (!words[i].bare || !text.starts_with('-') || text.size() < 2) {
        operands.push_back(words[i].arg);
        continue;
      }
      const auto known = std::find_if(
          cmdlet.parameters.begin(), cmdlet.parameters.end(),
          [&](const auto& one) { return one.name.starts_with(std::string_view(text).substr(1)); });
      if (known == cmdlet.parameters.end()) continue;
      const bool value = known->takes_value && i + 1 < words.size();
      if (known->option == ":operand" && value) operands.push_back(words[i + 1].arg);
      if (known->option.starts_with('-')) argv.push_back(Arg::of(known->option));
      if (known->option.starts_with('-') && value) argv.push_back(words[i + 1].arg);
      i += value ? 1 : 0;
    }
    if (operands.size() > cmdlet.operands_max) operands.resize(cmdlet.operands_max);
    argv.insert(argv.end(), operands.begin(), operands.end());
    return argv;
  }

  Program program_;
  Text text_;
  std::string home_;
  std::map<std::string, Arg, std::less<>> variables_;
  std::size_t statements_ = 0;
};

}  // namespace

void Analyzer::run_powershell(const Arg& code, Invocation& invocation) {
  if (depth_ >= limits::kShellDepthMax) return;
  if (const Hole* hole = code.tainted(); hole != nullptr && code.prefix().empty())
    return run_remote_code(*hole, invocation, "eval", "powershell");
  run_inline("powershell", code, invocation);
  if (code.prefix().empty()) return;
  State inner = *invocation.state;
  const auto program = [&](std::vector<Arg> argv, const Stream& in) {
    if (argv.empty() || argv[0].text.empty()) return Stream::unknown();
    Invocation nested;
    nested.span = invocation.span;
    nested.state = &inner;
    nested.in = in;
    nested.argv = std::move(argv);
    return dispatch(nested);
  };
  const auto text = [&](const Arg& given) { run_powershell(given, invocation); };
  ++depth_;
  (void)PowerShell(program, text, environment_.home).run(code.text, invocation.in);
  --depth_;
}

// about_Pwsh: parameters may be cut short; what follows -Command is all of it. Without one a first word is a
// file to pwsh and a command to powershell.
void Analyzer::handle_powershell(Call& call) {
  Invocation& run = call.run;
  static constexpr std::string_view kValues[] = {"workingdirectory",
                                                 "wd",
                                                 "executionpolicy",
                                                 "ep",
                                                 "ex",
                                                 "version",
                                                 "outputformat",
                                                 "o",
                                                 "of",
                                                 "inputformat",
                                                 "inp",
                                                 "if",
                                                 "windowstyle",
                                                 "w",
                                                 "configurationname",
                                                 "settingsfile",
                                                 "psconsolefile",
                                                 "custompipename",
                                                 "config"};
  const auto rest = [&](std::size_t from) {
    Arg text;
    for (std::size_t i = from; i < run.argv.size(); ++i) {
      if (i > from) text.append(" ");
      text.append(run.argv[i]);
    }
    return text;
  };
  for (std::size_t i = 1; i < run.argv.size(); ++i) {
    const std::string word = to_lower_ascii(run.argv[i].text);
    if (word == "-" || !(word.starts_with('-') || word.starts_with('/'))) {
      if (word == "-") break;
      if (run.argv[i].stream) return run_powershell(Arg::of(*run.argv[i].stream), run);
      const bool is_command = call.program().starts_with("powershell");
      if (is_command) return run_powershell(rest(i), run);
      return run_script_file(run.argv[i], run, call.program(), {});
    }
    const std::string_view name = std::string_view(word).substr(word.starts_with("--") ? 2 : 1);
    const bool last = i + 1 >= run.argv.size();
    if (name.empty()) continue;
    if (std::string_view("command").starts_with(name) || name == "commandwithargs" || name == "cwa") {
      if (!last && run.argv[i + 1].text == "-") break;
      if (!last) return run_powershell(rest(i + 1), run);
    } else if (std::string_view("encodedcommand").starts_with(name) || name == "ec") {
      if (last) return;
      const auto bytes = run.argv[i + 1].known() ? decode_base64(run.argv[i + 1].text) : std::nullopt;
      if (!bytes) return opaque("encoded code", run.argv[i + 1].text.substr(0, 120), run.span);
      emit(verbs::kShellExec, ResourceKind::program, std::string(call.program()), Certainty::certain,
           *run.state, run.span)
          .attributes["decoded"] = true;
      return run_powershell(Arg::of(from_utf16(*bytes)), run);
    } else if (std::string_view("file").starts_with(name)) {
      if (!last && run.argv[i + 1].text == "-") break;
      if (!last) return run_script_file(run.argv[i + 1], run, call.program(), {});
    } else if (std::find(std::begin(kValues), std::end(kValues), name) != std::end(kValues)) {
      ++i;
    }
  }
  if (run.in.present && !run.in.data.text.empty()) run_powershell(run.in.data, run);
}

}  // namespace weir::shell
