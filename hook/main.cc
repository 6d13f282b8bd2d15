// weir-hook: what an agent starts before each tool call.
//
//   weir-hook AGENT EVENT --socket PATH --key BASE64 [--timeout-ms N]  < payload
//
// It passes the agent's payload to the daemon and gives back the daemon's answer in the agent's own protocol.
// It trusts only its arguments, written at install: it reads no environment and no configuration, starts
// nothing and accepts only an answer that the daemon signed for this very request. Without one it fails
// closed: an event that can refuse ends in exit 2 with a reason on standard error that tells a person what to
// do; one that only informs ends in exit 0 (ingest/gating.h).
#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "ingest/gating.h"
#include "net/hook_wire.h"

namespace {

namespace net = weir::net;
namespace limits = weir::limits;

constexpr int kRefuse = 2;
constexpr long kTimeoutMsDefault = 8000;

struct Arguments {
  std::string_view agent;
  std::string_view event;
  std::string_view socket;
  std::string_view key_text;
  long timeout_ms = kTimeoutMsDefault;
};

long long now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1'000'000;
}

void write_fully(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

// The one way out without a verdict.
[[noreturn]] void fail_closed(const Arguments& arguments, std::string_view why, std::string_view mend) {
  const bool gates = weir::ingest::event_gates(arguments.agent, arguments.event);
  std::string text = gates ? "Weir refused this because it could not decide: " : "weir-hook: not recorded: ";
  text.append(why).append(". For the person at the keyboard: ").append(mend).append("\n");
  write_fully(2, text);
  ::_exit(gates ? kRefuse : 0);
}

// Waits until `fd` is ready for `events`; false when time is up.
bool wait_for(int fd, short events, long long deadline_ms) {
  while (true) {
    const long long left_ms = deadline_ms - now_ms();
    if (left_ms <= 0) return false;
    pollfd one{fd, events, 0};
    const int n = ::poll(&one, 1, static_cast<int>(left_ms));
    if (n > 0) return true;
    if (n < 0 && errno != EINTR) return false;
  }
}

std::string read_payload(const Arguments& arguments, long long deadline_ms) {
  std::string payload;
  char buffer[65536];
  while (true) {
    if (!wait_for(0, POLLIN, deadline_ms))
      fail_closed(arguments, "the agent did not finish its hook payload in time",
                  "try again; report it if it repeats");
    const ssize_t n = ::read(0, buffer, sizeof buffer);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) fail_closed(arguments, "the hook payload could not be read", "try again");
    if (n == 0) return payload;
    payload.append(buffer, static_cast<std::size_t>(n));
    if (payload.size() > limits::kHookPayloadBytesMax)
      fail_closed(arguments, "the hook payload is larger than 16 MiB", "split the tool call");
  }
}

int connect_daemon(const Arguments& arguments, long long deadline_ms) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (arguments.socket.size() >= sizeof address.sun_path)
    fail_closed(arguments, "the socket path is too long",
                "run `weir init` again with a shorter state directory");
  std::memcpy(address.sun_path, arguments.socket.data(), arguments.socket.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) fail_closed(arguments, "no socket could be opened", "close some programs, then try again");
  while (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    // EAGAIN: the daemon's queue is full for a moment.
    if (errno == EAGAIN && now_ms() < deadline_ms) {
      ::usleep(2000);
      continue;
    }
    fail_closed(arguments, std::string("the Weir daemon is not running (") + std::strerror(errno) + ")",
                "start it with `weir daemon` (or `systemctl --user start weir`), see `weir doctor`");
  }
  return fd;
}

void send_all(const Arguments& arguments, int fd, std::string_view bytes, long long deadline_ms) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
      if (!wait_for(fd, POLLOUT, deadline_ms))
        fail_closed(arguments, "the Weir daemon does not take the request", "see `weir doctor`");
    } else {
      fail_closed(arguments, "the Weir daemon closed the connection", "see `weir doctor`");
    }
  }
}

