#include "prove/certificate.h"

#include <fmt/format.h>

#include <map>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/json.h"
#include "os/files.h"
#include "prove/sexpr.h"

namespace weir::prove {
namespace {

constexpr std::string_view kFormat = "weir-proof/1";

SExpr symbol(std::string text) {
  SExpr out;
  out.kind = SExpr::Kind::symbol;
  out.text = std::move(text);
  return out;
}
SExpr list(std::vector<SExpr> items) {
  SExpr out;
  out.list = std::move(items);
  return out;
}
SExpr mapped(std::string op, SExpr a, SExpr b) {
  return list({list({symbol("_"), symbol("map"), symbol(std::move(op))}), std::move(a), std::move(b)});
}

// Operators of sets to operators of arrays, inside out.
SExpr rewrite(SExpr at) {
  for (auto& item : at.list)
    item = rewrite(std::move(item));
  if (!at.is_list() || at.list.empty()) return at;
  auto& items = at.list;
  if (at.calls("Set") && items.size() == 2)
    return list({symbol("Array"), std::move(items[1]), symbol("Bool")});
  if (at.calls("as") && items.size() == 3 && items[1].is("set.empty"))
    return list({list({symbol("as"), symbol("const"), std::move(items[2])}), symbol("false")});
  if (at.calls("set.member") && items.size() == 3)
    return list({symbol("select"), std::move(items[2]), std::move(items[1])});
  if (at.calls("set.subset") && items.size() == 3) {
    SExpr both = mapped("and", items[1], items[2]);
    return list({symbol("="), std::move(both), std::move(items[1])});
  }
  if (at.calls("set.inter") && items.size() == 3)
    return mapped("and", std::move(items[1]), std::move(items[2]));
  if (at.calls("set.insert") && items.size() >= 3) {
    SExpr out = std::move(items.back());
    for (std::size_t i = 1; i + 1 < items.size(); ++i)
      out = list({symbol("store"), std::move(out), std::move(items[i]), symbol("true")});
    return out;
  }
  return at;
}

// unsat from either of z3's solvers for strings is an answer; the first that has one is believed.
Result<Reply> ask_again(Solver& solver, const std::string& script, bool is_z3) {
  if (!is_z3) return solver.check(script);
  TRY(const std::string arrays, to_arrays(script));
  TRY(Reply reply, solver.check("(set-option :smt.string_solver seq)\n" + arrays));
  if (reply.answer != Answer::unknown) return reply;
  return solver.check("(set-option :smt.string_solver z3str3)\n" + arrays);
}

std::unexpected<Error> touched(const std::string& file) {
  return fail(ErrorCode::corrupt, "the file is not the one that was certified", file,
              "make the certificate again with `weir policy prove`");
}

// certificate.json alone; its files are not looked at.
Result<CertificateIndex> parse_index(std::string_view index) {
  TRY(const Json json, parse_json(index));
  if (json["format"].text_or("") != kFormat || !json["obligations"].is_array())
    return fail("this is no certificate of " + std::string(kFormat), "certificate.json");
  if (json["obligations"].as_array().size() > limits::kObligationsMax)
    return fail(ErrorCode::limit, "the certificate has too many obligations", "certificate.json");
  CertificateIndex out;
  out.solver = printable(json["solver"].text_or(""), 100);
  out.digest = digest_text(sha256(index));
  if (json["inputs"].is_object())
    for (const auto& [name, digest] : json["inputs"].as_object())
      out.inputs.emplace(name, digest.text_or(""));
  for (const auto& obligation : json["obligations"].as_array()) {
    std::string file(obligation["file"].text_or(""));
    if (file.empty() || file.find('/') != std::string::npos || file.starts_with('.'))
      return fail(ErrorCode::corrupt, "a certificate names only files beside it", printable(file, 100));
    out.obligations.push_back({printable(obligation["name"].text_or(""), 300), std::move(file),
                               std::string(obligation["digest"].text_or(""))});
  }
  return out;
}

}  // namespace

Result<std::string> to_arrays(std::string_view script) {
  TRY(auto commands, parse_sexprs(script));
  std::string out;
  for (auto& command : commands)
    if (!command.calls("set-option")) out += to_text(rewrite(std::move(command))) + "\n";
  return out;
}

Certificate certify(const Prover& prover, const std::vector<std::pair<std::string, std::string>>& inputs) {
  Certificate out;
  std::map<std::string, std::string> names;  // of files, by digest: equal questions share one
  Json obligations = Json::array();
  for (const auto& obligation : prover.obligations()) {
    if (obligation.answer != Answer::unsat) continue;
    const std::string digest = digest_text(sha256(obligation.script));
    const auto [at, added] = names.try_emplace(digest, fmt::format("{:05}.smt2", names.size()));
    if (added) out.files.push_back({at->second, obligation.script});
    obligations.push(Json::object({{"name", obligation.name}, {"file", at->second}, {"digest", digest}}));
    ++out.obligations;
  }
  Json about = Json::object();
  for (const auto& [name, digest] : inputs)
    about.set(name, digest);
  const Json index = Json::object({{"format", kFormat},
                                   {"solver", prover.solver_version()},
                                   {"inputs", std::move(about)},
                                   {"expected", "unsat"},
                                   {"obligations", std::move(obligations)}});
  const std::string text = canonical(index) + "\n";
  out.digest = digest_text(sha256(text));
  out.files.insert(out.files.begin(), {"certificate.json", text});
  return out;
}

CertificateReader files_of(const std::string& dir) {
  return [dir](const std::string& file) -> Result<std::string> {
    return os::read_file(dir + "/" + file, limits::kScriptBytesMax);
  };
}

Status write_certificate(const Certificate& certificate, const std::string& dir) {
  TRY_STATUS(os::make_dirs(dir));
  for (auto file = certificate.files.rbegin(); file != certificate.files.rend(); ++file)
    TRY_STATUS(os::write_file_atomic(dir + "/" + file->name, file->text));
  return {};
}

Result<CertificateIndex> read_certificate(std::string_view index, const CertificateReader& read) {
  TRY(CertificateIndex out, parse_index(index));
  std::map<std::string, std::string> digests;  // by file
  for (const auto& obligation : out.obligations) {
    auto at = digests.find(obligation.file);
    if (at == digests.end()) {
      TRY(const std::string script, read(obligation.file));
      at = digests.emplace(obligation.file, digest_text(sha256(script))).first;
    }
    if (at->second != obligation.digest) return touched(obligation.file);
  }
  return out;
}

Result<Recheck> recheck(std::string_view index, const CertificateReader& read, const SolverOptions& options) {
  TRY(const CertificateIndex certificate, parse_index(index));
  TRY(Solver solver, Solver::start(options));
  const bool is_z3 = solver.version().starts_with("z3");
  Recheck out;
  out.first = certificate.solver;
  out.second = solver.version();
  out.digest = certificate.digest;
  std::map<std::string, Reply> answered;  // by digest
  for (const auto& obligation : certificate.obligations) {
    auto at = answered.find(obligation.digest);
    if (at == answered.end()) {
      TRY(const std::string script, read(obligation.file));
      if (digest_text(sha256(script)) != obligation.digest) return touched(obligation.file);
      TRY(Reply reply, ask_again(solver, script, is_z3));
      at = answered.emplace(obligation.digest, std::move(reply)).first;
    }
    if (at->second.answer == Answer::unsat) ++out.agreed;
    if (at->second.answer == Answer::sat) out.disagreed.push_back(obligation.name);
    if (at->second.answer == Answer::unknown) out.open.push_back(obligation.name + ": " + at->second.why);
  }
  out.unknown = out.open.size();
  return out;
}

}  // namespace weir::prove
