#include "gateway/tls_certificates.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <vector>

#include "gateway/gateway_limits.h"

namespace weir::gateway {
namespace {

constexpr long kBeforeSeconds = -24L * 3600;  // clocks differ
constexpr long kAfterSeconds = 7L * 24 * 3600;
constexpr int kSerialBits = 127;
constexpr std::size_t kCommonNameBytesMax = 64;  // X.520

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;

std::unexpected<Error> openssl_error(const char* what) {
  char text[200] = "";
  if (const unsigned long code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return fail(ErrorCode::internal, what, text);
}

KeyPtr new_key() {
  return KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
}

bool set_serial(X509* certificate) {
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(BN_new(), &BN_free);
  return number && BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

// What both kinds have in common: version, number, time, names and key.
CertificatePtr new_certificate(const std::string& name, X509* issuer, EVP_PKEY* key) {
  CertificatePtr made(X509_new());
  if (!made) return nullptr;
  X509* const one = made.get();
  X509_NAME* const subject = X509_get_subject_name(one);
  const std::string shown = name.substr(0, kCommonNameBytesMax);
  const bool filled =
      X509_set_version(one, X509_VERSION_3) == 1 && set_serial(one) &&
      X509_gmtime_adj(X509_getm_notBefore(one), kBeforeSeconds) != nullptr &&
      X509_gmtime_adj(X509_getm_notAfter(one), kAfterSeconds) != nullptr && X509_set_pubkey(one, key) == 1 &&
      X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(shown.c_str()), -1, -1, 0) == 1 &&
      X509_set_issuer_name(one, issuer == nullptr ? subject : X509_get_subject_name(issuer)) == 1;
  return filled ? std::move(made) : nullptr;
}

bool is_address(const std::string& host) {
  return IpAddress::parse(host).has_value();
}

// RFC 5280, 4.2.1.10: an address is constrained by a network, here of one.
std::string name_constraints(const std::vector<std::string>& hosts) {
  std::string out = "critical";
  for (const auto& host : hosts) {
    if (!is_address(host)) {
      out += ",permitted;DNS:" + host;
      continue;
    }
    const bool six = host.contains(':');
    out += ",permitted;IP:" + host + (six ? "/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" : "/255.255.255.255");
  }
  return out;
}

std::string pem_of(auto write) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  if (!memory || write(memory.get()) != 1) return {};
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace

void FreeKey::operator()(evp_pkey_st* key) const {
  EVP_PKEY_free(key);
}
void FreeCertificate::operator()(x509_st* certificate) const {
  X509_free(certificate);
}

Result<RunAuthority> make_run_authority(const std::vector<std::string>& hosts) {
  const KeyPtr key = new_key();
  if (!key) return openssl_error("no key for the run's authority");
  const CertificatePtr made = new_certificate("Weir, this run only", nullptr, key.get());
  const bool whole =
      made && add_extension(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
      add_extension(made.get(), made.get(), NID_key_usage, "critical,keyCertSign") &&
      add_extension(made.get(), made.get(), NID_subject_key_identifier, "hash") &&
      (hosts.empty() ||
       add_extension(made.get(), made.get(), NID_name_constraints, name_constraints(hosts))) &&
      X509_sign(made.get(), key.get(), EVP_sha256()) > 0;
  if (!whole) return openssl_error("no certificate for the run's authority");
  RunAuthority out;
  out.certificate = pem_of([&](BIO* to) { return PEM_write_bio_X509(to, made.get()); });
  std::string text = pem_of([&](BIO* to) {
    return PEM_write_bio_PKCS8PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  out.key = os::SecretText(text);
  os::wipe(text);
  if (out.certificate.empty() || out.key.empty()) return openssl_error("no form of the run's authority");
  return out;
}

Result<LeafMaker> LeafMaker::create(const RunAuthority& authority) {
  LeafMaker maker;
  const auto memory = [](std::string_view text) {
    return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  };
  maker.authority_.reset(PEM_read_bio_X509(memory(authority.certificate).get(), nullptr, nullptr, nullptr));
  maker.authority_key_.reset(
      PEM_read_bio_PrivateKey(memory(authority.key.view()).get(), nullptr, nullptr, nullptr));
  maker.leaf_key_ = new_key();
  if (!maker.authority_ || !maker.authority_key_ || !maker.leaf_key_)
    return openssl_error("the run's authority cannot be read");
  return maker;
}

Result<x509_st*> LeafMaker::leaf(const Host& host) {
  if (const auto found = leaves_.find(host.text); found != leaves_.end()) return found->second.get();
  if (leaves_.size() >= limits::kLeavesMax) leaves_.clear();
  CertificatePtr made = new_certificate(host.text, authority_.get(), leaf_key_.get());
  X509* const one = made.get();
  const bool whole = made &&
                     add_extension(one, authority_.get(), NID_basic_constraints, "critical,CA:FALSE") &&
                     add_extension(one, authority_.get(), NID_key_usage, "critical,digitalSignature") &&
                     add_extension(one, authority_.get(), NID_ext_key_usage, "serverAuth") &&
                     add_extension(one, authority_.get(), NID_subject_key_identifier, "hash") &&
                     add_extension(one, authority_.get(), NID_authority_key_identifier, "keyid") &&
                     add_extension(one, authority_.get(), NID_subject_alt_name,
                                   (host.address ? "IP:" : "DNS:") + host.text) &&
                     X509_sign(one, authority_key_.get(), EVP_sha256()) > 0;
  if (!whole) return openssl_error("no certificate for a host");
  return leaves_.emplace(host.text, std::move(made)).first->second.get();
}

}  // namespace weir::gateway
