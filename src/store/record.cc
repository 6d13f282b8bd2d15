#include "store/record.h"

#include "base/limits.h"
#include "store/codec.h"

namespace weir::store {
namespace {
constexpr std::size_t kHeadBytes = 16;
}

std::string_view name(RecordKind kind) {
  switch (kind) {
    case RecordKind::event:
      return "event";
    case RecordKind::decision:
      return "decision";
    case RecordKind::receipt:
      return "receipt";
    case RecordKind::other:
      return "other";
    case RecordKind::erased:
      return "erased";
  }
  return "unknown";
}

Result<std::string> encode_record(const Record& record) {
  for (const std::string* text : {&record.id, &record.root, &record.session})
    if (text->size() > limits::kStoreNameBytesMax)
      return fail(
          ErrorCode::limit,
          "an id or session name is longer than " + std::to_string(limits::kStoreNameBytesMax) + " bytes",
          record.id.substr(0, 64));
  if (record.envelope.size() > limits::kStoreEnvelopeBytesMax)
    return fail(ErrorCode::limit,
                "the envelope is longer than " + std::to_string(limits::kStoreEnvelopeBytesMax) + " bytes",
                record.id, "move content into the body");
  std::string out;
  out.reserve(kHeadBytes + record.id.size() + record.root.size() + record.session.size() +
              record.envelope.size());
  put(out, static_cast<std::uint8_t>(record.kind));
  put(out, std::uint8_t{0});
  put(out, static_cast<std::uint16_t>(record.id.size()));
  put(out, static_cast<std::uint16_t>(record.root.size()));
  put(out, static_cast<std::uint16_t>(record.session.size()));
  put(out, record.seq);
  out += record.id;
  out += record.root;
  out += record.session;
  out += record.envelope;
  return out;
}

Result<Record> decode_record(ByteView payload) {
  if (payload.size() < kHeadBytes) return fail(ErrorCode::corrupt, "a record is shorter than its head");
  Record record;
  record.kind = static_cast<RecordKind>(payload[0]);
  const std::size_t id_bytes = get<std::uint16_t>(payload, 2);
  const std::size_t root_bytes = get<std::uint16_t>(payload, 4);
  const std::size_t session_bytes = get<std::uint16_t>(payload, 6);
  if (kHeadBytes + id_bytes + root_bytes + session_bytes > payload.size())
    return fail(ErrorCode::corrupt, "the names of a record reach beyond it");
  record.seq = get<std::uint64_t>(payload, 8);
  const std::string_view text = as_text(payload.subspan(kHeadBytes));
  record.id = text.substr(0, id_bytes);
  record.root = text.substr(id_bytes, root_bytes);
  record.session = text.substr(id_bytes + root_bytes, session_bytes);
  record.envelope = text.substr(id_bytes + root_bytes + session_bytes);
  return record;
}

}  // namespace weir::store
