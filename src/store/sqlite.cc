#include "store/sqlite.h"

#include <sqlite3.h>

#include "os/files.h"

namespace weir::store {
namespace {

Error sqlite_error(sqlite3* db, int code) {
  const std::string what =
      std::string("the index: ") + (db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code));
  const char* file = db != nullptr ? sqlite3_db_filename(db, "main") : nullptr;
  const std::string where = file != nullptr ? file : "";
  switch (code & 0xFF) {  // the primary result code
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_SCHEMA:
      return {ErrorCode::corrupt, what, where, "`weir store rebuild` makes it anew from the segments"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::unavailable, what, where, "another program holds it; what is stored is safe"};
    default:
      return {ErrorCode::unavailable, what, where,
              "what is stored is safe; `weir store rebuild` if it stays"};
  }
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}
void Statement::bind(int at, std::int64_t value) {
  CHECK(sqlite3_bind_int64(statement_.get(), at, value) == SQLITE_OK);
}
void Statement::bind(int at, std::string_view text) {
  CHECK(sqlite3_bind_text64(statement_.get(), at, text.data() != nullptr ? text.data() : "", text.size(),
                            SQLITE_TRANSIENT, SQLITE_UTF8) == SQLITE_OK);
}
void Statement::bind_blob(int at, ByteView bytes) {
  CHECK(sqlite3_bind_blob64(statement_.get(), at, bytes.data(), bytes.size(), SQLITE_TRANSIENT) == SQLITE_OK);
}
void Statement::bind_null(int at) {
  CHECK(sqlite3_bind_null(statement_.get(), at) == SQLITE_OK);
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  const Error error = sqlite_error(sqlite3_db_handle(statement_.get()), code);
  sqlite3_reset(statement_.get());
  return std::unexpected(error);
}

Status Statement::run() {
  while (true) {
    TRY(const bool row, step());
    if (!row) break;
  }
  reset();
  return {};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}
std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
std::string Statement::text(int column) const {
  return std::string(as_text(blob(column)));
}
ByteView Statement::blob(int column) const {
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}
bool Statement::is_blob(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_BLOB;
}

void Sqlite::Close::operator()(sqlite3* db) const {
  sqlite3_close_v2(db);
}

Result<Sqlite> Sqlite::open(const std::string& path, Access access, int cache_kib, int busy_ms) {
  Sqlite result;
  const int flags =
      access == Access::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  const auto try_open = [&](const std::string& name) {
    sqlite3* db = nullptr;
    const int code =
        sqlite3_open_v2(name.c_str(), &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, nullptr);
    result.db_.reset(db);
    return code;
  };
  if (const int code = try_open(path); code != SQLITE_OK)
    return std::unexpected(sqlite_error(result.db_.get(), code));
  sqlite3_busy_timeout(result.db_.get(), busy_ms);
  const std::string setup =
      "PRAGMA cache_size=-" + std::to_string(cache_kib) + ";PRAGMA mmap_size=0;" +
      (access == Access::write ? "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA secure_delete=ON;"
                                 "PRAGMA wal_autocheckpoint=512;PRAGMA journal_size_limit=4194304;"
                               : "PRAGMA query_only=ON;SELECT count(*) FROM sqlite_master;");
  Status ready = result.execute(setup.c_str());
  // A write-ahead log needs a writable directory even for reading. Where there is none (a copy on a read-only
  // medium) and no log is left, nobody can be writing, and SQLite may be told so.
  if (!ready && access == Access::read && ready.error().code == ErrorCode::unavailable) {
    const auto log = os::file_info(path + "-wal");
    if ((!log || log->size == 0) && path.find_first_of("?#%") == std::string::npos &&
        try_open("file:" + path + "?immutable=1") == SQLITE_OK)
      ready = result.execute(setup.c_str());
  }
  TRY_STATUS(ready);
  return result;
}

Status Sqlite::execute(const char* statements) {
  const int code = sqlite3_exec(db_.get(), statements, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(sqlite_error(db_.get(), code));
  return {};
}

Result<Statement> Sqlite::prepare(std::string_view statement) {
  Statement result;
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), statement.data(), static_cast<int>(statement.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  result.statement_.reset(raw);
  if (code != SQLITE_OK) return std::unexpected(sqlite_error(db_.get(), code));
  return result;
}

std::int64_t Sqlite::last_row() const {
  return sqlite3_last_insert_rowid(db_.get());
}

}  // namespace weir::store
