// Rows of `weir inspect --jsonl` from anyone: every line that is not blank is answered with one JSON object,
// in order, with its id; the exit code says whether a row was bad.
#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>

#include "cli/inspect.h"
#include "cli/jsonl.h"
#include "daemon/pack_loader.h"

using namespace weir;

namespace {

// Checks the answers to `rows`; whether one of them is an error.
bool check_answers(const std::string& rows, const std::string& out) {
  std::istringstream asked(rows);
  std::istringstream answers(out);
  bool bad = false;
  std::string line;
  for (std::string row; std::getline(asked, row);) {
    if (row.find_first_not_of(" \t\r") == std::string::npos) continue;
    CHECK(std::getline(answers, line));
    const auto answer = parse_json(line);
    CHECK(answer && answer->is_object() && answer->has("id"));
    CHECK(answer->has("verdict") != answer->has("error"));
    bad = bad || answer->has("error");
    const auto read = parse_json(row);
    if (read && read->is_object()) CHECK((*answer)["id"] == (*read)["id"]);
  }
  CHECK(!std::getline(answers, line));
  return bad;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto pack = daemon::load_pack({.user_dir = "", .policies_dir = ""});
  CHECK(pack);
  const std::string rows(reinterpret_cast<const char*>(data), std::min<std::size_t>(size, 4 * limits::kKiB));
  std::istringstream in(rows);
  std::ostringstream out, err;
  cli::Context context{.in = in, .out = out, .err = err, .places = {}};
  const int code = cli::run_jsonl("", context, [](const Json& row) { return cli::inspect_row(row, *pack); });
  CHECK(code == (check_answers(rows, out.str()) ? cli::exit_code::kFindings : cli::exit_code::kFine));
  return 0;
}
