// Shared by the tests of this room: files, cases, and Events as text that people can compare.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "event/event.h"
#include "ingest/transcript.h"

namespace weir::ingest {

inline const std::filesystem::path kCases = std::filesystem::path(WEIR_SOURCE_DIR) / "tests/cases/ingest";
inline const std::filesystem::path kSamples = std::filesystem::path(WEIR_SOURCE_DIR) / "../shared/samples";

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::vector<std::string> read_lines(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

inline Json parsed(std::string_view text) {
  auto json = parse_json(text);
  EXPECT_TRUE(json) << text << ": " << (json ? "" : json.error().message());
  return json ? *std::move(json) : Json();
}

// What this room fills of an Event, in one object.
inline Json described(const event::Event& event) {
  Json corr = Json::object();
  for (const auto& [key, value] : event.corr)
    corr.set(key, value);
  return Json::object({{"kind", event.kind},
                       {"session", event.session},
                       {"parent", event.parent},
                       {"root", event.root},
                       {"agent", Json::object({{"name", event.agent.name},
                                               {"version", event.agent.version},
                                               {"id", event.agent.id},
                                               {"type", event.agent.type}})},
                       {"plane", event.plane},
                       {"source", event.source},
                       {"assurance", event::name(event.assurance)},
                       {"time", event.time.source},
                       {"corr", corr},
                       {"data", event.data},
                       {"body", event.body}});
}

// All Events of a transcript; `path` may differ from the file's own, as the reader takes ids from it.
struct Read {
  std::vector<event::Event> events;
  std::vector<Error> errors;
  TranscriptStats stats;

  std::vector<event::Event> of(std::string_view kind) const {
    std::vector<event::Event> found;
    for (const auto& event : events)
      if (event.kind == kind) found.push_back(event);
    return found;
  }
};

inline Read read_transcript(const std::vector<std::string>& lines, const std::string& path) {
  std::vector<std::string_view> first(lines.begin(),
                                      lines.begin() + std::min<std::ptrdiff_t>(5, std::ssize(lines)));
  auto reader = make_reader(detect_format(path, first), path);
  Read read;
  EXPECT_NE(reader, nullptr) << path;
  if (!reader) return read;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto events = reader->feed(lines[i], i + 1);
    if (!events)
      read.errors.push_back(events.error());
    else
      read.events.insert(read.events.end(), events->begin(), events->end());
  }
  read.stats = reader->stats();
  return read;
}

}  // namespace weir::ingest
