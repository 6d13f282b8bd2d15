#include "cli/jsonl.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <istream>
#include <ostream>

#include "os/files.h"

namespace weir::cli {
namespace {

Json with_id(const Json& id, const Json& answer) {
  Json row = Json::object({{"id", id}});
  for (const auto& [key, value] : answer.as_object())
    if (key != "id") row.set(key, value);
  return row;
}

// One line of the file, at most the size limit of a JSON document; `too_long` when it was cut.
bool read_line(std::istream& in, std::string& line, bool& too_long) {
  line.clear();
  too_long = false;
  bool any = false;
  for (int c = in.get(); c != std::istream::traits_type::eof(); c = in.get()) {
    any = true;
    if (c == '\n') return true;
    if (line.size() < limits::kJsonBytesMax)
      line += static_cast<char>(c);
    else
      too_long = true;
  }
  return any;
}

// A directory opens like a file and reads as if it were empty, so that it is looked for by itself.
Status open_rows(const std::string& file, std::ifstream& opened) {
  const auto info = os::file_info(os::resolve_path(file));
  if (info && info->kind == os::FileInfo::Kind::dir)
    return fail("this is a directory, not a file of rows", file, "name a file of JSON Lines");
  errno = 0;
  opened.open(file, std::ios::binary);
  if (opened) return {};
  const std::string why = errno == 0 ? "" : std::string(": ") + std::strerror(errno);
  return fail("cannot open the rows" + why, file, "name a readable file of JSON Lines");
}

}  // namespace

int run_jsonl(const std::string& file, Context& context,
              const std::function<Result<Json>(const Json&)>& answer, const JsonLimits& limits) {
  std::ifstream opened;
  const bool is_file = !file.empty() && file != "-";
  if (is_file)
    if (const Status ready = open_rows(file, opened); !ready) return report(ready.error(), context);
  std::istream& in = opened.is_open() ? opened : context.in;
  int code = exit_code::kFine;
  std::string line;
  bool too_long = false;
  for (std::size_t number = 1; read_line(in, line, too_long); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    Json id;
    Result<Json> result =
        too_long ? Result<Json>(fail(ErrorCode::limit, "the row is too long")) : parse_json(line, limits);
    if (result && !result->is_object()) result = fail("a row must be a JSON object");
    if (result) {
      id = (*result)["id"];
      result = answer(*result);
    }
    if (!result) {
      code = exit_code::kFindings;
      Error error = result.error();
      if (error.where.empty()) error.where = "line " + std::to_string(number);
      result = Json::object({{"error", error_json(error)}});
    }
    context.out << compact(with_id(id, *result)) << "\n";
  }
  context.out.flush();
  // Reading that broke off, as of standard input that is a directory, looks like the end.
  if (in.bad())
    return report(Error{ErrorCode::internal, "reading the rows broke off", is_file ? file : "standard input",
                        "give a file or a pipe that can be read; rows after this were not answered"},
                  context);
  return code;
}

}  // namespace weir::cli
