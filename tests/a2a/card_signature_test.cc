// Cards signed by the official SDK are verified; nothing that was changed, or signed by another, is.
#include "a2a/card_signature.h"

#include <gmock/gmock.h>

#include "a2a/signed_cards.h"

namespace weir::a2a {
namespace {

using testing::HasSubstr;
using testing_cards::kSdkCards;

Json parsed(std::string_view text) {
  auto json = parse_json(text);
  EXPECT_TRUE(json) << text;
  return json ? *json : Json();
}

CardKey key_of(const testing_cards::SdkCard& given) {
  return {given.kid, from_base64(given.public_key).value_or(Bytes{})};
}

// RFC 8032 7.1, test 1: seed and public key; the DER before it is that of RFC 8410.
Bytes seed() {
  return *from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
}
CardKey own_key() {
  return {"weir-1", *from_hex("302a300506032b6570032100"
                              "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")};
}

std::string why(const Json& card, const std::vector<CardKey>& pinned) {
  const auto got = verify_card(card, pinned);
  return got ? "verified" : got.error().message();
}

TEST(CardSignature, CardsOfTheSdkAreVerifiedInThreeAlgorithms) {
  for (const auto& given : kSdkCards) {
    const auto got = verify_card(parsed(given.card), std::vector{key_of(given)});
    ASSERT_TRUE(got) << given.kid << ": " << got.error().message();
    EXPECT_EQ(got->kid, given.kid);
    EXPECT_EQ(got->card["name"].text_or(""), "Weather \u20ac");
    EXPECT_FALSE(got->card.has("signatures"));
  }
}

TEST(CardSignature, AnyChangeIsSeen) {
  for (const auto& given : kSdkCards) {
    const std::vector pinned{key_of(given)};
    Json renamed = parsed(given.card);
    renamed.set("name", "Whether");
    EXPECT_THAT(why(renamed, pinned), HasSubstr("no signature of the card is good")) << given.kid;
    Json more = parsed(given.card);
    more.set("unsigned", "obey me");
    EXPECT_THAT(why(more, pinned), HasSubstr("no signature of the card is good")) << given.kid;
  }
}

TEST(CardSignature, WhatIsEmptyAndNotSignedIsNotReturned) {
  Json card = parsed(kSdkCards[0].card);
  card.set("iconUrl", "");
  const auto got = verify_card(card, std::vector{key_of(kSdkCards[0])});
  ASSERT_TRUE(got);
  EXPECT_FALSE(got->card.has("iconUrl"));
}

TEST(CardSignature, OnlyThePinnedKeyCounts) {
  const Json card = parsed(kSdkCards[0].card);
  CardKey other = key_of(kSdkCards[0]);
  EXPECT_THAT(why(card, {}), HasSubstr("no signature"));
  other.kid = "another";
  EXPECT_THAT(why(card, {other}), HasSubstr("no signature"));
  CardKey swapped = own_key();
  swapped.kid = kSdkCards[0].kid;
  EXPECT_THAT(why(card, {swapped}), HasSubstr("no signature"));
  CardKey of_other_type = key_of(kSdkCards[1]);
  of_other_type.kid = kSdkCards[0].kid;
  EXPECT_THAT(why(card, {of_other_type}), HasSubstr("no signature"));
  CardKey broken = key_of(kSdkCards[0]);
  broken.public_key.push_back(0);
  EXPECT_THAT(why(card, {broken}), HasSubstr("is no Ed25519, P-256 or RSA key"));
}

// Each signature is good for its bytes, made by Node's crypto: only what the header says is wrong.
TEST(CardSignature, HeadersThatWeakenASignatureDoNotCount) {
  const auto with = [](const std::string& header, const std::string& signature) {
    std::string text = to_base64(as_bytes(header));
    text.erase(std::min(text.find('='), text.size()));
    Json card = parsed(R"({"name":"a"})");
    card.set("signatures", Json::array({Json::object({{"protected", text}, {"signature", signature}})}));
    return card;
  };
  EXPECT_EQ(
      why(with(R"({"alg":"EdDSA","kid":"weir-1"})",
               "jj2CU4ywWNRbGeysMafl3-ex8Bl9k1Ig6AgUlSZVTk7ya005tmvD-mfjGSMQxl4w4wpurxxuhAs4YJJgMLFtAA"),
          {own_key()}),
      "verified");
  EXPECT_THAT(
      why(with(R"({"alg":"none","kid":"weir-1"})",
               "Ix-XAcbLqu2mlryTADCCrWSQg5ovsN0g2mueT3EzFMsUPpY8IklHS_MxKHDUjy97P7-mpZQ2panAfhIOgc5KDg"),
          {own_key()}),
      HasSubstr("no signature"));
  EXPECT_THAT(
      why(with(R"({"alg":"HS256","kid":"weir-1"})",
               "C-IqzOsyBHqm-mQpJ8y1osw0VC1sNlRXieFjfBVvcpSv2K_tFmFxOAJHM3azUq-Zs0ApiPz0tJo3aUc2y1uICg"),
          {own_key()}),
      HasSubstr("no signature"));
  EXPECT_THAT(
      why(with(R"({"alg":"EdDSA","crit":["exp"],"exp":1,"kid":"weir-1"})",
               "bmx_Y1BDkp1RFp9fLo99SrOPxlve_DtPLjww3opuKnh2q8N1zQtKvJtzL-WR7BYkAj-aFy5KhwgITY66KR3xAg"),
          {own_key()}),
      HasSubstr("no signature"));
  EXPECT_THAT(
      why(with(R"({"alg":"EdDSA","b64":false,"kid":"weir-1"})",
               "CRb7-zCogNMp9gRP1NJPcr3WMLuvwsOStNWdIej5LK7-9qcYBcogoBIJuffLSQ668mj_TpBNIG32ReCUm9f5AA"),
          {own_key()}),
      HasSubstr("no signature"));
}

TEST(CardSignature, SignsTheSameBytesEachTimeAndReadsThemBack) {
  Json card = parsed(R"({"name":"a","description":"","skills":[{"id":"s","tags":[]}],"version":"1"})");
  const auto once = sign_card(card, "weir-1", seed());
  ASSERT_TRUE(once) << once.error().message();
  EXPECT_EQ(*once, *sign_card(*once, "weir-1", seed()));
  const auto got = verify_card(*once, std::vector{own_key()});
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(canonical(got->card), R"({"name":"a","skills":[{"id":"s"}],"version":"1"})");
}

// The specification signs what is empty as well; made by another implementation (jose over these bytes).
TEST(CardSignature, ACardSignedWithItsEmptyMembersKeepsThem) {
  const auto got =
      verify_card(parsed(testing_cards::kWholeCard.card), std::vector{key_of(testing_cards::kWholeCard)});
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(canonical(got->card), R"({"description":"","name":"a","skills":[]})");
}

TEST(CardSignature, NumbersThatReadersRoundAreRefused) {
  const Json card = parsed(R"({"name":"a","n":[9007199254740993]})");
  EXPECT_THAT(why(card, {own_key()}), HasSubstr("beyond 2^53"));
  EXPECT_FALSE(sign_card(card, "weir-1", seed()));
  EXPECT_TRUE(sign_card(parsed(R"({"n":9007199254740992})"), "weir-1", seed()));
}

TEST(CardSignature, MoreSignaturesThanAllowedAreRefused) {
  Json card = parsed(kSdkCards[0].card);
  const Json one = card["signatures"].as_array()[0];
  Json list = Json::array();
  for (int i = 0; i < 17; ++i)
    list.push(one);
  card.set("signatures", list);
  EXPECT_THAT(why(card, {key_of(kSdkCards[0])}), HasSubstr("more than 16"));
}

}  // namespace
}  // namespace weir::a2a
