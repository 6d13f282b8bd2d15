// What must not leave, and where a call would take it.
#include <algorithm>
#include <array>

#include "flow/shape.h"
#include "flow/sightings.h"

namespace weir::flow {
namespace {

// Effects by which somebody else gets to know what is said; the others change what is there already.
bool goes_out(std::string_view effect) {
  constexpr std::array<std::string_view, 6> kOut = {"send", "publish", "invite", "share", "pay", "other"};
  return std::find(kOut.begin(), kOut.end(), effect) != kOut.end();
}

}  // namespace

std::string text_of(const Json& input) {
  std::string out;
  each_scalar(input, {}, [&](std::string_view text, std::string_view) { (out += text) += '\n'; });
  return out;
}

void Session::confide(std::uint64_t seq, std::string_view value) {
  secrets_.add(seq, value);
  label_.join(Label(Integrity::trusted, Confidentiality::secret, seq));
}

void Session::confide_values_of(std::uint64_t seq, std::string_view text) {
  secrets_.add_values_of(seq, text);
  label_.join(Label(Integrity::trusted, Confidentiality::secret, seq));
}

// Of a tool that is known by its description: where the values that give it power are.
void Session::look_at_sink(std::string_view said, Assessment& out) const {
  const bool somewhere = std::any_of(out.values.begin(), out.values.end(),
                                     [](const auto& value) { return value.role == Role::address; });
  const bool yours =
      !out.values.empty() && std::all_of(out.values.begin(), out.values.end(),
                                         [](const auto& value) { return value.origin == Origin::user; });
  if (out.effect == "publish")
    out.sink = "public";
  else if (!somewhere && !(out.changes && goes_out(out.effect)))
    return;  // it stays where it is looked at
  else
    out.sink = yours ? "yours" : "unlisted";
  auto leak = secrets_.look(said);
  out.secret_bytes = leak.bytes;
  out.secret_from = std::move(leak.from);
}

// Of an agent's own tool: the hosts that it would go to.
void Session::look_at_hosts(const std::vector<Reach>& reaches, std::string_view said, Assessment& out) const {
  bool yours = true, anywhere = false;
  for (const Reach& reach : reaches) {
    if (reach.kind != Reach::Kind::host && reach.kind != Reach::Kind::url &&
        reach.kind != Reach::Kind::repository)
      continue;
    anywhere = true;
    yours = yours && typed(host_of(comparable(reach.value)));
  }
  if (!anywhere) return;
  out.sink = yours ? "yours" : "unlisted";
  auto leak = secrets_.look(said);
  out.secret_bytes = leak.bytes;
  out.secret_from = std::move(leak.from);
}

void Session::sent(const Assessment& assessment, std::string_view said) {
  if (assessment.sink == "unlisted" || assessment.sink == "public") secrets_.sent(said);
}

}  // namespace weir::flow
