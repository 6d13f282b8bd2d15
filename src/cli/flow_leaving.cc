#include "cli/flow_leaving.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace weir::cli {

std::vector<LeavingRow> leaving_rows(const Json& more) {
  using Tone = LeavingRow::Tone;
  constexpr std::size_t kNameBytesMax = 60;
  constexpr std::size_t kPathBytesMax = 80;
  std::vector<LeavingRow> rows;
  const std::string_view sink = more["sink"].text_or("none");
  if (sink == "public") rows.push_back({"goes to", "where anybody can read it", Tone::bad});
  if (sink == "unlisted") rows.push_back({"goes to", "a place that you did not type", Tone::watch});
  if (sink == "yours") rows.push_back({"goes to", "where you said", Tone::good});
  if (const auto bytes = more["secret_bytes"].int_or(0); bytes > 0)
    rows.push_back({"carries", fmt::format("{} bytes of a confidential value", bytes), Tone::bad});
  if (const Json& crossing = more["crossing"]; crossing.is_object())
    rows.push_back(
        {"carries",
         fmt::format("what belongs to {}, to {}", printable(crossing["from"].text_or(""), kNameBytesMax),
                     printable(crossing["to"].text_or(""), kNameBytesMax)),
         Tone::bad});
  if (!more["carried"].is_array()) return rows;
  for (const auto& file : more["carried"].as_array()) {
    const bool own = file["own"].bool_or(false);
    if (file.has("author") || file.has("doubt")) {
      const bool named = file.has("author");
      rows.push_back({std::string(file["use"].text_or("")),
                      fmt::format("{}, {} {}", printable(file["path"].text_or(""), kPathBytesMax),
                                  named ? "committed by" : "by authors not known:",
                                  printable(file[named ? "author" : "doubt"].text_or(""), kNameBytesMax)),
                      Tone::watch});
      continue;
    }
    rows.push_back(
        {std::string(file["use"].text_or("")),
         fmt::format("{}, written by {} in step {}", printable(file["path"].text_or(""), kPathBytesMax),
                     own ? "this session" : printable(file["session"].text_or("another"), kNameBytesMax),
                     file["seq"].int_or(0)),
         own ? Tone::good : Tone::watch});
  }
  return rows;
}

}  // namespace weir::cli
