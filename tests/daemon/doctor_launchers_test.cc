#include "daemon/doctor_launchers.h"

#include <gmock/gmock.h>

#include "daemon/doctor_pod.h"
#include "os/process.h"
#include "support/namespaces.h"

namespace weir::daemon {
namespace {

using testing::HasSubstr;

const Check* find(const std::vector<Check>& rows, std::string_view name) {
  for (const auto& row : rows)
    if (row.name == name) return &row;
  return nullptr;
}

TEST(DoctorLaunchers, EachHasARowAndTheFirstIsMissed) {
  const auto with = launcher_rows(true);
  const auto without = launcher_rows(false);
  for (const char* name : {"launcher own", "launcher bwrap", "launcher runsc", "launcher landlock"})
    ASSERT_TRUE(find(with, name) != nullptr && find(without, name) != nullptr) << name;
  EXPECT_EQ(find(with, "launcher own")->health, Health::ok);
  EXPECT_EQ(find(without, "launcher own")->health, Health::warn);
  EXPECT_NE(find(without, "launcher own")->mend, "");
  EXPECT_THAT(find(with, "launcher landlock")->detail, HasSubstr("--level L1"));
}

TEST(DoctorLaunchers, BpfIsOnlyTold) {
  EXPECT_THAT(bpf_lsm_row("lockdown,capability,bpf\n", true).detail, HasSubstr("kernel has yes"));
  EXPECT_THAT(bpf_lsm_row("lockdown,capability,landlock\n", false).detail, HasSubstr("kernel has no,"));
  EXPECT_THAT(bpf_lsm_row("", false).detail, HasSubstr("cannot be told"));
  EXPECT_THAT(bpf_lsm_row("bpf", false).detail, HasSubstr("programs may be loaded no"));
  EXPECT_EQ(bpf_lsm_row("", false).health, Health::ok);
}

TEST(DoctorPod, SupervisionIsReallyTried) {
  if (const auto why = support::no_user_namespaces(); !why.empty()) GTEST_SKIP() << why;
  const auto rows = pod_rows();
  ASSERT_NE(find(rows, "pod supervised"), nullptr);
  EXPECT_THAT(find(rows, "pod supervised")->detail, HasSubstr("asked about and refused at the socket"));
  ASSERT_NE(find(rows, "pod level"), nullptr);
  EXPECT_THAT(find(rows, "launcher own")->detail, HasSubstr("available"));
}

}  // namespace
}  // namespace weir::daemon
