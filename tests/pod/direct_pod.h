// A direct workspace in tests: what a script in the pod did to the host's files, and what it was refused.
#pragma once

#include <gmock/gmock.h>

#include "changes/git_config.h"
#include "changes/held.h"
#include "pod/box.h"

namespace weir::pod {

class DirectPod : public Box {
 protected:
  static const changes::HeldCatalogue& catalogue() {
    static const changes::HeldCatalogue shipped = [] {
      for (const auto& file : content_files())
        if (file.name == "held/catalogue.yaml")
          return changes::HeldCatalogue::parse(file.bytes, file.name).value();
      return changes::HeldCatalogue();
    }();
    return shipped;
  }
  PodSpec direct(const std::string& script) const {
    PodRequest asked = request({"bash", "-c", script});
    asked.direct = true;
    auto spec = pod_spec(generic(), asked);
    EXPECT_TRUE(spec) << spec.error().message();
    return spec.value_or(PodSpec());
  }
  Result<PodResult> go(const PodSpec& spec, std::vector<std::string> changeable = {}) const {
    PodOptions options;
    options.direct = {.catalogue = &catalogue(), .changeable = std::move(changeable)};
    TRY(const PodPlan plan, plan_pod(spec));
    auto done = launch_pod(plan, options);
    EXPECT_TRUE(done) << done.error().message();
    return done;
  }
  // Runs it and returns what was refused, sorted: "path path".
  std::string refused(const std::string& script, std::vector<std::string> changeable = {}) {
    const auto done = go(direct(script), std::move(changeable));
    if (!done) return done.error().message();
    code_ = done->exit.code;
    std::vector<std::string> paths;
    for (const auto& one : done->direct.paths)
      paths.push_back(one.path);
    std::ranges::sort(paths);
    std::string text;
    for (const auto& path : paths)
      text += (text.empty() ? "" : " ") + path;
    return text;
  }
  PodSpec python(const std::string& script) const {
    write(top() + "/outside/script.py", script);
    PodSpec spec = direct("python3 /outside/script.py > out 2>&1");
    spec.mounts.push_back(
        {.kind = PodMount::Kind::read_only, .at = "/outside", .source = top() + "/outside"});
    return spec;
  }
  std::string text(const std::string& name) const {
    return os::read_file(workspace() + "/" + name, 1 << 20).value_or("(nothing)");
  }
  void put(const std::string& name, std::string_view content) const {
    const std::string path = workspace() + "/" + name;
    ASSERT_TRUE(os::make_dirs(path.substr(0, path.rfind('/'))));
    write(path, content);
  }
  bool is_there(const std::string& name) const {
    struct stat ignored;
    return ::lstat((workspace() + "/" + name).c_str(), &ignored) == 0;
  }
  // Everything in the workspace but what a listing cannot tell: names, kinds, permissions, contents, targets.
  std::string tree(const std::string& directory) const {
    const auto listed = os::run_child(
        {.argv = {"sh", "-c",
                  "cd \"$1\" && find . -mindepth 1 ! -path './out' -printf '%P %y %m %l\\n' | LC_ALL=C sort; "
                  "find . -type f ! -path './out' -print0 | LC_ALL=C sort -z | xargs -0r sha256sum",
                  "sh", directory}});
    return listed ? listed->out : "";
  }

  int code_ = -1;
};

}  // namespace weir::pod
