// Certificates in the ledger, and what happens where nothing can be proved: no solver, or one that does not
// answer in time.
#include "daemon/proofs.h"

#include <gtest/gtest.h>

#include "daemon/pack_loader.h"
#include "daemon/project_packs.h"
#include "daemon/support.h"
#include "ledger/disk.h"
#include "ledger/published.h"
#include "ledger/tile_reader.h"

namespace weir::daemon {
namespace {

using testing::DaemonTest;

// It calculates, so that it never errs is something to be proved.
constexpr const char* kSum =
    "@id(\"sum\") @reason(\"Too much at once.\") forbid (principal, action == Action::\"net.connect\", "
    "resource)\n"
    "when { context.session.connects < 1000 && context.session.writes < 1000 &&\n"
    "       context.session.connects > -1 && context.session.writes > -1 &&\n"
    "       context.session.connects + context.session.writes > 100 };\n";
// Narrower than the list, which no text shows and no simplification: it takes a solver.
constexpr const char* kSourcesOnly =
    "@id(\"user.reads\") @replaces(\"base.allow\") @reason(\"Only this.\")\n"
    "permit (principal, action == Action::\"file.read\", resource) when { resource.relative like \"src/*\" "
    "};\n"
    "@id(\"user.runs\") @reason(\"And this.\")\n"
    "permit (principal, action in [Action::\"tool\", Action::\"shell\"], resource);\n";
constexpr const char* kNarrower =
    "@id(\"project.read\") permit (principal, action == Action::\"file.read\", resource)\n"
    "when { resource.relative like \"src/*.cc\" };\n";

class Proofs : public DaemonTest {
 protected:
  void write(const std::string& dir, const std::string& name, const std::string& text) {
    ASSERT_TRUE(os::make_dirs(dir));
    ASSERT_TRUE(os::write_file_atomic(dir + "/" + name, text));
  }
  void user(const std::string& text) { write(places_.config + "/policies", "a.cedar", text); }
  void project(const std::string& text) { write(dir_ + "/project/.weir/policies", "a.cedar", text); }
  std::string proofs() const { return proofs_dir(places_.state); }
  static bool has_solvers() { return os::find_program("cvc5") && os::find_program("z3"); }

  // Facts of the entries of one type, oldest first. Only what a checkpoint covers is read.
  std::vector<Json> facts(std::string_view type) {
    stop();
    std::vector<Json> out;
    const auto disk = ledger::real_disk();
    const auto published = ledger::read_published(*disk, places_.ledger_dir(), {});
    if (!published) return out;
    ledger::TileReader reader(*disk, places_.ledger_dir(), published->checkpoint.size);
    for (std::uint64_t i = 0; i < reader.size(); ++i) {
      const auto entry = reader.entry(i);
      const auto json = entry ? parse_json(*entry) : Result<Json>(std::unexpected(entry.error()));
      if (json && (*json)["type"].text_or("") == type) out.push_back((*json)["facts"]);
    }
    return out;
  }

