#include "cli/ask_daemon.h"

#include "cli/prompt.h"
#include "net/local_client.h"

namespace weir::cli {
namespace {

constexpr int kConnectMs = 2000;
constexpr int kAnswerMs = 15'000;

}  // namespace

Result<Json> ask_daemon(const Context& context, const Json& request) {
  TRY(auto client, net::LocalClient::connect(context.places.control_socket(), kConnectMs));
  return client.call(request, kAnswerMs);
}

Option approval_pin_option() {
  return {"--pin", "PIN", "the approval PIN; asked for when not given"};
}

Result<std::string> approval_pin(const Args& args) {
  if (const auto pin = args.value("--pin")) return *pin;
  return ask_secret("Approval PIN: ", "--pin PIN");
}

}  // namespace weir::cli
