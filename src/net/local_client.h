// The client's end of a Unix socket: lines out, lines in, with deadlines.
//
//   TRY(auto client, LocalClient::connect(places.control_socket(), 2000));
//   TRY(Json answer, client.call(Json::object({{"cmd", "status"}}), 5000));
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "os/fd.h"

namespace weir::net {

class LocalClient {
 public:
  // Error `unavailable` when nobody listens.
  static Result<LocalClient> connect(const std::string& path, int timeout_ms);

  Status send_line(std::string_view line, int timeout_ms);
  Status send_bytes(std::string_view bytes, int timeout_ms);
  // The next line without its end. Errors: unavailable (closed or time is up).
  Result<std::string> receive_line(int timeout_ms);
  Result<std::string> receive_bytes(std::size_t count, int timeout_ms);

  // One JSON request line, one JSON answer line. An answer {"error":{what,where,hint}} becomes that Error.
  Result<Json> call(const Json& request, int timeout_ms);

  int fd() const { return fd_.get(); }

 private:
  explicit LocalClient(os::Fd fd) : fd_(std::move(fd)) {}
  Status fill(int timeout_ms);

  os::Fd fd_;
  std::string buffer_;
};

}  // namespace weir::net
