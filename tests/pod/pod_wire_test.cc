// Reports and errors between a pod and its supervisor.
#include "pod/pod_wire.h"

#include <gtest/gtest.h>

namespace weir::pod {
namespace {

PodReport a_report() {
  PodReport report;
  report.landlock_abi = 7;
  report.steps = {{"network_out", true, true, "no route"},
                  {"landlock_files", false, false, std::string("a\0b", 3)}};
  report.limits = {{"memory", UINT64_MAX, "supervised", "looking every 100 ms"}, {"time", 0, "off", ""}};
  report.weaknesses = {"written straight to the host: /a"};
  return report;
}

TEST(PodWire, AReportKeepsItsMeaning) {
  const auto read = decode_report(encode(a_report()));
  ASSERT_TRUE(read);
  EXPECT_EQ(to_json(*read), to_json(a_report()));
  ASSERT_TRUE(decode_report(encode(PodReport())));
}

TEST(PodWire, AnErrorKeepsItsMeaning) {
  const Error error = decode_error(encode(Error{ErrorCode::denied, "what", "where", "hint"}));
  EXPECT_EQ(error.code, ErrorCode::denied);
  EXPECT_EQ(error.message(), "what (where): hint");
}

// Whatever is cut off or added is noticed.
TEST(PodWire, DamageIsNoticed) {
  const std::string report = encode(a_report());
  for (std::size_t size = 0; size < report.size(); ++size)
    EXPECT_FALSE(decode_report(report.substr(0, size))) << size;
  EXPECT_FALSE(decode_report(report + "x"));
  const std::string error = encode(Error{ErrorCode::denied, "what", "where", "hint"});
  for (std::size_t size = 0; size < error.size(); ++size)
    EXPECT_EQ(decode_error(error.substr(0, size)).what, "the pod sent an error that cannot be read") << size;
  EXPECT_EQ(decode_error(std::string(1, 100) + error.substr(1)).code, ErrorCode::internal);
}

TEST(PodWire, AListOfAnEndlessLengthIsNotRead) {
  PodReport report = a_report();
  report.weaknesses.assign(1024, "");
  EXPECT_TRUE(decode_report(encode(report)));
  report.weaknesses.emplace_back();
  EXPECT_FALSE(decode_report(encode(report)));
}

}  // namespace
}  // namespace weir::pod
