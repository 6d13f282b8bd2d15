#include "shell/arg.h"

namespace weir::shell {

const Hole* Arg::tainted() const {
  for (const Hole& hole : holes)
    if (hole.origin != Origin::unknown) return &hole;
  return nullptr;
}

void Arg::append(const Arg& other) {
  const auto shift = static_cast<std::uint32_t>(text.size());
  text += other.text;
  for (Hole hole : other.holes) {
    hole.begin += shift;
    hole.end += shift;
    holes.push_back(std::move(hole));
  }
  glob = glob || other.glob;
  guessed = guessed || other.guessed;
  decoded = decoded || other.decoded;
  if (other.stream) stream = other.stream;
}

void Arg::append_hole(std::string_view label, Origin origin, std::string url) {
  const auto begin = static_cast<std::uint32_t>(text.size());
  text += label.empty() ? std::string_view("$?") : label;
  holes.push_back({begin, static_cast<std::uint32_t>(text.size()), origin, std::move(url)});
}

Arg Arg::of(std::string_view known_text, Span span) {
  Arg arg;
  arg.text = known_text;
  arg.span = span;
  return arg;
}

Arg Arg::hole(std::string_view label, Origin origin, std::string url) {
  Arg arg;
  arg.append_hole(label, origin, std::move(url));
  return arg;
}

}  // namespace weir::shell
