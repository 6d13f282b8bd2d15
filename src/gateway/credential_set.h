// The credentials of one run as the proxy holds them, and what became of them since: expired by the clock, or
// named in the list of revocations, a file that `weir credential revoke` appends to.
//
//   CredentialSet set(std::move(credentials), std::move(revocations));
//   if (set.concerns(host, port)) …                  // its connections are opened and looked at
//   if (const auto why = set.ended(one, now_ms)) …   // "revoked", "expired"
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/credential.h"
#include "gateway/masker.h"
#include "os/fd.h"

namespace weir::gateway {

class CredentialSet {
 public:
  // `revocations`: a file of names, a line each; none for none. What is in it already is of other runs.
  explicit CredentialSet(std::vector<Credential> credentials, os::Fd revocations = {});

  const std::vector<Credential>& all() const { return credentials_; }
  bool empty() const { return credentials_.empty(); }
  // Does one of them belong to this host and port, whatever its methods and paths?
  bool concerns(const Host& host, std::uint16_t port) const;
  // The same of those whose value itself is sent, and could come back in an answer: a signature of AWS tells
  // nothing.
  bool sends_value(const Host& host, std::uint16_t port) const;

  // Looks at the list anew, so that what is revoked now is not used from now on.
  std::optional<std::string_view> ended(const Credential& one, std::int64_t now_ms);

  // Values and their forms, with placeholders for them; and placeholders with themselves, to be found.
  const Masker::Texts& values() const { return values_; }
  const Masker::Texts& placeholders() const { return placeholders_; }
  // Whose placeholder, or part of it, occurs in some form; null: none's.
  const Credential* named_in(std::string_view text) const;

 private:
  void read_revocations();

  std::vector<Credential> credentials_;
  os::Fd revocations_;
  std::uint64_t read_to_ = 0;
  std::string line_;
  std::set<std::string, std::less<>> revoked_;
  Masker::Texts values_;
  Masker::Texts placeholders_;
};

// The parts of a value that are found and replaced each for itself: an AWS credential has up to three.
std::vector<std::string_view> parts_of(const Credential& credential, std::string_view value);

}  // namespace weir::gateway
