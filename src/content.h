// The data that ships with Weir (content/), embedded in the program at build time.
//
//   for (const auto& file : weir::content_files())
//     if (file.name.starts_with("policies/")) load(file.name, file.bytes);
//
// Names are paths relative to content/, sorted. What begins with "compiled/" is the file of that name as read
// by the build (base/json_wire.h). Only the front doors (cli, daemon, tests) read this and hand the bytes on
// as values; rooms below never reach for it.
#pragma once

#include <string_view>
#include <vector>

namespace weir {

struct ContentFile {
  std::string_view name;   // e.g. "policies/10-files.cedar"
  std::string_view bytes;  // lives as long as the program
};

const std::vector<ContentFile>& content_files();

}  // namespace weir
