// The program `weir` as people start it: small and static, because `weir pod exec` is started as often as a
// shell and most of what the whole program takes to start is loading what a pod does not need. It runs pods
// itself and becomes `weir-main`, beside it, for everything else.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <string_view>

#include "cli/commands.h"
#include "cli/program.h"
#include "os/process.h"
#include "pod/pod_inside.h"

namespace {

// Credentials, records of pods, the catalogues of held files and of secrets are the main program's to read.
bool wants_what_is_kept(int argc, char** argv) {
  for (int i = 3; i < argc && std::string_view(argv[i]) != "--"; ++i)
    for (const std::string_view option : {"--credential", "--from", "--direct", "--held", "--follow-data"})
      if (std::string_view(argv[i]).starts_with(option)) return true;
  return false;
}

bool starts_a_pod(int argc, char** argv) {
  if (argc < 3 || std::string_view(argv[1]) != "pod") return false;
  const std::string_view word = argv[2];
  return (word == "exec" || word == "shell") && !wants_what_is_kept(argc, argv);
}

int become_main_program(char** argv) {
  const std::string self = weir::os::self_path();
  const std::string program = self.substr(0, self.rfind('/') + 1) + "weir-main";
  ::execv(program.c_str(), argv);
  std::cerr << "weir: cannot start the main program (" << program << ", " << std::strerror(errno)
            << "): it belongs beside weir; install both again\n";
  return weir::cli::exit_code::kInternal;
}

}  // namespace

int main(int argc, char** argv) {
  // Not a command: how another launcher starts the first process of a pod (pod/pod_inside.h).
  if (argc == 4 && argv[1] == weir::pod::kPodInsideArgument)
    return weir::pod::run_pod_inside(argv[2], argv[3]);
  if (!starts_a_pod(argc, argv)) return become_main_program(argv);
  return weir::cli::run_program({weir::cli::pod_exec_command(), weir::cli::pod_shell_command()}, argc, argv);
}
