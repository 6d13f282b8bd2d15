#include "http/websocket_deflate.h"

namespace weir::http {
namespace {

constexpr std::string_view kTail("\x00\x00\xff\xff", 4);  // RFC 7692 section 7.2.1

}  // namespace

Status MessageInflater::take(std::string_view payload, std::string& out, Expansion& expansion) {
  while (!payload.empty()) {
    TRY(const std::size_t used, inflater_.take(payload, out, expansion));
    payload.remove_prefix(used);
    // Section 7.2.3.4: a block may say that it is the last; the next one goes on in the same window.
    if (inflater_.ended()) TRY_STATUS(inflater_.restart_in_window());
  }
  return {};
}

Status MessageInflater::finish(std::string& out, Expansion& expansion) {
  for (std::string_view tail = kTail; !tail.empty();) {
    TRY(const std::size_t used, inflater_.take_blocks(tail, out, expansion));
    tail.remove_prefix(used);
    if (inflater_.ended()) TRY_STATUS(inflater_.restart_in_window());
  }
  // Else the tail was read as part of what should have come before it, and the next message would begin
  // inside.
  if (!inflater_.between_blocks()) return fail("a compressed message that is cut");
  if (forgets_) inflater_.restart();
  return {};
}

std::string MessageDeflater::message(std::string_view payload) {
  std::string out;
  deflater_.add(payload, out);
  deflater_.flush(out);
  if (out.ends_with(kTail)) out.resize(out.size() - kTail.size());
  if (out.empty()) out.push_back('\0');  // section 7.2.3.6: an empty message
  if (forgets_) deflater_.restart();
  return out;
}

}  // namespace weir::http
