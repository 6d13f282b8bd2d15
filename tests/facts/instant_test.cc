#include "facts/instant.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::facts {
namespace {

using testing::IsSupersetOf;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST(Instant, ComesFromAnEventWithoutActions) {
  event::Event event;
  event.kind = "tool.result";
  event.time.wall_ns = 7;
  event.session = "claude-code:1/sub";
  event.root = "claude-code:1";
  event.agent = {"claude-code", "", "sub", ""};
  event.plane = "hook";
  event.source = "claude-code/PostToolUse";
  event.data = Json::object({{"tool", "Bash"}, {"failed", true}});
  event::Finding finding;
  finding.rule = "injection.shape";
  finding.evidence_class = "injection";
  const auto instants = instants_of(event, {}, {finding});
  ASSERT_EQ(instants.size(), 1U);
  EXPECT_EQ(instants[0].time_ns, 7);
  EXPECT_THAT(instants[0].fields,
              UnorderedElementsAre(Pair("kind", "tool.result"), Pair("hook", "PostToolUse"),
                                   Pair("session", "claude-code:1"), Pair("agent", "claude-code"),
                                   Pair("sub_agent", "sub"), Pair("plane", "hook"), Pair("tool", "Bash"),
                                   Pair("outcome", "failed"), Pair("finding", "injection.shape"),
                                   Pair("finding_class", "injection")));
}

TEST(Instant, IsOneForEachAction) {
  event::Event event;
  event.kind = "tool.call";
  event::Action read;
  read.verb = "file.read";
  read.resource_type = "Path";
  read.resource = "/home/u/.ssh/id_ed25519";
  read.attrs = Json::object({{"exists", true}, {"in_workspace", false}});
  read.attrs.set("classes", Json(Json::Array{Json("credential"), Json("system")}));
  event::Action connect;
  connect.verb = "net.connect";
  connect.resource_type = "Host";
  connect.resource = "example.com:443";
  connect.certainty = event::Certainty::possible;
  connect.attrs = Json::object({{"host", "example.com"}, {"port", 443}});
  const auto instants = instants_of(event, {read, connect});
  ASSERT_EQ(instants.size(), 2U);
  EXPECT_THAT(instants[0].fields,
              IsSupersetOf({Pair("verb", "file.read"), Pair("resource", "/home/u/.ssh/id_ed25519"),
                            Pair("name", "id_ed25519"), Pair("class", "credential"), Pair("class", "system"),
                            Pair("flag", "exists"), Pair("certainty", "certain")}));
  EXPECT_THAT(instants[1].fields, IsSupersetOf({Pair("host", "example.com"), Pair("attr.port", "443"),
                                                Pair("certainty", "possible")}));
}

}  // namespace
}  // namespace weir::facts
