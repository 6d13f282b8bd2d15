#include "ingest/ingest.h"

#include <algorithm>
#include <array>

namespace weir::ingest {
namespace {

constexpr std::size_t kNativeIdBytesMax = 128;
constexpr std::size_t kTokenBytesMax = 64;

using Table = std::array<bool, 256>;

// Of the bytes of an identifier: what is printed, but for blanks, slashes and quotes.
constexpr Table kNativeIdBytes = [] {
  Table table{};
  for (unsigned c = '!'; c < 0x7F; ++c)
    table[c] = c != '/' && c != '\\' && c != '"' && c != '\'' && c != '`';
  return table;
}();

constexpr Table kTokenBytes = [] {
  Table table{};
  for (unsigned c = 0; c < 0x80; ++c)
    table[c] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  for (const char mark : std::string_view("_.:@+-[]"))
    table[static_cast<unsigned char>(mark)] = true;
  return table;
}();

bool is_made_of(const Table& bytes, std::string_view text) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return bytes[static_cast<unsigned char>(c)]; });
}

}  // namespace

std::optional<std::string_view> agent_from(std::string_view name) {
  if (name == kClaudeCode || name == "claude") return kClaudeCode;
  if (name == kCodex) return kCodex;
  return std::nullopt;
}

bool valid_native_id(std::string_view id) {
  return !id.empty() && id.size() <= kNativeIdBytesMax && is_made_of(kNativeIdBytes, id);
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kTokenBytesMax && is_made_of(kTokenBytes, text);
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
