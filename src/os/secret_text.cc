#include "os/secret_text.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <span>

#include "os/random.h"

namespace weir::os {

SecretText::SecretText(std::string_view text) {
  if (text.empty()) return;
  void* const pages =
      ::mmap(nullptr, text.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return;
  (void)::mlock(pages, text.size());
  (void)::madvise(pages, text.size(), MADV_DONTDUMP);
  (void)::madvise(pages, text.size(), MADV_WIPEONFORK);
  data_ = static_cast<char*>(pages);
  size_ = text.size();
  std::memcpy(data_, text.data(), text.size());
}

SecretText::~SecretText() {
  if (data_ == nullptr) return;
  wipe(std::span(reinterpret_cast<std::uint8_t*>(data_), size_));
  ::munmap(data_, size_);
}

void wipe(std::string& text) {
  wipe(std::span(reinterpret_cast<std::uint8_t*>(text.data()), text.size()));
  text.clear();
}

}  // namespace weir::os
