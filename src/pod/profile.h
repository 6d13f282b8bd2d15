// Pod profiles (content/pods/*.yaml, docs/pod.md): which part of a host a pod shows, and what it may use. A
// profile is a value; together with a request it becomes a PodSpec.
//
//   TRY(PodProfile profile, parse_profile(yaml, "pods/generic.yaml"));
//   TRY(PodSpec spec, pod_spec(profile, {.argv = {"make"}, .workspace = cwd, .env = os::environment(),
//   ...}));
//
//   name: generic
//   read_only: [/usr, /bin, /lib, ~/.rustup]  # a link on the host becomes the same link in the pod; what is
//                                             # not there is left out
//   home: 512M                                # a tmpfs of that size at $HOME; "none" for no home
//   tmp: 512M                                 # the same at /tmp
//   environment: [PATH, LANG, "LC_*"]         # passed on when set; secrets never are by a pattern
//   set: {CI: "1"}                            # set anew
//   limits: {memory: 4G, processes: 512, cpu: 1h, time: 2h, disk: 10G, file: 4G, open_files: 4096}
//   network: local                            # its own loopback; "none": no TCP at all
//   allow: [pypi.org, "*.pythonhosted.org"]   # destinations outside (docs/egress.md); allow_private: the
//   same; inspect: what is looked at inside TLS
//   extends: generic                          # the caller merges: parse the other, then merged()
#pragma once

#include <optional>

#include "base/yaml.h"
#include "pod/pod_spec.h"

namespace weir::pod {

struct PodProfile {
  std::string name;
  std::string extends;  // "" for none
  std::vector<std::string> read_only;
  std::optional<std::uint64_t> home_bytes;  // 0: none
  std::optional<std::uint64_t> tmp_bytes;
  std::vector<std::string> environment;  // names, or a prefix and "*"
  std::map<std::string, std::string> set;
  PodLimits limits;  // 0: not said
  std::optional<PodNetwork> network;
  std::vector<std::string> allow;  // destinations, as whoever serves the listeners reads them
  std::vector<std::string> allow_private;
  std::vector<std::string> inspect;  // hosts whose requests are looked at inside TLS
};

// Errors name the file and line. At most 64 KiB, 256 paths, 256 names; unknown keys are refused.
Result<PodProfile> parse_profile(std::string_view yaml, std::string_view where);
// The same of what was read already; errors name lines as far as it knows them.
Result<PodProfile> read_profile(const YamlText& read, std::string_view where);
// What `own` says goes before what `base` says; lists and maps are joined.
PodProfile merged(const PodProfile& base, const PodProfile& own);

// "512M", "4G", "1048576": bytes with a binary suffix K, M, G, T.
Result<std::uint64_t> parse_bytes(std::string_view text, std::string_view where);
// "90s", "5m", "2h", "1500ms": milliseconds.
Result<std::uint64_t> parse_duration_ms(std::string_view text, std::string_view where);
// "memory=4G,processes=64,time=10m": sets what is named, leaves the rest.
Status apply_limits_text(std::string_view text, PodLimits& limits);

struct PodRequest {
  std::vector<std::string> argv;
  std::string workspace;  // absolute; an overlay whose changes go to `upper`
  std::string upper;
  std::string work;
  bool direct = false;                     // the workspace itself is written, held files excepted; supervised
  std::string cwd;                         // inside; "" for the workspace
  std::string home;                        // where HOME is inside, as outside
  std::string user;                        // name for /etc/passwd
  std::map<std::string, std::string> env;  // of the caller
  std::vector<std::string> pass_env;       // passed whatever their names are
  std::vector<std::string> read_only;      // more binds
  std::vector<std::string> writable;
  std::vector<std::string> keep_out;  // Weir's own directories
};

// Looks at which of the profile's paths exist and where links lead. The uid and gid are this process's.
Result<PodSpec> pod_spec(const PodProfile& profile, const PodRequest& request);

// Does the name look like a secret (AWS_SECRET_ACCESS_KEY, GITHUB_TOKEN, DB_PASSWORD ...)? Such a variable
// passes only when it is named in full.
bool names_a_secret(std::string_view variable);

}  // namespace weir::pod
