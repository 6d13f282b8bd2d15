// Layers: who may add, waive and replace what, and what must be proved.
#include "guard/layers.h"

#include "guard/support.h"

namespace weir::guard {
namespace {

using event::Verdict;
using testing::Session;

constexpr const char* kAsk =
    "@id(\"p.ask\") @decision(\"ask\") @reason(\"r\") forbid (principal, action == Action::\"vcs.push\", "
    "resource);";
constexpr const char* kPermit =
    "@id(\"p.permit\") permit (principal, action == Action::\"db.delete\", resource);";

LayerSource layer(Layer which, const std::string& policies, const std::string& waive = "") {
  LayerSource source{which, {}, {}};
  if (!policies.empty()) source.policies.push_back({std::string(name(which)) + ".cedar", policies});
  if (!waive.empty()) source.waivers.push_back({"waive.yaml", waive});
  return source;
}

std::string waive(const std::string& policy) {
  return "waive:\n  - policy: " + policy + "\n    reason: We look after that ourselves.\n";
}

Result<std::shared_ptr<const Pack>> load(std::vector<LayerSource> layers) {
  PackSources sources = testing::shipped_sources();
  sources.layers = std::move(layers);
  return Pack::load(sources);
}

TEST(Layers, AForbidOfAnyLayerIsInForceWithoutProof) {
  for (const Layer which : {Layer::organisation, Layer::user, Layer::project}) {
    const auto pack = load({layer(which, kAsk)});
    ASSERT_TRUE(pack) << pack.error().message();
    EXPECT_TRUE((*pack)->obligations().empty());
    EXPECT_EQ((*pack)->layer_of("p.ask"), which);
    EXPECT_EQ((*pack)->layer_of("base.allow"), Layer::builtin);
    Session session(*pack);
    EXPECT_EQ(session.run("git push").verdict, Verdict::ask);
  }
}

TEST(Layers, TheUserWaivesWhereThereIsNoOrganisation) {
  const auto pack = load({layer(Layer::user, "", waive("files.agent-memory"))});
  ASSERT_TRUE(pack) << pack.error().message();
  Session session(*pack);
  EXPECT_EQ(session.run("echo x >> ~/.codex/AGENTS.md").verdict, Verdict::allow);
  ASSERT_EQ((*pack)->waivers().size(), 1u);
  EXPECT_EQ(
      compact(to_json((*pack)->waivers()[0])),
      "{\"policy\":\"files.agent-memory\",\"by\":\"user\",\"reason\":\"We look after that ourselves.\"}");
}

TEST(Layers, TheTopOwnerReplacesABuiltInPolicy) {
  const auto pack =
      load({layer(Layer::organisation,
                  "@id(\"org.push\") @replaces(\"vcs.push-force\") @reason(\"r\") forbid (principal, "
                  "action == Action::\"vcs.push\", resource) when { context.flags.contains(\"force\") };")});
  ASSERT_TRUE(pack) << pack.error().message();
  Session session(*pack);
  const auto decision = session.run("git push --force origin feature");
  EXPECT_EQ(decision.verdict, Verdict::deny);
  EXPECT_EQ((*pack)->policies().find("vcs.push-force"), nullptr);
  ASSERT_EQ((*pack)->waivers().size(), 1u);
  EXPECT_EQ((*pack)->waivers()[0].replaced_by, "org.push");
}

TEST(Layers, BelowTheTopOwnerNobodyWaivesOrReplaces) {
  const std::string replacing =
      "@id(\"x\") @replaces(\"infra.delete\") forbid (principal, action == Action::\"infra.delete\", "
      "resource);";
  const std::vector<std::vector<LayerSource>> refused = {
      {layer(Layer::organisation, kAsk), layer(Layer::user, "", waive("infra.delete"))},
      {layer(Layer::organisation, kAsk), layer(Layer::user, replacing)},
      {layer(Layer::project, "", waive("infra.delete"))},
      {layer(Layer::project, replacing)},
      {layer(Layer::user, kAsk), layer(Layer::project, replacing)}};
  for (const auto& layers : refused) {
    const auto pack = load(layers);
    ASSERT_FALSE(pack);
    EXPECT_EQ(pack.error().code, ErrorCode::denied) << pack.error().message();
    EXPECT_NE(pack.error().hint.find("only the"), std::string::npos) << pack.error().message();
  }
}

TEST(Layers, WaiversSayWhatAndWhy) {
  EXPECT_NE(load({layer(Layer::user, "", waive("no.such"))}).error().what.find("no.such"), std::string::npos);
  EXPECT_NE(load({layer(Layer::user, "", "waive:\n  - policy: infra.delete\n")}).error().what.find("reason"),
            std::string::npos);
  EXPECT_FALSE(load({layer(Layer::user, "", "waive: infra.delete\n")}));
  // Only what ships can be waived.
  EXPECT_FALSE(load({layer(Layer::user, kAsk, waive("p.ask"))}));
}

TEST(Layers, APermitThatWidensNothingNeedsNoProof) {
  const auto pack = load({layer(Layer::project, kPermit)});
  ASSERT_TRUE(pack) << pack.error().message();
  EXPECT_TRUE((*pack)->obligations().empty());
}

TEST(Layers, APermitBelowAnAllowListMustBeProved) {
  const std::string list =
      "@id(\"org.reads\") @replaces(\"base.allow\") permit (principal, action in Action::\"file\", "
      "resource);";
  const auto pack = load({layer(Layer::user, list), layer(Layer::project, kPermit)});
  ASSERT_TRUE(pack) << pack.error().message();
  ASSERT_EQ((*pack)->obligations().size(), 1u);
  const Obligation& obligation = (*pack)->obligations()[0];
  EXPECT_EQ(obligation.layer, Layer::project);
  EXPECT_EQ(obligation.where, "project.cedar:1: p.permit");
  EXPECT_EQ(obligation.above.find("p.permit"), nullptr);
  EXPECT_NE(obligation.with.find("p.permit"), nullptr);
  EXPECT_NE(obligation.above.find("guard.disable"), nullptr);  // a refusal bounds as well
  EXPECT_EQ(obligation.above.find("infra.delete"), nullptr);   // an ask is weaker than the refusal by default
}

TEST(Layers, TheTopOwnersPermitsAreItsOwnAffair) {
  const std::string list =
      "@id(\"org.reads\") @replaces(\"base.allow\") permit (principal, action in Action::\"file\", "
      "resource);";
  const auto pack = load({layer(Layer::user, list + kPermit)});
  ASSERT_TRUE(pack) << pack.error().message();
  EXPECT_TRUE((*pack)->obligations().empty());
  Session session(*pack);
  EXPECT_TRUE(testing::has_policy(session.run("ls"), "default-deny"));
}

TEST(Layers, AnObservingPermitPermitsNothing) {
  const auto pack = load({layer(Layer::user,
                                "@id(\"only.observed\") @mode(\"observe\") @replaces(\"base.allow\") "
                                "permit (principal, action, resource);")});
  ASSERT_TRUE(pack) << pack.error().message();
  Session session(*pack);
  EXPECT_EQ(session.run("ls").verdict, Verdict::deny);
}

TEST(Layers, ObserveReachesOnlyThePolicyThatSaysIt) {
  const auto pack = load(
      {layer(Layer::project, "@id(\"watch\") @mode(\"observe\") forbid (principal, action, resource);")});
  ASSERT_TRUE(pack) << pack.error().message();
  Session session(*pack);
  EXPECT_EQ(session.run("ls").verdict, Verdict::allow);
  EXPECT_EQ(session.run("rm -rf /").verdict, Verdict::deny);
}

TEST(Layers, OneMoreLayerIsPutBelowAPack) {
  const auto above = load({layer(Layer::user, kAsk)});
  ASSERT_TRUE(above);
  const auto pack = Pack::with_layer(
      **above,
      layer(Layer::project, "@id(\"no.db\") forbid (principal, action in Action::\"db\", resource);"));
  ASSERT_TRUE(pack) << pack.error().message();
  EXPECT_NE((*pack)->policy_digest(), (*above)->policy_digest());
  EXPECT_EQ((*pack)->content_digest(), (*above)->content_digest());
  EXPECT_NE((*pack)->policies().find("p.ask"), nullptr);
  EXPECT_EQ((*above)->policies().find("no.db"), nullptr);
}

}  // namespace
}  // namespace weir::guard
