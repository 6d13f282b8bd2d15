#include "cli/prompt.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "os/fd.h"
#include "os/files.h"

namespace weir::cli {

Result<std::string> ask_secret(const std::string& question) {
  const os::Fd tty(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!tty) return fail(ErrorCode::unavailable, "there is no terminal to ask on", {}, "give it as an option");
  TRY_STATUS(os::write_all(tty.get(), question));
  termios before{};
  if (::tcgetattr(tty.get(), &before) != 0)
    return fail(ErrorCode::unavailable, "there is no terminal to ask on");
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(tty.get(), TCSAFLUSH, &silent);
  std::string text;
  char c = 0;
  while (text.size() < 256 && ::read(tty.get(), &c, 1) == 1 && c != '\n')
    text += c;
  ::tcsetattr(tty.get(), TCSAFLUSH, &before);
  TRY_STATUS(os::write_all(tty.get(), "\n"));
  if (text.empty()) return fail("nothing was typed");
  return text;
}

}  // namespace weir::cli
