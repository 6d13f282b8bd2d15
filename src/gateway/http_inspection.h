// One connection of HTTP/1 that the proxy reads: what a client may ask, with placeholders swapped for
// credentials, and what the server answers, with credentials masked. Bytes in, bytes out; the streams around
// it are InspectedRelay's.
//
//   HttpInspection http({.expected = ..., .policy = policy, .credentials = set, ...});
//   auto up = http.up(waiting);       // up.taken bytes are done with; up.out goes to the server
//   auto down = http.down(waiting);   // the same towards the client
//
// One request at a time: the next one is read when the answer to this one has ended. On a host that a
// credential belongs to, answers are asked for without compression and whole (no Accept-Encoding, no Range),
// so that a value in them is seen; one that is compressed all the same is refused, as is an upgrade to
// another protocol.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/credential_swap.h"
#include "gateway/egress_policy.h"
#include "gateway/stream_gate.h"
#include "http/chunks.h"
#include "http/response_head.h"

namespace weir::gateway {

// A credential went with a request.
struct CredentialUse {
  std::string credential;
  std::string method;
  std::string path;  // its shape (path_shape)
};

class HttpInspection {
 public:
  struct Setup {
    StreamGate::Expected expected;
    const EgressRule& rule;  // by which the host is allowed
    const EgressPolicy& policy;
    CredentialSet& credentials;
    std::function<void(const CredentialUse&)> used;
    std::function<void(Refusal, std::string)> noticed;  // for the record; the request goes on
    std::function<std::int64_t()> now_ms;               // since 1970
    bool single = false;                                // one request and no more: a plain proxy's
  };
  struct Step {
    std::size_t taken = 0;
    std::string out;
    std::optional<Refusal> refused;
    std::string says;
    std::string answer;  // for the client
  };

  explicit HttpInspection(Setup setup);

  Step up(std::string_view waiting);
  Step down(std::string_view waiting);
  // The server has sent its last byte: what was held back, or why that was too early.
  Step down_ended();

  // The client has limited time for what it is sending: the head of a request.
  bool inside_message(bool bytes_waiting) const { return up_ == Up::head && bytes_waiting; }
  // An answer has ended on this connection before: a server may have closed it meanwhile, and a client then
  // tries again on another one.
  bool reused() const { return answered_; }
  bool open() const { return up_ == Up::open; }  // another protocol by now
  // Nothing of an answer is under way to the client: a refusal can be told.
  bool may_answer() const { return down_ == Down::head; }
  bool idle() const { return !pending_ && up_ == Up::head; }  // no request is under way
  bool over() const { return down_ == Down::over; }           // the last answer has ended

 private:
  enum class Up { head, body, chunks, signing, answer, open };  // answer: all sent, its answer is awaited
  enum class Down { head, length, chunks, until_close, open, over };

  Step read_head(std::string_view waiting);
  std::optional<Step> not_allowed(const http::RequestHead& head, std::string_view path) const;
  Step send_head(const http::RequestHead& parsed, std::string_view path);
  Step sign_and_send(std::string_view body);
  Step signing(std::string_view waiting);
  Step body(std::string_view waiting);
  Step chunks(std::string_view waiting);
  Step searched(std::string_view bytes, std::size_t taken, bool last);
  void request_ended();
  Step read_answer(std::string_view waiting);
  std::string answer_head(const http::ResponseHead& head) const;
  Step answer_length(std::string_view waiting);
  Step answer_chunks(std::string_view waiting);
  void answer_ended();
  void next_request();

  Setup setup_;
  const bool concerned_;    // a credential belongs to this host
  const bool secret_host_;  // and its value is sent there
  Up up_ = Up::head;
  Down down_ = Down::head;
  bool first_ = true;     // no request was read yet
  bool pending_ = false;  // a request was sent whose answer has not ended
  bool upgrading_ = false;
  bool for_head_ = false;  // the pending request is HEAD
  bool closing_ = false;   // nothing comes behind the answer that is under way
  bool noticed_ = false;
  bool answered_ = false;

  std::uint64_t up_left_ = 0;
  http::ChunkReader up_chunks_;
  std::optional<Masker> finder_;  // of placeholders, in the body that is being sent
  std::optional<RewrittenHead> unsigned_;
  const Credential* sign_with_ = nullptr;
  std::string signed_body_;

  std::uint64_t down_left_ = 0;
  http::ChunkReader down_chunks_;
  std::optional<Masker> masker_;
};

}  // namespace weir::gateway
