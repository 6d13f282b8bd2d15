// Cards from anyone: none is verified by a key that signed none of them, and what Weir signs it verifies.
#include <cstdint>

#include "a2a/card_signature.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  const auto card = parse_json({reinterpret_cast<const char*>(data), size});
  if (!card) return 0;
  // RFC 8032 7.1, test 1.
  const auto seed = from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  const std::vector<a2a::CardKey> own = {
      {"k-EdDSA", *from_hex("302a300506032b6570032100"
                            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")}};
  CHECK(!a2a::verify_card(*card, own));
  const auto ours = a2a::sign_card(*card, "k-EdDSA", *seed);
  if (!ours) return 0;
  const auto read = a2a::verify_card(*ours, own);
  CHECK(read.has_value() && !read->card.has("signatures"));
  return 0;
}
