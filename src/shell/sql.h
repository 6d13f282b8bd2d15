// A first look at SQL: which verb each statement has and what it is about. Not a parser: comments and strings
// are skipped, the leading keywords decide (ISO/IEC 9075 names; PostgreSQL, MySQL, SQLite spellings).
//
//   for (const SqlStatement& s : classify_sql("DELETE FROM users; SELECT 1")) ...
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::shell {

struct SqlStatement {
  std::string_view verb;      // db.read, db.write, db.delete (verbs.h)
  std::string operation;      // "drop table", "delete", "select"
  std::string resource;       // table or database, as written; may be empty
  bool irreversible = false;  // DROP, TRUNCATE, DELETE without WHERE
  bool unbounded = false;     // UPDATE or DELETE without WHERE
  std::string
      shell;  // text that the client gives to a shell: \! of psql, .shell of sqlite3, \copy ... PROGRAM
};

std::vector<SqlStatement> classify_sql(std::string_view text);

}  // namespace weir::shell
