// An HTTP/1 client on a loop: requests to servers, over connections that are kept and used again.
//
//   HttpClient client(loop);
//   CO_TRY(auto fetch, co_await client.open(origin));
//   CO_TRY_STATUS(co_await fetch->send(HeadWriter::request("POST", "/v1").add("Host", host), body));
//   CO_TRY(const http::ResponseHead* head, co_await fetch->head());
//   while (true) { CO_TRY(auto piece, co_await fetch->body()); if (piece.empty()) break; … }
//
// A Fetch that is destroyed before its answer was read to the end closes its connection: whoever gives up
// lets the server know at once. A server may close a kept connection while a request is on its way; then
// nothing_came() says that no byte of an answer was there, and who may repeat the request asks for a fresh
// one.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "http/message_reader.h"
#include "net/input.h"
#include "net/outgoing.h"

namespace weir::net {

// Whom to speak with: the address that was decided on, dialled as it is.
struct Origin {
  Endpoint address;
  std::string name;  // connections are kept for this name and address: "https://api.example.com:443"
};

struct HttpClientSetup {
  std::uint64_t body_bytes_max = http::limits::kBodyBytesMax;  // of one answer
  std::size_t pooled_max = limits::kPooledMax;                 // for each origin
  std::int64_t connect_ms = limits::kConnectMs;
  std::int64_t head_ms = 600'000;       // until an answer begins: models think
  std::int64_t body_idle_ms = 600'000;  // without a byte of it
  std::int64_t pooled_idle_ms = limits::kPooledIdleMs;
};

class Fetch;

class HttpClient {
 public:
  explicit HttpClient(Loop& loop, HttpClientSetup setup = {});
  ~HttpClient();  // after its fetches
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // A connection: a kept one, or a new one. Errors: `unavailable`.
  Task<Result<std::unique_ptr<Fetch>>> open(Origin origin, bool fresh = false);
  std::size_t kept() const;

 private:
  friend class Fetch;
  struct Connection;
  using Kept = std::list<std::unique_ptr<Connection>>;
  std::unique_ptr<Connection> take(const Origin& origin);
  void keep(std::unique_ptr<Connection> connection);
  void drop(Connection& connection);

  Loop& loop_;
  HttpClientSetup setup_;
  std::map<std::string, Kept, std::less<>> kept_;
};

class Fetch {
 public:
  ~Fetch();
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;

  // The request whole, without a length when it has no body (who sends an empty one begins with length(0)),
  // or its parts. Errors: `invalid` (the head), `unavailable`.
  Task<Status> send(http::HeadWriter head, std::string_view body = {});
  Status begin(http::HeadWriter head, Framing framing);
  Task<Status> write(std::string_view data) { return out_.write(data); }
  Task<Status> end() { return out_.end(); }

  // The head of the answer, without informational ones before it. It holds as long as the fetch. Errors:
  // `unavailable` (the connection, or too late), `invalid` (what came is no HTTP).
  Task<Result<const http::ResponseHead*>> head();
  // The next bytes of its body; "" at the end. They hold until the next call.
  Task<Result<std::string_view>> body();
  Task<Result<std::string>> body_text(std::size_t bytes_max);

  // Of a request that failed: the connection was a kept one, and not a byte of an answer came over it.
  bool nothing_came() const { return reused_ && !came_; }

 private:
  friend class HttpClient;
  Fetch(HttpClient& client, std::unique_ptr<HttpClient::Connection> connection, bool reused);
  Task<Result<http::Step>> step(std::int64_t ms);

  HttpClient& client_;
  std::unique_ptr<HttpClient::Connection> connection_;
  Outgoing out_;
  std::string head_text_;
  http::ResponseHead head_;
  bool for_head_ = false;
  bool reused_ = false;
  bool came_ = false;
  bool ended_ = false;
};

}  // namespace weir::net
