// The analysis' inside, shared by the files that follow a script (walk.cc), run one simple command on paper
// (run.cc, builtins.cc), apply the command table (apply.cc) and know single programs (handlers_*.cc).
// Not for other rooms; they include effects.h.
//
// Everything runs on paper: a State changes, a Stream stands for what a pipe would carry, effects are written
// down.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "shell/effects.h"
#include "shell/expand.h"
#include "shell/paths.h"

namespace weir::shell {

// What a command would read or write on a pipe.
struct Stream {
  bool present = false;  // redirected or piped; else the terminal
  Arg data;              // known text, or holes
  std::string path;      // it is the content of this file
  bool printed = false;  // by echo or printf, in the command line itself

  static Stream of(Arg data) { return {true, std::move(data), {}}; }
  static Stream unknown() { return {true, Arg::hole("(output)"), {}}; }
};

// One simple command, words expanded.
struct Invocation {
  std::vector<Arg> argv;
  std::vector<std::pair<std::string, Arg>> environment;  // NAME=value before it
  Span span;
  State* state = nullptr;
  Stream in;
  std::vector<std::string> out_paths;  // known files its output goes to
  bool socket = false;                 // a redirection to /dev/tcp or /dev/udp
  std::string socket_peer;
  std::vector<int> socket_descriptors;  // the N of N<>/dev/tcp/…
};

// An invocation of a program of the table, options told from operands.
struct Call {
  struct Option {
    std::string name;
    std::optional<Arg> value;
    const OptionSpec* spec = nullptr;
  };
  Invocation& run;
  std::vector<const ProgramSpec*> chain;  // program, sub-command, its sub-command
  std::vector<Option> options;
  std::vector<Arg> operands;
  std::size_t command = 0;  // index in argv of the command that a wrapper runs; 0: none
  std::string operation;    // sub-command words: "stash drop"
  Attributes flags;
  bool safe = false;  // only shows or checks
  Stream out;

  std::string_view program() const { return base_name(run.argv[0].text); }
  bool has(std::string_view option) const;
  const Arg* value(std::string_view option) const;
};

struct CodeScan;

class Analyzer {
 public:
  Analyzer(const Environment& environment, const CommandTable& table)
      : environment_(environment), table_(table) {}
  Analysis run(std::string_view script);

 private:
  using Handler = void (Analyzer::*)(Call&);

  // following the script (walk.cc)
  Stream walk(const Script& script, State& state, const Stream& in);
  Stream walk_statement(const Statement& statement, State& state, const Stream& in);
  Stream walk_pipeline(const Pipeline& pipeline, State& state, const Stream& in);
  Stream walk_command(const Command& command, State& state, const Stream& in);
  Stream walk_group(const Command& command, State& state, const Stream& in);
  Stream walk_if(const If& node, State& state, const Stream& in);
  Stream walk_for(const For& node, const Command& command, State& state, const Stream& in);
  Stream walk_case(const Case& node, State& state, const Stream& in);
  void walk_words(const std::vector<Word>& words, State& state);
  // Text that a shell would run: parsed and followed, every span that of the outer command.
  Stream walk_text(const Arg& text, State& state, const Stream& in, Span span, std::string_view how);
  void finish();
  Expander expander(State& state, std::size_t round = 0);

  // one command (run.cc)
  Stream run_simple(const Simple& simple, const Command& command, State& state, const Stream& in);
  std::vector<std::string> believe_assignments(const Simple& simple, Expander& words, State& state);
  void assign(const Assignment& assignment, State& state, bool exported);
  static void assign_element(Variable& variable, const Arg& subscript, bool append, Arg value);
  static void declare_options(const Invocation& invocation, const Assignment& assignment, State& state);
  void redirect(const Redirection& redirection, Invocation& invocation, Stream& out);
  void redirect_to_file(const Redirection& redirection, Invocation& invocation);
  Stream dispatch(Invocation& invocation);
  Stream call_function(const Command& body, Invocation& invocation);
  Stream run_dynamic(Invocation& invocation);
  Stream run_pattern(Invocation& invocation);
  Stream run_program(Invocation& invocation);
  void run_makefile(Invocation& invocation);
  void guess_wrapped(Invocation& invocation);
  void run_settings(const Invocation& invocation);
  void run_variable(std::string_view name, const Arg& value, State& state, Span span);
  std::optional<Stream> known_output(const Invocation& invocation);
  static bool reads_as_sql(const Invocation& invocation);
  Stream run_sql_words(Invocation& invocation);
  void keep_output(const Invocation& invocation, const Stream& out);

