// What a client sends behind the gate, in pieces, with a server's bytes between them: never more passes than
// there is, and what passes as requests names no other host.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/stream_gate.h"
#include "http/chunks.h"
#include "http/request_head.h"

namespace {

using namespace weir::gateway;

// Reads what a server got as a server does, one request behind the other.
void check_requests(std::string_view passed) {
  while (true) {
    const auto head = weir::http::parse_request_head(passed);
    if (!head) std::abort();
    if (!*head) return;
    const auto host = parse_host_port((*head)->field("host").value_or(""));
    if (!host || host->host.text != "a.example" || host->port.value_or(80) != 80) std::abort();
    if ((*head)->field("upgrade")) return;  // what follows may be no HTTP any more
    passed.remove_prefix((*head)->bytes);
    if ((*head)->framing.chunked) {
      weir::http::ChunkReader body;
      const auto taken = body.take(passed);
      if (!taken) std::abort();
      if (!body.done()) return;
      passed.remove_prefix(*taken);
    } else {
      if ((*head)->framing.length > passed.size()) return;
      passed.remove_prefix((*head)->framing.length);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = std::size_t{data[0]} + 1;
  StreamGate gate({.host = {"a.example", std::nullopt}, .port = 80, .any_protocol = (data[1] & 1) != 0});
  std::string_view rest(reinterpret_cast<const char*>(data + 2), size - 2);
  std::string waiting;
  std::string passed;
  const auto end = [&] {
    if ((data[1] & 1) == 0 && !passed.empty() && passed[0] != 22) check_requests(passed);
    return 0;
  };
  while (!rest.empty()) {
    const std::size_t n = std::min(piece, rest.size());
    // One piece in four is the server's.
    if ((data[1] & 2) != 0 && rest.size() % 4 == 0) {
      gate.down(rest.substr(0, n));
    } else {
      waiting += rest.substr(0, n);
      const auto step = gate.up(waiting);
      if (step.refused) return end();
      if (step.pass > waiting.size()) std::abort();
      passed += waiting.substr(0, step.pass);
      waiting.erase(0, step.pass);
    }
    rest.remove_prefix(n);
  }
  return end();
}
