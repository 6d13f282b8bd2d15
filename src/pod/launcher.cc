#include "pod/launcher.h"

#include "base/bytes.h"

namespace weir::pod {

std::string_view name(Launcher launcher) {
  constexpr std::string_view kNames[] = {"auto", "own", "bwrap", "runsc", "landlock"};
  return kNames[static_cast<int>(launcher)];
}

Result<Launcher> launcher_from(std::string_view text) {
  for (const Launcher one :
       {Launcher::any, Launcher::own, Launcher::bwrap, Launcher::runsc, Launcher::landlock})
    if (text == name(one)) return one;
  return fail("no such launcher", printable(text, 40), "auto, own, bwrap, runsc or landlock");
}

}  // namespace weir::pod
