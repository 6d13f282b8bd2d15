#include "match/regex.h"

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <algorithm>
#include <numeric>

#include "base/limits.h"
#include "match/expression.h"

namespace weir::match {

struct Regex::State {
  re2::RE2 engine;
  std::string expression;
  State(const std::string& text, const re2::RE2::Options& options) : engine(text, options) {}
};

namespace {

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

re2::RE2::Options options_of(const RegexOptions& wanted) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(static_cast<std::int64_t>(limits::kRegexMemoryBytesMax));
  options.set_encoding(wanted.utf8 ? re2::RE2::Options::EncodingUTF8 : re2::RE2::Options::EncodingLatin1);
  options.set_case_sensitive(!wanted.ignore_case);
  return options;
}

}  // namespace

Result<Regex> Regex::compile(std::string_view expression, const RegexOptions& wanted) {
  constexpr std::size_t kShownMax = 80;
  const auto where = std::string(expression.substr(0, kShownMax));
  if (expression.size() > limits::kPatternBytesMax)
    return fail(ErrorCode::limit, "the regular expression is too long", where);
  // Flags as a prefix: RE2's own options for them change the whole syntax.
  std::string flags;
  if (wanted.dot_all) flags += 's';
  if (wanted.multi_line) flags += 'm';
  const std::string text =
      flags.empty() ? std::string(expression) : "(?" + flags + ")" + std::string(expression);
  auto state = std::make_shared<State>(text, options_of(wanted));
  if (!state->engine.ok())
    return fail(ErrorCode::invalid, "the regular expression is not valid: " + state->engine.error(), where,
                "RE2 syntax: no back references, no look-around");
  state->expression = expression;
  Regex out;
  out.state_ = std::move(state);
  return out;
}

std::optional<Match> Regex::find(std::string_view text, std::size_t from) const {
  return find_in(text, from, text.size());
}

std::optional<Match> Regex::find_in(std::string_view text, std::size_t from, std::size_t to) const {
  to = std::min(to, text.size());
  if (from > to) return std::nullopt;
  const auto count = static_cast<std::size_t>(state_->engine.NumberOfCapturingGroups()) + 1;
  std::vector<re2::StringPiece> pieces(count);
  if (!state_->engine.Match(piece(text), from, to, re2::RE2::UNANCHORED, pieces.data(),
                            static_cast<int>(count)))
    return std::nullopt;
  Match match;
  match.begin = static_cast<std::size_t>(pieces[0].data() - text.data());
  match.end = match.begin + pieces[0].size();
  for (std::size_t i = 1; i < count; ++i) {
    if (pieces[i].data() == nullptr)
      match.groups.emplace_back(std::nullopt);
    else
      match.groups.emplace_back(std::string_view(pieces[i].data(), pieces[i].size()));
  }
  return match;
}

bool Regex::contains(std::string_view text) const {
  return state_->engine.Match(piece(text), 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

bool Regex::matches_all(std::string_view text) const {
  return state_->engine.Match(piece(text), 0, text.size(), re2::RE2::ANCHOR_BOTH, nullptr, 0);
}

// RE2 tells which strings ("atoms", lower case) a match must hold, as a formula of "and" and "or". If nothing
// can match when all atoms but those that hold one of `words` are given, then one of `words` is always
// needed.
bool Regex::requires_one_of(std::span<const std::string> words) const {
  // Mostly the tree shows it, at a hundredth of the cost.
  if (const auto tree = parse_expression(state_->engine.pattern()); tree && always_holds_one_of(*tree, words))
    return true;
  re2::FilteredRE2 filter(1);
  int id = 0;
  if (filter.Add(state_->engine.pattern(), state_->engine.options(), &id) != re2::RE2::NoError) return false;
  std::vector<std::string> atoms;
  filter.Compile(&atoms);
  std::vector<int> given;
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    const auto holds = [&](const std::string& word) { return atoms[i].find(word) != std::string::npos; };
    if (std::none_of(words.begin(), words.end(), holds)) given.push_back(static_cast<int>(i));
  }
  std::vector<int> possible;
  filter.AllPotentials(given, &possible);
  return possible.empty();
}

std::vector<std::string> Regex::required_words(std::size_t bytes_min) const {
  constexpr std::size_t kWordsMax = 256;
  re2::FilteredRE2 filter(static_cast<int>(bytes_min));
  int id = 0;
  if (filter.Add(state_->engine.pattern(), state_->engine.options(), &id) != re2::RE2::NoError) return {};
  std::vector<std::string> atoms;
  filter.Compile(&atoms);
  const auto is_plain = [](const std::string& atom) {
    return std::all_of(atom.begin(), atom.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  };
  if (atoms.size() > kWordsMax || !std::all_of(atoms.begin(), atoms.end(), is_plain)) return {};
  // Whether nothing can match when only the words of `given` are there.
  const auto suffices_without = [&](const std::vector<int>& given) {
    std::vector<int> possible;
    filter.AllPotentials(given, &possible);
    return possible.empty();
  };
  if (!suffices_without({})) return {};
  // Given up one after the other, the shortest first, as long as the others are still needed.
  std::vector<int> order(atoms.size()), given;
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return atoms[static_cast<std::size_t>(a)].size() < atoms[static_cast<std::size_t>(b)].size();
  });
  std::vector<std::string> needed;
  for (const int atom : order) {
    given.push_back(atom);
    if (suffices_without(given)) continue;
    given.pop_back();
    needed.push_back(atoms[static_cast<std::size_t>(atom)]);
  }
  return needed;
}

std::size_t Regex::groups() const {
  return static_cast<std::size_t>(state_->engine.NumberOfCapturingGroups());
}

std::size_t Regex::group_named(std::string_view name) const {
  const auto& names = state_->engine.NamedCapturingGroups();
  const auto it = names.find(std::string(name));
  return it == names.end() ? 0 : static_cast<std::size_t>(it->second);
}

const std::string& Regex::expression() const {
  return state_->expression;
}

}  // namespace weir::match