  Result<prove::Recheck> recheck(const std::string& dir) {
    TRY(const std::string index, os::read_file(dir + "/certificate.json", limits::kMiB));
    return prove::recheck(index, prove::files_of(dir), {.program = "z3"});
  }
};

TEST_F(Proofs, WhatWasProvedAtTheStartIsInTheLedgerAndCanBeCheckedAgain) {
  if (!has_solvers()) GTEST_SKIP() << "cvc5 or z3 is not installed";
  user(kSum);
  start();
  const auto started = facts("daemon.started");
  ASSERT_EQ(started.size(), 1u);
  const Json& proof = started[0]["proofs"]["load"];
  const std::string pack(started[0]["pack"].text_or(""));
  const auto again = recheck(proof_dir(proofs(), pack, kLoadProof));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->digest, proof["certificate"].text_or("")) << compact(started[0]);
  EXPECT_GT(again->agreed, 0u);
  EXPECT_EQ(static_cast<std::int64_t>(again->agreed), proof["obligations"].as_int());
  EXPECT_TRUE(again->disagreed.empty());
  EXPECT_TRUE(again->open.empty());
}

TEST_F(Proofs, AReloadNamesTheProofOfThePropertiesOfThisVeryPack) {
  if (!has_solvers()) GTEST_SKIP() << "cvc5 or z3 is not installed";
  start();
  user("@id(\"x\") @reason(\"No.\") forbid (principal, action == Action::\"vcs.push\", resource);\n");
  const auto pack = load_pack(installed_packs(places_.config));
  ASSERT_TRUE(pack) << pack.error().message();
  const std::string digest = (*pack)->policy_digest();
  const auto prover = prove::Prover::start({.solver = {}, .keep_obligations = true});
  ASSERT_TRUE(prover);
  const auto certificate = prove::certify(*prover, {{std::string(kPackInput), digest}});
  ASSERT_TRUE(keep_proof(proofs(), digest, kPropertiesProof, certificate));
  const Json reload = Json::object({{"cmd", "reload"}});
  ASSERT_TRUE(control(reload));
  // Another pack does not inherit it, not even when somebody copies it there.
  user("@id(\"y\") @reason(\"No.\") forbid (principal, action == Action::\"vcs.push\", resource);\n");
  ASSERT_TRUE(control(reload));
  const auto other = load_pack(installed_packs(places_.config));
  ASSERT_TRUE(other);
  ASSERT_TRUE(keep_proof(proofs(), (*other)->policy_digest(), kPropertiesProof, certificate));
  ASSERT_TRUE(control(reload));
  const auto activated = facts("pack.activated");
  ASSERT_EQ(activated.size(), 3u);
  EXPECT_EQ(activated[0]["pack"].text_or(""), digest);
  EXPECT_EQ(activated[0]["proofs"]["properties"]["certificate"].text_or(""), certificate.digest);
  EXPECT_FALSE(activated[1].has("proofs")) << compact(activated[1]);
  EXPECT_NE(activated[2]["proofs"]["properties"]["unusable"].text_or("").find("another pack"),
            std::string_view::npos)
      << compact(activated[2]);
}

TEST_F(Proofs, ATouchedFileMakesACertificateUnusable) {
  const std::string pack = "sha256:00";
  prove::Certificate certificate;
  const std::string script = "(assert false)\n";
  const std::string index = "{\"expected\":\"unsat\",\"format\":\"weir-proof/1\",\"inputs\":{\"pack\":\"" +
                            pack + "\"},\"obligations\":[{\"digest\":\"" + digest_text(sha256(script)) +
                            "\",\"file\":\"00000.smt2\",\"name\":\"n\"}],\"solver\":\"cvc5 1.0.3\"}\n";
  certificate.files = {{"certificate.json", index}, {"00000.smt2", script}};
  ASSERT_TRUE(keep_proof(proofs(), pack, kLoadProof, certificate));
  EXPECT_EQ(proof_facts(proofs(), pack)["load"]["certificate"].text_or(""), digest_text(sha256(index)));
  write(proof_dir(proofs(), pack, kLoadProof), "00000.smt2", "(assert true)\n");
  EXPECT_TRUE(proof_facts(proofs(), pack)["load"].has("unusable"));
  EXPECT_TRUE(proof_facts(proofs(), "sha256:01").as_object().empty());
}

TEST_F(Proofs, FullShelvesDoNotKeepPoliciesFromComingIntoForce) {
  if (!has_solvers()) GTEST_SKIP() << "cvc5 or z3 is not installed";
  for (std::size_t i = 0; i < kProofPacksMax; ++i)
    ASSERT_TRUE(os::make_dirs(proofs() + "/" + std::to_string(i)));
  user(kSum);
  PackOptions options = installed_packs(places_.config);
  options.proofs_dir = proofs();
  const auto pack = load_pack(options);
  ASSERT_TRUE(pack) << pack.error().message();
  EXPECT_FALSE(os::exists(proof_dir(proofs(), (*pack)->policy_digest(), kLoadProof)));
  EXPECT_FALSE(activation_facts(**pack, proofs()).has("proofs"));
}

TEST_F(Proofs, AProjectsNarrowingIsRecordedWithItsProof) {
  if (!has_solvers()) GTEST_SKIP() << "cvc5 or z3 is not installed";
  user(kSourcesOnly);
  project(kNarrower);
  ASSERT_EQ(std::system(("git init -q " + dir_ + "/project").c_str()), 0);
  start();
  EXPECT_EQ(code("s", "ls"), 0);
  const auto activated = facts("pack.activated");
  ASSERT_EQ(activated.size(), 1u);
  const std::string pack(activated[0]["pack"].text_or(""));
  const auto again = recheck(proof_dir(proofs(), pack, kLoadProof));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->digest, activated[0]["proofs"]["load"]["certificate"].text_or(""))
      << compact(activated[0]);
  EXPECT_GT(again->agreed, 0u);
  EXPECT_TRUE(again->open.empty() && again->disagreed.empty());
}

