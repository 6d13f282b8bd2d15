// What a client sends behind the gate, in pieces, with a server's bytes between them: never more passes than
// there is, and what passes as requests names no other host.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/stream_gate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::gateway;
  if (size < 2) return 0;
  const std::size_t piece = std::size_t{data[0]} + 1;
  StreamGate gate({.host = {"a.example", std::nullopt}, .port = 80, .any_protocol = (data[1] & 1) != 0});
  std::string_view rest(reinterpret_cast<const char*>(data + 2), size - 2);
  std::string waiting;
  while (!rest.empty()) {
    const std::size_t n = std::min(piece, rest.size());
    // One piece in four is the server's.
    if ((data[1] & 2) != 0 && rest.size() % 4 == 0) {
      gate.down(rest.substr(0, n));
    } else {
      waiting += rest.substr(0, n);
      const auto step = gate.up(waiting);
      if (step.refused) return 0;
      if (step.pass > waiting.size()) std::abort();
      waiting.erase(0, step.pass);
    }
    rest.remove_prefix(n);
  }
  return 0;
}
