// The cases of tests/cases/http (its README has their form): bytes, and what a reader makes of them.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace weir::support {

struct HttpCase {
  std::string name;
  std::vector<std::string> asked;  // none: these are requests
  std::string bytes;
  std::string expected;  // lines
};

inline std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    if (c == 'x' && i + 2 < text.size()) {
      out += static_cast<char>(from_hex(text.substr(i + 1, 2))->at(0));
      i += 2;
    } else {
      out += c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c;
    }
  }
  return out;
}

inline std::string escaped(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\r')
      out += "\\r";
    else if (c == '\n')
      out += "\\n";
    else if (c >= 0x20 && c < 0x7f)
      out += c;
    else
      out += "\\x" + to_hex(as_bytes(std::string_view(&c, 1)));
  }
  return out + "\"";
}

inline std::vector<HttpCase> read_cases(const std::filesystem::path& path) {
  std::vector<HttpCase> cases;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("-- "))
      cases.push_back({.name = line.substr(3), .asked = {}, .bytes = {}, .expected = {}});
    if (line.empty() || line[0] == '#' || line.starts_with("-- ")) continue;
    HttpCase& one = cases.back();
    const std::string rest = line.size() > 2 ? line.substr(2) : "";
    if (line[0] == '>')
      one.bytes += unescaped(rest) + "\r\n";
    else if (line[0] == '|')
      one.bytes += unescaped(rest);
    else if (line[0] == '=')
      one.expected += rest + "\n";
    else if (line[0] == '?')
      for (const auto word : split(rest, ' '))
        one.asked.emplace_back(word);
    else
      ADD_FAILURE() << path << ": not a line of a case: " << line;
  }
  return cases;
}

}  // namespace weir::support