// Programs are looked for elsewhere while it lives: nowhere, or where a text stands in for the solver.
class OtherPath {
 public:
  explicit OtherPath(const std::string& path) : before_(::getenv("PATH")) {
    ::setenv("PATH", path.c_str(), 1);
  }
  ~OtherPath() { ::setenv("PATH", before_.c_str(), 1); }
  OtherPath(const OtherPath&) = delete;
  OtherPath& operator=(const OtherPath&) = delete;

 private:
  std::string before_;
};

TEST_F(Proofs, WithoutASolverTheShippedPackLoadsAndWhatNeedsProofDoesNot) {
  const OtherPath nowhere(dir_ + "/no-programs");
  const auto shipped = load_pack({});
  EXPECT_TRUE(shipped) << shipped.error().message();
  user(kSum);
  const auto sum = load_pack(installed_packs(places_.config));
  ASSERT_FALSE(sum);
  EXPECT_EQ(sum.error().code, ErrorCode::unavailable);
  EXPECT_NE(sum.error().what.find("not installed"), std::string::npos) << sum.error().message();
  EXPECT_NE(sum.error().where.find("a.cedar:1: sum"), std::string::npos) << sum.error().message();
  user(kSourcesOnly);
  const auto above = load_pack(installed_packs(places_.config));
  ASSERT_TRUE(above) << above.error().message();
  project(kNarrower);
  const auto narrower = load_project(*above, dir_ + "/project");
  ASSERT_FALSE(narrower);
  EXPECT_EQ(narrower.error().code, ErrorCode::unavailable);
  EXPECT_NE(narrower.error().what.find("the project layer permits something"), std::string::npos);
  EXPECT_NE(narrower.error().what.find("not installed"), std::string::npos) << narrower.error().message();
  // Refusals need no proof.
  project("@id(\"p\") @reason(\"No.\") forbid (principal, action == Action::\"vcs.push\", resource);\n");
  EXPECT_TRUE(load_project(*above, dir_ + "/project"));
}

TEST_F(Proofs, ASolverThatDoesNotAnswerProvesNothing) {
  write(dir_ + "/bin", "cvc5", "#!/bin/sh\n[ \"$1\" = --version ] || exec /bin/sleep 60\n");
  ASSERT_EQ(std::system(("chmod +x " + dir_ + "/bin/cvc5").c_str()), 0);
  user(kSourcesOnly);
  const auto above = load_pack(installed_packs(places_.config));
  ASSERT_TRUE(above) << above.error().message();
  project(kNarrower);
  const OtherPath slow(dir_ + "/bin");
  const auto narrower = load_project(*above, dir_ + "/project", proofs());
  ASSERT_FALSE(narrower);
  EXPECT_EQ(narrower.error().code, ErrorCode::unavailable);
  EXPECT_NE(narrower.error().what.find("not proved: the time limit"), std::string::npos)
      << narrower.error().message();
  EXPECT_FALSE(os::exists(proofs())) << "nothing was proved, nothing is kept";
}

TEST_F(Proofs, ASolverThatDoesNotAnswerIsAskedOnceForTheSameTexts) {
  const std::string started = dir_ + "/started";
  write(dir_ + "/bin", "cvc5",
        "#!/bin/sh\n[ \"$1\" = --version ] && exit\necho >> " + started + "\nexec /bin/sleep 60\n");
  ASSERT_EQ(std::system(("chmod +x " + dir_ + "/bin/cvc5").c_str()), 0);
  const auto starts = [&] { return os::read_file(started, limits::kMiB).value_or("").size(); };
  user(kSourcesOnly);
  const auto above = load_pack(installed_packs(places_.config));
  ASSERT_TRUE(above) << above.error().message();
  project(kNarrower);
  const OtherPath slow(dir_ + "/bin");
  ProjectPacks packs;
  const auto first = packs.of(*above, dir_ + "/project");
  ASSERT_FALSE(first);
  const std::size_t asked = starts();
  EXPECT_GT(asked, 0u);
  const auto second = packs.of(*above, dir_ + "/project");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message(), first.error().message());
  EXPECT_EQ(starts(), asked);
  project("@id(\"p\") @reason(\"No.\") forbid (principal, action == Action::\"vcs.push\", resource);\n");
  EXPECT_TRUE(packs.of(*above, dir_ + "/project")) << "mending the file is enough";
}

}  // namespace
}  // namespace weir::daemon
