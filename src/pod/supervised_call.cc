#include "pod/supervised_call.h"

namespace weir::pod {

std::string_view name(ConnectCall::How how) {
  switch (how) {
    case ConnectCall::How::direct:
      return "direct";
    case ConnectCall::How::proxy:
      return "proxy";
    case ConnectCall::How::socks:
      return "socks";
  }
  return "direct";
}

std::string_view name(Origin::Kind kind) {
  return kind == Origin::Kind::host ? "host" : "file";
}

}  // namespace weir::pod
