// A text that must not be found anywhere later: a credential, a private key.
//
//   SecretText token(std::string_view(bytes));   // copied; wipe what it was copied from
//   send(token.view());
//
// It lies in pages of its own that are never swapped out where the limit on locked memory allows it, left out
// of core dumps, and empty in a process that is forked from this one; they are overwritten before they go
// back.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace weir::os {

class SecretText {
 public:
  SecretText() = default;
  // No memory: it is empty.
  explicit SecretText(std::string_view text);
  SecretText(SecretText&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  SecretText& operator=(SecretText&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~SecretText();

  std::string_view view() const { return {data_, size_}; }
  bool empty() const { return size_ == 0; }
  SecretText copy() const { return SecretText(view()); }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

// Overwrites the bytes of a string that held one, and empties it.
void wipe(std::string& text);

}  // namespace weir::os
