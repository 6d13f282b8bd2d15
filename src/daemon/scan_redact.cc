#include "daemon/scan_redact.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <thread>

#include "base/limits.h"
#include "daemon/redact_line.h"
#include "os/fd.h"
#include "os/files.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kBlockBytes = 256 * limits::kKiB;
constexpr std::size_t kProblemsMax = 100;

std::size_t common_directory_bytes(const std::vector<std::string>& files) {
  std::string base = files.front();
  for (const auto& file : files) {
    const auto differ = std::mismatch(base.begin(), base.end(), file.begin(), file.end());
    base.resize(static_cast<std::size_t>(differ.first - base.begin()));
  }
  const auto slash = base.rfind('/');
  return slash == std::string::npos ? 0 : slash + 1;
}

// One worker's part.
class Copier {
 public:
  Copier(const detect::Scanner& detectors, const std::function<bool()>& go_on)
      : redactor_(detectors), go_on_(go_on) {}

  // False when it was told to stop.
  bool copy(const std::string& from, const std::string& to) {
    const auto done = copy_whole(from, to);
    if (!done) problem(done.error().message());
    if (done && *done) ++report_.files;
    return !done || *done;
  }

  RedactReport take() {
    report_.places = redactor_.counts();
    return std::move(report_);
  }

 private:
  Result<bool> copy_whole(const std::string& from, const std::string& to) {
    const os::Fd in(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    struct stat status{};
    if (!in || ::fstat(in.get(), &status) != 0 || !S_ISREG(status.st_mode))
      return fail("cannot be read as a regular file; there is no cleaned copy of it", from);
    TRY_STATUS(os::make_dirs(to.substr(0, to.rfind('/')), 0700));
    const std::string part = to + ".part";
    const os::Fd out(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!out) return std::unexpected(os::errno_error("cannot be made", part, errno));
    const auto whole = copy_lines(from, in.get(), out.get());
    if (!whole || !*whole) {
      (void)os::remove_file(part);
      return whole;
    }
    if (::rename(part.c_str(), to.c_str()) != 0)
      return std::unexpected(os::errno_error("cannot be renamed", part, errno));
    return true;
  }

  Result<bool> copy_lines(const std::string& from, int in, int out) {
    std::string block(kBlockBytes, '\0');
    std::string line;
    bool too_long = false;
    std::uint64_t number = 0;
    while (true) {
      const ssize_t n = ::read(in, block.data(), block.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return std::unexpected(os::errno_error("reading failed", from, errno));
      if (n == 0) break;
      std::string_view rest(block.data(), static_cast<std::size_t>(n));
      for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
        ++number;
        line.append(rest.substr(0, end));
        TRY_STATUS(finish(from, number, line, too_long, true, out));
        rest.remove_prefix(end + 1);
      }
      too_long = too_long || line.size() + rest.size() > limits::kTranscriptLineBytesMax;
      if (too_long)
        std::string().swap(line);
      else
        line.append(rest);
      if (!go_on_()) return false;
    }
    if (too_long || !line.empty()) TRY_STATUS(finish(from, number + 1, line, too_long, false, out));
    return true;
  }

  Status finish(const std::string& from, std::uint64_t number, std::string& line, bool& too_long, bool ended,
                int out) {
    ++report_.lines;
    if (too_long || line.size() > limits::kTranscriptLineBytesMax) {
      too_long = false;
      std::string().swap(line);
      ++report_.left_out_lines;
      problem("the line is longer than " + std::to_string(limits::kTranscriptLineBytesMax) + " bytes (" +
              from + ":" + std::to_string(number) + "): it is left out of the cleaned copy");
      return {};
    }
    auto cleaned = redactor_.redact(line);
    report_.changed_lines += cleaned ? 1 : 0;
    std::string& text = cleaned ? *cleaned : line;
    if (ended) text += '\n';
    TRY_STATUS(os::write_all(out, text));
    line.clear();
    return {};
  }

  void problem(std::string text) {
    if (report_.problems.size() < kProblemsMax) report_.problems.push_back(std::move(text));
  }

  LineRedactor redactor_;
  const std::function<bool()>& go_on_;
  RedactReport report_;
};

void add(RedactReport& sum, const RedactReport& part) {
  sum.files += part.files;
  sum.lines += part.lines;
  sum.changed_lines += part.changed_lines;
  sum.left_out_lines += part.left_out_lines;
  for (const auto& [type, places] : part.places)
    sum.places[type] += places;
  for (const auto& text : part.problems)
    if (sum.problems.size() < kProblemsMax) sum.problems.push_back(text);
}

}  // namespace

Result<RedactReport> redact_files(const std::vector<std::string>& files, const std::string& out,
                                  const detect::Scanner& detectors, const std::function<bool()>& go_on) {
  if (os::exists(out) && (os::file_info(out)->kind != os::FileInfo::Kind::dir || !os::list_dir(out).empty()))
    return fail(ErrorCode::exists, "the place for cleaned copies is not an empty directory", out,
                "name a directory that does not exist yet");
  TRY_STATUS(os::make_dirs(out, 0700));
  RedactReport report;
  if (files.empty()) return report;
  const std::size_t above = common_directory_bytes(files);
  const std::size_t workers =
      std::min<std::size_t>(std::max(1U, std::thread::hardware_concurrency()), files.size());
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> whole = true;
  std::vector<std::unique_ptr<Copier>> copiers;
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < workers; ++i) {
    copiers.push_back(std::make_unique<Copier>(detectors, go_on));
    threads.emplace_back([&, copier = copiers.back().get()] {
      for (std::size_t at = next++; at < files.size() && whole; at = next++)
        if (!copier->copy(files[at], out + "/" + files[at].substr(above))) whole = false;
    });
  }
  threads.clear();
  for (const auto& copier : copiers)
    add(report, copier->take());
  report.whole = whole;
  return report;
}

}  // namespace weir::daemon