  // shell builtins (builtins.cc); none when the name is no builtin
  std::optional<Stream> run_builtin(std::string_view name, Invocation& invocation);
  void change_directory(Invocation& invocation);
  void run_source(Invocation& invocation);
  void run_set(Invocation& invocation);
  std::optional<Stream> run_prefix(std::string_view name, Invocation& invocation);
  void run_read(Invocation& invocation);
  void run_alias(Invocation& invocation);
  void run_unset(Invocation& invocation);

  // the table (apply.cc)
  Stream apply(const ProgramSpec& spec, Invocation& invocation);
  void read_arguments(Call& call);
  void read_option(Call& call, std::size_t& index);
  bool enter_subcommand(Call& call, const Arg& word);
  const OptionSpec* find_option(const Call& call, std::string_view name) const;
  bool holds(const Call& call, const Condition& condition) const;
  void apply_flags(Call& call);
  void apply_option_flag(Call& call, const Call::Option& option);
  std::vector<Arg> rule_resources(const Call& call, const EffectRule& rule) const;
  void apply_rules(Call& call);
  void apply_rule(Call& call, const EffectRule& rule);
  void apply_roles(Call& call);
  void apply_role(Call& call, Role role, const Arg& arg, std::string_view language);
  void run_inner(Call& call);
  void set_output(Call& call);

  // programs that the table cannot describe (handlers_*.cc)
  static Handler handler_named(std::string_view name);
  void handle_shell(Call& call);
  void handle_interpreter(Call& call);
  void handle_find(Call& call);
  void handle_xargs(Call& call);
  void handle_git(Call& call);
  void handle_fetch(Call& call);
  void handle_copy(Call& call);
  void handle_remote_copy(Call& call);
  void handle_netcat(Call& call);
  void handle_socat(Call& call);
  void handle_dd(Call& call);
  void handle_tar(Call& call);
  void handle_awk(Call& call);
  void handle_sed(Call& call);
  std::optional<Arg> script_text(const Arg& file, const Invocation& run) const;
  void follow_sed(std::string_view script, Call& call);
  void follow_awk(const Arg& code, const std::vector<Arg>& operands, Call& call);
  void handle_tee(Call& call);
  void handle_kill(Call& call);
  void handle_cat(Call& call);
  void handle_echo(Call& call);
  void handle_printf(Call& call);
  void handle_decode(Call& call);
  void handle_parallel(Call& call);
  void handle_docker(Call& call);
  void handle_fifo(Call& call);
  void handle_move(Call& call);
  void handle_touch(Call& call);
  void handle_dns(Call& call);
  void handle_statements(Call& call);
  void handle_sftp(Call& call);
  void handle_ztcp(Call& call);
  void judge_request(Call& call, const Arg& url);
  void handle_grep(Call& call);
  void handle_osascript(Call& call);
  void handle_editor(Call& call);
  void handle_image_build(Call& call);
  void handle_powershell(Call& call);
  void run_powershell(const Arg& code, Invocation& invocation);
  void git_config(Call& call, std::string_view key, const Arg& value);
  void git_push(Call& call);
  void run_parallel_shell(const std::vector<Arg>& command, const Arg& argument, Invocation& run);
  void find_actions(Call& call, const std::vector<Arg>& roots, std::size_t from);
  void find_exec(Call& call, const std::vector<Arg>& roots, std::size_t from, std::size_t to, bool filtered);

