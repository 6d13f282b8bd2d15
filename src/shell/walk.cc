// Following a script: which commands would run, with what state, fed by which stream.
#include <algorithm>

#include "base/limits.h"
#include "shell/analyzer.h"
#include "shell/glob.h"

namespace weir::shell {

Analysis analyze(std::string_view script, const Environment& environment, const CommandTable& table) {
  return Analyzer(environment, table).run(script);
}

Analysis Analyzer::run(std::string_view script) {
  depth_ = environment_.depth;
  scripts_.push_back(std::make_unique<Parsed>(parse(script)));
  const Parsed& parsed = *scripts_.back();
  for (const Problem& problem : parsed.problems)
    out_.opaque.push_back({parsed.limited ? "limit" : "syntax", problem.reason, problem.span});
  out_.limited = parsed.limited;
  State state;
  if (!environment_.cwd.empty()) state.cwd = normalise_path(environment_.cwd);
  walk(parsed.script, state, {});
  if (!parsed.problems.empty()) {
    note_removing_calls(script, state, parsed.problems[0].span);
    note_typed_code(script, state, parsed.problems[0].span);
  }
  finish();
  return std::move(out_);
}

Expander Analyzer::expander(State& state, std::size_t round) {
  return Expander(
      environment_, state,
      [this, &state](const Script& script, bool) {
        State inner = state;
        if (depth_ >= limits::kShellDepthMax) return Arg::hole("(too deep)");
        ++depth_;
        Stream output = walk(script, inner, {});
        --depth_;
        // $(<file)
        if (!output.present) return Arg{};
        return std::move(output.data);
      },
      round);
}

Stream Analyzer::walk(const Script& script, State& state, const Stream& in) {
  Stream all;
  for (const Statement& statement : script) {
    if (exhausted()) break;
    Stream out = walk_statement(statement, state, in);
    if (!out.present) continue;
    if (!all.present)
      all = std::move(out);
    else
      all.data.append(out.data);
  }
  return all;
}

Stream Analyzer::walk_statement(const Statement& statement, State& state, const Stream& in) {
  Stream all;
  for (std::size_t i = 0; i < statement.pipelines.size(); ++i) {
    const bool alternative = i > 0 && statement.connectors[i - 1] == Statement::Connector::or_else;
    Stream out;
    if (alternative) {
      // a || b: what b changes may or may not have happened
      State other = state;
      other.exited = false;
      out = walk_pipeline(statement.pipelines[i], other, in);
      if (!other.exited) state.join(other);
    } else {
      out = walk_pipeline(statement.pipelines[i], state, in);
    }
    if (!out.present) continue;
    if (!all.present)
      all = std::move(out);
    else if (!alternative)
      all.data.append(out.data);
  }
  return all;
}

Stream Analyzer::walk_pipeline(const Pipeline& pipeline, State& state, const Stream& in) {
  if (pipeline.commands.empty()) return {};
  if (pipeline.commands.size() == 1) return walk_command(pipeline.commands[0], state, in);
  Stream stream = in;
  for (const Command& command : pipeline.commands) {
    // Each command of a pipe runs in a subshell of its own.
    State inner = state;
    stream = walk_command(command, inner, stream);
    if (!stream.present) stream = Stream::of(Arg{});
    state.downloads.insert(inner.downloads.begin(), inner.downloads.end());
    state.written.insert(inner.written.begin(), inner.written.end());
  }
  return stream;
}

// long: one branch for each kind of command
Stream Analyzer::walk_command(const Command& command, State& state, const Stream& in) {
  // Loops multiply: the work is bounded even where no simple command is reached.
  if (++steps_ > 4 * limits::kShellRunsMax) {
    limit("more than " + std::to_string(4 * limits::kShellRunsMax) + " steps to follow", command.span);
    return Stream::unknown();
  }
  if (const auto* simple = std::get_if<Simple>(&command.value))
    return run_simple(*simple, command, state, in);
  if (const auto* function = std::get_if<Function>(&command.value)) {
    if (!function->body.empty()) state.functions[function->name] = &function->body[0];
    return {};
  }
  if (const auto* unparsed = std::get_if<Unparsed>(&command.value)) {
    opaque("syntax", unparsed->reason, command.span);
    return Stream::unknown();
  }
  // Redirections of a compound command feed everything in it.
  Invocation outer;
  outer.state = &state;
  outer.span = command.span;
  outer.in = in;
  Stream redirected;
  for (const Redirection& redirection : command.redirections)
    redirect(redirection, outer, redirected);
  if (outer.socket) {
    socket_opened_ = true;
    socket_peer_ = outer.socket_peer;
    socket_span_ = place(command.span);
  }
  const Stream& feed = outer.in;
  Stream out;
  if (std::holds_alternative<Group>(command.value)) {
    out = walk_group(command, state, feed);
  } else if (const auto* node = std::get_if<If>(&command.value)) {
    out = walk_if(*node, state, feed);
  } else if (const auto* loop = std::get_if<Loop>(&command.value)) {
    walk(loop->condition, state, feed);
    State body = state;
    out = walk(loop->body, body, feed);
    state.join(body);
    if (out.present && !out.data.known()) out.data.splits = true;
  } else if (const auto* each = std::get_if<For>(&command.value)) {
    out = walk_for(*each, command, state, feed);
  } else if (const auto* counted = std::get_if<ForArithmetic>(&command.value)) {
    expander(state).single(counted->header);
    State body = state;
    out = walk(counted->body, body, feed);
    state.join(body);
  } else if (const auto* choice = std::get_if<Case>(&command.value)) {
    out = walk_case(*choice, state, feed);
  } else if (const auto* test = std::get_if<Test>(&command.value)) {
    walk_words(test->words, state);
  } else if (const auto* arithmetic = std::get_if<ArithmeticCommand>(&command.value)) {
    Expander words = expander(state);
    if (const Arg expression = words.single(arithmetic->expression); expression.known())
      (void)words.arithmetic(expression.text);
  } else if (const auto* coprocess = std::get_if<Coprocess>(&command.value)) {
    State inner = state;
    out = walk_command(coprocess->body[0], inner, feed);
  }
  keep_output(outer, out);
  return outer.out_paths.empty() ? out : Stream::of(Arg{});
}

Stream Analyzer::walk_group(const Command& command, State& state, const Stream& in) {
  const auto& group = std::get<Group>(command.value);
  if (!group.subshell) return walk(group.body, state, in);
  State inner = state;
  Stream out = walk(group.body, inner, in);
  state.downloads.insert(inner.downloads.begin(), inner.downloads.end());
  state.written.insert(inner.written.begin(), inner.written.end());
  return out;
}

Stream Analyzer::walk_if(const If& node, State& state, const Stream& in) {
  Stream all;
  const auto collect = [&](Stream out) {
    if (!out.present) return;
    all = all.present ? Stream::unknown() : std::move(out);
  };
  State after = state;
  bool first = true;
  for (const If::Branch& branch : node.branches) {
    walk(branch.condition, state, in);
    State inner = state;
    collect(walk(branch.body, inner, in));
    if (first) after = state;
    first = false;
    if (!inner.exited) after.join(inner);
  }
  if (!node.otherwise.empty()) {
    State inner = state;
    collect(walk(node.otherwise, inner, in));
    if (!inner.exited) after.join(inner);
  }
  state = std::move(after);
  return all;
}

// Each known value of the variable is one pass, so that `cd $d && rm -rf x` is seen for each d; more than the
// budget, and unknown ones, are one pass with all of it unknown.
Stream Analyzer::walk_for(const For& node, const Command& command, State& state, const Stream& in) {
  constexpr std::size_t kPassesMax = 32;
  std::vector<Arg> values;
  bool complete = node.has_words || state.positional.has_value();
  if (!node.has_words && state.positional) values = *state.positional;
  Expander words = expander(state);
  for (const Word& word : node.words)
    for (Arg& value : words.fields(word)) {
      if (values.size() >= limits::kShellWordsMax) break;
      values.push_back(std::move(value));
    }
  arguments_ += values.size();
  if (values.size() > kPassesMax) {
    values.resize(kPassesMax);
    complete = false;
  }
  if (!complete) {
    Arg unknown = Arg::hole("$" + node.variable);
    values.push_back(std::move(unknown));
  }
  Stream all;
  State body = state;
  for (Arg& value : values) {
    if (exhausted()) break;
    value.span = command.span;
    body.variables[node.variable].values = {std::move(value)};
    Stream out = walk(node.body, body, in);
    if (!out.present) continue;
    if (all.present)
      all.data.append(out.data);
    else
      all = std::move(out);
  }
  state.join(body);
  if (body.variables.contains(node.variable)) state.variables[node.variable] = body.variables[node.variable];
  return all;
}

Stream Analyzer::walk_case(const Case& node, State& state, const Stream& in) {
  Expander words = expander(state);
  const Arg subject = words.single(node.subject);
  State after = state;
  Stream all;
  for (const Case::Arm& arm : node.arms) {
    bool possible = arm.patterns.empty() || !subject.known();
    for (const Word& word : arm.patterns) {
      const Arg pattern = words.pattern(word);
      possible = possible || !pattern.known() || pattern.text.find('(') != std::string::npos ||
                 glob_match(pattern.text, subject.text);
    }
    if (!possible) continue;
    State inner = state;
    Stream out = walk(arm.body, inner, in);
    if (out.present) all = all.present ? Stream::unknown() : std::move(out);
    if (!inner.exited) after.join(inner);
  }
  state = std::move(after);
  return all;
}

// Words that are only looked at: the commands substituted in them still run.
void Analyzer::walk_words(const std::vector<Word>& words, State& state) {
  Expander all = expander(state);
  for (const Word& word : words)
    all.single(word);
}

Stream Analyzer::walk_text(const Arg& text, State& state, const Stream& in, Span span, std::string_view how) {
  if (depth_ >= limits::kShellDepthMax || runs_ > limits::kShellRunsMax) {
    limit("nested deeper than " + std::to_string(limits::kShellDepthMax) + " interpreters", span);
    return Stream::unknown();
  }
  // An unknown stretch becomes a variable of its own, so that the rest is still read.
  std::string script;
  std::size_t at = 0;
  for (const Hole& hole : text.holes) {
    script.append(text.text, at, hole.begin - at);
    const std::string variable = "weir_unknown_" + std::to_string(++holes_);
    Arg value = Arg::hole(std::string_view(text.text).substr(hole.begin, hole.end - hole.begin), hole.origin,
                          hole.url);
    state.variables[variable].values = {std::move(value)};
    script.append("${").append(variable).append("}");
    at = hole.end;
  }
  script.append(text.text, at);
  scripts_.push_back(std::make_unique<Parsed>(parse(script)));
  const Parsed& parsed = *scripts_.back();
  for (const Problem& problem : parsed.problems)
    opaque(parsed.limited ? "limit" : "syntax", std::string(how) + ": " + problem.reason, span);
  const std::optional<Span> outer = fixed_span_;
  fixed_span_ = place(span);
  ++depth_;
  Stream out = walk(parsed.script, state, in);
  --depth_;
  fixed_span_ = outer;
  return out;
}

}  // namespace weir::shell
