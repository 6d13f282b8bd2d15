// One side of a connection that the proxy reads: a non-blocking socket, with TLS on it or without.
//
//   TRY(TlsContexts tls, TlsContexts::create(authority, trusted_certificates));
//   TRY(TlsStream client, tls.answer(client_fd, host, bytes_read_before));   // the pod's side
//   TRY(TlsStream server, tls.ask(server_fd, host));                         // the world's side
//   client.read(into, room), client.write(bytes), client.events(...)
//
// TLS 1.2 and 1.3, http/1.1 only. Towards the server: certificate and name are verified against the host's
// own certificates, and nothing is passed that was not. Between socket and OpenSSL there are memory buffers,
// at most kRelayBufferBytes each.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/host_name.h"
#include "gateway/tls_certificates.h"

struct ssl_st;
struct ssl_ctx_st;

namespace weir::gateway {

class TlsStream {
 public:
  enum class Got { bytes, later, ended, broken };

  // Without TLS; `before` was read from it already.
  TlsStream(int fd, std::string before) : fd_(fd), in_(std::move(before)) {}
  TlsStream(int fd, ssl_st* tls, std::string before);  // takes the session
  ~TlsStream();
  TlsStream(TlsStream&& other) noexcept;
  TlsStream& operator=(TlsStream&&) = delete;

  // Appends what there is, at most `room`.
  Got read(std::string& into, std::size_t room);
  // How many of the bytes were taken; 0: none now.
  std::size_t write(std::string_view bytes);
  // Sends what was taken, and after end() that this was all. false: broken.
  bool flush();
  void end() { ending_ = true; }
  bool ended() const { return end_sent_ && out_.empty(); }

  std::uint32_t events(bool wants_bytes, bool has_bytes) const;
  bool broken() const { return broken_; }
  const std::string& problem() const { return problem_; }  // of TLS, for people
  bool secure() const { return tls_ != nullptr; }
  std::uint64_t moved_bytes() const { return moved_; }  // over the socket, both ways

 private:
  bool pull();  // from the socket; false: nothing now or never
  void give_out();
  Got failed(int result);

  int fd_ = -1;
  ssl_st* tls_ = nullptr;
  std::string in_;   // read from the socket, not yet with OpenSSL (or, without TLS, with nobody)
  std::string out_;  // for the socket
  bool socket_ended_ = false;
  bool ending_ = false;
  bool end_sent_ = false;
  bool broken_ = false;
  std::string problem_;
  std::uint64_t moved_ = 0;
};

class TlsContexts {
 public:
  // `trusted`: certificates in PEM, one after the other. Errors: none of them can be read.
  static Result<TlsContexts> create(const RunAuthority& authority, const std::string& trusted);
  ~TlsContexts();
  TlsContexts(TlsContexts&& other) noexcept = default;
  TlsContexts& operator=(TlsContexts&&) = delete;

  Result<TlsStream> answer(int fd, const Host& host, std::string before);
  Result<TlsStream> ask(int fd, const Host& host);

 private:
  struct FreeContext {
    void operator()(ssl_ctx_st* context) const;
  };
  using Context = std::unique_ptr<ssl_ctx_st, FreeContext>;
  TlsContexts(LeafMaker leaves, Context answering, Context asking)
      : leaves_(std::move(leaves)), answering_(std::move(answering)), asking_(std::move(asking)) {}

  LeafMaker leaves_;
  Context answering_;
  Context asking_;
};

}  // namespace weir::gateway
