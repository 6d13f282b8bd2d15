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

}  // namespace weir::pod
