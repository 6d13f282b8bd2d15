#include "gateway/credential_swap.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace weir::gateway {
namespace {

using Kind = CredentialPlace::Kind;

// What services call the field that carries a key.
constexpr std::array<std::string_view, 10> kUsualFields = {
    "authorization", "x-api-key",    "api-key",        "x-goog-api-key", "private-token",
    "job-token",     "x-auth-token", "x-access-token", "x-auth-key",     "x-figma-token"};
constexpr std::string_view kContentHash = "x-amz-content-sha256";
constexpr std::string_view kToken = "x-amz-security-token";

struct Field {
  std::string name;  // lower case
  std::string_view value;
};

bool takes(const CredentialPlace& place, Kind kind) {
  return place.kind == kind || place.kind == Kind::usual;
}

// "user:password" of Basic with the one half that is the placeholder replaced.
std::optional<std::string> swapped_basic(std::string_view text, const Credential& credential) {
  const auto bytes = from_base64(text);
  if (!bytes) return std::nullopt;
  std::string pair(as_text(*bytes));
  pair.reserve(pair.size() + credential.value.view().size());  // so that no copy of the value is left behind
  const auto colon = pair.find(':');
  if (colon == std::string::npos) return std::nullopt;
  if (std::string_view(pair).substr(0, colon) == credential.placeholder)
    pair.replace(0, colon, credential.value.view());
  else if (std::string_view(pair).substr(colon + 1) == credential.placeholder)
    pair.replace(colon + 1, std::string::npos, credential.value.view());
  else
    return std::nullopt;
  std::string out = to_base64(as_bytes(pair));
  os::wipe(pair);
  return out;
}

// The field's new value, when the placeholder stands in it as it should.
std::optional<std::string> swapped(const Field& field, const Credential& credential) {
  const CredentialPlace& place = credential.scope.place;
  // Only what is sent is a copy of the value.
  const auto with_scheme = [](std::string text, std::string_view value) {
    return text.append(" ").append(value);
  };
  if (field.value == credential.placeholder) {
    const bool usual =
        place.kind == Kind::usual && std::ranges::find(kUsualFields, field.name) != kUsualFields.end();
    if (usual || (place.kind == Kind::header && field.name == place.field))
      return std::string(credential.value.view());
    return std::nullopt;
  }
  if (field.name != "authorization") return std::nullopt;
  const auto space = field.value.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string scheme(field.value.substr(0, space));
  const std::string_view rest = trim(field.value.substr(space + 1));
  const std::string lower = to_lower_ascii(scheme);
  if ((lower == "bearer" || lower == "token") && takes(place, Kind::bearer) && rest == credential.placeholder)
    return with_scheme(scheme, credential.value.view());
  if (lower == "basic" && takes(place, Kind::basic))
    if (auto basic = swapped_basic(rest, credential)) {
      auto text = with_scheme(scheme, *basic);
      os::wipe(*basic);
      return text;
    }
  return std::nullopt;
}

bool is_signed_by(const Field& field, const Credential& credential) {
  if (credential.scope.place.kind != Kind::aws_sigv4 || field.name != "authorization") return false;
  const auto said = read_aws_authorization(field.value);
  const auto keys = aws_keys(credential.placeholder);
  return said && keys && said->id == keys->id;
}

std::string about(const Credential& credential, std::string_view why) {
  return "the placeholder of credential " + credential.name + " " + std::string(why);
}

void refuse(Swapped& out, Refusal why, std::string says) {
  if (out.refused) return;
  out.refused = why;
  out.says = std::move(says);
}

// May this credential be used for this request? Says why not.
bool may_use(const Credential& one, const CredentialRequest& request, CredentialSet& set, std::int64_t now_ms,
             Swapped& out) {
  if (const auto wrong = one.scope.wrong_place(request)) {
    refuse(out, Refusal::misused_credential, about(one, "was sent to " + std::string(*wrong)));
    return false;
  }
  if (const auto why = set.ended(one, now_ms)) {
    refuse(out, Refusal::ended_credential, "credential " + one.name + " is " + std::string(*why));
    return false;
  }
  return true;
}

}  // namespace

