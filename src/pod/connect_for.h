// connect(2) on behalf of programs, on threads of its own: with an address that was copied once, on a
// descriptor that is ours, so that nothing the program does changes where it leads. A connect may block as
// long as a peer does not answer, and blocks nobody else here.
//
//   TRY(auto connects, ConnectFor::create());
//   connects->begin(call, socket, address);
//   … connects->fd() becomes readable …
//   for (const auto& done : connects->take()) answer(done.call, done.error_number);
//
// At most kConnectThreadsMax at once, the others wait. Inside the room only.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace weir::pod {

class ConnectFor {
 public:
  struct Done {
    std::uint64_t call = 0;
    int error_number = 0;  // as connect(2) left it; 0: connected
  };

  static Result<std::unique_ptr<ConnectFor>> create();
  // Gives up all that are under way.
  ~ConnectFor();
  ConnectFor(const ConnectFor&) = delete;
  ConnectFor& operator=(const ConnectFor&) = delete;

  // `socket` stays open until take() has named the call.
  void begin(std::uint64_t call, int socket, std::vector<char> address);
  // Nobody waits for it any more: it ends soon, and take() names it all the same.
  void give_up(std::uint64_t call);
  int fd() const { return wake_.get(); }
  std::vector<Done> take();

 private:
  struct Job {
    std::uint64_t call = 0;
    int socket = -1;
    std::vector<char> address;
  };
  explicit ConnectFor(os::Fd wake) : wake_(std::move(wake)) {}
  void work();
  void give_up_all();

  os::Fd wake_;  // eventfd
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> waiting_;
  std::map<std::uint64_t, int> running_;  // call and socket
  std::vector<Done> done_;
  std::vector<std::jthread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace weir::pod
