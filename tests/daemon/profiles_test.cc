// Profiles: relaxed ≤ standard ≤ strict for every request, who may choose, and that the choice is in force.
#include "daemon/profiles.h"

#include <gtest/gtest.h>

#include "daemon/pack_loader.h"
#include "daemon/support.h"
#include "guard/profile.h"
#include "os/process.h"
#include "prove/compare.h"
#include "prove/property.h"

namespace weir::daemon {
namespace {

using testing::DaemonTest;

std::shared_ptr<const guard::Pack> pack_of(std::string_view profile) {
  const auto pack = load_pack({.user_dir = "", .policies_dir = "", .profile = std::string(profile)});
  EXPECT_TRUE(pack) << pack.error().message();
  return pack ? *pack : nullptr;
}

// The question is put as `weir policy diff` puts it: both ways, in every environment of the schema.
TEST(Profiles, EachIsAtLeastAsStrictAsTheOneBelow) {
  if (!os::find_program("cvc5")) GTEST_SKIP() << "no cvc5";
  for (std::size_t i = 0; i + 1 < guard::kProfiles.size(); ++i) {
    SCOPED_TRACE(guard::kProfiles[i]);
    const auto below = pack_of(guard::kProfiles[i]);
    const auto above = pack_of(guard::kProfiles[i + 1]);
    ASSERT_TRUE(below && above);
    auto prover = prove::Prover::start({.solver = {.program = "cvc5", .query_ms = 10'000}});
    ASSERT_TRUE(prover) << prover.error().message();
    const auto changes = prove::compare(below->policies(), above->policies(), *below->schema(), *prover,
                                        prove::Semantics::weir);
    ASSERT_TRUE(changes) << changes.error().message();
    EXPECT_FALSE(changes->unknown());
    EXPECT_FALSE(changes->looser());
    // They are not one and the same.
    EXPECT_TRUE(std::any_of(changes->environments.begin(), changes->environments.end(), [](const auto& one) {
      return one.verdict == prove::EnvironmentComparison::Verdict::tighter;
    }));
    EXPECT_NE(below->policy_digest(), above->policy_digest());
  }
}

TEST(Profiles, ChangeNoMoreThanTheySay) {
  const auto standard = pack_of("standard");
  ASSERT_TRUE(standard);
  for (const std::string_view name : guard::kProfiles) {
    const auto files = shipped_profile(name);
    ASSERT_TRUE(files) << files.error().message();
    const auto profile = guard::read_profile(files->text);
    ASSERT_TRUE(profile) << profile.error().message();
    const auto pack = pack_of(name);
    ASSERT_TRUE(pack);
    EXPECT_EQ(pack->profile(), name);
    for (const auto& policy : standard->policies().policies()) {
      ASSERT_NE(pack->policies().find(policy.id), nullptr) << "a profile takes nothing away: " << policy.id;
      const auto change = profile->verdicts.find(policy.id);
      const std::string was(event::name(standard->meta(policy.id).verdict));
      if (change != profile->verdicts.end()) {
        EXPECT_NE(change->second.verdict, was) << policy.id << " is no change";
      }
      EXPECT_EQ(event::name(pack->meta(policy.id).verdict),
                change == profile->verdicts.end() ? was : change->second.verdict)
          << policy.id;
    }
  }
}

TEST(Profiles, AreRefusedWithWhatIsWrong) {
  const auto why = [](const std::string& text) {
    const auto read = guard::read_profile({"p.yaml", text});
    return read ? std::string("read") : read.error().message();
  };
  EXPECT_NE(why("profile: lax\nabout: x\n").find("relaxed, standard or strict"), std::string::npos);
  EXPECT_NE(why("profile: strict\n").find("about"), std::string::npos);
  EXPECT_NE(why("profile: strict\nabout: x\nverdict: []\n").find("no field \"verdict\""), std::string::npos);
  const std::string change = "profile: strict\nabout: x\nverdicts:\n  - {policy: a.b, verdict: ";
  EXPECT_NE(why(change + "allow, why: y}\n").find("use deny, ask or warn"), std::string::npos);
  EXPECT_NE(why(change + "warn}\n").find("why"), std::string::npos);
  EXPECT_EQ(why(change + "warn, why: y}\n"), "read");
  const auto profile = guard::read_profile({"p.yaml", change + "warn, why: y}\n"});
  std::vector<cedar::Policy> none;
  EXPECT_EQ(guard::apply_profile(*profile, "p.yaml", none).error().code, ErrorCode::not_found);
}

TEST(Profiles, AnOrganisationHoldsTheLeast) {
  EXPECT_EQ(profile_in_force(std::nullopt, ""), "standard");
  EXPECT_EQ(profile_in_force("relaxed", ""), "relaxed");
  EXPECT_EQ(profile_in_force("relaxed", "standard"), "standard");
  EXPECT_EQ(profile_in_force("strict", "standard"), "strict");
  EXPECT_EQ(profile_in_force(std::nullopt, "strict"), "strict");
  EXPECT_EQ(profile_in_force("standard", "relaxed"), "standard");
}

class ProfileFilesTest : public DaemonTest {};

TEST_F(ProfileFilesTest, TheChoiceIsInForceAndItsMistakesKeepTheOldOne) {
  const auto options = installed_packs(places_.config);
  EXPECT_EQ((*load_pack(options))->profile(), "standard");
  ASSERT_TRUE(choose_profile(places_.config, "strict"));
  EXPECT_EQ((*load_pack(options))->profile(), "strict");
  EXPECT_EQ(activation_facts(**load_pack(options))["profile"].text_or(""), "strict");
  EXPECT_EQ(choose_profile(places_.config, "lax").error().code, ErrorCode::not_found);
  EXPECT_EQ((*load_pack(options))->profile(), "strict");
  ASSERT_TRUE(os::write_file_atomic(places_.config + "/profile.yaml", "profile: [strict]\n"));
  EXPECT_FALSE(load_pack(options));
}

}  // namespace
}  // namespace weir::daemon
