#include "gateway/tls_stream.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "gateway/gateway_limits.h"

namespace weir::gateway {
namespace {

constexpr std::size_t kRecordBytes = 16 * 1024;  // of plain text, at once
constexpr std::array<unsigned char, 9> kHttp11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

bool must_wait() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

std::string last_error() {
  char text[200] = "";
  if (const unsigned long code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

std::unexpected<Error> openssl_error(const char* what) {
  return fail(ErrorCode::internal, what, last_error());
}

// A client that offers other protocols only is left without one: it may still speak HTTP/1.1.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, size, kHttp11.data(), kHttp11.size(), offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int add_trusted(SSL_CTX* context, const std::string& pem) {
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  BIO* const memory = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  int added = 0;
  while (memory != nullptr) {
    X509* const one = PEM_read_bio_X509_AUX(memory, nullptr, nullptr, nullptr);
    if (one == nullptr) break;
    added += X509_STORE_add_cert(store, one) == 1 ? 1 : 0;
    X509_free(one);
  }
  BIO_free(memory);
  ERR_clear_error();
  return added;
}

void set_common(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
}

}  // namespace

TlsStream::TlsStream(int fd, ssl_st* tls, std::string before) : fd_(fd), tls_(tls), in_(std::move(before)) {
  SSL_set_bio(tls_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  BIO_set_mem_eof_return(SSL_get_rbio(tls_), -1);
  BIO_set_mem_eof_return(SSL_get_wbio(tls_), -1);
}

TlsStream::TlsStream(TlsStream&& other) noexcept
    : fd_(other.fd_),
      tls_(std::exchange(other.tls_, nullptr)),
      in_(std::move(other.in_)),
      out_(std::move(other.out_)),
      socket_ended_(other.socket_ended_),
      ending_(other.ending_),
      end_sent_(other.end_sent_),
      broken_(other.broken_),
      problem_(std::move(other.problem_)),
      moved_(other.moved_) {}

TlsStream::~TlsStream() {
  SSL_free(tls_);
}

bool TlsStream::pull() {
  if (socket_ended_ || broken_) return false;
  std::array<char, kRecordBytes> buffer;
  const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (n > 0) {
    in_.append(buffer.data(), static_cast<std::size_t>(n));
    moved_ += static_cast<std::uint64_t>(n);
    return true;
  }
  if (n == 0)
    socket_ended_ = true;
  else if (!must_wait())
    broken_ = true;
  return false;
}

// What OpenSSL has to send.
void TlsStream::give_out() {
  std::array<char, kRecordBytes> buffer;
  int n = 0;
  while ((n = BIO_read(SSL_get_wbio(tls_), buffer.data(), buffer.size())) > 0)
    out_.append(buffer.data(), static_cast<std::size_t>(n));
}

TlsStream::Got TlsStream::failed(int result) {
  const int why = SSL_get_error(tls_, result);
  give_out();
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return Got::later;
  if (why == SSL_ERROR_ZERO_RETURN) return Got::ended;
  const long verified = SSL_get_verify_result(tls_);
  problem_ = verified != X509_V_OK ? X509_verify_cert_error_string(verified) : last_error();
  broken_ = true;
  return Got::broken;
}

TlsStream::Got TlsStream::read(std::string& into, std::size_t room) {
  if (broken_) return Got::broken;
  if (tls_ == nullptr) {
    if (in_.empty()) (void)pull();
    const std::size_t n = std::min(room, in_.size());
    into.append(in_, 0, n);
    in_.erase(0, n);
    if (n > 0) return Got::bytes;
    return broken_ ? Got::broken : socket_ended_ ? Got::ended : Got::later;
  }
  while (true) {
    if (!in_.empty()) {
      BIO_write(SSL_get_rbio(tls_), in_.data(), static_cast<int>(in_.size()));
      in_.clear();
    }
    std::array<char, kRecordBytes> buffer;
    ERR_clear_error();
    const int n = SSL_read(tls_, buffer.data(), static_cast<int>(std::min(room, buffer.size())));
    if (n > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(n));
      OPENSSL_cleanse(buffer.data(), static_cast<std::size_t>(n));
      give_out();
      return Got::bytes;
    }
    if (const Got got = failed(n); got != Got::later) return got;
    if (pull()) continue;
    // Without TLS's own end somebody on the way may have cut it off.
    if (socket_ended_ || broken_) {
      broken_ = true;
      if (problem_.empty()) problem_ = "the connection was cut off";
      return Got::broken;
    }
    return Got::later;
  }
}

std::size_t TlsStream::write(std::string_view bytes) {
  if (broken_ || bytes.empty() || out_.size() >= limits::kRelayBufferBytes) return 0;
  if (tls_ == nullptr) {
    const std::size_t n = std::min(bytes.size(), limits::kRelayBufferBytes - out_.size());
    out_ += bytes.substr(0, n);
    return n;
  }
  ERR_clear_error();
  const int n = SSL_write(tls_, bytes.data(), static_cast<int>(std::min(bytes.size(), kRecordBytes)));
  if (n <= 0) {
    (void)failed(n);
    return 0;
  }
  give_out();
  return static_cast<std::size_t>(n);
}

bool TlsStream::flush() {
  if (tls_ != nullptr && !broken_) give_out();
  if (ending_ && !end_sent_ && tls_ != nullptr && !broken_ && SSL_is_init_finished(tls_)) {
    (void)SSL_shutdown(tls_);
    give_out();
  }
  while (!out_.empty()) {
    const ssize_t n = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (n < 0 && must_wait()) return true;
    if (n < 0) {
      out_.clear();
      broken_ = true;
      return false;
    }
    moved_ += static_cast<std::uint64_t>(n);
    out_.erase(0, static_cast<std::size_t>(n));
  }
  if (ending_ && !end_sent_) {
    ::shutdown(fd_, SHUT_WR);
    end_sent_ = true;
  }
  return true;
}

std::uint32_t TlsStream::events(bool wants_bytes, bool has_bytes) const {
  const bool shaking = tls_ != nullptr && !broken_ && SSL_is_init_finished(tls_) == 0;
  const bool in = !socket_ended_ && !broken_ && (wants_bytes || shaking);
  const bool out = !out_.empty() || (has_bytes && !shaking && !broken_);
  return (in ? std::uint32_t{EPOLLIN} : 0U) | (out ? std::uint32_t{EPOLLOUT} : 0U);
}

void TlsContexts::FreeContext::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

TlsContexts::~TlsContexts() = default;

Result<TlsContexts> TlsContexts::create(const RunAuthority& authority, const std::string& trusted) {
  TRY(LeafMaker leaves, LeafMaker::create(authority));
  Context answering(SSL_CTX_new(TLS_server_method()));
  Context asking(SSL_CTX_new(TLS_client_method()));
  if (!answering || !asking) return openssl_error("no TLS");
  set_common(answering.get());
  set_common(asking.get());
  SSL_CTX_set_session_cache_mode(answering.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(answering.get(), 0);
  SSL_CTX_set_options(answering.get(), SSL_OP_NO_TICKET);
  SSL_CTX_set_alpn_select_cb(answering.get(), choose_protocol, nullptr);
  SSL_CTX_set_verify(asking.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_set_alpn_protos(asking.get(), kHttp11.data(), kHttp11.size()) != 0)
    return openssl_error("no TLS");
  if (add_trusted(asking.get(), trusted) == 0)
    return fail(ErrorCode::not_found, "this machine has no certificates to verify servers with",
                "/etc/ssl/certs/ca-certificates.crt", "install ca-certificates");
  return TlsContexts(std::move(leaves), std::move(answering), std::move(asking));
}

Result<TlsStream> TlsContexts::answer(int fd, const Host& host, std::string before) {
  TRY(X509* const leaf, leaves_.leaf(host));
  SSL* const tls = SSL_new(answering_.get());
  if (tls == nullptr) return openssl_error("no TLS for a connection");
  TlsStream stream(fd, tls, std::move(before));
  if (SSL_use_certificate(tls, leaf) != 1 || SSL_use_PrivateKey(tls, leaves_.key()) != 1)
    return openssl_error("no certificate for a host");
  SSL_set_accept_state(tls);
  return stream;
}

Result<TlsStream> TlsContexts::ask(int fd, const Host& host) {
  SSL* const tls = SSL_new(asking_.get());
  if (tls == nullptr) return openssl_error("no TLS for a connection");
  TlsStream stream(fd, tls, {});
  const char* const name = host.text.c_str();
  if (host.address) {
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), name) != 1)
      return openssl_error("no address to verify");
  } else {
    SSL_set_hostflags(tls, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (SSL_set1_host(tls, name) != 1 || SSL_set_tlsext_host_name(tls, name) != 1)
      return openssl_error("no name to verify");
  }
  SSL_set_connect_state(tls);
  return stream;
}

}  // namespace weir::gateway