  // the machine and its people (handlers_host.cc)
  bool searches_wide(const Arg& root, const State& state) const;
  void note_search(const std::vector<Arg>& roots, const std::vector<Arg>& argv, std::size_t from,
                   const State& state, Span span);
  void note_disguise(const Arg& source, const Arg& target, const State& state, Span span);
  // A variable that is set, for this command or the rest of the script.
  void note_variable(std::string_view name, const Arg& value, const State& state, Span span);
  void note_trap(const Invocation& invocation);
  void note_offensive(std::string_view name, const State& state, Span span);
  void note_history_off(std::string how, const State& state, Span span);
  // True when the code is an installer that the catalogue knows: then it is a package.
  bool run_installer(const Hole& hole, Invocation& invocation, std::string_view how);

  // code given to an interpreter
  void run_code(std::string_view language, const Arg& code, Invocation& invocation, std::string_view how);
  void run_script_file(const Arg& path, Invocation& invocation, std::string_view language,
                       std::vector<Arg> arguments);
  void run_remote_code(const Hole& hole, Invocation& invocation, std::string_view how,
                       std::string_view interpreter);
  void run_inline(std::string_view language, const Arg& code, Invocation& invocation);
  void follow_code(const CodeScan& found, std::string_view language, Invocation& invocation);
  void judge_code(const CodeScan& found, std::string_view language, const Arg& code, Invocation& invocation);
  void run_sql(const Arg& sql, Call& call);
  void emit_sql(const Arg& sql, std::string_view program, const Attributes& flags, State& state, Span span);
  // Calls in text that no shell reads, or in inline code, that take something away:
  // client.customer.delete(id)
  void note_typed_code(std::string_view script, State& state, Span span);
  void note_removing_calls(std::string_view text, const State& state, Span span);

  // writing down (emit.cc)
  Effect& emit(std::string_view verb, ResourceKind kind, std::string resource, Certainty certainty,
               const State& state, Span span);
  Effect* file_effect(std::string_view verb, const Arg& path, const State& state, Span span,
                      const Attributes& flags = {});
  void guard_path(const PathInfo& info, std::string_view verb, const State& state, Span span);
  void connect(std::string_view url_or_host, const Arg& arg, const State& state, Span span,
               const Attributes& flags);
  void opaque(std::string reason, std::string detail, Span span);
  void limit(std::string reason, Span span);
  bool exhausted() const { return runs_ > limits::kShellRunsMax || steps_ > 4 * limits::kShellRunsMax; }
  Span place(Span span) const { return fixed_span_ ? *fixed_span_ : span; }

  const Environment& environment_;
  const CommandTable& table_;
  Analysis out_;
  std::deque<std::unique_ptr<Parsed>> scripts_;  // keeps trees that functions point into
  std::optional<Span> fixed_span_;
  std::size_t depth_ = 0;      // nested interpreters and functions
  std::size_t steps_ = 0;      // commands of any kind followed
  std::size_t runs_ = 0;       // simple commands followed
  std::size_t arguments_ = 0;  // made by expansion
  std::size_t holes_ = 0;      // names given to holes in nested text
  std::set<std::string, std::less<>> active_functions_;
  std::set<std::string, std::less<>> seen_;  // effects already written down
  bool fifo_made_ = false;
  bool socket_in_reply_ = false;                                        // ztcp
  bool socket_opened_ = false;                                          // exec 5<>/dev/tcp/...
  std::map<std::string, std::string, std::less<>> socket_descriptors_;  // "5" -> peer
  bool commands_from_input_ = false;  // a computed command name, or a shell on a pipe
  bool interactive_shell_ = false;
  std::optional<std::string> printed_;  // by inline code that only prints what is constant
  std::size_t in_code_ = 0;             // inside code of another language: a shell opened there is an escape
  std::string socket_peer_;
  std::string netcat_peer_;
  Span socket_span_;
};

// "host:port", "[::1]:80", "https://user@host:8080/path" -> host and port ("" when absent).
struct HostPort {
  std::string host, port, scheme;
};
HostPort host_of(std::string_view url);

// Copies attributes that an effect does not have yet. Names that begin with _ are between table and handlers
// only.
void add_flags(Effect& effect, const Attributes& flags);

bool is_shell_name(std::string_view program);

// A path that looks like something else: "x.pdf.sh", a shell script named x.png, "..." or "name " in it.
bool is_disguised(std::string_view path);

}  // namespace weir::shell
