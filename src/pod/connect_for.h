// connect(2) on behalf of programs, on threads of its own: with an address that was copied once, on a
// descriptor that is ours, so that nothing the program does changes where it leads. A connect may block as
// long as a peer does not answer, and blocks nobody else here.
//
//   TRY(auto connects, ConnectFor::create());
//   connects->begin(call, std::move(socket), address);
//   … connects->fd() becomes readable …
//   for (const auto& done : connects->take()) answer(done.call, done.error_number);
//
// At most kConnectThreadsMax at once, the others wait. Inside the room only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "pod/socket_place.h"

namespace weir::pod {

class ConnectFor {
 public:
  struct Done {
    std::uint64_t call = 0;
    int error_number = 0;               // as connect(2) left it; 0: connected
    std::optional<SocketPlace> source;  // our end, as it was afterwards
  };

  static Result<std::unique_ptr<ConnectFor>> create();
  // Gives up all that are under way and does not wait for it.
  ~ConnectFor();
  ConnectFor(const ConnectFor&) = delete;
  ConnectFor& operator=(const ConnectFor&) = delete;

  void begin(std::uint64_t call, os::Fd socket, std::vector<char> address);
  // Nobody waits for it any more: it ends soon, and take() names it all the same.
  void give_up(std::uint64_t call);
  // Closes a program's descriptor where it may take its time: close(2) of the last one of a socket waits as
  // long as the program has said (SO_LINGER).
  void close(os::Fd descriptor);
  int fd() const;
  std::vector<Done> take();

 private:
  struct Shared;
  explicit ConnectFor(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  static void work(Shared& shared);
  static void start_thread(const std::shared_ptr<Shared>& shared);

  std::shared_ptr<Shared> shared_;  // with the threads, which may outlive us
};

}  // namespace weir::pod
