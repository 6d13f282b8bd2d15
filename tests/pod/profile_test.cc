// Profiles: what they may say, what they become on this machine, which variables pass.
#include "pod/profile.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/json_wire.h"
#include "content.h"
#include "pod/box.h"
#include "pod/pod_report.h"
#include "support/throwaway_dir.h"

namespace weir::pod {
namespace {

using testing::HasSubstr;

TEST(Profile, ReadsWhatItSays) {
  const auto profile = parse_profile(
      "name: mine\nextends: generic\nread_only: [/usr, /opt/tool]\nhome: 64M\ntmp: none\n"
      "environment: [PATH, \"LC_*\"]\nset: {CI: \"1\", N: 2}\nnetwork: none\n"
      "limits: {memory: 4G, processes: 64, cpu: 90s, time: 1h, disk: 10G, file: 1048576, open_files: 4096}\n",
      "mine.yaml");
  ASSERT_TRUE(profile) << profile.error().message();
  EXPECT_EQ(profile->name, "mine");
  EXPECT_EQ(profile->extends, "generic");
  EXPECT_THAT(profile->read_only, testing::ElementsAre("/usr", "/opt/tool"));
  EXPECT_EQ(profile->home_bytes, 64ULL << 20);
  EXPECT_EQ(profile->tmp_bytes, 0U);
  EXPECT_EQ(profile->network, PodNetwork::none);
  EXPECT_EQ(profile->set.at("CI"), "1");
  EXPECT_EQ(profile->set.at("N"), "2");
  EXPECT_EQ(profile->limits.memory_bytes, 4ULL << 30);
  EXPECT_EQ(profile->limits.processes, 64U);
  EXPECT_EQ(profile->limits.cpu_ms, 90'000U);
  EXPECT_EQ(profile->limits.wall_ms, 3'600'000U);
  EXPECT_EQ(profile->limits.file_bytes, 1'048'576U);
}

TEST(Profile, RefusesWhatItDoesNotKnow) {
  const std::pair<const char*, const char*> bad[] = {
      {"name: x\nread_olny: [/usr]\n", "no such key"},
      {"name: x\nread_only: [usr]\n", "absolute"},
      {"name: x\nread_only: /usr\n", "list"},
      {"name: x\nenvironment: [\"*\"]\n", "prefix"},
      {"name: x\nenvironment: [\"A*B\"]\n", "prefix"},
      {"name: x\nhome: much\n", "not a size"},
      {"name: x\nhome: 99999999T\n", "too large"},
      {"name: x\nlimits: {memory: 4X}\n", "not a size"},
      {"name: x\nlimits: {fuel: 4}\n", "no such limit"},
      {"name: x\nlimits: {time: 0s}\n", "not a size or time"},
      {"name: x\nnetwork: host\n", "local or none"},
      {"read_only: [/usr]\n", "needs a name"},
      {"- name\n", "is a map"},
      {"name: x\nname: y\n", ""},
      {"name: x\nset: {\"A=B\": c}\n", "variable"},
  };
  for (const auto& [text, says] : bad) {
    const auto profile = parse_profile(text, "bad.yaml");
    ASSERT_FALSE(profile) << text;
    EXPECT_THAT(profile.error().message(), HasSubstr(says)) << text;
    EXPECT_THAT(profile.error().message(), HasSubstr("bad.yaml")) << text;
  }
  EXPECT_THAT(parse_profile("name: x\n\nhome: much\n", "bad.yaml").error().message(),
              HasSubstr("bad.yaml:3"));
  EXPECT_EQ(parse_profile(std::string(70'000, ' '), "long.yaml").error().code, ErrorCode::limit);
}

TEST(Profile, APathMayLieInTheHome) {
  const auto profile = parse_profile("name: x\nread_only: [~/sdk, ~/none]\n", "x.yaml");
  ASSERT_TRUE(profile) << profile.error().message();
  EXPECT_FALSE(parse_profile("name: x\nread_only: [~other/sdk]\n", "x.yaml"));
  const support::ThrowawayDir home;
  ASSERT_TRUE(os::make_dirs(home / "sdk"));
  PodRequest request{.argv = {"true"}, .workspace = "/w", .upper = "/u", .work = "/k", .home = home.path()};
  const auto places = [](const Result<PodSpec>& spec) {
    std::vector<std::string> at;
    if (spec)
      for (const auto& mount : spec->mounts)
        if (mount.kind == PodMount::Kind::read_only) at.push_back(mount.at);
    return at;
  };
  EXPECT_EQ(places(pod_spec(*profile, request)), std::vector<std::string>{home / "sdk"});
  request.home = "/";
  EXPECT_EQ(places(pod_spec(*profile, request)), std::vector<std::string>{});
}

// What is copied must not be missed where it cannot be: a file cannot be made in a directory of the host.
TEST(Profile, SmallSettingsAreCopiedWhereThatCanBe) {
  const support::ThrowawayDir throwaway;
  const std::string& dir = throwaway.path();
  ASSERT_TRUE(os::make_dirs(dir + "/shown"));
  for (const char* name : {"/setting", "/shown/setting"})
    ASSERT_TRUE(os::write_file_atomic(dir + name, "small"));
  ASSERT_TRUE(os::write_file_atomic(dir + "/program", "#!/bin/sh\n", 0755));
  ASSERT_TRUE(os::write_file_atomic(dir + "/large", std::string(20'000, 'x')));
  PodProfile profile;
  for (const char* name : {"/setting", "/program", "/large", "/shown/setting"})
    profile.read_only.push_back(dir + name);
  PodRequest request{.argv = {"true"}, .workspace = "/w", .upper = "/u", .work = "/k", .home = "/"};
  request.read_only = {dir + "/shown"};
  const auto spec = pod_spec(profile, request);
  ASSERT_TRUE(spec);
  const auto is_file = [&](const std::string& name) {
    return std::ranges::any_of(
        spec->files, [&](const auto& file) { return file.at == dir + name && file.content == "small"; });
  };
  const auto is_mount = [&](const std::string& name) {
    return std::ranges::any_of(spec->mounts, [&](const auto& mount) { return mount.at == dir + name; });
  };
  EXPECT_TRUE(is_file("/setting") && !is_mount("/setting"));
  for (const char* name : {"/program", "/large", "/shown/setting"})
    EXPECT_TRUE(is_mount(name) && !is_file(name)) << name;
}

TEST(Profile, EveryShippedOneIsReadAndExtendsOneThatShips) {
  std::size_t count = 0;
  for (const auto& file : content_files()) {
    if (!file.name.starts_with("pods/")) continue;
    ++count;
    const auto profile = parse_profile(file.bytes, file.name);
    ASSERT_TRUE(profile) << profile.error().message();
    EXPECT_EQ("pods/" + profile->name + ".yaml", file.name);
    const std::string base = "pods/" + profile->extends + ".yaml";
    EXPECT_TRUE(profile->extends.empty() ||
                std::any_of(content_files().begin(), content_files().end(),
                            [&](const auto& other) { return other.name == base && other.name != file.name; }))
        << base;
    for (const auto& path : profile->read_only)
      for (const char* never :
           {"/etc/shadow", "/root", "/home", "/run", "/var/run", "/etc/ssl/private", "/sys"})
        EXPECT_NE(path, never);
  }
  EXPECT_GE(count, 4U);
}

// A start reads this one, everything else the YAML.
TEST(Profile, WhatTheBuildReadIsWhatShips) {
  std::size_t count = 0;
  for (const auto& compiled : content_files()) {
    if (!compiled.name.starts_with("compiled/")) continue;
    ++count;
    const auto same = std::ranges::find_if(content_files(), [&](const auto& file) {
      return "compiled/" + std::string(file.name) == compiled.name;
    });
    ASSERT_NE(same, content_files().end()) << compiled.name;
    EXPECT_EQ(compact(read_json_wire(compiled.bytes, compiled.name).value()),
              compact(parse_yaml(same->bytes, same->name).value()));
  }
  EXPECT_GE(count, 5U);
}

TEST(Profile, MergedGoesBeforeItsBase) {
  PodProfile base;
  base.name = "base";
  base.read_only = {"/usr"};
  base.set = {{"A", "1"}, {"B", "1"}};
  base.limits.memory_bytes = 1;
  base.limits.processes = 2;
  base.home_bytes = 3;
  PodProfile own;
  own.name = "own";
  own.read_only = {"/opt"};
  own.set = {{"B", "2"}};
  own.limits.memory_bytes = 9;
  const PodProfile both = merged(base, own);
  EXPECT_EQ(both.name, "own");
  EXPECT_THAT(both.read_only, testing::ElementsAre("/usr", "/opt"));
  EXPECT_EQ(both.set.at("A") + both.set.at("B"), "12");
  EXPECT_EQ(both.limits.memory_bytes, 9U);
  EXPECT_EQ(both.limits.processes, 2U);
  EXPECT_EQ(both.home_bytes, 3U);
}

TEST(Profile, NamesOfSecrets) {
  for (const char* name :
       {"GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "ANTHROPIC_API_KEY", "DB_PASSWORD", "NPM_TOKEN",
        "npm_config__authToken", "MYSQL_PWD", "SSH_AUTH_SOCK", "apikey", "GOOGLE_APPLICATION_CREDENTIALS"})
    EXPECT_TRUE(names_a_secret(name)) << name;
  for (const char* name :
       {"PATH", "LANG", "PWD", "OLDPWD", "LC_ALL", "KEYBOARD", "MONKEY", "AUTHOR", "NODE_ENV"})
    EXPECT_FALSE(names_a_secret(name)) << name;
}

class ProfileSpec : public Box {};

TEST_F(ProfileSpec, VariablesPassByNameAndSecretsOnlyInFull) {
  PodProfile profile;
  profile.name = "x";
  profile.environment = {"LANG", "NPM_*"};
  profile.set = {{"CI", "1"}};
  auto wanted = request({"true"});
  wanted.env = {{"LANG", "C"},  {"NPM_REGISTRY", "r"}, {"NPM_TOKEN", "secret"},
                {"OTHER", "o"}, {"DEPLOY_KEY", "k"},   {"HOME", "/root"}};
  wanted.pass_env = {"DEPLOY_KEY"};
  const auto spec = pod_spec(profile, wanted);
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->env.at("LANG"), "C");
  EXPECT_EQ(spec->env.at("NPM_REGISTRY"), "r");
  EXPECT_FALSE(spec->env.contains("NPM_TOKEN"));
  EXPECT_FALSE(spec->env.contains("OTHER"));
  EXPECT_EQ(spec->env.at("DEPLOY_KEY"), "k");
  EXPECT_EQ(spec->env.at("HOME"), "/home/tester");
  EXPECT_EQ(spec->env.at("CI"), "1");
}

TEST_F(ProfileSpec, LinksStayLinksWhereTheirTargetIsShown) {
  ASSERT_TRUE(os::make_dirs(top() + "/real"));
  write(top() + "/alone", "text");
  ASSERT_EQ(::symlink("real", (top() + "/link").c_str()), 0);
  ASSERT_EQ(::symlink("alone", (top() + "/far").c_str()), 0);
  PodProfile profile;
  profile.read_only = {top() + "/link", top() + "/real", top() + "/far", top() + "/missing"};
  const auto spec = pod_spec(profile, request({"true"}));
  ASSERT_TRUE(spec);
  ASSERT_EQ(spec->links.size(), 1U);
  EXPECT_EQ(spec->links[0].at, top() + "/link");
  EXPECT_EQ(spec->links[0].target, "real");
  bool far = false;
  for (const auto& mount : spec->mounts) {
    EXPECT_NE(mount.at, top() + "/missing");
    far |= mount.at == top() + "/far" && mount.source == top() + "/alone";
  }
  EXPECT_TRUE(far);
}

TEST_F(ProfileSpec, AWorkspaceIsNotTheRoot) {
  auto wanted = request({"true"});
  wanted.workspace = "/";
  EXPECT_FALSE(pod_spec({}, wanted));
}

// What plan_pod refuses, by the word of the message that a person needs.
class PlanPod : public Box {
 protected:
  std::string refusal(const PodSpec& spec) const {
    const auto plan = plan_pod(spec);
    return plan ? "(planned)" : plan.error().message();
  }
};

TEST_F(PlanPod, Refuses) {
  const PodSpec good = shell("true");
  EXPECT_EQ(refusal(good), "(planned)");
  const auto with = [&](const PodMount& mount) {
    PodSpec spec = good;
    spec.mounts.push_back(mount);
    return refusal(spec);
  };
  using Kind = PodMount::Kind;
  EXPECT_THAT(with({.kind = Kind::read_only, .at = "relative", .source = "/usr"}), HasSubstr("absolute"));
  EXPECT_THAT(with({.kind = Kind::read_only, .at = "/a/../b", .source = "/usr"}), HasSubstr("normal"));
  EXPECT_THAT(with({.kind = Kind::read_only, .at = "/proc/x", .source = "/usr"}), HasSubstr("own"));
  EXPECT_THAT(with({.kind = Kind::read_only, .at = "/x", .source = "/"}), HasSubstr("never shown"));
  EXPECT_THAT(with({.kind = Kind::read_only, .at = "/x", .source = "/proc"}), HasSubstr("never shown"));
  EXPECT_THAT(with({.kind = Kind::read_only, .at = "/x", .source = "/run"}), HasSubstr("sockets"));
  EXPECT_THAT(with({.kind = Kind::read_only, .at = "/x", .source = top() + "/none"}),
              HasSubstr("nothing to show"));
  EXPECT_THAT(with({.kind = Kind::tmpfs, .at = "/x"}), HasSubstr("size"));
  EXPECT_THAT(with({.kind = Kind::tmpfs, .at = "/tmp", .bytes_max = 1}), HasSubstr("one place"));
  EXPECT_THAT(
      with({.kind = Kind::overlay, .at = "/x", .source = top(), .upper = upper(), .work = top() + "/work"}),
      HasSubstr("inside of it"));
  PodSpec spec = good;
  spec.keep_out = {top() + "/workspace/.weir"};
  EXPECT_THAT(refusal(spec), HasSubstr("Weir's own files"));
  spec = good;
  spec.cwd = "/srv/elsewhere";
  EXPECT_THAT(refusal(spec), HasSubstr("working directory"));
  spec = good;
  spec.argv = {};
  EXPECT_THAT(refusal(spec), HasSubstr("no program"));
  spec = good;
  spec.env["A=B"] = "c";
  EXPECT_THAT(refusal(spec), HasSubstr("environment"));
}

TEST_F(PlanPod, PutsOuterMountsFirst) {
  PodSpec spec = shell("true");
  std::reverse(spec.mounts.begin(), spec.mounts.end());
  const auto plan = plan_pod(spec);
  ASSERT_TRUE(plan);
  for (std::size_t i = 0; i + 1 < plan->mounts.size(); ++i)
    for (std::size_t k = i + 1; k < plan->mounts.size(); ++k)
      EXPECT_FALSE(plan->mounts[i].at.starts_with(plan->mounts[k].at + "/"));
}

TEST(PodReportLevel, FollowsFromWhatWasVerified) {
  PodReport report;
  EXPECT_EQ(report.level(), Level::L0);
  const char* const all[] = {"files_outside",    "write_outside",  "processes",      "host_loopback",
                             "abstract_sockets", "network_out",    "capabilities",   "namespaces",
                             "mounts",           "tracing",        "keyrings",       "kernel_interfaces",
                             "sockets",          "terminal_input", "landlock_files", "landlock_scopes"};
  for (const char* name : all)
    report.steps.push_back({name, true, true, ""});
  EXPECT_EQ(report.level(), Level::L3);
  const auto without = [&](std::string_view name) {
    PodReport less = report;
    for (auto& step : less.steps)
      if (step.name == name) step.applied = step.verified = false;
    return less.level();
  };
  EXPECT_EQ(without("landlock_files"), Level::L2);
  EXPECT_EQ(without("keyrings"), Level::L2);
  EXPECT_EQ(without("processes"), Level::L1);
  EXPECT_EQ(without("network_out"), Level::L0);
  EXPECT_EQ(level_from("L2").value(), Level::L2);
  EXPECT_FALSE(level_from("L4"));
}

TEST(Profile, DestinationsAndTheirBudgets) {
  const auto base =
      parse_profile("name: base\nallow: [a.example]\nlimits: {sent: 1M, received_each: 2G}\n", "base");
  ASSERT_TRUE(base) << base.error().message();
  const auto own = parse_profile(
      "name: own\nextends: base\nallow: ['*.b.example']\nallow_private: ['nas.example:443']\n"
      "inspect: ['api.example GET /x/*']\n"
      "limits: {sent: 2M, sent_each: 1K, received: 3}\n",
      "own");
  ASSERT_TRUE(own) << own.error().message();
  const PodProfile both = merged(*base, *own);
  EXPECT_THAT(both.allow, testing::ElementsAre("a.example", "*.b.example"));
  EXPECT_THAT(both.allow_private, testing::ElementsAre("nas.example:443"));
  EXPECT_THAT(both.inspect, testing::ElementsAre("api.example GET /x/*"));
  EXPECT_EQ(both.limits.sent_bytes, 2U << 20);
  EXPECT_EQ(both.limits.sent_each_bytes, 1U << 10);
  EXPECT_EQ(both.limits.received_bytes, 3U);
  EXPECT_EQ(both.limits.received_each_bytes, 2ULL << 30);
  EXPECT_FALSE(parse_profile("name: x\nallow: a.example\n", "x"));
}

}  // namespace
}  // namespace weir::pod
