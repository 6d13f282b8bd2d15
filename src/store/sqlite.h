// SQLite as values: a connection and its prepared statements. The only wrapper; sqlite3.h stays in sqlite.cc.
//
//   TRY(Sqlite db, Sqlite::open(path, Sqlite::Access::write));
//   TRY(Statement find, db.prepare("SELECT id FROM names WHERE text = ?1"));
//   find.bind(1, "deny");
//   TRY(bool row, find.step());      // false: no more rows
//   std::int64_t id = find.integer(0);
//
// Not thread-safe; one connection belongs to one thread or stands behind one lock.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace weir::store {

class Statement {
 public:
  // Clears the last run and its values; call before binding anew.
  void reset();
  void bind(int at, std::int64_t value);
  void bind(int at, std::string_view text);
  void bind_blob(int at, ByteView bytes);
  void bind_null(int at);
  Result<bool> step();
  Status run();  // step() to the end, then reset()

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::string text(int column) const;
  ByteView blob(int column) const;  // valid until the next step; also the bytes of a text
  bool is_blob(int column) const;

 private:
  friend class Sqlite;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Sqlite {
 public:
  enum class Access { read, write };
  // Write-ahead log, at most cache_kib of page cache, waits busy_ms for other connections. Errors: `corrupt`
  // when the file is no database, `unavailable` when it is locked, missing or cannot be opened.
  static Result<Sqlite> open(const std::string& path, Access access, int cache_kib, int busy_ms);

  Status execute(const char* statements);
  Result<Statement> prepare(std::string_view statement);
  std::int64_t last_row() const;

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace weir::store
