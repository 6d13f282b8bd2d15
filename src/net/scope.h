// What is done for somebody, so that it can be given up as a whole: when a client goes away, everything that
// its request waits for ends with an Error at once, however deep.
//
//   Scope request(parent);                        // ends when its parent is cancelled, too
//   co_await std::move(task).in(request);         // what the task awaits belongs to the scope, and so on
//   down request.cancel();                             // from elsewhere on the same loop
//
// A scope belongs to one loop's thread. Cancelling resumes nobody inside the call: each wait ends from the
// loop, with the Error `unavailable`, and a wait that begins afterwards ends at once.
#pragma once

namespace weir::net {

class Loop;
class Scope;

// Something that waits, or a scope of several such. Taken out of its scope on destruction.
class Cancellable {
 public:
  Cancellable() = default;
  Cancellable(const Cancellable&) = delete;
  Cancellable& operator=(const Cancellable&) = delete;

 protected:
  virtual ~Cancellable() { leave_scope(); }
  void leave_scope();

 private:
  friend class Scope;
  // Once at most, and not in a scope any more. Must not resume a coroutine.
  virtual void give_up() = 0;

  Cancellable* before_ = nullptr;
  Cancellable* behind_ = nullptr;
  Scope* scope_ = nullptr;
};

class Scope final : private Cancellable {
 public:
  explicit Scope(Loop& loop) : loop_(loop) {}
  explicit Scope(Scope& parent);
  ~Scope() override;

  Loop& loop() const { return loop_; }
  bool cancelled() const { return cancelled_; }
  void cancel();
  void add(Cancellable& one);

 private:
  friend class Cancellable;
  void give_up() override { cancel(); }

  Loop& loop_;
  Cancellable* first_ = nullptr;
  bool cancelled_ = false;
};

}  // namespace weir::net
