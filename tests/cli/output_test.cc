// Output that could not be written is never taken for a whole answer.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <ostream>
#include <sstream>

#include "cli/cli.h"
#include "cli/output.h"
#include "os/fd.h"

namespace weir::cli {
namespace {

struct Ended {
  int code = -1;
  std::string err;
};

Ended printed_to(int fd, const std::string& text, int code = exit_code::kFine) {
  Output output(fd);
  std::ostream out(&output);
  out << text;
  std::ostringstream err;
  const int now = finish_output(output, code, err);
  return {now, err.str()};
}

TEST(Output, IsWrittenWhole) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const os::Fd from(ends[0]);
  const Ended ended = printed_to(ends[1], "one\ntwo\n", exit_code::kFindings);
  ::close(ends[1]);
  EXPECT_EQ(ended.code, exit_code::kFindings);
  EXPECT_EQ(ended.err, "");
  char read[64];
  EXPECT_EQ(std::string(read, static_cast<std::size_t>(::read(from.get(), read, sizeof read))), "one\ntwo\n");
}

TEST(Output, ThatDoesNotFitIsAFailureThatNamesTheCause) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{1} << 20}) {
    const os::Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    ASSERT_TRUE(full);
    const Ended ended = printed_to(full.get(), std::string(bytes, 'x'));
    EXPECT_EQ(ended.code, exit_code::kInternal);
    EXPECT_EQ(
        ended.err,
        "weir: cannot write the output (standard output): No space left on device: what was printed is not "
        "complete\n");
  }
}

TEST(Output, NobodyReadsAnyMoreIsQuiet) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  const os::Fd to(ends[1]);
  const Ended ended = printed_to(to.get(), std::string(std::size_t{1} << 20, 'x'));
  EXPECT_EQ(ended.code, exit_code::kFine);
  EXPECT_EQ(ended.err, "");
}

TEST(Output, NothingPrintedNeedsNoRoom) {
  const os::Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  EXPECT_EQ(printed_to(full.get(), "").code, exit_code::kFine);
}

}  // namespace
}  // namespace weir::cli
