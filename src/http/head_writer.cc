#include "http/head_writer.h"

#include "base/bytes.h"
#include "http/http_limits.h"
#include "http/syntax.h"

namespace weir::http {

HeadWriter HeadWriter::request(std::string_view method, std::string_view target) {
  HeadWriter head;
  if (!is_token(method)) head.wrong("not a method", method);
  if (!is_target_text(target)) head.wrong("not a target of a request", target);
  head.text_ = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
  return head;
}

HeadWriter HeadWriter::response(int status, std::string_view reason) {
  HeadWriter head;
  if (status < 100 || status > 599) head.wrong("not a status of HTTP", std::to_string(status));
  if (!is_field_text(reason)) head.wrong("a control character in the reason of an answer", reason);
  head.text_ = "HTTP/1.1 " + std::to_string(status) + " " +
               std::string(reason.empty() ? reason_of(status) : reason) + "\r\n";
  // They have no body, and nothing may say how long it is.
  head.framed_ = status < 200 || status == 204;
  return head;
}

HeadWriter& HeadWriter::add(std::string_view name, std::string_view value) {
  if (!is_token(name)) wrong("not the name of a field", name);
  if (!is_field_text(value) || trim_blanks(value) != value)
    wrong("not the value of a field", std::string(name));  // never the value: it may be a secret
  if (same_word(name, "content-length") || same_word(name, "transfer-encoding"))
    wrong("a field that only length() and chunked() may write", name);
  if (same_word(name, "host") && std::exchange(host_, true)) wrong("more than one Host");
  field(name, value);
  return *this;
}

HeadWriter& HeadWriter::length(std::uint64_t bytes) {
  if (std::exchange(framed_, true) || bytes > limits::kBodyBytesMax)
    wrong("a message ends in one way, and some have no body");
  field("Content-Length", std::to_string(bytes));
  return *this;
}

HeadWriter& HeadWriter::chunked() {
  if (std::exchange(framed_, true)) wrong("a message ends in one way, and some have no body");
  field("Transfer-Encoding", "chunked");
  return *this;
}

void HeadWriter::field(std::string_view name, std::string_view value) {
  if (error_) return;
  text_.append(name).append(": ").append(value).append("\r\n");
  ++fields_;
}

void HeadWriter::wrong(std::string what, std::string_view where) {
  if (!error_) error_ = Error{ErrorCode::invalid, std::move(what), printable(where, 100), {}};
}

Result<std::string> HeadWriter::text() const {
  if (error_) return std::unexpected(*error_);
  if (fields_ > limits::kFieldsMax || text_.size() + 2 > limits::kHeadBytesMax)
    return fail(ErrorCode::limit, "a head with more than 256 fields or 64 KiB");
  return text_ + "\r\n";
}

std::string_view reason_of(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";
  }
}

}  // namespace weir::http
