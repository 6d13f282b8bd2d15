#include "cli/pod_credentials.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

#include "base/bytes.h"
#include "cli/pod_choice.h"
#include "gateway/gateway_limits.h"
#include "os/fd.h"
#include "os/files.h"
#include "os/process.h"
#include "pod/pod_launch.h"

namespace weir::cli {
namespace {

constexpr std::size_t kBundleBytesMax = 4 << 20;
constexpr const char* kBundle = "/run/weir-pod/ca-bundle.pem";

// Where systems keep the certificates of all authorities in one file.
constexpr std::array<const char*, 5> kSystemBundles = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem", "/etc/ssl/ca-bundle.pem"};
// What programs read instead of it.
constexpr std::array<const char*, 11> kBundleVariables = {
    "SSL_CERT_FILE",     "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",    "PIP_CERT",       "AWS_CA_BUNDLE",      "CODEX_CA_CERTIFICATE",
    "CARGO_HTTP_CAINFO", "DENO_CERT",      "NIX_SSL_CERT_FILE"};

std::string without_duplicates(const std::string& bundle) {
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  std::set<std::string_view> known;
  std::string out;
  std::string_view rest = bundle;
  while (true) {
    const auto begin = rest.find("-----BEGIN CERTIFICATE-----");
    const auto end = rest.find(kEnd, begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) return out;
    const std::string_view one = rest.substr(begin, end + kEnd.size() - begin);
    if (known.insert(one).second) out += std::string(one) + "\n";
    rest.remove_prefix(end + kEnd.size());
  }
}

// What this machine, and the person's own variables, trust.
Result<std::string> host_certificates(const std::map<std::string, std::string>& env) {
  std::string all;
  const auto add = [&](const std::string& path) {
    const auto text = os::read_file(path, kBundleBytesMax);
    if (text) all += *text + "\n";
    return text.has_value();
  };
  const auto own = env.find("SSL_CERT_FILE");
  if (own == env.end() || !add(own->second)) (void)std::ranges::any_of(kSystemBundles, add);
  for (const char* name : kBundleVariables)
    if (const auto variable = env.find(name); variable != env.end() && variable->second.starts_with('/'))
      add(variable->second);
  all = without_duplicates(all);
  if (all.empty())
    return fail(ErrorCode::not_found, "this machine has no certificates to verify servers with",
                kSystemBundles[0], "install ca-certificates");
  return all;
}

std::vector<std::string> hosts_of(const gateway::EgressPolicy& policy,
                                  const std::vector<gateway::Credential>& credentials) {
  std::set<std::string> hosts;
  for (const auto& rule : policy.inspected)
    hosts.insert(rule.where.host.text);
  for (const auto& one : credentials)
    for (const auto& rule : one.scope.hosts)
      hosts.insert(rule.host.text);
  return {hosts.begin(), hosts.end()};
}

// A bundle that the pod sees at its own place is covered by the pod's.
void cover_system_bundles(const std::string& bundle, pod::PodSpec& spec) {
  for (const char* path : kSystemBundles) {
    struct stat status{};
    const bool shown = ::lstat(path, &status) == 0 && S_ISREG(status.st_mode) &&
                       std::ranges::any_of(spec.mounts, [&](const pod::PodMount& mount) {
                         return std::string_view(path).starts_with(mount.at + "/");
                       });
    if (shown) spec.mounts.push_back({.kind = pod::PodMount::Kind::own, .at = path, .source = bundle});
  }
}

bool is_variable(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
}

std::string in_home(const std::string& path, const std::string& home) {
  return path.starts_with("~/") ? home + path.substr(1) : path;
}

}  // namespace

std::string revocations_path(const os::Places& places) {
  return places.state + "/credentials/revoked";
}

Result<NamedCredential> credential_of_variable(std::string_view text,
                                               const std::map<std::string, std::string>& env) {
  const auto at = text.find('@');
  const std::string variable(text.substr(0, at));
  const std::string_view where = text.substr(at + 1);
  const auto slash = where.find('/');
  if (!is_variable(variable))
    return fail("a credential is a name, or VARIABLE@HOST[:PORT][/PATH]", printable(text, 100),
                "for example GITHUB_TOKEN@api.github.com");
  NamedCredential out;
  out.variables = {variable};
  out.credential.name = variable;
  TRY(gateway::EgressRule host, gateway::parse_allow_tls(where.substr(0, slash)));
  out.credential.scope.hosts = {std::move(host)};
  if (slash != std::string_view::npos) out.credential.scope.paths = {std::string(where.substr(slash))};
  const auto value = env.find(variable);
  if (value == env.end() || value->second.empty())
    return fail(ErrorCode::not_found, "the variable of a credential is not set", variable);
  out.credential.value = os::SecretText(value->second);
  return out;
}

Status add_credential(NamedCredential named, const std::string& home, PodCredentials& credentials) {
  gateway::Credential& one = named.credential;
  auto placeholder = gateway::placeholder_for(one.scope.place, one.value.view());
  if (!placeholder) {
    placeholder.error().where = one.name;
    return std::unexpected(std::move(placeholder.error()));
  }
  one.placeholder = *std::move(placeholder);
  if (credentials.list.size() >= gateway::limits::kCredentialsMax)
    return fail(ErrorCode::limit, "more than 64 credentials of one run");
  const auto parts = one.scope.place.kind == gateway::CredentialPlace::Kind::aws_sigv4
                         ? split(one.placeholder, ':')
                         : std::vector<std::string_view>{one.placeholder};
  for (std::size_t i = 0; i < named.variables.size(); ++i) {
    // Of an AWS credential each part has a variable of its own.
    const bool apart = parts.size() > 1;
    if (apart && i >= parts.size()) break;
    if (!credentials.env.emplace(named.variables[i], apart ? parts[i] : parts[0]).second)
      return fail("two credentials for one variable", named.variables[i]);
  }
  if (!named.file.empty()) {
    std::string content = named.text;
    if (const auto at = content.find("{}"); at != std::string::npos) content.replace(at, 2, one.placeholder);
    credentials.files.push_back({in_home(named.file, home), content});
  }
  credentials.list.push_back(std::move(one));
  return {};
}

Result<PodCredentials> pod_credentials(const Args& args, const std::map<std::string, std::string>& env,
                                       const os::Places& places, const FindCredential& find) {
  PodCredentials out;
  for (const auto& text : args.values("--credential")) {
    if (text.contains('@')) {
      TRY(NamedCredential named, credential_of_variable(text, env));
      TRY_STATUS(add_credential(std::move(named), places.home, out));
      continue;
    }
    if (!find) return fail("no credentials are kept here", printable(text, 100), "VARIABLE@HOST");
    TRY(NamedCredential named, find(places, text));
    TRY_STATUS(add_credential(std::move(named), places.home, out));
  }
  for (const auto& name : args.values("--env"))
    if (out.env.contains(name))
      return fail("--env and --credential contradict each other", name,
                  "leave --env out: the pod gets a placeholder in this variable");
  return out;
}

bool needs_authority(const gateway::EgressPolicy& policy, const PodCredentials& credentials) {
  return !policy.inspected.empty() || !credentials.list.empty();
}

Result<gateway::EgressSecrets> run_secrets(const gateway::EgressPolicy& policy, PodCredentials credentials,
                                           const os::Places& places, pod::PodSpec& spec) {
  gateway::EgressSecrets secrets;
  TRY(secrets.authority, gateway::request_run_authority(hosts_of(policy, credentials.list)));
  TRY(secrets.trusted, host_certificates(os::environment()));
  if (!credentials.list.empty()) {
    // Made when it is missing: what is revoked while the run is under way is written here.
    secrets.revocations = revocations_path(places);
    TRY_STATUS(os::make_dirs(places.state + "/credentials", 0700));
    const os::Fd made(::open(secrets.revocations.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!made)
      return std::unexpected(
          os::errno_error("the list of revoked credentials cannot be made", secrets.revocations, errno));
  }
  for (const auto& [name, placeholder] : credentials.env)
    spec.env[name] = placeholder;
  for (auto& file : credentials.files)
    spec.files.push_back(std::move(file));
  secrets.credentials = std::move(credentials.list);
  return secrets;
}

Status show_authority(const gateway::EgressSecrets& secrets, const std::string& directory,
                      pod::PodSpec& spec) {
  const std::string bundle = secrets.trusted + secrets.authority.certificate;
  const std::string path = directory + "/ca-bundle.pem";
  TRY_STATUS(os::write_file_atomic(path, bundle, 0444, os::Durability::none));
  cover_system_bundles(path, spec);
  spec.files.push_back({kBundle, bundle});
  for (const char* name : kBundleVariables)
    spec.env[name] = kBundle;
  return {};
}

}  // namespace weir::cli
