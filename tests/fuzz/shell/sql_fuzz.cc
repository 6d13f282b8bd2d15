// SQL from anyone: every statement that is seen has a verb and an operation, and there are no more of them
// than the text has room for.
#include "shell/sql.h"

#include <cstdint>

#include "base/result.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto statements = weir::shell::classify_sql(text);
  CHECK(statements.size() <= size);
  for (const auto& statement : statements) {
    CHECK(statement.verb.starts_with("db.") || !statement.shell.empty());
    CHECK(statement.resource.size() <= size && statement.shell.size() <= size);
  }
  return 0;
}
