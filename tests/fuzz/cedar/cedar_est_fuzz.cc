// Cedar's JSON form from anyone: policies, policy sets, expressions, files of links and rows. What is read is
// written as JSON that is read alike, and as text that parses to the same where text can say it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cedar/check_parse.h"
#include "cedar/est_policy_set.h"
#include "cedar/parser.h"
#include "cedar/policy_text.h"
#include "cedar/template.h"

using namespace weir;
using namespace weir::cedar;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_expression_json(const Json& json) {
  const auto expression = read_expression_json(json);
  if (!expression) return require(!expression.error().what.empty());
  const auto written = expression_json(*expression);
  if (!written) return require(written.error().code == ErrorCode::limit);
  require(compact(*expression_json(*read_expression_json(*written))) == compact(*written));
  const auto text = expression_text(*expression);
  if (!text) return;
  const auto parsed = parse_expression(*text);
  if (!parsed) return require(parsed.error().code == ErrorCode::limit);
  require(compact(*expression_json(*parsed)) == compact(*written));
}

void check_set_json(const Json& json) {
  const auto set = read_policy_set_json(json, "fuzz");
  if (!set) return require(!set.error().what.empty());
  const auto written = policy_set_json(*set);
  if (!written) return require(written.error().code == ErrorCode::limit);
  require(compact(*policy_set_json(*read_policy_set_json(*written))) == compact(*written));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto json = parse_json(text, kEstJsonLimits);
  if (!json) return 0;
  check_expression_json(*json);
  check_set_json(*json);
  (void)translate_row(*json);
  (void)check_row(*json);
  (void)read_slot_values(*json);
  if (const auto links = read_links_json(*json)) require(compact(links_json(*links)) != "");
  return 0;
}
