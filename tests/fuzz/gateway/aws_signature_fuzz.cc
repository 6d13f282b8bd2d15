// The Authorization of a request that is signed for AWS, as a hostile program may write it: read, and signed
// anew.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/aws_signature.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::gateway;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.contains("the-secret-key")) return 0;  // who has it already may be told what they said
  const auto cut = bytes.find('\n');
  const auto said = read_aws_authorization(bytes.substr(0, cut));
  if (!said) return 0;
  const std::string_view target =
      cut == std::string_view::npos ? std::string_view("/") : bytes.substr(cut + 1);
  const AwsRequest request{
      .method = "GET",
      .target = target,
      .fields = {{"host", "a.example"}, {"x-amz-date", std::string(said->date) + "T000000Z"}},
      .body_sha256 = "UNSIGNED-PAYLOAD"};
  const auto made = sign_aws(request, *said, {.id = "AKIDEXAMPLE", .secret = "the-secret-key", .token = {}});
  if (!made) return 0;
  if (made->find("the-secret-key") != std::string::npos || !read_aws_authorization(*made)) std::abort();
  return 0;
}
