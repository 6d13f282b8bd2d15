#include "pod/report_pipe.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "base/limits.h"
#include "os/files.h"

namespace weir::pod {
namespace {

// Reads exactly `size` bytes; false at an early end.
bool read_exactly(int fd, void* to, std::size_t size) {
  auto* at = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t n = ::read(fd, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

Json error_json(const Error& error) {
  return Json::object({{"code", static_cast<int>(error.code)},
                       {"what", error.what},
                       {"where", error.where},
                       {"hint", error.hint}});
}

Error error_from_json(const Json& json) {
  return {static_cast<ErrorCode>(json["code"].int_or(static_cast<int>(ErrorCode::internal))),
          std::string(json["what"].text_or("")), std::string(json["where"].text_or("")),
          std::string(json["hint"].text_or(""))};
}

}  // namespace

Result<ReportPipe> ReportPipe::make() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return std::unexpected(os::errno_error("cannot make a pipe", "socketpair", errno));
  ReportPipe pipe;
  pipe.parent_ = os::Fd(ends[0]);
  pipe.child_ = os::Fd(ends[1]);
  return pipe;
}

bool ReportPipe::send(const Result<ShieldReport>& report) {
  const Json json = report ? Json::object({{"report", to_json(*report)}})
                           : Json::object({{"error", error_json(report.error())}});
  const std::string text = compact(json);
  const auto size = static_cast<std::uint32_t>(text.size());
  return os::write_all(child_.get(), {reinterpret_cast<const char*>(&size), sizeof size}) &&
         os::write_all(child_.get(), text);
}

Result<ShieldReport> ReportPipe::receive() {
  std::uint32_t size = 0;
  std::string text;
  if (!read_exactly(parent_.get(), &size, sizeof size) || size > limits::kShieldReportBytesMax)
    return fail(ErrorCode::internal, "the child ended before it said that it is ready", "shield");
  text.resize(size);
  if (!read_exactly(parent_.get(), text.data(), size))
    return fail(ErrorCode::internal, "the child ended within its report", "shield");
  TRY(const Json json, parse_json(text));
  if (json.has("error")) return std::unexpected(error_from_json(json["error"]));
  return shield_report_from_json(json["report"]);
}

bool ReportPipe::send_go() {
  return ::send(parent_.get(), "g", 1, MSG_NOSIGNAL) == 1;
}

bool ReportPipe::wait_for_go() {
  char byte = 0;
  return read_exactly(child_.get(), &byte, 1) && byte == 'g';
}

void ReportPipe::send_exec_error(int error_number) {
  (void)os::write_all(child_.get(), {reinterpret_cast<const char*>(&error_number), sizeof error_number});
}

int ReportPipe::receive_exec_error() {
  int error_number = 0;
  return read_exactly(parent_.get(), &error_number, sizeof error_number) ? error_number : 0;
}

}  // namespace weir::pod
