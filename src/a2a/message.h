// Messages between agents and their parts, the same value from the three shapes they have on the wire:
//
//   1.0               {"messageId","role":"ROLE_USER","parts":[{"text":…} {"raw":…} {"url":…} {"data":…}]}
//   0.3 JSON-RPC      {"kind":"message","messageId","role":"user","parts":[{"kind":"text","text":…} …]}
//   0.3 REST          {"messageId","role":"ROLE_USER","content":[{"text":…} {"file":{"fileWithUri":…}} …]}
//
//   TRY(const Message message, read_message(json, Shape::v1, "message"));
//
// Refused: a part with two contents or with none (readers differ in which one they take), bytes that are not
// base64, a message with "parts" and "content".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"

namespace weir::a2a {

enum class Shape {
  v1,
  v03,       // JSON-RPC of 0.3, by its JSON schema
  v03_proto  // REST of 0.3, by its .proto; agents that use the JSON schema there are read too
};

enum class PartKind { text, raw, url, data };
std::string_view name(PartKind kind);  // "text" "raw" "url" "data"

struct Part {
  PartKind kind = PartKind::text;
  std::string text;  // of raw: base64 as it came; of url: the URL
  Json data;         // of data: any value
  std::string media_type;
  std::string filename;
  Json metadata;  // an object or null
  bool operator==(const Part&) const = default;
};

struct Message {
  std::string id;
  std::string context_id;
  std::string task_id;
  bool from_agent = false;
  std::vector<Part> parts;
  std::vector<std::string> extensions;
  std::vector<std::string> reference_task_ids;
  Json metadata;  // an object or null
  bool operator==(const Message&) const = default;
};

// `where` names it in errors.
Result<Message> read_message(const Json& json, Shape shape, const std::string& where);
Result<std::vector<Part>> read_parts(const Json& list, Shape shape, const std::string& where);

// The bytes of a raw part: base64 or base64url, padded or not (ProtoJSON takes all of them).
std::optional<Bytes> raw_bytes(std::string_view text);

// One form for both versions, members in a fixed order, absent ones left out: what tests and records compare.
Json to_json(const Part& part);
Json to_json(const Message& message);

}  // namespace weir::a2a
