// The hook wire's golden bytes: tests/cases/formats/hook_wire_v1.txt, signed by another implementation of
// Ed25519.
#include <gtest/gtest.h>
#include <sodium.h>

#include <fstream>
#include <map>

#include "net/hook_wire.h"

namespace weir::net {
namespace {

std::map<std::string, std::string> golden() {
  std::ifstream in(WEIR_SOURCE_DIR "/tests/cases/formats/hook_wire_v1.txt");
  std::map<std::string, std::string> bytes;
  std::string name, hex;
  while (in >> name >> hex) {
    std::string raw(hex.size() / 2, '\0');
    std::size_t length = 0;
    EXPECT_EQ(sodium_hex2bin(reinterpret_cast<unsigned char*>(raw.data()), raw.size(), hex.data(), hex.size(),
                             nullptr, &length, nullptr),
              0);
    bytes[name] = raw;
  }
  return bytes;
}

TEST(HookWireFormat, TheRequestV1ReadsAndWritesTheSameBytes) {
  const std::string whole = golden()["request"];
  const auto header = parse_frame_header(std::string_view(whole).substr(0, kFrameHeaderBytes));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->type, FrameType::hook_request);
  EXPECT_EQ(header->length, whole.size() - kFrameHeaderBytes);
  const auto request = parse_request(std::string_view(whole).substr(kFrameHeaderBytes));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->agent, "claude-code");
  EXPECT_EQ(request->event, "PreToolUse");
  EXPECT_EQ(request->payload, R"({"session_id":"s1"})");
  EXPECT_EQ(request->nonce[31], 31);
  EXPECT_EQ(frame(FrameType::hook_request, request_body(*request)), whole);
}

TEST(HookWireFormat, TheAnswerV1IsSignedAsTheFormatSays) {
  auto bytes = golden();
  const std::string request = bytes["request"].substr(kFrameHeaderBytes);
  PublicKey key;
  SigningKey secret;
  ASSERT_EQ(crypto_sign_seed_keypair(key.data(), secret.data(),
                                     reinterpret_cast<const unsigned char*>(bytes["seed"].data())),
            0);
  EXPECT_EQ(std::string(key.begin(), key.end()), bytes["key"]);
  const auto reply = open_answer(bytes["answer"].substr(kFrameHeaderBytes), request, key);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->exit_code, 2);
  EXPECT_EQ(reply->out, "");
  EXPECT_EQ(reply->err, "Weir refused this.\n");
  EXPECT_EQ(frame(FrameType::hook_answer, answer_body(*reply, request, secret)), bytes["answer"]);
}

}  // namespace
}  // namespace weir::net
