// Certificates: what was proved, so that somebody else can check it with another solver.
//
//   Certificate certificate = certify(prover, {{"policies", digest}, {"schema", digest}});
//   for (const auto& file : certificate.files) write(dir + "/" + file.name, file.text);
//   log(certificate.digest);                       // names all of it; goes into the ledger with the pack
//   TRY(const CertificateIndex index, read_certificate(index_text, read_file_of_dir));   // nothing was
//   touched TRY(const Recheck again, recheck(index_text, read_file_of_dir, {.program = "z3"}));
//
// A directory: certificate.json lists the obligations with the SHA-256 of their files, each file is an
// SMT-LIB script that stands alone and must be unsatisfiable. The format is docs/formats/certificate.md.
#pragma once

#include <functional>
#include <map>
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

// What a certificate says of itself.
struct CertificateIndex {
  struct Obligation {
    std::string name;
    std::string file;
    std::string digest;  // of the file's bytes
  };
  std::string solver;
  std::map<std::string, std::string> inputs;  // digests by name
  std::vector<Obligation> obligations;
  std::string digest;  // of the certificate
};
using CertificateReader = std::function<Result<std::string>(const std::string& file)>;

// The files of a directory by name, for the functions below; names do not lead out of it.
CertificateReader files_of(const std::string& dir);
// Writes them into a directory that may be absent, certificate.json last: until then an older one of the same
// directory fails its digests.
Status write_certificate(const Certificate& certificate, const std::string& dir);

// Reads certificate.json and compares every file with its digest; asks no solver. Errors: a certificate that
// is not one; a file that is missing, or is not the one that was certified (`corrupt`).
Result<CertificateIndex> read_certificate(std::string_view index, const CertificateReader& read);

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
Result<Recheck> recheck(std::string_view index, const CertificateReader& read, const SolverOptions& solver);

// A script in the dialect of z3, which has sets as arrays: infinite ones too, so what is unsatisfiable there
// is so for Cedar's finite sets.
Result<std::string> to_arrays(std::string_view script);

}  // namespace weir::prove
