#include "cli/jsonl.h"

#include <fstream>
#include <istream>
#include <ostream>

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

}  // namespace

int run_jsonl(const std::string& file, Context& context,
              const std::function<Result<Json>(const Json&)>& answer, const JsonLimits& limits) {
  std::ifstream opened;
  if (!file.empty() && file != "-") {
    opened.open(file, std::ios::binary);
    if (!opened)
      return report(Error{ErrorCode::not_found, "cannot open", file, "name a readable file"}, context);
  }
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
  return code;
}

}  // namespace weir::cli
