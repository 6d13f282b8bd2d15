// The rules of WHATWG HTML for an event stream, written down as the standard has them and applied to the
// whole stream at once: what SseSplitter is compared with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace weir::http::plain {

struct Event {
  std::string type;
  std::string data;
  std::optional<std::string> id;  // of the blocks since the event before
  bool operator==(const Event&) const = default;
};

inline void replace_all(std::string& text, std::string_view what, std::string_view by) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const bool here = std::string_view(text).substr(at).starts_with(what);
    out += here ? by : std::string_view(text).substr(at, 1);
    at += here ? what.size() : 1;
  }
  text = out;
}

// Every event that a client would see.
inline std::vector<Event> events_of(std::string text) {
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  replace_all(text, "\r\n", "\n");
  replace_all(text, "\r", "\n");
  std::vector<Event> events;
  std::string data, type;
  std::optional<std::string> id;
  auto lines = split(text, '\n');
  lines.pop_back();  // it does not end
  for (const auto line : lines) {
    if (line.empty()) {
      if (!data.empty()) {
        data.pop_back();
        events.push_back({type.empty() ? "message" : type, data, id});
        id.reset();
      }
      data.clear();
      type.clear();
      continue;
    }
    if (line.starts_with(':')) continue;
    const auto colon = line.find(':');
    const std::string field(line.substr(0, colon));
    std::string value(colon == std::string_view::npos ? "" : line.substr(colon + 1));
    if (value.starts_with(' ')) value.erase(0, 1);
    if (field == "event") type = value;
    if (field == "data") data += value + "\n";
    if (field == "id" && !value.contains('\0')) id = value;
  }
  return events;
}

}  // namespace weir::http::plain
