// The log sink: human-readable lines for operators, on standard error or a file. Values are printed through
// printable(), so hostile bytes cannot forge lines. Never log a secret, a payload or a command's text.
//
//   os::Log log = os::Log::to_stderr(os::Log::Level::info);
//   log.warn("probe not refused", {{"path", "hook/claude"}, {"since", "2m"}});
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace weir::os {

class Log {
 public:
  enum class Level { debug, info, warn, error };
  using Field = std::pair<std::string_view, std::string>;
  using Fields = std::initializer_list<Field>;

  static Log to_stderr(Level level);
  // Rotated at 8 MiB, three old files kept.
  static Result<Log> to_file(const std::string& path, Level level);
  static Log none();

  void debug(std::string_view what, Fields fields = {}) const { write(Level::debug, what, fields); }
  void info(std::string_view what, Fields fields = {}) const { write(Level::info, what, fields); }
  void warn(std::string_view what, Fields fields = {}) const { write(Level::warn, what, fields); }
  void error(std::string_view what, Fields fields = {}) const { write(Level::error, what, fields); }

 private:
  struct Sink;
  void write(Level level, std::string_view what, Fields fields) const;
  std::shared_ptr<Sink> sink_;  // shared by copies; null: nothing is written
};

}  // namespace weir::os
