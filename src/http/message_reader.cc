#include "http/message_reader.h"

#include "http/http_limits.h"
#include "http/syntax.h"

namespace weir::http {
namespace {

// One step through a body: `end` is a step of its own, so that an empty body ends too.
Result<Step> read_body(BodyReader& body, std::string_view waiting) {
  if (waiting.empty()) return Step{};
  TRY(const ChunkReader::Piece piece, body.next(waiting));
  return Step{.kind = Step::Kind::body, .taken = piece.taken, .data = piece.data};
}

Step pass_all(std::string_view waiting) {
  return {.kind = waiting.empty() ? Step::Kind::more : Step::Kind::open,
          .taken = waiting.size(),
          .data = waiting};
}

}  // namespace

Result<std::optional<std::size_t>> HeadScan::find(std::string_view bytes) {
  const std::string_view most = bytes.substr(0, limits::kHeadBytesMax);
  while (true) {
    const auto feed = most.find('\n', seen_);
    // A CR may end what is there so far, and nothing but LF may follow it.
    const bool cut = seen_ > line_ && most[seen_ - 1] == '\r';
    std::string_view fresh = most.substr(seen_, feed == std::string_view::npos ? feed : feed - seen_);
    const bool returned = fresh.ends_with('\r') || (cut && fresh.empty());
    if (cut && !fresh.empty()) return fail("a control character in a head");
    if (fresh.ends_with('\r')) fresh.remove_suffix(1);
    if (!is_field_text(fresh)) return fail("a control character in a head");
    if (feed == std::string_view::npos) {
      seen_ = most.size();
      if (bytes.size() > most.size()) return fail(ErrorCode::limit, "a head that is longer than 64 KiB");
      return std::optional<std::size_t>();
    }
    if (!returned) return fail("a line of a head does not end with CR LF");
    const bool empty = feed == line_ + 1;
    line_ = seen_ = feed + 1;
    if (!empty) continue;
    const std::size_t whole = line_;
    *this = HeadScan();
    return std::optional(whole);
  }
}

// ---- requests

Result<Step> RequestReader::next(std::string_view waiting) {
  switch (part_) {
    case Part::head:
      return read_head(waiting);
    case Part::body:
      return body_.done() ? read_end() : read_body(body_, waiting);
    case Part::switching:
      return Step{};
    case Part::open:
      return pass_all(waiting);
    case Part::over:
      break;
  }
  if (!waiting.empty()) return fail("bytes behind the last request of a connection");
  return Step{};
}

Result<Step> RequestReader::read_head(std::string_view waiting) {
  TRY(const auto whole, scan_.find(waiting));
  if (!whole) return Step{};
  TRY(auto head, parse_request_head(waiting.substr(0, *whole)));
  if (!head) return fail("not a head of HTTP/1");
  head_ = *std::move(head);
  TRY_STATUS(check_request(head_));
  TRY(body_, BodyReader::of(head_, bytes_max_));
  last_ = !persists(head_);
  leaves_ = head_.method == "CONNECT" || head_.field("upgrade");
  part_ = Part::body;
  return Step{.kind = Step::Kind::head, .taken = *whole};
}

Step RequestReader::read_end() {
  part_ = leaves_ ? Part::switching : last_ ? Part::over : Part::head;
  return {.kind = Step::Kind::end};
}

Status RequestReader::ended(std::string_view waiting) {
  if (part_ == Part::open || part_ == Part::over) return {};
  if (part_ == Part::body && !body_.done()) return fail("the connection ended inside a body");
  if (part_ == Part::head && !waiting.empty()) return fail("the connection ended inside a head");
  return {};
}

// ---- answers

Status ResponseReader::asked(const RequestHead& request) {
  if (asked_.size() >= limits::kPipelineMax)
    return fail(ErrorCode::limit, "more requests than may wait for answers");
  asked_.push_back({.head = request.method == "HEAD",
                    .connect = request.method == "CONNECT",
                    .upgrade = request.field("upgrade").has_value()});
  return {};
}

Result<Step> ResponseReader::next(std::string_view waiting) {
  switch (part_) {
    case Part::head:
      return read_head(waiting);
    case Part::body:
      break;
    case Part::open:
      return pass_all(waiting);
    case Part::over:
      if (!waiting.empty()) return fail("bytes behind the last answer of a connection");
      return Step{};
  }
  if (!body_.done()) return read_body(body_, waiting);
  part_ = last_ ? Part::over : Part::head;
  return Step{.kind = Step::Kind::end};
}

Result<Step> ResponseReader::read_head(std::string_view waiting) {
  if (waiting.empty()) return Step{};
  if (asked_.empty()) return fail("an answer that nobody asked for");
  TRY(const auto whole, scan_.find(waiting));
  if (!whole) return Step{};
  const Asked asked = asked_.front();
  TRY(auto head, parse_response_head(waiting.substr(0, *whole), asked.head));
  if (!head) return fail("not a head of an answer");
  head_ = *std::move(head);
  TRY_STATUS(check_head(asked));
  const Step step{.kind = Step::Kind::head, .taken = *whole};
  if (head_.informational()) return step;
  asked_.pop_front();
  informational_ = 0;
  last_ = !persists(head_);  // now: its bytes may be gone when its body ends
  const bool leaves = head_.status == 101 || (asked.connect && head_.status < 300);
  TRY(body_, leaves ? BodyReader() : BodyReader::of(head_, bytes_max_));
  part_ = leaves ? Part::open : Part::body;
  return step;
}

Status ResponseReader::check_head(const Asked& asked) {
  if (head_.informational() && ++informational_ > limits::kInformationalMax)
    return fail(ErrorCode::limit, "more informational answers than may precede one");
  if (head_.status == 101 && !(asked.upgrade && head_.field("upgrade")))
    return fail("an upgrade that nobody asked for");
  // RFC 9110 section 8.6: these have no body, and what says how long one is would be believed by some.
  const bool tunnel = asked.connect && head_.status >= 200 && head_.status < 300;
  if (head_.status >= 200 && head_.status != 204 && !tunnel) return {};
  for (const auto& field : head_.fields)
    if (same_word(field.name, "transfer-encoding") ||
        (same_word(field.name, "content-length") && field.value != "0"))
      return fail("an answer that has no body says how long it is");
  return {};
}

Status ResponseReader::ended(std::string_view waiting) {
  if (part_ == Part::open) return {};
  if (part_ == Part::body) TRY_STATUS(body_.ended());
  if (part_ != Part::body && !waiting.empty() && part_ != Part::over)
    return fail("the connection ended inside a head");
  if (!asked_.empty()) return fail("the connection ended before an answer that is owed");
  return {};
}

}  // namespace weir::http
