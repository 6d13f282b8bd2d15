// OpenClaw's configuration and, behind a NUL, its .env. For every text that is accepted: what the pod gets
// parses, and of a provider it has only what is known to be harmless, with no key but by a variable's name.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "setup/pod_state.h"

using namespace weir;
using namespace weir::setup;

namespace {

bool is_by_name(std::string_view key) {
  return (key.starts_with("${") && key.ends_with("}")) || key.ends_with("-local") ||
         key.ends_with("-no-key") || key == "dummy" || key == "none" || key == "not-needed";
}

void check_provider(const Json& provider) {
  static constexpr std::array<std::string_view, 8> kKnown = {
      "baseUrl", "api", "auth", "authHeader", "maxTokens", "timeoutSeconds", "models", "apiKey"};
  for (const auto& [name, value] : provider.as_object())
    CHECK(std::ranges::find(kKnown, name) != kKnown.end());
  if (provider.has("apiKey")) CHECK(is_by_name(provider["apiKey"].text_or("")));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto end = text.find('\0');
  const std::string config = text.substr(0, end);
  const std::string dotenv = end == std::string::npos ? std::string() : text.substr(end + 1);
  os::Places places;
  places.home = "/home/ann";
  const auto state =
      contained_state("openclaw", {.around = surroundings(places, {}, "/home/ann/code", ""),
                                   .env = {},
                                   .workspace = "/home/ann/code",
                                   .read_file = [&](const std::string& path) -> Result<std::string> {
                                     return path.ends_with("/.env") ? dotenv : config;
                                   }});
  if (!state) return 0;
  const auto own = parse_json(state->files.at("openclaw.json"));
  CHECK(own.has_value());
  for (const auto& [name, provider] : (*own)["models"]["providers"].as_object())
    check_provider(provider);
  for (const auto& one : state->credentials)
    CHECK(!one.variable.empty() && !one.host.empty() && !one.value.empty());
  return 0;
}
