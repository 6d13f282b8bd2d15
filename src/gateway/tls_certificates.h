// Certificates of a run, by OpenSSL: its authority, and a leaf for each host that is asked for. Inside the
// room only; the OpenSSL types are opaque here.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/host_name.h"
#include "gateway/run_authority.h"

struct evp_pkey_st;
struct x509_st;

namespace weir::gateway {

struct FreeKey {
  void operator()(evp_pkey_st* key) const;
};
struct FreeCertificate {
  void operator()(x509_st* certificate) const;
};
using KeyPtr = std::unique_ptr<evp_pkey_st, FreeKey>;
using CertificatePtr = std::unique_ptr<x509_st, FreeCertificate>;

// Signs leaves for hosts with a run's authority; all of them have one key, made with this object. At most
// kLeavesMax are kept, then it begins anew.
class LeafMaker {
 public:
  static Result<LeafMaker> create(const RunAuthority& authority);

  // Owned by this object, until the next call.
  Result<x509_st*> leaf(const Host& host);
  evp_pkey_st* key() const { return leaf_key_.get(); }
  x509_st* authority() const { return authority_.get(); }

 private:
  LeafMaker() = default;
  KeyPtr authority_key_;
  CertificatePtr authority_;
  KeyPtr leaf_key_;
  std::map<std::string, CertificatePtr> leaves_;
};

}  // namespace weir::gateway
