#include "ingest/ingest.h"

#include <algorithm>

namespace weir::ingest {
namespace {

constexpr std::size_t kNativeIdBytesMax = 128;
constexpr std::size_t kTokenBytesMax = 64;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

std::optional<std::string_view> agent_from(std::string_view name) {
  if (name == kClaudeCode || name == "claude") return kClaudeCode;
  if (name == kCodex) return kCodex;
  return std::nullopt;
}

bool valid_native_id(std::string_view id) {
  if (id.empty() || id.size() > kNativeIdBytesMax) return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return c > ' ' && c < 0x7F && c != '/' && c != '\\' && c != '"' && c != '\'' && c != '`';
  });
}

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "_.:@+-[]";
  if (text.empty() || text.size() > kTokenBytesMax) return false;
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos; });
}

void place(event::Event& event, const Whose& whose) {
  event.agent.name = whose.agent;
  event.agent.id = whose.agent_id;
  const std::string root = std::string(whose.agent) + ':' + std::string(whose.session);
  event.root = root;
  if (whose.agent_id.empty()) {
    event.session = root;
    event.parent.clear();
    return;
  }
  event.session = root + '/' + std::string(whose.agent_id);
  event.parent = whose.parent_id.empty() ? root : root + '/' + std::string(whose.parent_id);
}

}  // namespace weir::ingest
