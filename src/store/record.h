// A record: one Event, Decision, Receipt or other statement as it lies in a segment. Pure.
//
// Payload of a record frame (store/frame.h), little-endian:
//
//   record = kind:u8 zero:u8 id_bytes:u16 root_bytes:u16 session_bytes:u16     8
//            seq:u64                                                           8
//            id root session                                        UTF-8 names
//            envelope                                               the rest: canonical JSON (RFC 8785)
//
// The envelope of a record with a body has the member "body": {"ref", "commitment", "bytes"}.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/json.h"
#include "store/position.h"

namespace weir::store {

// Unknown kinds round-trip.
enum class RecordKind : std::uint8_t { event = 1, decision = 2, receipt = 3, other = 4, erased = 5 };
std::string_view name(RecordKind kind);

// What a caller wants to have stored. `envelope` stays readable for ever; `body` is content, encrypted, and
// goes when the session is erased.
struct Draft {
  RecordKind kind = RecordKind::event;
  std::string id;       // unique, e.g. UUIDv7
  std::string root;     // session tree: bodies are encrypted and erased by it; "" only without a body
  std::string session;  // session in the tree
  std::uint64_t seq = 0;
  Json envelope;     // object
  std::string body;  // "": none
};

struct Record {
  RecordKind kind = RecordKind::event;
  std::string id;
  std::string root;
  std::string session;
  std::uint64_t seq = 0;
  std::string envelope;  // canonical JSON
  Position at;           // of its frame
  bool operator==(const Record&) const = default;

  Result<Json> json() const { return parse_json(envelope); }
};

// Without `at`. Error `limit` when a name or the envelope is too long.
Result<std::string> encode_record(const Record& record);
// Error `corrupt` when the payload does not follow the grammar.
Result<Record> decode_record(ByteView payload);

}  // namespace weir::store
