#include "pod/pod_channel.h"

#include <sys/socket.h>

#include <cerrno>

#include "os/files.h"

namespace weir::pod {
namespace {

// A message passes whole or not at all; the kernel's default buffer holds 208 KiB.
constexpr std::size_t kMessageBytesMax = std::size_t{128} << 10;

bool send_one(int fd, char kind, const std::string& text) {
  const std::string bytes = kind + text.substr(0, kMessageBytesMax - 1);
  ssize_t sent = 0;
  do
    sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(bytes.size());
}

// An end that closes with something unread makes the kernel report ECONNRESET once, before what it had said.
std::optional<PodMessage> receive_one(int fd) {
  std::string bytes(kMessageBytesMax, '\0');
  ssize_t n = 0;
  do
    n = ::recv(fd, bytes.data(), bytes.size(), 0);
  while (n < 0 && (errno == EINTR || errno == ECONNRESET));
  if (n <= 0) return std::nullopt;
  return PodMessage{bytes[0], bytes.substr(1, static_cast<std::size_t>(n) - 1)};
}

Json error_json(const Error& error) {
  return Json::object({{"code", static_cast<int>(error.code)},
                       {"what", error.what},
                       {"where", error.where},
                       {"hint", error.hint}});
}

Error error_from(const std::string& text) {
  const auto json = parse_json(text);
  if (!json) return {ErrorCode::internal, "the pod sent an error that cannot be read", "pod", ""};
  return {static_cast<ErrorCode>((*json)["code"].int_or(static_cast<int>(ErrorCode::internal))),
          std::string((*json)["what"].text_or("")), std::string((*json)["where"].text_or("")),
          std::string((*json)["hint"].text_or(""))};
}

}  // namespace

Result<PodChannel> PodChannel::make() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return std::unexpected(os::errno_error("cannot make a channel to the pod", "socketpair", errno));
  PodChannel channel;
  channel.outer_ = os::Fd(ends[0]);
  channel.inner_ = os::Fd(ends[1]);
  return channel;
}

bool PodChannel::say(char kind, const std::string& text) const {
  return send_one(inner_.get(), kind, text);
}

bool PodChannel::say_report(const Result<PodReport>& report) const {
  return report ? say('R', compact(to_json(*report))) : say('E', compact(error_json(report.error())));
}

bool PodChannel::wait_for(char kind) const {
  const auto message = receive_one(inner_.get());
  return message && message->kind == kind;
}

bool PodChannel::tell(char kind) const {
  return send_one(outer_.get(), kind, "");
}

std::optional<PodMessage> PodChannel::hear() const {
  return receive_one(outer_.get());
}

Result<PodReport> PodChannel::hear_report() const {
  const auto message = hear();
  if (!message) return fail(ErrorCode::internal, "the pod ended before it said that it is ready", "pod");
  if (message->kind == 'E') return std::unexpected(error_from(message->text));
  if (message->kind != 'R') return fail(ErrorCode::internal, "the pod did not report", "pod");
  TRY(const Json json, parse_json(message->text));
  return pod_report_from_json(json);
}

}  // namespace weir::pod