std::string RewrittenHead::text() const {
  std::string out = method + " " + target + " HTTP/1." + std::to_string(minor) + "\r\n";
  for (const auto& [name, value] : fields)
    out += name + ": " + value + "\r\n";
  return out + "\r\n";
}

void RewrittenHead::drop(std::string_view lower_name) {
  std::erase_if(fields, [&](const auto& one) { return to_lower_ascii(one.first) == lower_name; });
}

RewrittenHead copy_of(const http::RequestHead& head) {
  RewrittenHead out{
      .method = std::string(head.method), .target = std::string(head.target), .minor = head.minor};
  for (const auto& field : head.fields)
    out.fields.emplace_back(field.name, field.value);
  return out;
}

Swapped swap_credentials(RewrittenHead& head, const CredentialRequest& request, CredentialSet& set,
                         std::int64_t now_ms) {
  Swapped out;
  if (const Credential* one = set.named_in(head.target)) {
    refuse(out, Refusal::misused_credential, about(*one, "was in a URL"));
    return out;
  }
  std::vector<bool> done(head.fields.size(), false);
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    const Field field{to_lower_ascii(head.fields[i].first), head.fields[i].second};
    for (const auto& one : set.all()) {
      const bool is_signed = is_signed_by(field, one);
      auto value = is_signed ? std::nullopt : swapped(field, one);
      if (!is_signed && !value) continue;
      if (!may_use(one, request, set, now_ms, out)) return out;
      if (is_signed)
        out.sign_with = &one;
      else
        head.fields[i].second = *std::move(value);
      done[i] = true;
      out.used.push_back(&one);
      break;
    }
  }
  // What is left of any of them is where it does not belong; AWS's session token goes with the signature.
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    const std::string name = to_lower_ascii(head.fields[i].first);
    if (done[i] || (out.sign_with != nullptr && name == kToken)) continue;
    if (const Credential* one = set.named_in(head.fields[i].first + ": " + head.fields[i].second))
      refuse(out, Refusal::misused_credential,
             about(*one, one->scope.wrong_place(request)
                             ? "was sent to " + std::string(*one->scope.wrong_place(request))
                             : "was in the header field " + printable(name, 60)));
  }
  return out;
}

std::string given_body_hash(const RewrittenHead& head) {
  for (const auto& [name, value] : head.fields)
    if (to_lower_ascii(name) == kContentHash) return value;
  return {};
}

Status sign_request(RewrittenHead& head, const Credential& credential, std::string_view body_sha256) {
  const auto keys = aws_keys(credential.value.view());
  if (!keys)
    return fail("the credential is not of AWS", credential.name, "ID:SECRET or ID:SECRET:SESSION_TOKEN");
  std::string* authorization = nullptr;
  for (auto& [name, value] : head.fields) {
    if (to_lower_ascii(name) == kToken && !keys->token.empty()) value = std::string(keys->token);
    if (to_lower_ascii(name) == "authorization") authorization = &value;
  }
  if (keys->token.empty()) head.drop(kToken);
  if (authorization == nullptr) return fail("a request without a signature");
  for (auto& [name, value] : head.fields)  // drop() may have moved them
    if (to_lower_ascii(name) == "authorization") authorization = &value;
  const std::string before = *authorization;
  const auto said = read_aws_authorization(before);
  if (!said) return fail("a signature that cannot be read");
  const CredentialPlace& place = credential.scope.place;
  if (!place.region.empty() && (said->region != place.region || said->service != place.service))
    return fail("the signature is for another region or service than credential " + credential.name +
                " is for");
  AwsRequest request{.method = head.method, .target = head.target, .body_sha256 = body_sha256};
  for (const auto& [name, value] : head.fields)
    request.fields.emplace_back(to_lower_ascii(name), value);
  TRY(*authorization, sign_aws(request, *said, *keys));
  return {};
}

}  // namespace weir::gateway
