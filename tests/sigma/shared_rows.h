// Rows of the measuring data beside the checkout; empty when it is not there.
#pragma once

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"

namespace weir::sigma {

inline std::vector<Json> shared_rows(const std::string& name) {
  const std::string path = WEIR_SOURCE_DIR "/../shared/data/" + name;
  std::vector<Json> rows;
  if (!std::filesystem::exists(path)) return rows;
  FILE* pipe = ::popen(("gzip -dc '" + path + "'").c_str(), "r");
  if (pipe == nullptr) return rows;
  std::string text;
  std::array<char, 65536> buffer;
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    text.append(buffer.data(), n);
  ::pclose(pipe);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (auto row = parse_json(text.substr(at, end - at))) rows.push_back(*std::move(row));
    if (end == std::string::npos) break;
    at = end + 1;
  }
  return rows;
}

}  // namespace weir::sigma
