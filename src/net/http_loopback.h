// A small HTTP/1.1 server on 127.0.0.1 for a client that we start ourselves: the scripted model of `weir
// doctor
// --live`. Not a gateway: no TLS, no upgrade, no pipelining; every answer closes its connection.
//
//   TRY(auto server, HttpLoopback::listen([](const HttpRequest& request) { return HttpResponse{…}; }));
//   … "http://127.0.0.1:" + std::to_string(server->port()) …
//   server->stop();                                 // or the destructor
//
// Any local process may connect: sizes, times and connections are limited (limits::kHttp…), and what does not
// parse costs that connection only. RFC 9112 for the message syntax.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/limits.h"
#include "base/result.h"
#include "http/http_limits.h"
#include "os/fd.h"

namespace weir::net {

inline constexpr std::size_t kHttpHeadBytesMax = http::limits::kHeadBytesMax;
inline constexpr std::size_t kHttpBodyBytesMax = 32 * limits::kMiB;  // a model request carries all its tools
inline constexpr std::size_t kHttpConnectionsMax = 32;
inline constexpr int kHttpIdleMs = 30'000;

struct HttpRequest {
  std::string method;
  std::string path;  // without the query
  std::string body;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

// How much of `bytes` is one request: none while more is needed. Errors: `invalid`, `limit`. Bodies come with
// Content-Length or chunked.
struct ParsedRequest {
  HttpRequest request;
  std::size_t bytes = 0;
  bool expects_continue = false;
};
Result<std::optional<ParsedRequest>> parse_http_request(std::string_view bytes);

class HttpLoopback {
 public:
  // Called on the server's thread, one request at a time.
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  static Result<std::unique_ptr<HttpLoopback>> listen(Handler handler);
  ~HttpLoopback();
  HttpLoopback(const HttpLoopback&) = delete;
  HttpLoopback& operator=(const HttpLoopback&) = delete;

  std::uint16_t port() const { return port_; }
  void stop();

 private:
  HttpLoopback(Handler handler, os::Fd listener, os::Fd wake, std::uint16_t port);
  void loop();

  Handler handler_;
  os::Fd listener_;
  os::Fd wake_;  // eventfd
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace weir::net
