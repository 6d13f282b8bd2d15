// The wire between the shim and the daemon (docs/formats/hook-wire.md): one request, one signed answer, over
// the event socket. Header of every frame, little-endian:
//
//   frame   := "WEIR" version:u8=1 type:u8 reserved:u16=0 length:u32 body[length]
//   request := nonce[32] agent:str16 event:str16 payload:str32          type 1
//   answer  := exit:u8 out:str32 err:str32 signature[64]                type 2
//   str16   := length:u16 bytes        str32 := length:u32 bytes
//
// The signature is Ed25519 over  "weir-hook-answer-v1\0" ‖ SHA-256(request body) ‖ exit ‖ SHA-256(out) ‖
// SHA-256(err). The request body holds a fresh nonce, so an answer fits one request only. The shim and the
// daemon both compile hook_wire.cc; it needs nothing but the standard library and libsodium.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::net {

inline constexpr std::size_t kFrameHeaderBytes = 12;
inline constexpr std::uint8_t kFrameVersion = 1;
enum class FrameType : std::uint8_t { hook_request = 1, hook_answer = 2 };

struct FrameHeader {
  FrameType type;
  std::uint32_t length;  // of the body
};
std::string frame(FrameType type, std::string_view body);
// None when the bytes are not a frame header of this version.
std::optional<FrameHeader> parse_frame_header(std::string_view bytes);

using Nonce = std::array<std::uint8_t, 32>;
using PublicKey = std::array<std::uint8_t, 32>;
using SigningKey = std::array<std::uint8_t, 64>;

struct HookRequest {
  Nonce nonce{};
  std::string agent;
  std::string event;
  std::string payload;
};
std::string request_body(const HookRequest& request);
std::optional<HookRequest> parse_request(std::string_view body);

struct HookReply {
  int exit_code = 2;
  std::string out;
  std::string err;
};
// The answer's body, signed for the request whose body is given.
std::string answer_body(const HookReply& reply, std::string_view request_body, const SigningKey& key);
// None unless well-formed and signed by `key` for exactly this request.
std::optional<HookReply> open_answer(std::string_view body, std::string_view request_body,
                                     const PublicKey& key);

}  // namespace weir::net
