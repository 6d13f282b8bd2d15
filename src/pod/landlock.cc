#include "pod/landlock.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include "os/fd.h"
#include "os/files.h"

namespace weir::pod {
namespace {

// struct landlock_ruleset_attr as of ABI 6. Debian 12's header is older and ends after the second field.
struct RulesetAttr {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;
  std::uint64_t scoped = 0;
};
constexpr std::uint64_t kScopeAbstractUnixSocket = 1U << 0;
constexpr std::uint64_t kScopeSignal = 1U << 1;
constexpr unsigned kCreateRulesetVersion = 1U << 0;

}  // namespace

int landlock_abi() {
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kCreateRulesetVersion);
  return abi > 0 ? static_cast<int>(abi) : 0;
}

Status enter_landlock_scope() {
  const int abi = landlock_abi();
  if (abi < kLandlockAbiScopes)
    return fail(ErrorCode::unavailable,
                "the kernel has Landlock ABI " + std::to_string(abi) + ", scopes need " +
                    std::to_string(kLandlockAbiScopes),
                "landlock", "use Linux 6.12 or later with landlock among its security modules");
  RulesetAttr attr;
  attr.scoped = kScopeAbstractUnixSocket | kScopeSignal;
  const os::Fd ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0)));
  if (!ruleset || ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) {
    Error error = os::errno_error("the Landlock scope was refused", "landlock", errno);
    error.code = ErrorCode::unavailable;
    return std::unexpected(std::move(error));
  }
  return {};
}

}  // namespace weir::pod
