#include "detect/scanner.h"

#include <utility>

#include "base/limits.h"

namespace weir::detect {

Scanner::Scanner(SecretDetector secrets, InjectionDetector injections, match::Database database)
    : secrets_(std::move(secrets)), injections_(std::move(injections)), database_(std::move(database)) {}

Result<Scanner> Scanner::compile(SecretDetector secrets, InjectionDetector injections,
                                 match::DatabaseStore* kept) {
  std::vector<match::Pattern> patterns = secrets.patterns();
  const auto& more = injections.patterns();
  patterns.insert(patterns.end(), more.begin(), more.end());
  TRY(auto compiled, match::Database::compile(patterns, kept));
  std::vector<std::size_t> missing;
  for (const auto& rejected : compiled.rejected) {
    if (rejected.pattern >= secrets.patterns().size()) return std::unexpected(rejected.error);
    missing.push_back(rejected.pattern);
  }
  secrets = secrets.without(missing);
  return Scanner(std::move(secrets), std::move(injections), std::move(compiled.database));
}

Result<Scanned> Scanner::scan(std::string_view text, ScanWorkspace& workspace, std::string_view path) const {
  if (text.size() > limits::kDetectBytesMax)
    return fail(ErrorCode::limit, "the text is larger than one look may be", {}, "look at it in parts");
  auto& secret_cues = workspace.secrets.cues;
  auto& injection_cues = workspace.injections.cues;
  secret_cues.clear();
  injection_cues.clear();
  const std::size_t secret_patterns = secrets_.patterns().size();
  TRY_STATUS(database_.scan(text, workspace.secrets.scratch, [&](std::size_t pattern, std::size_t end) {
    const bool secret = pattern < secret_patterns;
    (secret ? secret_cues : injection_cues)
        .push_back({static_cast<std::uint32_t>(secret ? pattern : pattern - secret_patterns),
                    static_cast<std::uint32_t>(end)});
    return true;
  }));
  Scanned out;
  out.secrets = secrets_.judge(text, secret_cues, workspace.secrets, path);
  TRY(out.injections, injections_.judge(text, injection_cues, workspace.injections));
  return out;
}

}  // namespace weir::detect
