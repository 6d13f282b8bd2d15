#include "net/loop.h"

#include <netdb.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>

#include "os/clock.h"

namespace weir::net {

namespace asio = boost::asio;

namespace {
constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::size_t kAddressesMax = 64;
}  // namespace

BlockPool::Block BlockPool::take() {
  ++out_;
  if (free_.empty()) return Block(new char[kBlockBytes]);
  Block block = std::move(free_.back());
  free_.pop_back();
  return block;
}

void BlockPool::give_back(Block block) {
  if (!block) return;
  --out_;
  if (free_.size() < kKeptMax) free_.push_back(std::move(block));
}

struct Loop::Impl {
  asio::io_context io{1};  // one thread runs it
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  asio::steady_timer timer{io};
  std::int64_t timer_ms = INT64_MAX;  // when it rings
  asio::ip::tcp::resolver resolver{io};
};

Loop::Loop() : impl_(std::make_unique<Impl>()), wheel_(now_ms()), tasks_(*this) {}

Loop::~Loop() {
  tasks_.cancel();
  while (tasks_.running() > 0)
    turn();
}

void Loop::run() {
  impl_->io.restart();
  impl_->io.run();
}

void Loop::stop() {
  impl_->io.stop();
}

void Loop::turn() {
  if (impl_->io.stopped()) impl_->io.restart();
  impl_->io.run_one();
}

void Loop::post(std::function<void()> job) {
  asio::post(impl_->io, std::move(job));
}

void Loop::resume_later(std::coroutine_handle<> waiting) {
  asio::post(impl_->io, [waiting] { waiting.resume(); });
}

asio::io_context& Loop::context() {
  return impl_->io;
}

std::int64_t Loop::now_ms() const {
  return os::monotonic_ns() / kNsPerMs;
}

// ---- deadlines

void Loop::add_deadline(Deadline& one, std::int64_t ms) {
  const std::int64_t now = now_ms();
  wheel_.add(one, now + ms + 1);  // the millisecond that has begun does not count
  // The timer is set anew only when it would ring too late: deadlines that are disarmed in time cost nothing.
  if (now + ms + 1 < impl_->timer_ms) look_again();
}

void Loop::look_again() {
  const auto next = wheel_.next_ms();
  if (!next) {
    impl_->timer_ms = INT64_MAX;
    return;
  }
  impl_->timer_ms = *next;
  impl_->timer.expires_after(std::chrono::milliseconds(std::max<std::int64_t>(*next - now_ms(), 0)));
  impl_->timer.async_wait([this](const boost::system::error_code& error) {
    if (error) return;  // set anew
    impl_->timer_ms = INT64_MAX;
    wheel_.advance(now_ms());
    look_again();
  });
}

bool Loop::Sleep::begin(std::coroutine_handle<> waiting, Scope& scope) {
  cancelled_ = scope.cancelled();
  if (cancelled_) return false;
  waiting_ = waiting;
  scope.add(*this);
  deadline_.arm(ms_);
  return true;
}

void Loop::Sleep::end() {
  leave_scope();
  waiting_.resume();
}

void Loop::Sleep::give_up() {
  cancelled_ = true;
  deadline_.disarm();
  loop_.resume_later(waiting_);
}

Status Loop::Sleep::await_resume() const {
  if (cancelled_) return cancelled_error();
  return {};
}

std::unexpected<Error> cancelled_error() {
  return fail(ErrorCode::unavailable, "cancelled");
}

std::unexpected<Error> time_up_error(std::string what) {
  return fail(ErrorCode::unavailable, "time is up", std::move(what));
}

// ---- names

namespace {

// One question to the resolver. Its answer may come when nobody waits any more.
struct Lookup {
  std::optional<Result<std::vector<Endpoint>>> answer;
  std::coroutine_handle<> waiting;
};

class LookupWait : private Cancellable {
 public:
  LookupWait(Loop& loop, std::shared_ptr<Lookup> lookup) : loop_(loop), lookup_(std::move(lookup)) {}
  bool await_ready() const noexcept { return lookup_->answer.has_value(); }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    Scope& scope = *waiting.promise().scope;
    if (scope.cancelled()) return false;
    scope.add(*this);
    lookup_->waiting = waiting;
    return true;
  }
  Result<std::vector<Endpoint>> await_resume() {
    leave_scope();
    if (!lookup_->answer) return cancelled_error();
    return *std::move(lookup_->answer);
  }

 private:
  void give_up() override {
    if (lookup_->waiting) loop_.resume_later(std::exchange(lookup_->waiting, nullptr));
  }
  Loop& loop_;
  std::shared_ptr<Lookup> lookup_;
};

}  // namespace

Task<Result<std::vector<Endpoint>>> Loop::resolve(std::string host, std::uint16_t port) {
  if (const auto numeric = Endpoint::of(host, port)) {
    std::vector<Endpoint> only;
    only.push_back(*numeric);
    co_return only;
  }
  const auto lookup = std::make_shared<Lookup>();
  impl_->resolver.async_resolve(
      host, std::to_string(port), asio::ip::resolver_base::numeric_service,
      [lookup, host](const boost::system::error_code& error,
                     const asio::ip::tcp::resolver::results_type& found) {
        std::vector<Endpoint> all;
        for (const auto& one : found)
          if (all.size() < kAddressesMax)
            all.push_back(
                Endpoint::copy(*one.endpoint().data(), static_cast<unsigned>(one.endpoint().size())));
        if (error || all.empty())
          lookup->answer = fail(ErrorCode::not_found, "the name has no address: " + error.message(), host);
        else
          lookup->answer = std::move(all);
        if (lookup->waiting) std::exchange(lookup->waiting, nullptr).resume();
      });
  co_return co_await LookupWait(*this, lookup);
}

}  // namespace weir::net
