#include "match/regex_set.h"

#include <re2/filtered_re2.h>

#include <algorithm>

#include "base/limits.h"

namespace weir::match {

struct RegexSet::State {
  std::vector<Regex> regexes;
  re2::FilteredRE2 filter;
  Database atoms;
  explicit State(int atom_bytes_min) : filter(atom_bytes_min) {}
};

Result<RegexSet> RegexSet::compile(std::span<const std::string> expressions, const RegexOptions& options) {
  constexpr int kAtomBytesMin = 2;  // shorter strings occur everywhere
  auto state = std::make_shared<State>(kAtomBytesMin);
  re2::RE2::Options wanted;
  wanted.set_log_errors(false);
  wanted.set_max_mem(static_cast<std::int64_t>(limits::kRegexMemoryBytesMax));
  wanted.set_encoding(options.utf8 ? re2::RE2::Options::EncodingUTF8 : re2::RE2::Options::EncodingLatin1);
  wanted.set_case_sensitive(!options.ignore_case);
  for (const std::string& expression : expressions) {
    TRY(Regex regex, Regex::compile(expression, options));
    int id = 0;
    std::string flags;
    if (options.dot_all) flags += 's';
    if (options.multi_line) flags += 'm';
    const std::string text = flags.empty() ? expression : "(?" + flags + ")" + expression;
    if (state->filter.Add(text, wanted, &id) != re2::RE2::NoError ||
        id != static_cast<int>(state->regexes.size()))
      return fail("the regular expression is not valid", expression.substr(0, 80));
    state->regexes.push_back(std::move(regex));
  }
  std::vector<std::string> atoms;
  state->filter.Compile(&atoms);
  std::vector<Pattern> patterns;
  for (const std::string& atom : atoms)
    patterns.push_back({.text = atom, .literal = true, .ignore_case = true, .once = true});
  TRY(auto compiled, Database::compile(patterns));
  if (!compiled.rejected.empty()) return std::unexpected(compiled.rejected.front().error);
  state->atoms = std::move(compiled.database);
  RegexSet out;
  out.state_ = std::move(state);
  return out;
}

Result<std::vector<std::size_t>> RegexSet::possible(std::string_view text, Scratch& scratch) const {
  std::vector<int> atoms;
  TRY_STATUS(state_->atoms.scan(text, scratch, [&](std::size_t atom, std::size_t) {
    atoms.push_back(static_cast<int>(atom));
    return true;
  }));
  std::vector<int> potentials;
  state_->filter.AllPotentials(atoms, &potentials);
  std::vector<std::size_t> out(potentials.begin(), potentials.end());
  std::sort(out.begin(), out.end());
  return out;
}

Result<std::vector<std::size_t>> RegexSet::matching(std::string_view text, Scratch& scratch) const {
  TRY(std::vector<std::size_t> out, possible(text, scratch));
  std::erase_if(out, [&](std::size_t i) { return !state_->regexes[i].contains(text); });
  return out;
}

const Regex& RegexSet::operator[](std::size_t i) const {
  return state_->regexes[i];
}
std::size_t RegexSet::size() const {
  return state_->regexes.size();
}

}  // namespace weir::match
