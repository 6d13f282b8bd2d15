// How near `weir scan` comes to what its parts allow, in one run over the same files.
//
//   bench/make_transcripts.py DIR 1024 --seed 1 && build/release/bench/scan_bench DIR...
//
// For each directory: the parts alone (simdjson over the lines, SHA-256 and Vectorscan over the content
// strings with the database of the detectors), the ceiling that they compose to, the detectors alone, the
// readers alone, and the whole scan on one thread. Figures are megabytes of raw transcript for each second of
// processor time, which other work on the machine does not change much; file after file, so that all parts
// meet the same caches. The ceiling takes every content string; `distinct` only those that a scan has to look
// at because it did not see them before.
#include <simdjson.h>
#include <sys/resource.h>

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/hash.h"
#include "base/limits.h"
#include "daemon/pack_loader.h"
#include "daemon/scan_memory.h"
#include "daemon/scanner.h"
#include "ingest/transcript.h"
#include "os/files.h"

namespace {

using namespace weir;

double processor_s() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Adds the processor time of a call to a sum.
template <class Work>
void timed(double& sum, const Work& work) {
  const double begin = processor_s();
  work();
  sum += processor_s() - begin;
}

struct Sums {
  std::uint64_t raw_bytes = 0;
  std::uint64_t content_bytes = 0;
  std::uint64_t distinct_bytes = 0;
  double simdjson_s = 0;
  double hashing_s = 0;
  double vectorscan_s = 0;
  double vectorscan_distinct_s = 0;
  double readers_s = 0;
  double detectors_distinct_s = 0;
  double scan_s = 0;
  std::uint64_t kept = 0;  // so that nothing is optimised away
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

// The texts that a scan looks at, in a file; copied, since views die with their line.
std::vector<std::string> content_of(const std::string& file, const std::vector<std::string_view>& lines) {
  std::vector<std::string> texts;
  const std::size_t head = std::min<std::size_t>(lines.size(), 16);
  const auto reader = ingest::make_reader(ingest::detect_format(file, {lines.data(), head}), file);
  if (!reader) return texts;
  std::uint64_t number = 0;
  for (const auto line : lines)
    if (const auto records =
            reader->read({line, ++number, JsonDocument::kPaddingBytes}, ingest::Wanted::judged))
      for (const auto& record : *records)
        record.body.each_text([&](std::string_view text) { texts.emplace_back(text); });
  return texts;
}

class Bench {
 public:
  explicit Bench(const std::shared_ptr<const guard::Pack>& pack)
      : pack_(pack), seen_(64 * limits::kMiB), scanner_(pack, {.home = "/home/user"}) {}

  void file(const std::string& name) {
    auto text = os::read_file(name, 1024 * limits::kMiB);
    if (!text) return;
    const std::size_t size = text->size();
    text->append(JsonDocument::kPaddingBytes, '\0');
    const auto lines = lines_of(std::string_view(*text).substr(0, size));
    sums_.raw_bytes += size;
    timed(sums_.simdjson_s, [&] {
      for (const auto line : lines)
        sums_.kept += parser_.parse(line.data(), line.size(), false).error() == simdjson::SUCCESS ? 1 : 0;
    });
    timed(sums_.readers_s, [&] { read(name, lines); });
    parts(content_of(name, lines));
    timed(sums_.scan_s, [&] { scanner_.scan(name, [&](const daemon::ScanFinding&) { ++sums_.kept; }); });
  }

  const Sums& sums() const { return sums_; }
  const daemon::ScanTotals& totals() const { return scanner_.totals(); }

 private:
  void read(const std::string& name, const std::vector<std::string_view>& lines) {
    const std::size_t head = std::min<std::size_t>(lines.size(), 16);
    const auto reader = ingest::make_reader(ingest::detect_format(name, {lines.data(), head}), name);
    std::uint64_t number = 0;
    for (const auto line : lines)
      if (const auto records =
              reader->read({line, ++number, JsonDocument::kPaddingBytes}, ingest::Wanted::judged))
        sums_.kept += records->size();
  }

