// The process itself, apart from its start: who starts it shall not have to be linked with the proxy.
#include <unistd.h>

#include <optional>
#include <utility>

#include "gateway/egress_descriptors.h"
#include "gateway/egress_process.h"
#include "gateway/egress_server.h"
#include "gateway/egress_walls.h"
#include "gateway/gateway_limits.h"
#include "os/process.h"

namespace weir::gateway {
namespace {

Result<std::vector<EgressListener>> given_listeners(const EgressPolicy& policy) {
  TRY(const auto plan, plan_listeners(policy));
  std::vector<EgressListener> listeners;
  int fd = policy.supervised ? kFirstSocketFd + 1 : kFirstSocketFd;
  for (const auto& one : plan)
    listeners.push_back({one.kind, os::Fd(fd++)});
  return listeners;
}

// None where the memory file is /dev/null.
Result<std::optional<EgressSecrets>> given_secrets() {
  TRY(std::string bytes, read_whole(kSecretsFd, limits::kSecretsBytesMax));
  ::close(kSecretsFd);
  if (bytes.empty()) return std::optional<EgressSecrets>();
  auto secrets = decode_egress_secrets(bytes);
  os::wipe(bytes);
  if (!secrets) return std::unexpected(std::move(secrets.error()));
  return std::optional(*std::move(secrets));
}

// The child's work; its Errors go into the record.
Status serve_from_descriptors(EgressRecord& record) {
  TRY(const std::string text, read_whole(kPolicyFd, limits::kPolicyBytesMax));
  TRY(const Json json, parse_json(text));
  TRY(const EgressPolicy policy, egress_policy_from_json(json));
  TRY(auto listeners, given_listeners(policy));
  os::harden_self();  // before anything secret is in memory
  TRY(auto secrets, given_secrets());
  std::optional<TlsContexts> tls;
  if (secrets) {
    TRY(TlsContexts made, TlsContexts::create(secrets->authority, secrets->trusted));
    tls.emplace(std::move(made));
  }
  CredentialSet credentials(secrets ? std::move(secrets->credentials) : std::vector<Credential>(),
                            os::Fd(kRevocationsFd));
  record.walls = enter_egress_walls(policy);
  EgressOptions options;
  options.credentials = &credentials;
  options.tls = tls ? &*tls : nullptr;
  options.stop_fd = kStopFd;
  std::optional<EgressLink> link;
  if (policy.supervised) options.link = &link.emplace(os::Fd(kFirstSocketFd));
  bool changed = true;
  options.on_event = [&](const EgressEvent& event) {
    record.add(event);
    changed = true;
  };
  options.on_second = [&] {
    if (std::exchange(changed, false)) (void)write_whole(kRecordFd, encode(record));
  };
  return serve_egress(std::move(listeners), policy, options);
}

}  // namespace

int run_egress_process() {
  EgressRecord record;
  const Status served = serve_from_descriptors(record);  // credentials are wiped when it returns
  if (!served) record.problem = served.error().message();
  const Status written = write_whole(kRecordFd, encode(record));
  // Threads may still wait inside the system's resolver: no destructors from here on.
  ::_exit(served && written ? 0 : 1);
}

}  // namespace weir::gateway
