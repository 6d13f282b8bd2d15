#include "pod/launchers_here.h"

#include "base/bytes.h"
#include "os/process.h"
#include "pod/bwrap_place.h"
#include "pod/landlock.h"
#include "pod/namespaces_here.h"
#include "pod/pod_landlock.h"
#include "pod/runsc_bundle.h"

namespace weir::pod {
namespace {

// The first line of what a program says of its version.
std::string version_of(const std::string& program) {
  const auto said = os::run_child({.argv = {program, "--version"}, .timeout_ms = 10'000});
  return said ? printable(said->out.substr(0, said->out.find('\n')), 100) : std::string();
}

LauncherHere own(bool works) {
  LauncherHere here{.launcher = Launcher::own, .available = works, .used = "by default"};
  if (works) return here;
  const std::string trouble = trouble_of(namespace_switches());
  here.detail = trouble.empty() ? "this user may make no namespaces, or not mount in them" : trouble;
  here.remedy = namespaces_remedy();
  return here;
}

LauncherHere bwrap() {
  LauncherHere here{.launcher = Launcher::bwrap, .used = "where Weir itself may make no namespaces"};
  const auto found = find_bwrap();
  here.available = found.has_value();
  here.detail = found ? version_of(*found) : found.error().what;
  return here;
}

LauncherHere runsc() {
  LauncherHere here{.launcher = Launcher::runsc, .used = "where --launcher names it"};
  const auto found = find_runsc();
  here.available = found.has_value();
  here.detail = found ? version_of(*found) + ", whether it runs here is not tried" : found.error().what;
  return here;
}

LauncherHere landlock() {
  const int abi = landlock_abi();
  return {.launcher = Launcher::landlock,
          .available = abi >= kLandlockAbiAlone,
          .detail = "Landlock ABI " + std::to_string(abi) + (abi < kLandlockAbiAlone ? ", needs 3" : ""),
          .used = "where there are no namespaces, with --level L1 or --accept-level",
          .remedy = ""};
}

}  // namespace

std::vector<LauncherHere> launchers_here(bool own_works) {
  return {own(own_works), bwrap(), runsc(), landlock()};
}

}  // namespace weir::pod
