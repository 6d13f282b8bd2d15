#include "cli/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ostream>

#include "base/result.h"
#include "cli/cli.h"

namespace weir::cli {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{64} << 10;

}  // namespace

Output::Output(int fd) : fd_(fd), buffer_(kBufferBytes) {
  setp(buffer_.data(), buffer_.data() + buffer_.size());
}

bool Output::write_out() {
  const char* from = pbase();
  while (error_number_ == 0 && from < pptr()) {
    const ssize_t n = ::write(fd_, from, static_cast<std::size_t>(pptr() - from));
    if (n >= 0)
      from += n;
    else if (errno != EINTR)
      error_number_ = errno;
  }
  setp(buffer_.data(), buffer_.data() + buffer_.size());  // what cannot be written is not tried again
  return error_number_ == 0;
}

Output::int_type Output::overflow(int_type c) {
  if (!write_out()) return traits_type::eof();
  if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
  return traits_type::not_eof(c);
}

int Output::sync() {
  return write_out() ? 0 : -1;
}

int finish_output(Output& output, int code, std::ostream& err) {
  (void)output.pubsync();
  const int error_number = output.error_number();
  if (error_number == 0 || error_number == EPIPE) return code;
  const Error error{ErrorCode::unavailable, "cannot write the output", "standard output",
                    std::string(std::strerror(error_number)) + ": what was printed is not complete"};
  err << "weir: " << error.message() << "\n";
  return exit_code::kInternal;
}

}  // namespace weir::cli
