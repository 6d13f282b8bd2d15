// Which API a method and a path mean.
#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "llm/request.h"

namespace weir::llm {
namespace {

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '%' ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
    if (byte && byte->size() == 1) {
      out += static_cast<char>(byte->front());
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// The segments of a path as a tolerant server sees them.
std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  const std::string plain = unescaped(path);
  for (const std::string_view segment : split(plain, '/')) {
    if (segment == ".." && !segments.empty()) segments.pop_back();
    if (!segment.empty() && segment != "." && segment != "..") segments.emplace_back(segment);
  }
  return segments;
}

// Where `word` stands, counted from the end of the path; nothing when it is none of the last three segments.
std::optional<std::size_t> from_end(const std::vector<std::string>& segments, std::string_view word) {
  for (std::size_t i = 0; i < std::min<std::size_t>(segments.size(), 3); ++i)
    if (to_lower_ascii(segments[segments.size() - 1 - i]) == word) return i;
  return std::nullopt;
}

std::optional<Target> gemini_target(const std::vector<std::string>& segments, std::string_view query) {
  const std::string& last = segments.back();
  const auto colon = last.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  const std::string verb = to_lower_ascii(last.substr(colon + 1));
  Target target{.api = Api::gemini, .operation = Operation::other, .model = last.substr(0, colon)};
  if (verb == "generatecontent" || verb == "streamgeneratecontent") target.operation = Operation::generate;
  if (verb == "counttokens") target.operation = Operation::count_tokens;
  if (verb == "batchgeneratecontent" || target.operation != Operation::other) {
    target.stream = verb.starts_with("stream");
    for (const std::string_view part : split(query, '&'))
      target.sse = target.sse || to_lower_ascii(unescaped(part)) == "alt=sse";
    return target;
  }
  return std::nullopt;
}

// What the segments behind the API's own word ask for.
Operation operation_of(std::string_view method, const std::vector<std::string>& segments,
                       std::size_t behind) {
  if (behind == 0) return method == "POST" || method == "GET" ? Operation::generate : Operation::other;
  const std::string last = to_lower_ascii(segments.back());
  if (last == "count_tokens" || last == "input_tokens") return Operation::count_tokens;
  return method == "GET" && behind == 1 ? Operation::retrieve : Operation::other;
}

}  // namespace

std::optional<Target> recognise(std::string_view method, std::string_view target) {
  const std::string_view path = target.substr(0, target.find_first_of("?#"));
  const std::string_view query =
      path.size() < target.size() ? target.substr(path.size() + 1) : std::string_view();
  const std::vector<std::string> segments = segments_of(path);
  if (segments.empty()) return std::nullopt;
  if (const auto gemini = gemini_target(segments, query)) return gemini;
  if (const auto behind = from_end(segments, "completions")) {
    const std::size_t at = segments.size() - 1 - *behind;
    if (at == 0 || to_lower_ascii(segments[at - 1]) != "chat") return std::nullopt;
    return Target{.api = Api::chat, .operation = operation_of(method, segments, *behind)};
  }
  if (const auto behind = from_end(segments, "responses"))
    return Target{.api = Api::responses, .operation = operation_of(method, segments, *behind)};
  // Not OpenAI's /threads/ID/messages.
  if (const auto behind = from_end(segments, "messages"); behind && !from_end(segments, "threads"))
    return Target{.api = Api::anthropic, .operation = operation_of(method, segments, *behind)};
  return std::nullopt;
}

}  // namespace weir::llm
