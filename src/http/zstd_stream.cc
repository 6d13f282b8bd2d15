#include "http/zstd_stream.h"

#include <zstd.h>

#include <vector>

namespace weir::http {
namespace {

constexpr int kWindowLogMax = 23;

}  // namespace

struct ZstdReader::State {
  ZSTD_DCtx* context = ZSTD_createDCtx();
  std::vector<char> piece = std::vector<char>(ZSTD_DStreamOutSize());
  State() {
    CHECK(context != nullptr);
    CHECK(ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, kWindowLogMax)) == 0);
  }
  ~State() { ZSTD_freeDCtx(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

ZstdReader::ZstdReader() : state_(std::make_unique<State>()) {}
ZstdReader::~ZstdReader() = default;
ZstdReader::ZstdReader(ZstdReader&&) noexcept = default;
ZstdReader& ZstdReader::operator=(ZstdReader&&) noexcept = default;

Status ZstdReader::take(std::string_view bytes, std::string& out, Expansion& expansion) {
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  bool full = false;  // there may be more to come out although all went in
  while (in.pos < in.size || full) {
    ZSTD_outBuffer made{state_->piece.data(), state_->piece.size(), 0};
    const std::size_t before = in.pos;
    const std::size_t left = ZSTD_decompressStream(state_->context, &made, &in);
    if (ZSTD_isError(left) != 0) return fail("not Zstandard, or with a window above 8 MiB");
    out.append(state_->piece.data(), made.pos);
    TRY_STATUS(expansion.add(in.pos - before, made.pos));
    between_frames_ = left == 0;
    full = made.pos == made.size && !between_frames_;
    if (in.pos == before && made.pos == 0) break;
  }
  return {};
}

}  // namespace weir::http
