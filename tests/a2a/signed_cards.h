// Cards that the official SDK (@a2a-js/sdk 1.3.0) signed, each with a throwaway key whose private half was
// not kept.
#pragma once

namespace weir::a2a::testing_cards {

struct SdkCard {
  const char* kid;
  const char* public_key;  // base64 of SubjectPublicKeyInfo
  const char* card;
};

// clang-format off
inline constexpr SdkCard kSdkCards[] = {
    {"k-EdDSA",
     "MCowBQYDK2VwAyEAraZ8laYm/s0HEiMnxuTFayRcuzF+LKJhJdJAI5pKbYU=",
     R"({"name":"Weather €","description":"Says the weather","supportedInterfaces":[{"url":"https://a.example/rpc","protocolBinding":"JSONRPC","protocolVersion":"1.0"}],"version":"1","capabilities":{"streaming":false},"defaultInputModes":["text/plain"],"defaultOutputModes":["text/plain"],"skills":[{"id":"s","name":"forecast"}],"signatures":[{"protected":"eyJhbGciOiJFZERTQSIsImtpZCI6ImstRWREU0EiLCJ0eXAiOiJKT1NFIiwiamt1IjoiaHR0cHM6Ly9rZXlzLmV4YW1wbGUvbmV2ZXIifQ","signature":"bzMUXMOGjaK2KG7QqUEarqf93eSkSNFy5WaYSf3duAVwKLUf0hUwdLA9whll_r54GZ5sqo5A5bdgLUUUy2dVAw"}]})"},
    {"k-ES256",
     "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEC/iGWYPrpENSS9ch7eCT0BVwinEFfMiZKbYsUZot7J4cpxtWeFjfSNm4GNbrUenzY8gMVMNjLfuUnHvlVap+8Q==",
     R"({"name":"Weather €","description":"Says the weather","supportedInterfaces":[{"url":"https://a.example/rpc","protocolBinding":"JSONRPC","protocolVersion":"1.0"}],"version":"1","capabilities":{"streaming":false},"defaultInputModes":["text/plain"],"defaultOutputModes":["text/plain"],"skills":[{"id":"s","name":"forecast"}],"signatures":[{"protected":"eyJhbGciOiJFUzI1NiIsImtpZCI6ImstRVMyNTYiLCJ0eXAiOiJKT1NFIiwiamt1IjoiaHR0cHM6Ly9rZXlzLmV4YW1wbGUvbmV2ZXIifQ","signature":"SCP-bSf2I9iT09KVAaZ1MgGc2V6F4BrKyxMgqoPc_CrMkqZuNmGo_Bx5rZycklpHQZeTibbEjqOxCRpKgPL9xQ"}]})"},
    {"k-RS256",
     "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyz6ywlKkRTV4bD1CD7egDPQt1G1ce83R3a/kREcucMRLO3peing51ggoeSTvxiWpuwoov3svx1meKA5UM6ySOBJYdLwFVPTXh/lc/w95+zxF6vbOu9kBb8OTMqp+/5VvNuZN1zREFG1zoB2Z4E3WRuL1zIwM7BjhfNpMJYI7gZxkPKanc+Wf5qRAvtk+kkZYgzwgkvx0cu50s2WtI2b6+cCItamLbgxHfwG1gZ1sz2lm5R65eEeaoLFwqXf0wmq0cP1ryyvVtkYZ82Cq2Ndxw9fvwE45y9R5nL7+3jtcf6VHIqBlbnaeaWSKyUPil/pKkz5pJb1apzQUalGn3NUnjQIDAQAB",
     R"({"name":"Weather €","description":"Says the weather","supportedInterfaces":[{"url":"https://a.example/rpc","protocolBinding":"JSONRPC","protocolVersion":"1.0"}],"version":"1","capabilities":{"streaming":false},"defaultInputModes":["text/plain"],"defaultOutputModes":["text/plain"],"skills":[{"id":"s","name":"forecast"}],"signatures":[{"protected":"eyJhbGciOiJSUzI1NiIsImtpZCI6ImstUlMyNTYiLCJ0eXAiOiJKT1NFIiwiamt1IjoiaHR0cHM6Ly9rZXlzLmV4YW1wbGUvbmV2ZXIifQ","signature":"IsVmRrnKHNx424OEd0U8zVRWx7D6V88iPWtoDSaa5YvC7_CledyzdaCxgYTgFTBvK-xImmzqC-V0vkKxqwtAIM-Sez2kQZoDzwZPsmVR-FrzVwmLzWlWtR5kYqzIqQjgzSV2naQ7y_Comq3Fttm6kwlkivWcMmOWok_7C1fiTC1oMpiLBxULEeSSvhFTbnsb6PUhHH89WE-x0MfEtto0DTmUFqy32jIqoujFqkRk_qIBCYGHngBz5HyMCPGlpnnaFW9tmfV6PIyQqvS5kUF0NBpm2ZbOJhWHWdDQvPARt7JHrUpxHL6dVxLp3xW49NXcdpM7yh831QfKMSsMgXoQbw"}]})"},
};
// Signed by jose as the specification has it, with its empty members.
inline constexpr SdkCard kWholeCard = {"whole",
     "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEAlY7L1Q+MR+FCTC4Ysfv0hy9Dm4zIdluZPA6wUz4r2of2xYE8TDabqZtLME+bX2t8Ct7y+of+28rLoB7OygRcg==",
     R"({"description":"","name":"a","skills":[],"signatures":[{"protected":"eyJhbGciOiJFUzI1NiIsImtpZCI6Indob2xlIiwidHlwIjoiSk9TRSJ9","signature":"aXJNXclEf8ByrglHuNY38RGBXPPdzGSnmq6e40plGbp4MkVmj02cr9OuQpVrdjs_h3NHxNs1qme8KMIgMVaXLw"}]})"};
// clang-format on

}  // namespace weir::a2a::testing_cards
