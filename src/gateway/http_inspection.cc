#include "gateway/http_inspection.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/hash.h"
#include "gateway/gateway_limits.h"
#include "gateway/request_scope.h"

namespace weir::gateway {
namespace {

// Fields by which some servers take a request for another one than its first line says.
constexpr std::array<std::string_view, 6> kOverrides = {"x-http-method-override", "x-http-method",
                                                        "x-method-override",      "x-original-url",
                                                        "x-rewrite-url",          "x-forwarded-uri"};
// Not sent to a host that a credential belongs to: what it would answer in parts, or compressed, could not be
// masked.
constexpr std::array<std::string_view, 5> kNotForSecretHosts = {"accept-encoding", "range", "if-range", "te",
                                                                "want-digest"};

HttpInspection::Step refuse(Refusal why, std::string says) {
  HttpInspection::Step step;
  step.refused = why;
  const int status = why == Refusal::protocol ? 400 : why == Refusal::bad_answer ? 502 : 403;
  step.answer = http_refusal(status, "the pod's egress proxy refused this " +
                                         std::string(why == Refusal::bad_answer ? "answer: " : "request: ") +
                                         printable(says, 300));
  step.says = std::move(says);
  return step;
}

bool is_one_of(std::string_view name, auto& names) {
  return std::ranges::find(names, to_lower_ascii(name)) != std::ranges::end(names);
}

std::string hex_hash(std::string_view bytes) {
  const Digest digest = sha256(bytes);
  return to_hex(ByteView(digest.data(), digest.size()));
}

}  // namespace

HttpInspection::HttpInspection(Setup setup)
    : setup_(std::move(setup)),
      concerned_(setup_.credentials.concerns(setup_.expected.host, setup_.expected.port)),
      secret_host_(setup_.credentials.sends_value(setup_.expected.host, setup_.expected.port)) {}

// ---- from the client

HttpInspection::Step HttpInspection::up(std::string_view waiting) {
  Step all;
  while (true) {
    const std::string_view rest = waiting.substr(all.taken);
    const Up before = up_;
    Step step;
    switch (up_) {
      case Up::head:
        step = read_head(rest);
        break;
      case Up::body:
        step = body(rest);
        break;
      case Up::chunks:
        step = chunks(rest);
        break;
      case Up::signing:
        step = signing(rest);
        break;
      case Up::open:
        step.taken = rest.size();
        step.out = std::string(rest);
        break;
      case Up::answer:
        break;
    }
    all.taken += step.taken;
    all.out += step.out;
    if (step.refused) {
      step.taken = all.taken;
      step.out = std::move(all.out);
      return step;
    }
    if (step.taken == 0 && up_ == before) return all;
  }
}

HttpInspection::Step HttpInspection::read_head(std::string_view waiting) {
  if (waiting.empty()) return {};
  if (setup_.single && !first_)
    return refuse(Refusal::protocol, "a second request on a connection of a plain proxy");
  const auto parsed = http::parse_request_head(waiting);
  if (!parsed) return refuse(Refusal::protocol, "not HTTP/1 as it must be: " + parsed.error().what);
  if (!*parsed) return {};
  const http::RequestHead& head = **parsed;
  StreamGate::Expected expected = setup_.expected;
  // An endpoint of the host's loopback has several names.
  if (setup_.rule.kind == EgressRule::Kind::mapped)
    if (const auto said = parse_host_port(head.field("host").value_or(""));
        said && covers(setup_.rule, said->host, expected.port))
      expected.host = said->host;
  if (auto wrong = check_request(head, expected, first_)) {
    Step step;
    step.refused = wrong->refused;
    step.says = std::move(wrong->says);
    step.answer = std::move(wrong->answer);
    return step;
  }
  const auto absolute = http::absolute_target(head.target);
  const std::string_view path = path_of(absolute ? absolute->path : head.target);
  if (auto step = not_allowed(head, path)) return *std::move(step);
  first_ = false;
  return send_head(head, path);
}

// What a rule of this host, or the safety of a credential, does not allow.
std::optional<HttpInspection::Step> HttpInspection::not_allowed(const http::RequestHead& head,
                                                                std::string_view path) const {
  const Host& host = setup_.expected.host;
  bool ruled = false;
  bool allowed = false;
  for (const auto& rule : setup_.policy.inspected) {
    if (!covers(rule.where, host, setup_.expected.port)) continue;
    ruled = true;
    allowed |= any_method(rule.methods, head.method) && (rule.path.empty() || path_matches(rule.path, path));
  }
  if (const auto why = ambiguous_path(path); why && (ruled || concerned_))
    return refuse(Refusal::request_not_allowed, *why);
  if (ruled && !allowed)
    return refuse(Refusal::request_not_allowed,
                  std::string(head.method) + " " + path_shape(path) + " is not allowed by --inspect");
  if (!ruled && !concerned_) return std::nullopt;
  for (const auto& field : head.fields)
    if (is_one_of(field.name, kOverrides))
      return refuse(Refusal::request_not_allowed,
                    "a field that turns it into another one: " + std::string(field.name));
  if (!concerned_) return std::nullopt;
  if (head.method == "TRACE")
    return refuse(Refusal::request_not_allowed, "TRACE, which says credentials back");
  if (head.field("upgrade"))
    return refuse(Refusal::request_not_allowed, "an upgrade on a host that a credential belongs to");
  return std::nullopt;
}

HttpInspection::Step HttpInspection::send_head(const http::RequestHead& parsed, std::string_view path) {
  RewrittenHead head = copy_of(parsed);
  const CredentialRequest request{.host = setup_.expected.host,
                                  .port = setup_.expected.port,
                                  .secure = setup_.expected.inside_tls,
                                  .method = head.method,
                                  .path = path};
  // Before the swap: what is signed is what is sent.
  if (secret_host_) {
    for (const auto name : kNotForSecretHosts)
      head.drop(name);
    head.fields.emplace_back("Accept-Encoding", "identity");
  }
  const Swapped swapped = swap_credentials(head, request, setup_.credentials, setup_.now_ms());
  if (swapped.refused) return refuse(*swapped.refused, swapped.says);
  for (const Credential* one : swapped.used)
    setup_.used({one->name, head.method, path_shape(path)});
  upgrading_ = parsed.field("upgrade").has_value();
  for_head_ = head.method == "HEAD";
  up_left_ = parsed.framing.length;
  up_chunks_ = http::ChunkReader();
  finder_.reset();
  if (!setup_.credentials.empty()) finder_.emplace(setup_.credentials.placeholders());
  Step step;
  if (swapped.sign_with != nullptr) {
    const std::string hash = given_body_hash(head);
    if (!hash.empty() && !is_plain_aws_payload(hash))
      return refuse(Refusal::request_not_allowed,
                    "chunks that are signed one by one cannot be signed anew (" + printable(hash, 60) + ")");
    if (hash.empty() && (parsed.framing.chunked || up_left_ > limits::kSignedBodyBytesMax))
      return refuse(Refusal::request_not_allowed,
                    "a body without X-Amz-Content-Sha256 is signed only up to 1 MiB of a known length");
    sign_with_ = swapped.sign_with;
    unsigned_ = std::move(head);
    step.taken = parsed.bytes;
    if (hash.empty() && up_left_ > 0) {
      up_ = Up::signing;
      return step;
    }
    const Step sent = sign_and_send({});
    if (sent.refused) return sent;
    step.out = sent.out;
  } else {
    step.out = head.text();
    step.taken = parsed.bytes;
  }
  pending_ = true;
  up_ = parsed.framing.chunked ? Up::chunks : Up::body;
  return step;
}

HttpInspection::Step HttpInspection::sign_and_send(std::string_view whole_body) {
  const std::string given = given_body_hash(*unsigned_);
  const Status made = sign_request(*unsigned_, *sign_with_, given.empty() ? hex_hash(whole_body) : given);
  if (!made) return refuse(Refusal::misused_credential, made.error().message());
  Step step;
  step.out = unsigned_->text() + std::string(whole_body);
  unsigned_.reset();
  return step;
}

// The signature stands before the body and is about all of it.
HttpInspection::Step HttpInspection::signing(std::string_view waiting) {
  const std::size_t n = std::min<std::uint64_t>(up_left_, waiting.size());
  const Step found = searched(waiting.substr(0, n), n, n == up_left_);
  if (found.refused) return found;
  signed_body_ += found.out;
  up_left_ -= n;
  if (up_left_ > 0) return Step{.taken = n};
  Step step = sign_and_send(signed_body_);
  step.taken = n;
  signed_body_.clear();
  pending_ = !step.refused;
  request_ended();
  return step;
}

HttpInspection::Step HttpInspection::body(std::string_view waiting) {
  const std::size_t n = std::min<std::uint64_t>(up_left_, waiting.size());
  up_left_ -= n;
  Step step = searched(waiting.substr(0, n), n, up_left_ == 0);
  if (up_left_ == 0 && !step.refused) request_ended();
  return step;
}

HttpInspection::Step HttpInspection::chunks(std::string_view waiting) {
  const auto taken = up_chunks_.take(waiting);
  if (!taken) return refuse(Refusal::protocol, taken.error().what);
  Step step = searched(waiting.substr(0, *taken), *taken, up_chunks_.done());
  if (up_chunks_.done() && !step.refused) request_ended();
  return step;
}

// A placeholder in a body is worth nothing to whoever gets it. Towards its own host it may have come into a
// program's output, and from there into a conversation with a model: it is told. Towards any other it is
// stopped.
HttpInspection::Step HttpInspection::searched(std::string_view bytes, std::size_t taken, bool last) {
  Step step;
  step.taken = taken;
  if (!finder_) {
    step.out = std::string(bytes);
    return step;
  }
  finder_->take(bytes, step.out);
  if (last) finder_->finish(step.out);
  if (finder_->found() == nullptr) return step;
  const Credential& one = setup_.credentials.all()[finder_->found()->of];
  const std::string says = "the placeholder of credential " + one.name + " was in a body";
  if (!one.scope.means(setup_.expected.host, setup_.expected.port))
    return refuse(Refusal::misused_credential, says);
  if (!std::exchange(noticed_, true))
    setup_.noticed(Refusal::misused_credential, says + ", which passed as it was");
  return step;
}

void HttpInspection::request_ended() {
  up_ = Up::answer;
  if (!pending_) next_request();
}

void HttpInspection::next_request() {
  if (up_ == Up::answer) up_ = Up::head;
}

// ---- from the server

HttpInspection::Step HttpInspection::down(std::string_view waiting) {
  Step all;
  while (true) {
    const std::string_view rest = waiting.substr(all.taken);
    const Down before = down_;
    Step step;
    switch (down_) {
      case Down::head:
        step = read_answer(rest);
        break;
      case Down::length:
        step = answer_length(rest);
        break;
      case Down::chunks:
        step = answer_chunks(rest);
        break;
      case Down::until_close:
        step.taken = rest.size();
        masker_->take(rest, step.out);
        break;
      case Down::open:
        step.taken = rest.size();
        step.out = std::string(rest);
        break;
      case Down::over:
        step.taken = rest.size();  // for nobody
        break;
    }
    all.taken += step.taken;
    all.out += step.out;
    if (step.refused) {
      step.taken = all.taken;
      step.out = std::move(all.out);
      return step;
    }
    if (step.taken == 0 && down_ == before) return all;
  }
}

HttpInspection::Step HttpInspection::down_ended() {
  Step step;
  if (down_ == Down::until_close) {
    masker_->finish(step.out);
    down_ = Down::over;
  } else if (down_ == Down::length || down_ == Down::chunks || (down_ == Down::head && pending_)) {
    return refuse(Refusal::bad_answer, "the server ended the connection before its answer");
  }
  down_ = Down::over;
  return step;
}

HttpInspection::Step HttpInspection::read_answer(std::string_view waiting) {
  if (waiting.empty()) return {};
  if (!pending_) {  // unasked: "408 Request Timeout" of an idle connection
    down_ = Down::over;
    return {};
  }
  const auto parsed = http::parse_response_head(waiting, for_head_);
  if (!parsed) return refuse(Refusal::bad_answer, parsed.error().what);
  if (!*parsed) return {};
  const http::ResponseHead& head = **parsed;
  const auto coding = head.field("content-encoding");
  if (secret_host_ && coding && !coding->empty() && to_lower_ascii(*coding) != "identity" &&
      head.body != http::ResponseHead::Body::none)
    return refuse(Refusal::bad_answer,
                  "it is compressed (" + printable(*coding, 40) +
                      ") although that was not asked for: a credential in it would not be seen");
  Step step;
  step.taken = head.bytes;
  step.out = answer_head(head);
  if (head.informational()) return step;
  if (head.status == 101) {
    if (!upgrading_) return refuse(Refusal::bad_answer, "an upgrade that nobody asked for");
    up_ = Up::open;
    down_ = Down::open;
    return step;
  }
  masker_.emplace(setup_.credentials.values());
  down_chunks_ = http::ChunkReader();
  down_left_ = head.length;
  closing_ =
      head.line.starts_with("HTTP/1.0") || to_lower_ascii(head.field("connection").value_or("")) == "close";
  switch (head.body) {
    case http::ResponseHead::Body::none:
      answer_ended();
      break;
    case http::ResponseHead::Body::length:
      down_ = Down::length;
      break;
    case http::ResponseHead::Body::chunked:
      down_ = Down::chunks;
      break;
    case http::ResponseHead::Body::until_close:
      down_ = Down::until_close;
      break;
  }
  return step;
}

std::string HttpInspection::answer_head(const http::ResponseHead& head) const {
  std::string out = std::string(head.line) + "\r\n";
  for (const auto& field : head.fields) {
    // Chunks are made anew and no trailer comes behind them; another protocol on this host would not be
    // looked at.
    const std::string name = to_lower_ascii(field.name);
    if (name == "trailer" || name == "alt-svc") continue;
    out += std::string(field.name) + ": " + std::string(field.value) + "\r\n";
  }
  return masked(setup_.credentials.values(), out + "\r\n");
}

HttpInspection::Step HttpInspection::answer_length(std::string_view waiting) {
  Step step;
  step.taken = std::min<std::uint64_t>(down_left_, waiting.size());
  down_left_ -= step.taken;
  masker_->take(waiting.substr(0, step.taken), step.out);
  if (down_left_ > 0) return step;
  masker_->finish(step.out);
  answer_ended();
  return step;
}

// Read out of their chunks and put into others: a value may be cut in two by the end of one.
HttpInspection::Step HttpInspection::answer_chunks(std::string_view waiting) {
  Step step;
  std::string data;
  const auto taken = down_chunks_.take(waiting, &data);
  if (!taken) return refuse(Refusal::bad_answer, taken.error().what);
  step.taken = *taken;
  std::string shown;
  masker_->take(data, shown);
  if (down_chunks_.done()) masker_->finish(shown);
  http::write_chunk(step.out, shown);
  if (!down_chunks_.done()) return step;
  http::write_last_chunk(step.out);
  answer_ended();
  return step;
}

void HttpInspection::answer_ended() {
  pending_ = false;
  answered_ = true;
  down_ = closing_ ? Down::over : Down::head;
  if (upgrading_) upgrading_ = false;
  next_request();
}

}  // namespace weir::gateway
