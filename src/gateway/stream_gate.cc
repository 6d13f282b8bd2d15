#include "gateway/stream_gate.h"

#include <algorithm>

#include "base/bytes.h"
#include "gateway/client_hello.h"
#include "gateway/gateway_limits.h"

namespace weir::gateway {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::uint8_t kAccessDenied = 49;       // RFC 8446 section 6
constexpr std::uint8_t kUnrecognizedName = 112;  // RFC 6066 section 3
constexpr std::size_t kStatusBytes = 13;         // "HTTP/1.1 101" and what ends the number
constexpr std::size_t kRecordHeadBytes = 5;

StreamGate::Step pass(std::size_t n) {
  StreamGate::Step step;
  step.pass = n;
  return step;
}

StreamGate::Step refuse(Refusal why, std::string says, std::string answer) {
  StreamGate::Step step;
  step.refused = why;
  step.says = std::move(says);
  step.answer = std::move(answer);
  return step;
}

StreamGate::Step refuse_tls(Refusal why, std::string says) {
  return refuse(why, std::move(says),
                tls_alert(why == Refusal::other_name ? kUnrecognizedName : kAccessDenied));
}

StreamGate::Step refuse_http(Refusal why, std::string says) {
  std::string text = "the pod's egress proxy refused this request: " + printable(says, 200);
  return refuse(why, std::move(says), http_refusal(why == Refusal::protocol ? 400 : 403, text));
}

std::optional<StreamGate::Step> check_host_text(std::string_view text, const StreamGate::Expected& expected) {
  const auto said = parse_host_port(text);
  if (!said) return refuse_http(Refusal::bad_host, std::string(text));
  if (said->host != expected.host || (said->port && *said->port != expected.port))
    return refuse_http(Refusal::other_name, said->host.text);
  return std::nullopt;
}

}  // namespace

// Everything that makes a request go somewhere else, or turn into something else.
std::optional<StreamGate::Step> check_request(const http::RequestHead& head,
                                              const StreamGate::Expected& expected, bool may_upgrade) {
  if (head.method == "CONNECT") return refuse_http(Refusal::protocol, "CONNECT to a proxy behind this one");
  if (head.method == "PRI") return refuse_http(Refusal::protocol, "HTTP/2 without TLS");
  const auto host = head.field("host");
  if (!host || host->empty()) return refuse_http(Refusal::no_name, "a request without Host");
  if (auto step = check_host_text(*host, expected)) return step;
  if (const auto absolute = http::absolute_target(head.target)) {
    if (to_lower_ascii(absolute->scheme) != (expected.inside_tls ? "https" : "http"))
      return refuse_http(Refusal::protocol,
                         "a target of another kind than its connection: " + std::string(absolute->scheme));
    if (auto step = check_host_text(absolute->authority, expected)) return step;
  } else if (!head.target.starts_with('/') && !(head.target == "*" && head.method == "OPTIONS")) {
    return refuse_http(Refusal::protocol, "a target that is neither a path nor a URL");
  }
  if (const auto upgrade = head.field("upgrade")) {
    const bool websocket = to_lower_ascii(*upgrade) == "websocket" && head.method == "GET" && may_upgrade &&
                           !head.framing.chunked && head.framing.length == 0;
    if (!websocket) return refuse_http(Refusal::protocol, "an upgrade to " + std::string(*upgrade));
  }
  return std::nullopt;
}

