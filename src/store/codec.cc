#include "store/codec.h"

#include <zstd.h>

#include <memory>

namespace weir::store {

std::string compress(std::string_view plain) {
  // Sealing is on the path of every verdict: short bodies, where setting zstd up costs more than it saves,
  // stay plain, and the others get the fastest level.
  constexpr std::size_t kWorthwhileBytes = 1024;
  constexpr int kLevel = 1;
  if (plain.size() < kWorthwhileBytes) return {};
  // Room for the input less one byte: the library stops by itself when compression does not pay.
  std::string out(plain.size() - 1, '\0');
  // One context a thread: making it costs more than compressing a short body.
  thread_local const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                                  &ZSTD_freeCCtx);
  if (!context) return {};
  const std::size_t n =
      ZSTD_compressCCtx(context.get(), out.data(), out.size(), plain.data(), plain.size(), kLevel);
  if (ZSTD_isError(n) != 0) return {};
  out.resize(n);
  out.shrink_to_fit();
  return out;
}

Result<std::string> decompress(std::string_view compressed, std::size_t plain_bytes) {
  std::string out(plain_bytes, '\0');
  const std::size_t n = ZSTD_decompress(out.data(), out.size(), compressed.data(), compressed.size());
  if (ZSTD_isError(n) != 0 || n != plain_bytes)
    return fail(ErrorCode::corrupt, "compressed bytes do not decompress to their stated length");
  return out;
}

}  // namespace weir::store
