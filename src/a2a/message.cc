#include "a2a/message.h"

#include <algorithm>

#include "a2a/limits.h"
#include "a2a/members.h"

namespace weir::a2a {
namespace {

// The one content of a part.
struct Content {
  Part part;
  int found = 0;
};

void take(Content& content, PartKind kind, std::string text) {
  ++content.found;
  content.part.kind = kind;
  content.part.text = std::move(text);
}

void check_raw(Members& in, std::string_view key, const std::string& text) {
  if (!raw_bytes(text)) in.wrong("is not base64", key);
}

Content read_v1(Members& in) {
  Content out;
  if (in.has("text")) take(out, PartKind::text, in.free_text("text"));
  if (in.has("raw")) {
    take(out, PartKind::raw, in.free_text("raw"));
    check_raw(in, "raw", out.part.text);
  }
  if (in.has("url")) take(out, PartKind::url, in.text("url", limits::kUrlBytesMax));
  if (in.has("data")) {
    take(out, PartKind::data, {});
    out.part.data = in.get("data");
  }
  out.part.media_type = in.text("mediaType", limits::kNameBytesMax);
  out.part.filename = in.text("filename", limits::kNameBytesMax);
  return out;
}

// "file" of 0.3: {"bytes"|"uri","mimeType","name"}, by the .proto {"fileWithBytes"|"fileWithUri",…}.
void read_file(Members& in, const std::string& where, Content& out) {
  Members file(in.get("file"), where + ".file",
               {"bytes", "uri", "fileWithBytes", "fileWithUri", "mimeType", "name"});
  for (const auto key : {"bytes", "fileWithBytes"})
    if (file.has(key)) {
      take(out, PartKind::raw, file.free_text(key));
      check_raw(file, key, out.part.text);
    }
  for (const auto key : {"uri", "fileWithUri"})
    if (file.has(key)) take(out, PartKind::url, file.text(key, limits::kUrlBytesMax));
  if (out.found == 0) file.wrong("has neither bytes nor a place", "");
  out.part.media_type = file.text("mimeType", limits::kNameBytesMax);
  out.part.filename = file.text("name", limits::kNameBytesMax);
  in.pass(file.status());
}

Content read_v03(Members& in, const std::string& where, Shape shape) {
  Content out;
  const std::string kind = in.text("kind", limits::kNameBytesMax);
  if (in.has("text")) take(out, PartKind::text, in.free_text("text"));
  if (in.has("file")) read_file(in, where, out);
  if (in.has("data")) {
    take(out, PartKind::data, {});
    // By the .proto the value stands in a "data" of its own.
    const Json& data = in.get("data");
    const bool wrapped = shape == Shape::v03_proto && kind.empty();
    if (!data.is_object()) in.wrong("must be an object", "data");
    if (wrapped && data.is_object() && !data["data"].is_object())
      in.wrong("must be an object with one member \"data\"", "data");
    out.part.data = wrapped ? data["data"] : data;
  }
  if (shape == Shape::v03 || !kind.empty()) {
    const std::string_view is = out.part.kind == PartKind::text   ? "text"
                                : out.part.kind == PartKind::data ? "data"
                                                                  : "file";
    if (out.found == 1 && kind != is) in.wrong("says another kind than the part is of", "kind");
  }
  return out;
}

Result<Part> read_part(const Json& json, Shape shape, const std::string& where) {
  Members in(json, where,
             {"text", "raw", "url", "data", "mediaType", "filename", "metadata", "kind", "file"});
  Content content = shape == Shape::v1 ? read_v1(in) : read_v03(in, where, shape);
  content.part.metadata = in.object("metadata");
  TRY_STATUS(in.status());
  // A part of the other version beside this one's content is what a lenient reader would take.
  const bool stray =
      shape == Shape::v1 ? in.has("file") : in.has("raw") || in.has("url") || in.has("mediaType");
  if (stray) return fail("holds the content of another version of the protocol", where);
  if (content.found != 1) return fail("must hold one of text, bytes, a URL or data", where);
  return std::move(content.part);
}

bool read_role(Members& in, Shape shape) {
  const std::string role = in.text("role", limits::kNameBytesMax);
  const bool by_schema = shape == Shape::v03 || (shape == Shape::v03_proto && in.has("parts"));
  if (role == (by_schema ? "agent" : "ROLE_AGENT")) return true;
  if (role != (by_schema ? "user" : "ROLE_USER")) in.wrong("is not a role of this version", "role");
  return false;
}

}  // namespace

std::string_view name(PartKind kind) {
  constexpr std::string_view kNames[] = {"text", "raw", "url", "data"};
  return kNames[static_cast<std::size_t>(kind)];
}

Result<std::vector<Part>> read_parts(const Json& list, Shape shape, const std::string& where) {
  if (!list.is_array() || list.as_array().empty()) return fail("must be a list of parts", where);
  if (list.as_array().size() > limits::kPartsMax)
    return fail(ErrorCode::limit, "has more than 4096 parts", where);
  std::vector<Part> parts;
  for (std::size_t i = 0; i < list.as_array().size(); ++i) {
    TRY(Part part, read_part(list.as_array()[i], shape, where + "[" + std::to_string(i) + "]"));
    parts.push_back(std::move(part));
  }
  return parts;
}

Result<Message> read_message(const Json& json, Shape shape, const std::string& where) {
  Members in(json, where,
             {"messageId", "contextId", "taskId", "role", "parts", "content", "metadata", "extensions",
              "referenceTaskIds", "kind"});
  Message out;
  out.id = in.text("messageId", limits::kIdBytesMax);
  if (out.id.empty()) in.wrong("is missing", "messageId");
  out.context_id = in.text("contextId", limits::kIdBytesMax);
  out.task_id = in.text("taskId", limits::kIdBytesMax);
  out.from_agent = read_role(in, shape);
  out.extensions = in.texts("extensions", limits::kUrlBytesMax, limits::kExtensionsMax);
  out.reference_task_ids = in.texts("referenceTaskIds", limits::kIdBytesMax, limits::kReferencesMax);
  out.metadata = in.object("metadata");
  if (shape == Shape::v03 && in.text("kind", limits::kNameBytesMax) != "message")
    in.wrong("must be \"message\"", "kind");
  if (in.has("parts") && in.has("content")) in.wrong("has \"parts\" and \"content\"", "");
  if (shape != Shape::v03_proto && in.has("content")) in.wrong("is not of this version", "content");
  TRY_STATUS(in.status());
  const std::string_view parts = in.has("content") ? "content" : "parts";
  const Shape of_parts = shape == Shape::v03_proto && parts == "parts" ? Shape::v03 : shape;
  TRY(out.parts, read_parts(in.get(parts), of_parts, where + "." + std::string(parts)));
  return out;
}

std::optional<Bytes> raw_bytes(std::string_view text) {
  std::string plain(text);
  std::ranges::replace(plain, '-', '+');
  std::ranges::replace(plain, '_', '/');
  if (!plain.contains('=')) plain.append((4 - plain.size() % 4) % 4, '=');
  return from_base64(plain);
}

Json to_json(const Part& part) {
  Json out = Json::object({{"kind", name(part.kind)}});
  if (part.kind == PartKind::data)
    out.set("data", part.data);
  else
    out.set("content", part.text);
  if (!part.media_type.empty()) out.set("media_type", part.media_type);
  if (!part.filename.empty()) out.set("filename", part.filename);
  if (!part.metadata.is_null()) out.set("metadata", part.metadata);
  return out;
}

Json to_json(const Message& message) {
  Json out = Json::object({{"id", message.id}, {"from", message.from_agent ? "agent" : "user"}});
  if (!message.context_id.empty()) out.set("context_id", message.context_id);
  if (!message.task_id.empty()) out.set("task_id", message.task_id);
  Json parts = Json::array();
  for (const auto& part : message.parts)
    parts.push(to_json(part));
  out.set("parts", std::move(parts));
  if (!message.extensions.empty()) out.set("extensions", Json::strings(message.extensions));
  if (!message.reference_task_ids.empty()) out.set("references", Json::strings(message.reference_task_ids));
  if (!message.metadata.is_null()) out.set("metadata", message.metadata);
  return out;
}

}  // namespace weir::a2a
