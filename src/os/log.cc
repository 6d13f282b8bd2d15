#include "os/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::os {

struct Log::Sink {
  explicit Sink(spdlog::sink_ptr sink) : logger("weir", std::move(sink)) {
    logger.set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    logger.flush_on(spdlog::level::info);
  }
  spdlog::logger logger;
};

namespace {

spdlog::level::level_enum to_spdlog(Log::Level level) {
  switch (level) {
    case Log::Level::debug:
      return spdlog::level::debug;
    case Log::Level::info:
      return spdlog::level::info;
    case Log::Level::warn:
      return spdlog::level::warn;
    case Log::Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

Log Log::none() {
  return {};
}

Log Log::to_stderr(Level level) {
  Log log;
  log.sink_ = std::make_shared<Sink>(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  log.sink_->logger.set_level(to_spdlog(level));
  return log;
}

Result<Log> Log::to_file(const std::string& path, Level level) {
  constexpr std::size_t kBytesMax = 8 * limits::kMiB;
  try {
    Log log;
    log.sink_ =
        std::make_shared<Sink>(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path, kBytesMax, 3));
    log.sink_->logger.set_level(to_spdlog(level));
    return log;
  } catch (const std::exception& error) {
    return fail(ErrorCode::denied, std::string("cannot open the log file: ") + error.what(), path);
  }
}

void Log::write(Level level, std::string_view what, Fields fields) const {
  if (!sink_) return;
  std::string line = printable(what);
  for (const auto& [name, value] : fields)
    line += " " + std::string(name) + "=" + printable(value, 512);
  sink_->logger.log(to_spdlog(level), "{}", line);
}

}  // namespace weir::os
