#include "net/input.h"

#include <cstring>
#include <utility>

namespace weir::net {
namespace {

// Less room than this behind what is unread is not worth a system call.
constexpr std::size_t kWorthReading = 4096;

}  // namespace

void Input::open(Stream& stream) {
  stream_ = &stream;
  loop_ = &stream.loop();
}

Input::~Input() {
  if (block_ != nullptr && block_bytes_ == BlockPool::kBlockBytes)
    loop_->blocks().give_back(std::move(block_));
}

// Room behind what is unread; false: there is too much of it.
bool Input::make_room() {
  const std::size_t unread = end_ - begin_;
  if (unread == 0) begin_ = end_ = 0;
  if (block_ == nullptr && unread == 0 && resting_) return true;  // the small one does
  if (block_ == nullptr) {
    block_ = loop_->blocks().take();
    block_bytes_ = BlockPool::kBlockBytes;
    std::memcpy(block_.get(), data_ + begin_, unread);
  } else if (block_bytes_ - end_ >= kWorthReading) {
    return true;
  } else if (block_bytes_ - unread >= kWorthReading) {
    std::memmove(block_.get(), data_ + begin_, unread);
  } else if (block_bytes_ < limits::kInputBytesMax) {
    auto larger = std::make_unique_for_overwrite<char[]>(limits::kInputBytesMax);
    std::memcpy(larger.get(), data_ + begin_, unread);
    if (block_bytes_ == BlockPool::kBlockBytes) loop_->blocks().give_back(std::move(block_));
    block_ = std::move(larger);
    block_bytes_ = limits::kInputBytesMax;
  } else if (unread < block_bytes_) {
    std::memmove(block_.get(), data_ + begin_, unread);
  } else {
    return false;
  }
  data_ = block_.get();
  begin_ = 0;
  end_ = unread;
  return true;
}

void Input::start() {
  if (in_flight_ || ended()) return;
  if (!make_room()) return;
  const std::size_t size = block_ == nullptr ? small_.size() : block_bytes_;
  in_flight_ = true;
  if (const auto now = stream_->start_read({data_ + end_, size - end_}, *this)) complete(*now);
}

void Input::complete(IoResult result) {
  in_flight_ = false;
  status_ = result.status;
  if (result.status == IoStatus::done) end_ += result.bytes;
  resting_ = resting_ && result.status != IoStatus::done;
  if (More* waiter = std::exchange(waiter_, nullptr); waiter != nullptr) {
    waiter->leave_scope();
    if (gone_ && ended()) std::exchange(gone_, nullptr)();
    waiter->waiting_.resume();
    return;
  }
  if (gone_ && ended()) std::exchange(gone_, nullptr)();
}

void Input::watch(std::function<void()> gone) {
  gone_ = std::move(gone);
  look();
}

void Input::look() {
  if (gone_ && ended()) return std::exchange(gone_, nullptr)();
  if (!gone_ || !waiting().empty()) return;
  rest();
  start();
}

void Input::rest() {
  if (begin_ != end_ || in_flight_) return;
  resting_ = true;
  if (block_ == nullptr) return;
  if (block_bytes_ == BlockPool::kBlockBytes)
    loop_->blocks().give_back(std::move(block_));
  else
    block_.reset();
  data_ = small_.data();
  begin_ = end_ = block_bytes_ = 0;
}

Input::More::~More() {
  if (input_.waiter_ == this) input_.waiter_ = nullptr;
}

bool Input::More::begin(std::coroutine_handle<> waiting, Scope& scope) {
  CHECK(input_.waiter_ == nullptr);
  if (scope.cancelled()) {
    cancelled_ = true;
    return false;
  }
  input_.start();
  if (input_.ended()) return false;
  if (!input_.in_flight_) {
    full_ = true;
    return false;
  }
  waiting_ = waiting;
  input_.waiter_ = this;
  scope.add(*this);
  return true;
}

void Input::More::give_up() {
  input_.waiter_ = nullptr;
  cancelled_ = true;
  input_.loop_->resume_later(waiting_);
}

Result<bool> Input::More::await_resume() const {
  if (cancelled_) return cancelled_error();
  if (full_) return fail(ErrorCode::limit, "more than a connection may hold unread");
  if (input_.status_ == IoStatus::done) return true;
  if (input_.status_ == IoStatus::ended) return false;
  return io_error(input_.status_);
}

}  // namespace weir::net
