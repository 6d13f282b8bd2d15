#include "daemon/mcp_schemas.h"

#include <utility>

namespace weir::daemon {
namespace {

constexpr std::size_t kCompiledMax = 512;

}  // namespace

Fit McpSchemas::check(const std::string& digest, const std::string& member, const Json& descriptor,
                      const Json& value) {
  const Json* declared = descriptor.find(member);
  if (declared == nullptr) return {};
  const std::string key = member + " " + digest;
  std::shared_ptr<const std::optional<jsonschema::Schema>> schema;
  {
    const std::lock_guard lock(mutex_);
    if (const auto it = compiled_.find(key); it != compiled_.end()) schema = it->second;
  }
  if (schema == nullptr) {
    std::optional<jsonschema::Schema> fresh;
    if (auto compiled = jsonschema::Schema::compile(*declared)) fresh = *std::move(compiled);
    schema = std::make_shared<const std::optional<jsonschema::Schema>>(std::move(fresh));
    const std::lock_guard lock(mutex_);
    if (compiled_.size() >= kCompiledMax) compiled_.clear();
    compiled_[key] = schema;
  }
  Fit fit;
  if (!*schema) {
    fit.unchecked = true;
    return fit;
  }
  const auto violations = (*schema)->check(value);
  if (!violations) {
    fit.unchecked = true;
    return fit;
  }
  for (const auto& one : *violations)
    fit.wrong.push_back(one.at.empty() ? one.text : one.at + " " + one.text);
  return fit;
}

}  // namespace weir::daemon