std::string receive(const Arguments& arguments, int fd, std::size_t count, long long deadline_ms) {
  std::string bytes(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    if (!wait_for(fd, POLLIN, deadline_ms))
      fail_closed(arguments, "the Weir daemon did not answer in time", "see `weir doctor`");
    const ssize_t n = ::recv(fd, bytes.data() + have, count - have, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0)
      fail_closed(arguments, "the Weir daemon ended before it answered", "start it again; see `weir doctor`");
    have += static_cast<std::size_t>(n);
  }
  return bytes;
}

bool read_key(std::string_view text, net::PublicKey& key) {
  std::size_t length = 0;
  return sodium_base642bin(key.data(), key.size(), text.data(), text.size(), nullptr, &length, nullptr,
                           sodium_base64_VARIANT_ORIGINAL) == 0 &&
         length == key.size();
}

[[noreturn]] void usage() {
  write_fully(2,
              "usage: weir-hook AGENT EVENT --socket PATH --key BASE64 [--timeout-ms N]\n"
              "Agents start this; `weir init` writes the command line. See docs/init.md.\n");
  ::_exit(kRefuse);
}

// 0, which no option takes, when it is no number.
long read_number(std::string_view text) {
  long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

Arguments parse_arguments(int argc, char** argv) {
  Arguments arguments;
  if (argc < 3) usage();
  arguments.agent = argv[1];
  arguments.event = argv[2];
  for (int i = 3; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (i + 1 >= argc) usage();
    const std::string_view value = argv[++i];
    if (name == "--socket")
      arguments.socket = value;
    else if (name == "--key")
      arguments.key_text = value;
    else if (name == "--timeout-ms")
      arguments.timeout_ms = read_number(value);
    else
      usage();
  }
  constexpr long kTimeoutMsMax = 600'000;
  if (arguments.socket.empty() || arguments.key_text.empty() || arguments.timeout_ms < 1 ||
      arguments.timeout_ms > kTimeoutMsMax || arguments.agent.size() > 64 || arguments.event.size() > 64)
    usage();
  return arguments;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const Arguments arguments = parse_arguments(argc, argv);
  const long long deadline_ms = now_ms() + arguments.timeout_ms;
  net::HookRequest request;
  request.agent = arguments.agent;
  request.event = arguments.event;
  request.payload = read_payload(arguments, deadline_ms);
  if (::getrandom(request.nonce.data(), request.nonce.size(), 0) !=
      static_cast<ssize_t>(request.nonce.size()))
    fail_closed(arguments, "the system gave no random bytes", "see `weir doctor`");
  const std::string body = net::request_body(request);

  const int fd = connect_daemon(arguments, deadline_ms);
  send_all(arguments, fd, net::frame(net::FrameType::hook_request, body), deadline_ms);
  // While the daemon decides: preparing the library takes as long as checking a signature.
  net::PublicKey key;
  if (sodium_init() < 0 || !read_key(arguments.key_text, key))
    fail_closed(arguments, "the daemon key in the hook settings is damaged", "run `weir init` again");
  const auto header = net::parse_frame_header(receive(arguments, fd, net::kFrameHeaderBytes, deadline_ms));
  if (!header || header->type != net::FrameType::hook_answer || header->length > limits::kHookAnswerBytesMax)
    fail_closed(arguments, "what answers on the Weir socket is not the Weir daemon", "see `weir doctor`");
  const std::string answer = receive(arguments, fd, header->length, deadline_ms);
  const auto reply = net::open_answer(answer, body, key);
  if (!reply)
    fail_closed(arguments, "the answer on the Weir socket is not signed by the daemon that was installed",
                "run `weir doctor`; if you reinstalled Weir, run `weir init` again");
  write_fully(1, reply->out);
  write_fully(2, reply->err);
  ::_exit(reply->exit_code);
}
