// One connection of a server: its requests one after the other. For http_server.cc.
#pragma once

#include "net/http_server.h"

namespace weir::net {

class HttpConnection {
 public:
  HttpConnection(HttpServer& server, std::unique_ptr<Stream> stream);

  // Until the connection ends.
  Task<void> serve();

 private:
  friend class Exchange;
  Task<bool> one_request();
  Task<bool> awaits_head(Exchange& exchange);
  Task<Result<bool>> read_head(Exchange& exchange, Deadline& deadline);
  Result<bool> read_empty_body(Exchange& exchange);
  Task<Result<bool>> more_body();
  Task<bool> finish(Exchange& exchange);
  Task<void> refuse(Exchange& exchange, int status, const Error& error);
  Task<void> linger();

  HttpServer& server_;
  Input input_;            // goes after the stream
  bool answered_ = false;  // since the last head
  http::RequestReader reader_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace weir::net
