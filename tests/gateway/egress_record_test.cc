#include "gateway/egress_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/gateway_limits.h"

namespace weir::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using What = EgressEvent::What;

EgressEvent refused(const std::string& host, std::uint16_t port, Refusal why,
                    const std::string& detail = "") {
  return {.what = What::refused,
          .via = "transparent",
          .host = host,
          .port = port,
          .refusal = why,
          .detail = detail};
}

TEST(EgressRecord, EqualEventsAreCountedOnce) {
  EgressRecord record;
  for (int i = 0; i < 3; ++i)
    record.add(refused("evil.com", 0, Refusal::host_not_allowed));
  record.add({.what = What::opened, .host = "a.example", .port = 443, .address = "93.184.216.34"});
  record.add({.what = What::closed, .host = "a.example", .port = 443, .sent = 10, .received = 20});
  record.add({.what = What::opened, .host = "a.example", .port = 443, .address = "93.184.216.34"});
  record.add({.what = What::closed, .host = "a.example", .port = 443, .sent = 1, .received = 2});
  ASSERT_EQ(record.refused.size(), 1U);
  EXPECT_EQ(record.refused[0].times, 3U);
  ASSERT_EQ(record.reached.size(), 1U);
  EXPECT_EQ(record.reached[0].connections, 2U);
  EXPECT_EQ(record.reached[0].sent, 11U);
  EXPECT_EQ(record.received, 22U);
  EXPECT_THAT(record.reached[0].addresses, ElementsAre("93.184.216.34"));
}

TEST(EgressRecord, SaysHowToAllow) {
  EgressRecord record;
  record.add(refused("evil.com", 0, Refusal::host_not_allowed));
  record.add(refused("git.example", 22, Refusal::port_not_allowed));
  record.add(refused("2001:db8::1", 443, Refusal::host_not_allowed));
  record.add(refused("nas.example", 443, Refusal::address_not_allowed, "10.0.0.1, private"));
  record.add(refused("a.example", 443, Refusal::other_name, "b.example"));
  EXPECT_THAT(
      refusal_lines(record, 10),
      ElementsAre("evil.com: not allowed; to allow it: --allow evil.com",
                  "git.example:22: not allowed at this port; to allow it: --allow git.example:22",
                  "[2001:db8::1]:443: not allowed; to allow it: --allow [2001:db8::1]",
                  "nas.example:443: leads to an address that names may not have: 10.0.0.1, private; to allow "
                  "it: --allow-private nas.example:443",
                  "a.example:443: a connection to it asked for another name: b.example"));
}

TEST(EgressRecord, LinesAreCappedAndHostileBytesShown) {
  EgressRecord record;
  for (int i = 0; i < 20; ++i)
    record.add(refused("n" + std::to_string(i) + ".evil.com", 0, Refusal::host_not_allowed));
  const auto lines = refusal_lines(record, 5);
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_THAT(lines[4], HasSubstr("16 more"));
  EgressRecord hostile;
  hostile.add(refused("a\x1b[2J\nweir: all is well", 0, Refusal::bad_host));
  EXPECT_THAT(refusal_lines(hostile, 5).at(0), AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\n"))));
}

TEST(EgressRecord, SaysWhatWasAllowedAndNotReached) {
  EgressRecord record;
  for (int i = 0; i < 2; ++i)
    record.add(
        {.what = What::failed, .host = "a.example", .port = 443, .detail = "the name cannot be resolved"});
  EXPECT_THAT(failure_lines(record, 5), ElementsAre("a.example:443: the name cannot be resolved (2 times)"));
  EXPECT_TRUE(refusal_lines(record, 5).empty());
}

TEST(EgressRecord, IsBounded) {
  EgressRecord record;
  for (std::size_t i = 0; i < 3 * limits::kRecordEntriesMax; ++i) {
    record.add(refused(std::to_string(i) + ".evil.com", 0, Refusal::host_not_allowed));
    record.add({.what = What::opened, .host = std::to_string(i) + ".cdn.example", .port = 443});
  }
  EXPECT_EQ(record.refused.size(), limits::kRecordEntriesMax);
  EXPECT_EQ(record.reached.size(), limits::kRecordEntriesMax);
  EXPECT_EQ(record.not_listed, 4 * limits::kRecordEntriesMax);
  const std::string bytes = encode(record);
  const auto again = decode_egress_record(bytes);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(canonical(to_json(*again)), canonical(to_json(record)));
  for (std::size_t size = 0; size < bytes.size(); size += 97)
    EXPECT_FALSE(decode_egress_record(bytes.substr(0, size)));
  EXPECT_FALSE(decode_egress_record(bytes + "x"));
}

TEST(EgressRecord, SaysWhatCredentialsWereUsedFor) {
  EgressRecord record;
  EXPECT_TRUE(credential_facts(record).is_null());
  EgressEvent use{.what = What::used, .host = "a.example", .port = 443};
  use.credential = "token";
  use.method = "GET";
  use.path = "/v1/*";
  for (const std::int64_t at : {5, 7, 9}) {
    use.at_ms = at;
    record.add(use);
  }
  use.method = "POST";
  record.add(use);
  record.add(refused("b.example", 443, Refusal::misused_credential));
  record.add(refused("c.example", 443, Refusal::host_not_allowed));
  ASSERT_EQ(record.used.size(), 2U);
  EXPECT_EQ(record.used[0].times, 3U);
  EXPECT_EQ(record.used[0].first_ms, 5);
  EXPECT_EQ(record.used[0].last_ms, 9);
  const auto again = decode_egress_record(encode(record));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(canonical(to_json(*again)), canonical(to_json(record)));
  const Json facts = credential_facts(record);
  EXPECT_EQ(facts["used"].as_array().size(), 2U);
  ASSERT_EQ(facts["misused"].as_array().size(), 1U);
  EXPECT_EQ(facts["misused"].as_array()[0]["host"].text_or(""), "b.example");
}

}  // namespace
}  // namespace weir::gateway
