// Both directions of a connection that is looked at: the first byte says how many belong to the client. The
// value of the credential goes to the server only, and only whole; the client never gets it.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/http_inspection.h"

namespace {

using namespace weir::gateway;

constexpr std::string_view kReal = "ghp_R3alV4lueOfTheCredential0123456789ab";
constexpr std::string_view kShown = "ghp_PPPPPPPPPPPPPPPPPPPPPPPP1111111111pp";

std::vector<Credential> credentials() {
  std::vector<Credential> list(1);
  list[0].name = "token";
  list[0].scope.hosts = {parse_allow_tls("a.example").value()};
  list[0].scope.paths = {"/api/*"};
  list[0].placeholder = kShown;
  list[0].value = weir::os::SecretText(kReal);
  return list;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::size_t cut = std::min<std::size_t>((data[0] * 256U + data[1]), size - 2);
  std::string up(reinterpret_cast<const char*>(data + 2), cut);
  std::string down(reinterpret_cast<const char*>(data + 2 + cut), size - 2 - cut);
  if (up.find(kReal) != std::string::npos) return 0;  // who has it already may be told what they said
  static const EgressRule rule = parse_allow_tls("a.example").value();
  static const EgressPolicy policy;
  CredentialSet set(credentials());
  HttpInspection http(
      {.expected = {.host = canonical_host("a.example").value(), .port = 443, .inside_tls = true},
       .rule = rule,
       .policy = policy,
       .credentials = set,
       .used = [](const CredentialUse&) {},
       .noticed = [](Refusal, const std::string&) {},
       .now_ms = [] { return std::int64_t{0}; }});
  std::string shown;
  for (int round = 0; round < 4; ++round) {
    const auto sent = http.up(up);
    if (sent.taken > up.size()) std::abort();
    if (sent.answer.find(kReal) != std::string::npos || sent.says.find(kReal) != std::string::npos)
      std::abort();
    if (sent.refused) return 0;
    up.erase(0, sent.taken);
    const auto got = http.down(down);
    if (got.taken > down.size()) std::abort();
    shown += got.out + got.answer;
    if (shown.find(kReal) != std::string::npos) std::abort();
    if (got.refused) return 0;
    down.erase(0, got.taken);
  }
  return 0;
}
