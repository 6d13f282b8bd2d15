#include "gateway/credential_set.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "gateway/gateway_limits.h"

namespace weir::gateway {
namespace {

constexpr std::size_t kLineBytesMax = 256;

std::uint64_t size_of(int fd) {
  struct stat status{};
  return fd >= 0 && ::fstat(fd, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

void add_forms(std::string_view find, std::string_view put, std::size_t of, std::vector<MaskedText>& texts) {
  if (find.empty() || find.size() != put.size()) return;
  for (auto& form : forms_of(find, put)) {
    form.of = of;
    texts.push_back(std::move(form));
  }
}

}  // namespace

std::vector<std::string_view> parts_of(const Credential& credential, std::string_view value) {
  if (credential.scope.place.kind != CredentialPlace::Kind::aws_sigv4) return {value};
  const auto keys = aws_keys(value);
  return keys ? std::vector{keys->id, keys->secret, keys->token} : std::vector<std::string_view>();
}

CredentialSet::CredentialSet(std::vector<Credential> credentials, os::Fd revocations)
    : credentials_(std::move(credentials)),
      revocations_(std::move(revocations)),
      read_to_(size_of(revocations_.get())) {
  auto values = std::make_shared<std::vector<MaskedText>>();
  auto placeholders = std::make_shared<std::vector<MaskedText>>();
  for (std::size_t at = 0; at < credentials_.size(); ++at) {
    const Credential& one = credentials_[at];
    const auto real = parts_of(one, one.value.view());
    const auto shown = parts_of(one, one.placeholder);
    for (std::size_t i = 0; i < std::min(real.size(), shown.size()); ++i) {
      add_forms(real[i], shown[i], at, *values);
      add_forms(shown[i], shown[i], at, *placeholders);
    }
  }
  values_ = std::move(values);
  placeholders_ = std::move(placeholders);
}

bool CredentialSet::concerns(const Host& host, std::uint16_t port) const {
  return std::ranges::any_of(credentials_,
                             [&](const Credential& one) { return one.scope.means(host, port); });
}

bool CredentialSet::sends_value(const Host& host, std::uint16_t port) const {
  return std::ranges::any_of(credentials_, [&](const Credential& one) {
    return one.scope.place.kind != CredentialPlace::Kind::aws_sigv4 && one.scope.means(host, port);
  });
}

std::optional<std::string_view> CredentialSet::ended(const Credential& one, std::int64_t now_ms) {
  read_revocations();
  if (revoked_.contains(one.name)) return "revoked";
  if (one.expires_ms != 0 && now_ms >= one.expires_ms) return "expired";
  return std::nullopt;
}

void CredentialSet::read_revocations() {
  const std::uint64_t size =
      std::min<std::uint64_t>(size_of(revocations_.get()), limits::kRevocationBytesMax);
  std::array<char, 4096> buffer;
  while (read_to_ < size) {
    const ssize_t n = ::pread(revocations_.get(), buffer.data(), buffer.size(), static_cast<off_t>(read_to_));
    if (n <= 0) return;
    read_to_ += static_cast<std::uint64_t>(n);
    for (const char c : std::string_view(buffer.data(), static_cast<std::size_t>(n))) {
      if (c != '\n' && line_.size() < kLineBytesMax) line_ += c;
      if (c != '\n') continue;
      revoked_.insert(line_);
      line_.clear();
    }
  }
}

const Credential* CredentialSet::named_in(std::string_view text) const {
  Masker masker(placeholders_);
  std::string ignored;
  masker.take(text, ignored);
  masker.finish(ignored);
  return masker.found() == nullptr ? nullptr : &credentials_[masker.found()->of];
}

}  // namespace weir::gateway