std::string http_refusal(int status, std::string_view text) {
  const std::string body = "weir: " + std::string(text) + "\n";
  const char* reason = status == 400   ? "Bad Request"
                       : status == 403 ? "Forbidden"
                       : status == 504 ? "Gateway Timeout"
                                       : "Bad Gateway";
  return "HTTP/1.1 " + std::to_string(status) + " " + reason +
         "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

StreamGate::StreamGate(Expected expected) : expected_(std::move(expected)) {
  if (expected_.unseen) part_ = Part::open;
}

StreamGate StreamGate::body_only(Expected expected, http::BodyFraming framing) {
  StreamGate gate(std::move(expected));
  gate.single_ = true;
  gate.begin_body(framing);
  return gate;
}

bool StreamGate::inside_message(bool bytes_waiting) const {
  switch (part_) {
    case Part::start:
      return !expected_.any_protocol;
    case Part::second_hello:
      return true;
    case Part::head:
      return bytes_waiting;
    default:
      return false;
  }
}

StreamGate::Step StreamGate::up(std::string_view waiting) {
  std::size_t passed = 0;
  // Each part takes what it can; a part that takes nothing waits for more bytes or for the server.
  while (true) {
    const std::string_view rest = waiting.substr(passed);
    const Part before = part_;
    Step step;
    switch (part_) {
      case Part::open:
        return pass(waiting.size());
      case Part::start:
        step = start(rest);
        break;
      case Part::second_hello:
        step = second_hello(rest);
        break;
      case Part::head:
        step = head(rest);
        break;
      case Part::body:
        step = body(rest);
        break;
      case Part::chunks:
        step = chunks(rest);
        break;
      case Part::finished:
        if (!rest.empty())
          step = refuse(Refusal::protocol, "a second request on a connection of a plain proxy", "");
        break;
      case Part::server_hello:
      case Part::upgrade:
        break;
    }
    if (step.refused) return step;
    passed += step.pass;
    if (step.pass == 0 && part_ == before) return pass(passed);
  }
}

StreamGate::Step StreamGate::start(std::string_view waiting) {
  if (waiting.empty()) return {};
  if (may_be_tls(waiting)) return hello(waiting, Part::server_hello);
  if (expected_.any_protocol && !http::may_be_request(waiting)) {
    part_ = Part::open;
    return {};
  }
  part_ = Part::head;
  return {};
}

StreamGate::Step StreamGate::hello(std::string_view waiting, Part next) {
  const auto parsed = parse_client_hello(waiting);
  if (!parsed) return refuse_tls(Refusal::protocol, parsed.error().what);
  if (!*parsed) return {};
  const ClientHello& hello = **parsed;
  if (hello.encrypted) return refuse_tls(Refusal::hidden_name, "encrypted ClientHello");
  if (expected_.host.address) {
    // RFC 6066 has no addresses as names: whoever asks an address for a name wants to be somewhere else.
    if (hello.server_name) return refuse_tls(Refusal::other_name, *hello.server_name);
  } else {
    if (!hello.server_name) return refuse_tls(Refusal::no_name, "TLS without a server name");
    const auto said = canonical_host(*hello.server_name);
    if (!said) return refuse_tls(Refusal::bad_host, *hello.server_name);
    if (*said != expected_.host) return refuse_tls(Refusal::other_name, said->text);
  }
  part_ = next;
  return pass(hello.bytes);
}

StreamGate::Step StreamGate::second_hello(std::string_view waiting) {
  constexpr std::string_view kPassing = "\x14\x15\x17";  // change_cipher_spec, alert, application_data
  if (waiting.empty()) return {};
  // Compatibility mode and early data may come before it (RFC 8446, 4.2.10 and D.4), an alert instead of it.
  if (!kPassing.contains(waiting[0])) return hello(waiting, Part::open);
  if (waiting.size() < kRecordHeadBytes) return {};
  const std::size_t length = static_cast<std::size_t>(static_cast<std::uint8_t>(waiting[3])) << 8 |
                             static_cast<std::uint8_t>(waiting[4]);
  const std::size_t whole = kRecordHeadBytes + length;
  return waiting.size() < whole ? Step{} : pass(whole);
}

StreamGate::Step StreamGate::head(std::string_view waiting) {
  if (waiting.empty()) return {};
  const auto parsed = http::parse_request_head(waiting);
  if (!parsed)
    return refuse_http(Refusal::protocol, "not TLS and not HTTP/1 as it must be: " + parsed.error().what);
  if (!*parsed) return {};
  const http::RequestHead& head = **parsed;
  if (auto step = check_request(head, expected_, first_request_)) return *step;
  if (head.field("upgrade")) {
    part_ = Part::upgrade;
    server_start_.clear();
    first_request_ = false;
    return pass(head.bytes);
  }
  first_request_ = false;
  begin_body(head.framing);
  return pass(head.bytes);
}

void StreamGate::begin_body(http::BodyFraming framing) {
  body_left_ = framing.length;
  chunk_reader_ = http::ChunkReader();
  part_ = framing.chunked ? Part::chunks : Part::body;
}

StreamGate::Step StreamGate::body(std::string_view waiting) {
  const std::size_t n = std::min<std::uint64_t>(body_left_, waiting.size());
  body_left_ -= n;
  if (body_left_ == 0) part_ = single_ ? Part::finished : Part::head;
  return pass(n);
}

StreamGate::Step StreamGate::chunks(std::string_view waiting) {
  const auto taken = chunk_reader_.take(waiting);
  if (!taken) return refuse_http(Refusal::protocol, taken.error().what);
  if (chunk_reader_.done()) part_ = single_ ? Part::finished : Part::head;
  return pass(*taken);
}

bool StreamGate::down(std::string_view bytes) {
  if (part_ != Part::server_hello && part_ != Part::upgrade) return part_ != Part::open;
  server_start_ += bytes.substr(0, kServerHelloPrefixBytes);
  if (part_ == Part::server_hello) {
    if (const auto again = is_hello_retry(server_start_)) part_ = *again ? Part::second_hello : Part::open;
  } else if (server_start_.size() >= kStatusBytes) {
    // Not agreed: the connection stays HTTP, and the next request is looked at like any other.
    const bool agreed = server_start_.starts_with("HTTP/1.1 101") && " \r"sv.contains(server_start_[12]);
    part_ = agreed ? Part::open : Part::head;
  }
  return part_ != Part::open;
}

}  // namespace weir::gateway
