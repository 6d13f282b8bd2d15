// Gemini generateContent: a functionCall is complete in one part of one chunk. A refused one becomes a text
// part in its place. Without `alt=sse` a stream is one JSON array, which is read as a whole answer.
#include <utility>

#include "base/json.h"
#include "llm/json_span.h"
#include "llm/shape.h"
#include "llm/stream_core.h"

namespace weir::llm {
namespace {

class GeminiStream final : public StreamCore {
 public:
  GeminiStream() : StreamCore(Api::gemini) {}

 private:
  // Where a call stands in its chunk.
  struct Spot {
    JsonPath part;
    std::string member;  // "functionCall"
  };

  Result<Place> place(std::string_view type, JsonView data, const StreamEvent& event) override;
  Result<Place> place_whole(JsonView body, const StreamEvent& event) override;
  void write(Queued queued, Out& out) override;
  StreamEvent error_event(std::string_view message) override;

  Status read_chunk(JsonView chunk, const JsonPath& path, Place& where);
  Status read_part(JsonView part, const JsonPath& path, Place& where);
  Status hold_part(JsonView part, const JsonPath& path, Place& where);

  std::vector<Spot> spots_;  // by number of call
};

Result<StreamCore::Place> GeminiStream::place(std::string_view, JsonView data, const StreamEvent&) {
  if (data["error"].is_object() && data["candidates"].is_null()) {
    if (looks_like_call(data)) return bad("an error holds a tool call");
    return Place{.at_once = true, .last = true};
  }
  Place where;
  TRY_STATUS(read_chunk(data, {}, where));
  return where;
}

Result<StreamCore::Place> GeminiStream::place_whole(JsonView body, const StreamEvent&) {
  Place where{.whole = true};
  if (!body.is_object() && !body.is_array()) return bad("an answer is no JSON object");
  std::size_t position = 0;
  for (const JsonView chunk : body.items())
    TRY_STATUS(read_chunk(chunk, {position++}, where));
  if (body.is_object()) TRY_STATUS(read_chunk(body, {}, where));
  return where;
}

Status GeminiStream::read_chunk(JsonView chunk, const JsonPath& path, Place& where) {
  if (!chunk.is_object() || looks_like_call(chunk, {"candidates"}))
    return bad("a chunk has a function call outside its candidates");
  const JsonView candidates = chunk["candidates"];
  if (!candidates.is_null() && !candidates.is_array()) return bad("the candidates are no list");
  std::size_t position = 0;
  for (const JsonView candidate : candidates.items()) {
    const JsonView content = candidate["content"];
    if (!candidate.is_object() || looks_like_call(candidate, {"content"}) ||
        looks_like_call(content, {"parts"}))
      return bad("a candidate has a function call outside its parts");
    if (!content["parts"].is_null() && !content["parts"].is_array()) return bad("the parts are no list");
    std::size_t number = 0;
    for (const JsonView part : content["parts"].items()) {
      JsonPath at = path;
      at.insert(at.end(), {"candidates", position, "content", "parts", number++});
      TRY_STATUS(read_part(part, at, where));
    }
    ++position;
  }
  return {};
}

Status GeminiStream::read_part(JsonView part, const JsonPath& path, Place& where) {
  if (!part.is_object()) return bad("a part is no JSON object");
  if (part["functionCall"].is_object()) return hold_part(part, path, where);
  for (const char* const made : {"executableCode", "toolCall"}) {  // run by the vendor
    if (!part[made].is_object()) continue;
    ToolCall call{.kind = CallKind::server, .id = std::string(part[made]["id"].text_or("")), .name = made};
    call.input = part[made].to_json();
    call.arguments = canonical(*call.input);
    happened(std::move(call));
  }
  if (looks_like_call(
          part, {"executableCode", "codeExecutionResult", "toolCall", "toolResponse", "functionResponse"}))
    return bad("a part of another kind holds a function call");
  return {};
}

Status GeminiStream::hold_part(JsonView part, const JsonPath& path, Place& where) {
  const JsonView json = part["functionCall"];
  ToolCall call{.kind = CallKind::function,
                .id = std::string(json["id"].text_or("")),
                .name = std::string(json["name"].text_or(""))};
  const JsonView args = json["args"];
  call.input = args.is_null() ? Json(Json::Object{}) : args.to_json();
  call.arguments = canonical(*call.input);
  TRY(const int number, hold(std::move(call)));
  held(number).member = "args";
  spots_.push_back({path, "functionCall"});
  where.calls.push_back(number);
  if (looks_like_call(part, {"functionCall"}) || looks_like_call(json, {"args", "name"}))
    refuse(number, "it holds another call, or comes in pieces");
  else if (!part["text"].is_null())
    refuse(number, "it stands in one part with text");
  else
    complete(number);
  return {};
}

void GeminiStream::write(Queued queued, Out& out) {
  Edits edits(queued.event.data);
  for (const int number : queued.place.calls) {
    const Held& call = held(number);
    const Spot& spot = spots_[static_cast<std::size_t>(number)];
    if (call.refused())
      edits.replace(spot.part, R"({"text":)" + quoted(refusal_text(call.call, call.verdict.text)) + "}");
    if (!call.rewritten()) continue;
    JsonPath args = spot.part;
    args.insert(args.end(), {spot.member, "args"});
    if (edits.replace(args, call.verdict.text)) continue;
    args.pop_back();  // there were none: the call is written anew around its id and name
    Json whole = Json::object({{"name", call.call.name}});
    if (!call.call.id.empty()) whole.set("id", call.call.id);
    std::string text = compact(whole);
    text.insert(text.size() - 1, R"(,"args":)" + call.verdict.text);
    edits.replace(args, std::move(text));
  }
  if (!edits.empty()) queued.event.data = edits.apply();
  out.push_back(std::move(queued.event));
}

StreamEvent GeminiStream::error_event(std::string_view message) {
  return {{}, R"({"error":{"code":403,"message":)" + quoted(message) + R"(,"status":"PERMISSION_DENIED"}})"};
}

}  // namespace

std::unique_ptr<StreamCore> gemini_stream() {
  return std::make_unique<GeminiStream>();
}

}  // namespace weir::llm
