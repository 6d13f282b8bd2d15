// Answers from anyone: the first byte says which request they are for, in which form. What is read says which
// parts it brings, each with a content of its kind.
#include <cstdint>

#include "a2a/answer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  if (size == 0) return 0;
  const unsigned which = data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  a2a::Operation asked;
  asked.act = static_cast<a2a::Act>((which >> 2) % 11);
  asked.version = (which & 1) != 0 ? a2a::Version::v1_0 : a2a::Version::v0_3;
  asked.binding = (which & 2) != 0 ? a2a::Binding::rest : a2a::Binding::json_rpc;
  if (asked.binding == a2a::Binding::json_rpc) asked.rpc_id = "1";
  for (const auto& read : {a2a::read_answer(asked, {200, bytes}), a2a::read_answer(asked, {400, bytes}),
                           a2a::read_event(asked, "message", bytes)}) {
    if (!read) continue;
    CHECK(parse_json(canonical(a2a::to_json(*read))).has_value());
    for (const auto* part : a2a::brought(*read)) {
      CHECK(part->kind != a2a::PartKind::raw || a2a::raw_bytes(part->text).has_value());
      CHECK(part->kind != a2a::PartKind::data || part->text.empty());
    }
  }
  (void)a2a::read_notification(asked.version, bytes);
  return 0;
}
