#include "gateway/run_authority.h"

#include <unistd.h>

#include "base/wire.h"
#include "gateway/egress_descriptors.h"
#include "gateway/gateway_limits.h"
#include "gateway/tls_certificates.h"
#include "os/files.h"
#include "os/process.h"

namespace weir::gateway {
namespace {

constexpr std::size_t kQuestionBytesMax = 1 << 20;

Result<std::vector<std::string>> read_question() {
  std::string bytes;
  char buffer[4096];
  ssize_t n = 0;
  while ((n = ::read(STDIN_FILENO, buffer, sizeof buffer)) > 0 && bytes.size() < kQuestionBytesMax)
    bytes.append(buffer, static_cast<std::size_t>(n));
  WireReader in(bytes);
  std::vector<std::string> hosts;
  for (std::size_t left =
           in.items(limits::kInspectRulesMax + limits::kCredentialsMax * limits::kCredentialListMax);
       left > 0; --left)
    hosts.push_back(in.text());
  if (!in.ok_to_the_end()) return fail(ErrorCode::corrupt, "not a list of hosts");
  return hosts;
}

Status answer() {
  TRY(const auto hosts, read_question());
  TRY(const RunAuthority made, make_run_authority(hosts));
  std::string bytes = WireWriter().text(made.certificate).text(made.key.view()).take();
  const Status written = os::write_all(STDOUT_FILENO, bytes);
  os::wipe(bytes);
  return written;
}

}  // namespace

int run_authority_process() {
  os::harden_self();
  return answer() ? 0 : 1;
}

}  // namespace weir::gateway
