#include "shell/expand.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/limits.h"

namespace weir::shell {

// The arguments a word becomes, while they are built.
struct Expander::Fields {
  std::vector<Arg> done;
  Arg current;
  bool started = false;  // `current` exists, perhaps empty, because of quotes or text
  bool splitting = true;

  void add(const Arg& value) {
    current.append(value);
    started = true;
  }
  // Expansions repeat: a word of many $x must not outgrow memory.
  bool full() const {
    return current.text.size() > 4 * limits::kShellValueBytesMax || done.size() > 4 * limits::kShellWordsMax;
  }
  void end_field() {
    if (started) done.push_back(std::move(current));
    current = {};
    started = false;
  }
  // An unquoted value: known text is cut at IFS, and its pattern characters are live.
  void add_split(const Arg& value, std::string_view ifs) {
    if (!splitting) return add(value);
    std::size_t at = 0;
    std::size_t hole = 0;
    while (at < value.text.size()) {
      if (hole < value.holes.size() && value.holes[hole].begin == at) {
        const Hole& h = value.holes[hole++];
        current.append_hole(std::string_view(value.text).substr(h.begin, h.end - h.begin), h.origin, h.url);
        current.splits = true;
        started = true;
        at = h.end;
        continue;
      }
      const char c = value.text[at++];
      if (ifs.find(c) != std::string_view::npos) {
        end_field();
        continue;
      }
      if (c == '*' || c == '?' || c == '[') current.glob = true;
      current.text += c;
      started = true;
    }
    current.guessed = current.guessed || value.guessed;
    if (value.stream) current.stream = value.stream;
  }
};

const Part* Expander::keep(Part part) {
  kept_.push_back(std::make_unique<Part>(std::move(part)));
  return kept_.back().get();
}

namespace {

// The members of {1..9} or {a..f}; false when there would be too many.
bool range_members(const BraceRange& range, std::vector<std::string>& out) {
  const auto number = [](const std::string& s, long fallback) {
    return s.empty() ? fallback : std::strtol(s.c_str(), nullptr, 10);
  };
  const bool letters = range.first.size() == 1 && (range.first[0] < '0' || range.first[0] > '9');
  long from = letters ? range.first[0] : number(range.first, 0);
  const long to = letters ? range.last[0] : number(range.last, 0);
  const long step = std::max(1L, std::labs(number(range.step, 1)));
  if (static_cast<std::size_t>(std::labs(to - from) / step) >= limits::kShellWordsMax) return false;
  const bool padded = !letters && ((range.first.size() > 1 && range.first[0] == '0') ||
                                   (range.last.size() > 1 && range.last[0] == '0'));
  const std::size_t width = padded ? std::max(range.first.size(), range.last.size()) : 0;
  for (const long direction = from <= to ? 1 : -1; direction > 0 ? from <= to : from >= to;
       from += direction * step) {
    std::string text = letters ? std::string(1, static_cast<char>(from)) : std::to_string(from);
    if (text.size() < width) text.insert(0, width - text.size(), '0');
    out.push_back(std::move(text));
  }
  return true;
}

bool has_braces(const std::vector<Part>& parts) {
  return std::any_of(parts.begin(), parts.end(), [](const Part& part) {
    return std::holds_alternative<Brace>(part.value) || std::holds_alternative<BraceRange>(part.value);
  });
}

Arg too_long() {
  return Arg::hole("(too long)");
}

}  // namespace

// The product of all alternatives, left to right as bash orders it; false when it exceeds the budget.
bool Expander::expand_braces(const std::vector<Part>& parts, std::vector<Parts>& out) {
  out.assign(1, {});
  for (const Part& part : parts) {
    std::vector<Parts> choices;
    if (const auto* brace = std::get_if<Brace>(&part.value)) {
      for (const Word& alternative : brace->alternatives) {
        std::vector<Parts> inner;
        if (!expand_braces(alternative.parts, inner)) return false;
        if (choices.size() + inner.size() > limits::kShellWordsMax) return false;
        choices.insert(choices.end(), inner.begin(), inner.end());
      }
    } else if (const auto* range = std::get_if<BraceRange>(&part.value)) {
      std::vector<std::string> members;
      if (!range_members(*range, members)) return false;
      for (std::string& member : members)
        choices.push_back({keep({Literal{std::move(member), false}, part.span})});
    } else {
      for (Parts& word : out)
        word.push_back(&part);
      continue;
    }
    if (out.size() * choices.size() > limits::kShellWordsMax) return false;
    std::vector<Parts> product;
    for (const Parts& left : out)
      for (const Parts& right : choices) {
        product.push_back(left);
        product.back().insert(product.back().end(), right.begin(), right.end());
      }
    out = std::move(product);
  }
  return true;
}

std::vector<Arg> Expander::fields(const Word& word) {
  Fields fields;
  if (!has_braces(word.parts)) {
    for (const Part& part : word.parts)
      add_part(fields, part);
    fields.end_field();
  } else if (std::vector<Parts> words; expand_braces(word.parts, words)) {
    for (const Parts& parts : words) {
      for (const Part* part : parts)
        add_part(fields, *part);
      fields.end_field();
    }
  } else {
    fields.done.push_back(Arg::hole("{...}"));
    fields.done.back().splits = true;
  }
  for (Arg& arg : fields.done) {
    arg.span = word.span;
    if (arg.text.size() > limits::kShellValueBytesMax && !arg.known()) arg = too_long();
  }
  return std::move(fields.done);
}

Arg Expander::single(const Word& word) {
  Fields fields;
  fields.splitting = false;
  for (const Part& part : word.parts)
    add_part(fields, part);
  Arg arg = std::move(fields.current);
  if (arg.text.size() > limits::kShellValueBytesMax && !arg.known()) arg = too_long();
  arg.splits = false;
  arg.span = word.span;
  return arg;
}

Arg Expander::pattern(const Word& word) {
  Arg out;
  for (const Part& part : word.parts) {
    const auto* literal = std::get_if<Literal>(&part.value);
    if (literal == nullptr || !literal->quoted) {
      Fields fields;
      fields.splitting = false;
      add_part(fields, part);
      out.append(fields.current);
      continue;
    }
    for (const char c : literal->text) {
      if (c == '*' || c == '?' || c == '[' || c == '\\') out.text += '\\';
      out.text += c;
    }
  }
  return out;
}

// long: one branch for each kind of part
void Expander::add_part(Fields& fields, const Part& part) {
  if (const auto* literal = std::get_if<Literal>(&part.value)) {
    fields.current.append(literal->text);
    fields.started = true;
  } else if (const auto* glob = std::get_if<Glob>(&part.value)) {
    fields.current.append(glob->pattern);
    fields.current.glob = true;
    fields.started = true;
  } else if (const auto* tilde = std::get_if<Tilde>(&part.value)) {
    fields.started = true;
    if (tilde->user == "+" && state_.cwd)
      fields.current.append(*state_.cwd);
    else if (tilde->user.empty())
      fields.add(variable("HOME"));
    else
      fields.current.append("~" + tilde->user);
  } else if (const auto* parameter = std::get_if<Parameter>(&part.value)) {
    add_parameter(fields, *parameter);
  } else if (const auto* substitution = std::get_if<Substitution>(&part.value)) {
    add_substitution(fields, *substitution);
  } else if (const auto* arithmetic = std::get_if<Arithmetic>(&part.value)) {
    const Arg expression = single(arithmetic->expression);
    const auto number = expression.known() ? this->arithmetic(expression.text) : std::nullopt;
    if (number)
      fields.current.append(std::to_string(*number));
    else
      fields.current.append_hole("$((" + expression.text.substr(0, 64) + "))");
    fields.started = true;
  } else if (const auto* process = std::get_if<ProcessSubstitution>(&part.value)) {
    Arg output = run_(process->script, true);
    const Hole* tainted = output.tainted();
    Arg file =
        tainted != nullptr ? Arg::hole("/dev/fd/63", tainted->origin, tainted->url) : Arg::hole("/dev/fd/63");
    if (output.known() && !process->writes) file.stream = output.text;
    fields.add(file);
  } else if (const auto* brace = std::get_if<Brace>(&part.value)) {
    // Only where braces do not expand after all: shown as written.
    fields.current.append("{");
    for (std::size_t i = 0; i < brace->alternatives.size(); ++i) {
      if (i > 0) fields.current.append(",");
      fields.add(single(brace->alternatives[i]));
    }
    fields.current.append("}");
  } else if (const auto* range = std::get_if<BraceRange>(&part.value)) {
    fields.current.append("{" + range->first + ".." + range->last + "}");
    fields.started = true;
  }
}

void Expander::add_substitution(Fields& fields, const Substitution& substitution) {
  if (fields.full()) return fields.current.append_hole("(too long)");
  Arg output = run_(substitution.script, false);
  if (output.known()) {
    // Trailing newlines go (manual 3.5.4).
    while (output.text.ends_with('\n'))
      output.text.pop_back();
  } else if (!output.holes.empty() && output.holes.size() == 1 && output.holes[0].begin == 0 &&
             output.holes[0].end == output.text.size() && !substitution.source.empty()) {
    const Hole hole = output.holes[0];
    output = Arg::hole(std::string_view(substitution.source).substr(0, 256), hole.origin, hole.url);
  }
  if (output.text.size() > limits::kShellValueBytesMax) output = too_long();
  if (substitution.quoted)
    fields.add(output);
  else
    fields.add_split(output, ifs());
}

void Expander::add_parameter(Fields& fields, const Parameter& parameter) {
  if (fields.full()) return fields.current.append_hole("(too long)");
  if (std::vector<Arg> list; list_value(parameter, list)) {
    const bool star = parameter.quoted && (parameter.name == "*" || subscript_text(parameter) == "*");
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i > 0 && (star || !fields.splitting))
        fields.current.append(" ");
      else if (i > 0)
        fields.end_field();
      if (parameter.quoted)
        fields.add(list[i]);
      else
        fields.add_split(list[i], ifs());
    }
    return;
  }
  Arg result = value(parameter);
  if (parameter.quoted) {
    fields.add(result);
    // "$@" of unknown length
    if (parameter.name == "@" || subscript_text(parameter) == "@") fields.current.splits = true;
  } else {
    fields.add_split(result, ifs());
  }
}

std::string Expander::ifs() {
  const auto found = state_.variables.find("IFS");
  if (found == state_.variables.end() || found->second.values.empty() || !found->second.values[0].known())
    return " \t\n";
  return found->second.values[0].text;
}

}  // namespace weir::shell
