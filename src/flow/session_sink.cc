// What must not leave, and where a call would take it.
#include <algorithm>
#include <array>

#include "base/bytes.h"
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

// What a result says of who may see what, and whose it is; and whether it is of something private itself.
void Session::learn_of(std::uint64_t seq, const Leaves& leaves, const ToolResult& result,
                       const ToolMeaning& tool) {
  constexpr std::size_t kPrivateMax = 8;
  const std::string_view server = server_of(result.tool);
  if (!tool.changes && !visibility_.empty() &&
      visibility_.of(server, names_in(result.input, tool, *words_)).restricted) {
    Label label(Integrity::trusted, Confidentiality::internal, seq);
    label.add_category("private");
    brought_.join(label);
    label_.join(label);
    if (private_in_.size() < kPrivateMax) private_in_.push_back(seq);
  }
  visibility_.learn(server, leaves, *words_);
  tenants_.read(seq, leaves, *words_);
}

// Of a tool that is known by its description: where the values that give it power are, and who can read what
// it writes.
void Session::look_at_sink(const ToolMeaning& tool, std::string_view tool_name, const Json& input,
                           Assessment& out) const {
  const std::string said = text_of(input);
  if (out.changes) out.crossing = tenants_.look(input, said, *words_);
  const bool somewhere = std::any_of(out.values.begin(), out.values.end(),
                                     [](const auto& value) { return value.role == Role::address; });
  const bool yours =
      !out.values.empty() && std::all_of(out.values.begin(), out.values.end(),
                                         [](const auto& value) { return value.origin == Origin::user; });
  const auto standing = visibility_.of(server_of(tool_name), names_in(input, tool, *words_));
  const bool read_by_all = out.effect == "publish" || tool.readers == Audience::everyone || standing.open;
  const bool users_alone =
      out.changes && tool.confirmed && (tool.readers == Audience::nobody || tool.readers == Audience::mine);
  const bool stays = !somewhere && !(out.changes && goes_out(out.effect));  // where it is looked at
  if (out.changes && read_by_all)
    out.sink = standing.by_server ? "unlisted" : "public";
  else if (users_alone || stays)
    return;
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

void add_leaving(const Assessment& now, Json& out) {
  if (!now.carried.empty()) out.set("carried", to_json(now.carried));
  if (now.crossing) {
    Json read = Json::array();
    for (const auto seq : now.crossing->read)
      read.push(static_cast<std::int64_t>(seq));
    out.set("crossing", Json::object({{"from", to_valid_utf8(now.crossing->from)},
                                      {"read", std::move(read)},
                                      {"to", to_valid_utf8(now.crossing->to)}}));
  }
  if (now.secret_bytes > 0) out.set("secret_bytes", now.secret_bytes);
  if (now.sink != "none") out.set("sink", now.sink);
}

void Session::sent(const Assessment& assessment, std::string_view said) {
  if (assessment.sink == "unlisted" || assessment.sink == "public") secrets_.sent(said);
}

}  // namespace weir::flow
