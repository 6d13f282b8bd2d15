#include "gateway/egress_secrets.h"

#include "base/wire.h"
#include "gateway/gateway_limits.h"

namespace weir::gateway {

std::string encode(const EgressSecrets& secrets) {
  WireWriter out;
  out.text(secrets.authority.certificate).text(secrets.authority.key.view()).text(secrets.trusted);
  out.number(secrets.credentials.size());
  for (const auto& one : secrets.credentials) {
    out.text(one.name).number(static_cast<std::uint64_t>(one.expires_ms)).text(one.placeholder);
    out.text(one.value.view());
    write(out, one.scope);
  }
  return out.take();
}

Result<EgressSecrets> decode_egress_secrets(std::string_view bytes) {
  WireReader in(bytes);
  EgressSecrets secrets;
  secrets.authority.certificate = in.text();
  std::string key = in.text();
  secrets.authority.key = os::SecretText(key);
  os::wipe(key);
  secrets.trusted = in.text();
  for (std::size_t left = in.items(limits::kCredentialsMax); left > 0; --left) {
    Credential one;
    one.name = in.text();
    one.expires_ms = static_cast<std::int64_t>(in.number());
    one.placeholder = in.text();
    std::string value = in.text();
    one.value = os::SecretText(value);
    os::wipe(value);
    TRY(one.scope, read_credential_scope(in));
    if (!is_credential_name(one.name) || one.value.empty() ||
        one.placeholder.size() != one.value.view().size())
      return fail(ErrorCode::corrupt, "not a credential of a run");
    secrets.credentials.push_back(std::move(one));
  }
  if (!in.ok_to_the_end()) return fail(ErrorCode::corrupt, "not the secrets of a run");
  return secrets;
}

}  // namespace weir::gateway