  void parts(const std::vector<std::string>& texts) {
    std::vector<std::string_view> distinct;
    for (const auto& text : texts) {
      sums_.content_bytes += text.size();
      if (seen_.seen(daemon::short_digest(text))) continue;
      sums_.distinct_bytes += text.size();
      distinct.push_back(text);
    }
    const detect::Scanner& detectors = *pack_->detectors();
    const auto search = [&](std::string_view text) {
      (void)detectors.database().scan(text, workspace_.secrets.scratch, [&](std::size_t, std::size_t) {
        ++sums_.kept;
        return true;
      });
    };
    timed(sums_.hashing_s, [&] {
      for (const auto& text : texts)
        sums_.kept += sha256(std::string_view(text))[0];
    });
    timed(sums_.vectorscan_s, [&] {
      for (const auto& text : texts)
        search(text);
    });
    timed(sums_.vectorscan_distinct_s, [&] {
      for (const auto text : distinct)
        search(text);
    });
    timed(sums_.detectors_distinct_s, [&] {
      for (const auto text : distinct)
        if (const auto found = detectors.scan(text, workspace_)) sums_.kept += found->secrets.size();
    });
  }

  std::shared_ptr<const guard::Pack> pack_;
  simdjson::dom::parser parser_{limits::kTranscriptLineBytesMax};
  daemon::DigestTable seen_;
  detect::ScanWorkspace workspace_;
  daemon::Scanner scanner_;
  Sums sums_;
};

void print(const std::string& dir, const Bench& bench) {
  const Sums& s = bench.sums();
  const auto& t = bench.totals();
  const double mb = static_cast<double>(s.raw_bytes) / 1e6;
  const double ceiling_s = s.simdjson_s + s.hashing_s + s.vectorscan_s;
  const double distinct_s = s.simdjson_s + s.hashing_s + s.vectorscan_distinct_s;
  fmt::print(
      "{}: {:.0f} MB raw, {:.0f} MB content strings, {:.0f} MB of them distinct; {} lines, {} tool calls, "
      "{} repeated, {} findings\n",
      dir, mb, static_cast<double>(s.content_bytes) / 1e6, static_cast<double>(s.distinct_bytes) / 1e6,
      t.lines, t.tool_calls, t.repeated_calls, t.findings);
  const auto row = [&](std::string_view what, double seconds) {
    fmt::print("  {:<46} {:>8.0f} MB/s\n", what, mb / seconds);
  };
  row("simdjson alone, lines", s.simdjson_s);
  row("SHA-256 alone, content strings", s.hashing_s);
  row("Vectorscan alone, content strings", s.vectorscan_s);
  row("ceiling of these three", ceiling_s);
  row("ceiling, Vectorscan over distinct strings", distinct_s);
  row("readers alone (simdjson included)", s.readers_s);
  row("detectors alone, distinct strings", s.detectors_distinct_s);
  row("whole scan, one thread", s.scan_s);
  fmt::print("  the scan is at {:.0f} % of the ceiling ({:.0f} % of that over distinct strings)\n",
             100 * ceiling_s / s.scan_s, 100 * distinct_s / s.scan_s);
}

}  // namespace

int main(int argc, char** argv) {
  auto pack = daemon::load_pack({.detectors = true, .flow = false});
  if (!pack || argc < 2) {
    fmt::print(stderr, "scan_bench DIR...: {}\n", pack ? "no directory given" : pack.error().message());
    return 2;
  }
  for (int i = 1; i < argc; ++i) {
    const auto files = daemon::find_transcripts({argv[i]}, "/home/user", {});
    if (!files) {
      fmt::print(stderr, "{}\n", files.error().message());
      return 2;
    }
    Bench bench(*pack);
    for (const auto& file : *files)
      bench.file(file);
    print(argv[i], bench);
  }
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  fmt::print("  resident at most, this program: {} MiB\n", usage.ru_maxrss / 1024);
  return 0;
}
