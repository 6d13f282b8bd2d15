// Asking for an authority, apart from its making: who asks shall not have to be linked with what makes it.
#include <unistd.h>

#include "base/wire.h"
#include "gateway/run_authority.h"
#include "os/process.h"

namespace weir::gateway {

Result<RunAuthority> request_run_authority(const std::vector<std::string>& hosts,
                                           const std::string& program) {
  WireWriter question;
  question.number(hosts.size());
  for (const auto& host : hosts)
    question.text(host);
  TRY(auto done,
      os::run_child({.argv = {program, std::string(kRunAuthorityArgument)}, .input = question.take()}));
  WireReader in(done.out);
  RunAuthority authority{.certificate = in.text(), .key = {}};
  std::string key = in.text();
  const bool whole = in.ok_to_the_end();
  authority.key = os::SecretText(key);
  os::wipe(key);
  os::wipe(done.out);
  if (done.exit.code != 0 || !whole || authority.key.empty())
    return fail(ErrorCode::unavailable, "no certificate authority could be made for this run",
                "exit code " + std::to_string(done.exit.code));
  return authority;
}

}  // namespace weir::gateway
