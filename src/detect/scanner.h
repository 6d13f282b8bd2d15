// Both detectors of texts behind one pass over the bytes: the cues of secrets and of injections in one
// database.
//
//   TRY(Scanner scanner, Scanner::compile(secrets, injections));
//   TRY(const Scanned found, scanner.scan(text, workspace));
//
// What a long transcript is scanned with; what only needs one kind asks that detector.
#pragma once

#include <vector>

#include "detect/injection.h"
#include "detect/secrets.h"

namespace weir::detect {

struct ScanWorkspace {
  SecretWorkspace secrets;
  InjectionWorkspace injections;
};

struct Scanned {
  std::vector<Report> secrets;
  std::vector<Report> injections;
};

class Scanner {
 public:
  // `secrets` may be compiled for FirstPass::shared; `kept` as in match::Database. Errors: `limit`, `invalid`
  // for a cue of injections that the engine cannot hold.
  static Result<Scanner> compile(SecretDetector secrets, InjectionDetector injections,
                                 match::DatabaseStore* kept = nullptr);

  // Error `limit` above limits::kDetectBytesMax.
  Result<Scanned> scan(std::string_view text, ScanWorkspace& workspace, std::string_view path = {}) const;

  // The common database, to measure the first pass alone; and what it takes.
  const match::Database& database() const { return database_; }

 private:
  Scanner(SecretDetector secrets, InjectionDetector injections, match::Database database);
  SecretDetector secrets_;
  InjectionDetector injections_;
  match::Database database_;
};

}  // namespace weir::detect
