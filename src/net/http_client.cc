#include "net/http_client.h"

#include "net/deadline.h"

namespace weir::net {

using Kind = http::Step::Kind;

struct HttpClient::Connection {
  Connection(HttpClient& of, Origin to, std::unique_ptr<Stream> over)
      : origin(std::move(to)),
        reader(of.setup_.body_bytes_max),
        idle(of.loop_, [this, &of] { of.drop(*this); }),
        stream(std::move(over)) {
    input.open(*stream);
  }

  Origin origin;
  Input input;  // goes after the stream
  http::ResponseReader reader;
  Deadline idle;
  std::unique_ptr<Stream> stream;
};

namespace {

std::string key_of(const Origin& origin) {
  return origin.name + " " + origin.address.text();
}

}  // namespace

HttpClient::HttpClient(Loop& loop, HttpClientSetup setup) : loop_(loop), setup_(setup) {}
HttpClient::~HttpClient() = default;

std::size_t HttpClient::kept() const {
  std::size_t count = 0;
  for (const auto& [key, connections] : kept_)
    count += connections.size();
  return count;
}

// A kept connection that is still good. Bytes that nobody asked for make it bad: they would be taken for the
// answer to what is asked next.
std::unique_ptr<HttpClient::Connection> HttpClient::take(const Origin& origin) {
  const auto found = kept_.find(key_of(origin));
  if (found == kept_.end()) return nullptr;
  std::unique_ptr<Connection> good;
  while (good == nullptr && !found->second.empty()) {
    std::unique_ptr<Connection> last = std::move(found->second.back());
    found->second.pop_back();
    if (!last->input.ended() && last->input.waiting().empty()) good = std::move(last);
  }
  if (found->second.empty()) kept_.erase(found);
  if (good == nullptr) return nullptr;
  good->idle.disarm();
  good->input.watch(nullptr);
  return good;
}

Task<Result<std::unique_ptr<Fetch>>> HttpClient::open(Origin origin, bool fresh) {
  if (auto kept = fresh ? nullptr : take(origin); kept != nullptr)
    co_return std::unique_ptr<Fetch>(new Fetch(*this, std::move(kept), true));
  auto stream = co_await within(setup_.connect_ms, connect_to(loop_, origin.address));
  if (!stream) co_return std::unexpected(std::move(stream.error()));
  auto connection = std::make_unique<Connection>(*this, std::move(origin), *std::move(stream));
  co_return std::unique_ptr<Fetch>(new Fetch(*this, std::move(connection), false));
}

void HttpClient::keep(std::unique_ptr<Connection> connection) {
  Connection& one = *connection;
  // Bytes that nobody asked for belong to no answer.
  if (one.input.ended() || !one.input.waiting().empty()) return;
  if (kept_.size() >= limits::kOriginsMax) kept_.erase(kept_.begin());
  Kept& list = kept_[key_of(one.origin)];
  if (list.size() >= setup_.pooled_max) list.pop_front();
  list.push_back(std::move(connection));
  one.idle.arm(setup_.pooled_idle_ms);
  one.input.rest();
  // It goes from the loop: not while its own input tells of it.
  one.input.watch([&one] { one.idle.arm(1); });
}

void HttpClient::drop(Connection& connection) {
  const auto found = kept_.find(key_of(connection.origin));
  if (found == kept_.end()) return;
  found->second.remove_if([&](const auto& one) { return one.get() == &connection; });
  if (found->second.empty()) kept_.erase(found);
}

Fetch::Fetch(HttpClient& client, std::unique_ptr<HttpClient::Connection> connection, bool reused)
    : client_(client), connection_(std::move(connection)), reused_(reused) {
  out_.reset(*connection_->stream);
}

Fetch::~Fetch() {
  if (ended_ && out_.ended() && http::persists(head_) && connection_->reader.pending() == 0)
    client_.keep(std::move(connection_));
}

Status Fetch::begin(http::HeadWriter head, Framing framing) {
  TRY_STATUS(out_.begin(std::move(head), framing));
  TRY(const auto asked, http::parse_request_head(out_.head()));
  if (!asked) return fail("a request without a head");
  for_head_ = asked->method == "HEAD";
  return connection_->reader.asked(*asked);
}

Task<Status> Fetch::send(http::HeadWriter head, std::string_view body) {
  const Framing framing = body.empty() ? Framing::none() : Framing::length(body.size());
  CO_TRY_STATUS(begin(std::move(head), framing));
  if (!body.empty()) CO_TRY_STATUS(co_await out_.write(body));
  co_return co_await out_.end();
}

Task<Result<http::Step>> Fetch::step(std::int64_t ms) {
  HttpClient::Connection& on = *connection_;
  Scope scope(co_await CurrentScope());
  bool late = false;
  Deadline deadline(client_.loop_, [&] {
    late = true;
    scope.cancel();
  });
  deadline.arm(ms);
  const auto more = [](Input& input) -> Task<Result<bool>> { co_return co_await input.more(); };
  while (true) {
    came_ = came_ || !on.input.waiting().empty();
    CO_TRY(const http::Step step, on.reader.next(on.input.waiting()));
    if (step.kind != Kind::more) co_return step;
    auto got = co_await more(on.input).in(scope);
    if (!got && late) co_return time_up_error("the server says nothing");
    if (!got) co_return std::unexpected(std::move(got.error()));
    if (*got) continue;
    if (const Status ended = on.reader.ended(on.input.waiting()); !ended)
      co_return fail(ErrorCode::unavailable,
                     came_ ? "the server ended inside its answer" : "the server ended without an answer");
    co_return http::Step{.kind = Kind::end};
  }
}

Task<Result<const http::ResponseHead*>> Fetch::head() {
  while (true) {
    CO_TRY(const http::Step step, co_await step(client_.setup_.head_ms));
    Input& input = connection_->input;
    const bool informational = step.kind == Kind::head && connection_->reader.head().informational();
    if (step.kind != Kind::head) {
      input.take(step.taken);
      if (step.kind == Kind::end) continue;  // of an informational answer
      co_return fail("an answer does not begin with a head");
    }
    head_text_.assign(input.waiting().substr(0, step.taken));
    input.take(step.taken);
    if (informational) continue;
    CO_TRY(auto head, http::parse_response_head(head_text_, for_head_));
    head_ = *std::move(head);
    co_return &head_;
  }
}

Task<Result<std::string_view>> Fetch::body() {
  while (!ended_) {
    CO_TRY(const http::Step step, co_await step(client_.setup_.body_idle_ms));
    connection_->input.take(step.taken);
    if (step.kind == Kind::end) ended_ = true;
    if (!step.data.empty()) co_return step.data;
  }
  co_return std::string_view();
}

Task<Result<std::string>> Fetch::body_text(std::size_t bytes_max) {
  std::string all;
  while (true) {
    CO_TRY(const std::string_view piece, co_await body());
    if (piece.empty()) co_return all;
    if (piece.size() > bytes_max - all.size())
      co_return fail(ErrorCode::limit, "the body of an answer is too large");
    all += piece;
  }
}

}  // namespace weir::net
