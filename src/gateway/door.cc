#include "gateway/door.h"

#include "base/bytes.h"
#include "net/local_client.h"
#include "os/random.h"

namespace weir::gateway {
namespace {

constexpr std::string_view kHint = "see `weir doctor`";

}  // namespace

Result<Json> Door::ask(const std::string& agent, const std::string& event, const Json& payload) const {
  net::HookRequest request{.agent = agent, .event = event, .payload = compact(payload)};
  if (request.payload.size() > limits::kHookPayloadBytesMax)
    return fail(ErrorCode::limit, "it is larger than the 16 MiB that Weir judges at once", event);
  request.nonce = os::random_bytes<32>();
  const std::string body = net::request_body(request);
  TRY(auto client, net::LocalClient::connect(setup_.socket, setup_.timeout_ms));
  TRY_STATUS(client.send_bytes(net::frame(net::FrameType::hook_request, body), setup_.timeout_ms));
  TRY(const std::string head, client.receive_bytes(net::kFrameHeaderBytes, setup_.timeout_ms));
  const auto header = net::parse_frame_header(head);
  if (!header || header->type != net::FrameType::hook_answer || header->length > limits::kHookAnswerBytesMax)
    return fail(ErrorCode::unavailable, "what answers on the Weir socket is not the Weir daemon",
                setup_.socket, std::string(kHint));
  TRY(const std::string answer, client.receive_bytes(header->length, setup_.timeout_ms));
  const auto reply = net::open_answer(answer, body, setup_.key);
  if (!reply)
    return fail(ErrorCode::unavailable, "the answer is not signed by the daemon that was installed",
                setup_.socket, std::string(kHint));
  if (reply->exit_code != 0) return fail(ErrorCode::denied, std::string(trim(reply->err)), event);
  if (reply->out.empty()) return Json::object();
  return parse_json(reply->out);
}

}  // namespace weir::gateway
