#include "net/scope.h"

namespace weir::net {

void Cancellable::leave_scope() {
  if (scope_ == nullptr) return;
  (before_ != nullptr ? before_->behind_ : scope_->first_) = behind_;
  if (behind_ != nullptr) behind_->before_ = before_;
  before_ = behind_ = nullptr;
  scope_ = nullptr;
}

Scope::Scope(Scope& parent) : loop_(parent.loop_), cancelled_(parent.cancelled_) {
  parent.add(*this);
}

Scope::~Scope() {
  while (first_ != nullptr)
    first_->leave_scope();
}

void Scope::add(Cancellable& one) {
  one.leave_scope();
  one.scope_ = this;
  one.behind_ = first_;
  if (first_ != nullptr) first_->before_ = &one;
  first_ = &one;
}

void Scope::cancel() {
  cancelled_ = true;
  while (first_ != nullptr) {
    Cancellable& one = *first_;
    one.leave_scope();
    one.give_up();
  }
}

}  // namespace weir::net
