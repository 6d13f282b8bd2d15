// Certificates: what was proved, so that somebody else can check it with another solver.
//
//   Certificate certificate = certify(prover, {{"policies", digest}, {"schema", digest}});
//   for (const auto& file : certificate.files) write(dir + "/" + file.name, file.text);
//   log(certificate.digest);                       // names all of it; goes into the ledger with the pack
//   TRY(const Recheck again, recheck(index_text, read_file_of_dir, {.program = "z3"}));
//
// A directory: certificate.json lists the obligations with the SHA-256 of their files, each file is an
// SMT-LIB script that stands alone and must be unsatisfiable. The format is docs/formats/certificate.md.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "prove/prover.h"

namespace weir::prove {

struct CertificateFile {
  std::string name;
  std::string text;
};

struct Certificate {
  std::vector<CertificateFile> files;  // certificate.json first
  std::string digest;                  // "sha256:…" of certificate.json
  std::size_t obligations = 0;
};

// Of the obligations that a prover was told to keep and found unsatisfiable. `inputs` are digests of what
// they are about, by name.
Certificate certify(const Prover& prover, const std::vector<std::pair<std::string, std::string>>& inputs);

struct Recheck {
  std::size_t agreed = 0;
  std::size_t unknown = 0;             // the second solver found no answer in time
  std::vector<std::string> disagreed;  // names of obligations that it satisfies: at least one solver is wrong
  std::vector<std::string> open;       // names of those without an answer, with the reason
  std::string first;                   // solver of the certificate, and the second one
  std::string second;
  std::string digest;
};

// Errors: a certificate that is not one; a file that is missing or whose digest differs (`corrupt`); no
// solver.
Result<Recheck> recheck(std::string_view index,
                        const std::function<Result<std::string>(const std::string&)>& read,
                        const SolverOptions& solver);

// A script in the dialect of z3, which has sets as arrays: infinite ones too, so what is unsatisfiable there
// is so for Cedar's finite sets.
Result<std::string> to_arrays(std::string_view script);

}  // namespace weir::prove
