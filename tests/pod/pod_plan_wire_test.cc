// What a pod's first process is told: everything that it needs arrives.
#include "pod/pod_plan_wire.h"

#include <gtest/gtest.h>

namespace weir::pod {
namespace {

PodPlan a_plan() {
  PodPlan plan;
  PodSpec& spec = plan.spec;
  spec.files = {{"/etc/passwd", std::string("a\0b", 3)}};
  spec.links = {{"/bin", "usr/bin"}};
  spec.argv = {"sh", "-c", "", "true"};
  spec.env = {{"A", "1"}, {"PATH", "/bin"}};
  spec.cwd = "/w";
  spec.hostname = "host";
  spec.limits = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  spec.network = PodNetwork::egress;
  spec.listeners = {{PodListener::Protocol::udp, "0.0.0.0", 53}, {PodListener::Protocol::tcp, "::", 443}};
  spec.published = {8000, 65535};
  spec.level = Level::L2;
  spec.accept_level = true;
  spec.supervised = true;
  spec.keep_out = {"/state"};
  plan.mounts = {{PodMount::Kind::overlay, "/w", "/w", "/u", "/k", 0},
                 {PodMount::Kind::tmpfs, "/tmp", "", "", "", 9}};
  plan.doors = {{"/s", "/run/s"}};
  plan.weaknesses = {"one"};
  plan.launcher = Launcher::landlock;
  plan.uid = 1000;
  plan.gid = 1001;
  return plan;
}

PodCanary a_canary() {
  PodCanary canary;
  canary.file = "/tmp/c";
  canary.port = 65535;
  canary.abstract_name = "name";
  canary.outside_pid = 77;
  canary.root_device = UINT64_MAX;
  canary.root_inode = 2;
  return canary;
}

GroupKept a_group() {
  return {"cgroup v2", true, false};
}

// Encoding is one to one, so what is written anew from what was read shows whatever was lost.
TEST(PodPlanWire, EverythingArrives) {
  const std::string bytes = encode(a_plan(), a_canary(), a_group());
  const auto read = decode_begin(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(encode(read->plan, read->canary, read->kept), bytes);
  const PodSpec& spec = read->plan.spec;
  EXPECT_EQ(spec.argv, a_plan().spec.argv);
  EXPECT_EQ(spec.env, a_plan().spec.env);
  EXPECT_EQ(spec.limits, a_plan().spec.limits);
  EXPECT_EQ(spec.files[0].content, a_plan().spec.files[0].content);
  EXPECT_TRUE(spec.supervised);
  EXPECT_EQ(spec.listeners[1].address, "::");
  EXPECT_EQ(spec.published, a_plan().spec.published);
  EXPECT_EQ(read->plan.mounts[1].bytes_max, 9U);
  EXPECT_EQ(read->plan.doors[0].source, "/run/s");
  EXPECT_EQ(read->plan.launcher, Launcher::landlock);
  EXPECT_EQ(read->canary.port, 65535);
}

TEST(PodPlanWire, TheFilterArrives) {
  const PodFilter filter = std::vector<BpfInstruction>{{1, 2, 3, 4}, {5, 6, 7, 8}};
  const auto read = decode_filter(encode(filter));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[1].k, 8U);
  EXPECT_FALSE(decode_filter(encode(filter) + "x"));
  EXPECT_FALSE(decode_filter(""));
}

TEST(PodPlanWire, WhyThereIsNoFilterArrives) {
  const auto read = decode_filter(encode(PodFilter(fail("no filter here"))));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message(), "no filter here");
}

TEST(PodPlanWire, DamageIsNoticed) {
  const std::string bytes = encode(a_plan(), a_canary(), a_group());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_begin(bytes.substr(0, size))) << size;
  EXPECT_FALSE(decode_begin(bytes + "x"));
}

}  // namespace
}  // namespace weir::pod
