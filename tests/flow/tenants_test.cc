#include "flow/tenants.h"

#include <gtest/gtest.h>

#include "flow_support.h"

namespace weir::flow {
namespace {

Json json(std::string_view text) {
  return parse_json(text).value();
}

constexpr std::string_view kTickets =
    R"([{"id":"T-1000471","customer_id":"c-1","contact":"ann.lee@one.example",)"
    R"("text":"Our invoices of March are wrong.\nPlease look at them as soon as you can."},)"
    R"({"id":"T-1000472","customer_id":"c-2","contact":"bob@two.example","plan":"enterprise"},)"
    R"({"id":"T-1000473","customer_id":"c-3","contact":"eve@three.example","plan":"enterprise"}])";

Tenants told(std::string_view result) {
  Tenants out;
  out.read(5, read_leaves(result), *words());
  return out;
}

std::optional<Tenants::Crossing> look(const Tenants& tenants, std::string_view input, std::string_view said) {
  return tenants.look(json(input), said, *words());
}

TEST(FlowTenants, WhatOnlyAnothersRecordsHaveCrosses) {
  const auto tenants = told(kTickets);
  EXPECT_EQ(tenants.count(), 3U);
  const auto crossing = look(tenants, R"({"ticket":"T-1000472"})", "ask Ann.Lee@one.example about it");
  ASSERT_TRUE(crossing);
  EXPECT_EQ(crossing->from, "c-1");
  EXPECT_EQ(crossing->to, "c-2");
  EXPECT_EQ(crossing->read, std::vector<std::uint64_t>{5});
  EXPECT_TRUE(look(tenants, R"({"customer_id":"c-3"})", "bob@two.example"));
  EXPECT_TRUE(look(tenants, R"({"customer_id":"c-3"})", "> Please look at them as soon as you can."));
}

TEST(FlowTenants, TheirOwnAndWhatTheyShareDoesNot) {
  const auto tenants = told(kTickets);
  EXPECT_FALSE(look(tenants, R"({"ticket":"T-1000471"})", "Dear ann.lee@one.example, we look at them."));
  EXPECT_FALSE(look(tenants, R"({"ticket":"T-1000472"})", "You have the plan enterprise."));
  EXPECT_FALSE(look(tenants, R"({"ticket":"T-9999999"})", "ann.lee@one.example")) << "nobody's ticket";
  EXPECT_FALSE(look(tenants, R"({"ticket":"T-1000472"})", "malann.lee@one.example.org"))
      << "part of something longer";
}

TEST(FlowTenants, ACallThatNamesTwoCrosses) {
  const auto tenants = told(kTickets);
  EXPECT_TRUE(look(tenants, R"({"ticket":"T-1000472","customer_id":"c-1"})", ""));
  EXPECT_FALSE(look(tenants, R"({"ticket":"T-1000472","customer_id":"c-2"})", ""));
}

TEST(FlowTenants, AListBelongsToWhatStandsBesideIt) {
  Tenants tenants;
  tenants.read(
      2, read_leaves(R"({"org":"one","users":[{"email":"ann@one.example"},{"email":"bo@one.example"}]})"),
      *words());
  tenants.read(3, read_leaves(R"({"org":"two","users":[{"email":"eve@two.example"}]})"), *words());
  const auto crossing = look(tenants, R"({"org":"two"})", "bo@one.example");
  ASSERT_TRUE(crossing);
  EXPECT_EQ(crossing->read, std::vector<std::uint64_t>{2});
}

TEST(FlowTenants, OneTenantOrFreeTextNeverCrosses) {
  EXPECT_FALSE(look(told(R"({"customer_id":"c-1","contact":"ann@one.example"})"), R"({"customer_id":"c-1"})",
                    "ann@one.example"));
  EXPECT_EQ(told("customer_id is c-1, and that of the other customer is c-2, they say.").count(), 0U);
}

TEST(FlowTenants, PastItsHorizonEveryCallToATenantCrosses) {
  std::string many = "[";
  for (int i = 0; i < 9000; ++i)
    many += (i == 0 ? "" : ",") + (R"({"customer_id":"c-)" + std::to_string(i % 50)) +
            R"(","contact":"person)" + std::to_string(i) + R"(@shop.example"})";
  const auto tenants = told(many + ']');
  EXPECT_TRUE(look(tenants, R"({"customer_id":"c-7"})", "good morning"));
  EXPECT_FALSE(look(tenants, R"({"title":"x"})", "good morning"));
  EXPECT_LT(tenants.bytes(), std::size_t{4} << 20);
}

// Thousands of values that begin alike, and a text made of that beginning.
TEST(FlowTenants, AHostileOverlapEndsAndIsCautious) {
  std::string many = "[";
  for (int i = 0; i < 4000; ++i)
    many += (i == 0 ? "" : ",") + (R"({"customer_id":"c-)" + std::to_string(i % 2)) + R"(","v":"aaaaaaaa)" +
            std::to_string(i) + "\"}";
  std::string said;
  for (int i = 0; i < 20000; ++i)
    said += "aaaaaaaa ";
  EXPECT_TRUE(look(told(many + ']'), R"({"customer_id":"c-1"})", said));
}

}  // namespace
}  // namespace weir::flow
