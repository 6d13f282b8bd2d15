// libzstd behind a value: Zstandard frames (RFC 8878) out of bytes that come in pieces, bounded in what may
// come out of them and in memory (a window of at most 8 MiB, RFC 9659). The only wrapper of libzstd in this
// room.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/zlib_stream.h"

namespace weir::http {

class ZstdReader {
 public:
  ZstdReader();
  ~ZstdReader();
  ZstdReader(ZstdReader&&) noexcept;
  ZstdReader& operator=(ZstdReader&&) noexcept;

  // Appends what the bytes hold to `out`; frames may follow each other. Errors: `invalid`, `limit`.
  Status take(std::string_view bytes, std::string& out, Expansion& expansion);
  bool between_frames() const { return between_frames_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  bool between_frames_ = true;
};

}  // namespace weir::http
