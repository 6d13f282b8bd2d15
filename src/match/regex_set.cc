#include "match/regex_set.h"

namespace weir::match {

Result<RegexSet> RegexSet::compile(std::span<const std::string> expressions, const RegexOptions& options) {
  RegexSet out;
  std::vector<std::string> sieved;
  for (const std::string& expression : expressions) {
    TRY(Regex regex, Regex::compile(expression, options));
    out.regexes_.push_back(std::move(regex));
    // The sieve takes no notice of letters' case, which finds more than is asked for. It knows bytes and no
    // lines: what asks for others goes by as the empty expression, which can always match.
    const bool is_read = !options.utf8 && !options.multi_line;
    sieved.push_back(!is_read ? std::string() : options.dot_all ? "(?s)" + expression : expression);
  }
  out.sieve_ = Sieve(sieved);
  return out;
}

void RegexSet::possible(std::string_view text, SieveMemory& memory, std::vector<std::uint32_t>& out) const {
  sieve_.possible(text, memory, out);
}

void RegexSet::matching(std::string_view text, SieveMemory& memory, std::vector<std::uint32_t>& out) const {
  possible(text, memory, out);
  std::erase_if(out, [&](std::uint32_t i) { return !regexes_[i].contains(text); });
}

const Regex& RegexSet::operator[](std::size_t i) const {
  return regexes_[i];
}
std::size_t RegexSet::size() const {
  return regexes_.size();
}

}  // namespace weir::match
