// Permission settings of agents, hostile: whatever is accepted becomes Cedar that parses and agrees with the
// schema, also as an allow list. The first byte chooses the agent.
#include <cstdint>
#include <string>

#include "cedar/validate.h"
#include "content.h"
#include "setup/permissions.h"

namespace {

using namespace weir;

const cedar::Schema& schema() {
  static const cedar::Schema shipped = [] {
    for (const auto& file : content_files())
      if (file.name == "policies/weir.cedarschema") {
        auto parsed = cedar::Schema::parse(file.bytes, file.name);
        CHECK(parsed);
        return *std::move(parsed);
      }
    CHECK(false);
  }();
  return shipped;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static constexpr const char* kAgents[] = {"claude-code", "codex", "gemini", "copilot"};
  const setup::PermissionFile file{"settings",
                                   std::string(reinterpret_cast<const char*>(data) + 1, size - 1)};
  const auto import = setup::import_permissions(kAgents[data[0] % 4], {&file, 1},
                                                {.home = "/home/ann", .allow_list = (data[0] & 4) != 0});
  if (!import) return 0;
  const auto policies = cedar::PolicySet::parse(import->policies, "import");
  CHECK(policies);
  CHECK(policies->policies().size() == import->written);
  CHECK(cedar::validate(*policies, schema()).valid());
  return 0;
}
