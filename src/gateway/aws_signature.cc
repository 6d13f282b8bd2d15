#include "gateway/aws_signature.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/hash.h"

namespace weir::gateway {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t kSignedFieldsMax = 64;

std::string hex(const Digest& digest) {
  return to_hex(ByteView(digest.data(), digest.size()));
}

Digest hmac(ByteView key, std::string_view text) {
  return hmac_sha256(key, as_bytes(text));
}

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-_.~").contains(c);
}

std::string uri_encoded(std::string_view text, std::string_view kept) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(c) || kept.contains(c))
      out += c;
    else
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out;
}

// S3 takes the path as it is sent; every other service encodes it once more.
std::string canonical_path(std::string_view path, std::string_view service) {
  if (path.empty()) return "/";
  return service.starts_with("s3") ? std::string(path) : uri_encoded(path, "/");
}

std::string canonical_query(std::string_view query) {
  if (query.empty()) return {};
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto part : split(query, '&')) {
    const auto equals = part.find('=');
    pairs.emplace_back(part.substr(0, equals),
                       equals == std::string_view::npos ? "" : part.substr(equals + 1));
  }
  std::ranges::sort(pairs);
  std::string out;
  for (const auto& [name, value] : pairs)
    out += (out.empty() ? "" : "&") + name + "=" + value;
  return out;
}

std::string one_space(std::string_view value) {
  std::string out;
  for (const char c : trim(value))
    if (c != ' ' || !out.ends_with(' ')) out += c;
  return out;
}

Result<std::string> canonical_fields(const AwsRequest& request, const AwsAuthorization& said) {
  std::string out;
  for (const auto name : said.signed_fields) {
    std::string joined;
    bool found = false;
    for (const auto& [field, value] : request.fields) {
      if (field != name) continue;
      joined += (found ? "," : "") + one_space(value);
      found = true;
    }
    if (!found) return fail("a request names a signed field that it has not", printable(name, 100));
    out += std::string(name) + ":" + joined + "\n";
  }
  return out;
}

std::string_view field_of(const AwsRequest& request, std::string_view name) {
  for (const auto& [field, value] : request.fields)
    if (field == name) return value;
  return {};
}

std::string joined(const std::vector<std::string_view>& words, char separator) {
  std::string out;
  for (const auto word : words)
    out += (out.empty() ? "" : std::string(1, separator)) + std::string(word);
  return out;
}

}  // namespace

std::optional<AwsAuthorization> read_aws_authorization(std::string_view value) {
  if (!value.starts_with(kAlgorithm)) return std::nullopt;
  AwsAuthorization out;
  bool signature = false;
  for (auto part : split(value.substr(kAlgorithm.size()), ',')) {
    part = trim(part);
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = part.substr(0, equals);
    const std::string_view text = part.substr(equals + 1);
    if (name == "Credential") {
      const auto words = split(text, '/');
      if (words.size() != 5 || words[4] != "aws4_request") return std::nullopt;
      out.id = words[0];
      out.date = words[1];
      out.region = words[2];
      out.service = words[3];
    } else if (name == "SignedHeaders") {
      out.signed_fields = split(text, ';');
    }
    signature |= name == "Signature";
  }
  const bool whole = signature && !out.id.empty() && !out.signed_fields.empty() &&
                     out.signed_fields.size() <= kSignedFieldsMax && !out.signed_fields[0].empty();
  return whole ? std::optional(std::move(out)) : std::nullopt;
}

Result<std::string> sign_aws(const AwsRequest& request, const AwsAuthorization& said, const AwsKeys& keys) {
  const std::string_view time = field_of(request, "x-amz-date");
  if (!time.starts_with(said.date) || said.date.empty())
    return fail("a request that is signed for AWS has no X-Amz-Date of the day it is signed for");
  TRY(const std::string fields, canonical_fields(request, said));
  const auto question = request.target.find('?');
  const std::string_view query =
      question == std::string_view::npos ? std::string_view() : request.target.substr(question + 1);
  const std::string canonical = std::string(request.method) + "\n" +
                                canonical_path(request.target.substr(0, question), said.service) + "\n" +
                                canonical_query(query) + "\n" + fields + "\n" +
                                joined(said.signed_fields, ';') + "\n" + std::string(request.body_sha256);
  const std::string scope = std::string(said.date) + "/" + std::string(said.region) + "/" +
                            std::string(said.service) + "/aws4_request";
  const std::string to_sign = std::string(kAlgorithm) + "\n" + std::string(time) + "\n" + scope + "\n" +
                              hex(sha256(as_bytes(canonical)));
  std::string first = "AWS4" + std::string(keys.secret);
  Digest key = hmac(as_bytes(first), said.date);
  os::wipe(first);
  for (const std::string_view word : {said.region, said.service, std::string_view("aws4_request")})
    key = hmac(ByteView(key.data(), key.size()), word);
  const std::string signature = hex(hmac(ByteView(key.data(), key.size()), to_sign));
  return std::string(kAlgorithm) + " Credential=" + std::string(keys.id) + "/" + scope +
         ", SignedHeaders=" + joined(said.signed_fields, ';') + ", Signature=" + signature;
}

bool is_plain_aws_payload(std::string_view value) {
  if (value == "UNSIGNED-PAYLOAD" || value == "STREAMING-UNSIGNED-PAYLOAD-TRAILER") return true;
  const auto digest = from_hex(value);
  return digest && digest->size() == 32;
}

}  // namespace weir::gateway
