#include "store/sqlite_query.h"

#include <algorithm>

#include "os/files.h"
#include "store/sqlite_index.h"

namespace weir::store {
namespace {

constexpr int kCacheKib = 1024;
constexpr int kBusyMs = 1000;
constexpr std::size_t kPrefixMin = 4;

std::string id_text(const Statement& statement, int column) {
  return statement.is_blob(column) ? unpacked_uuid(statement.blob(column)) : statement.text(column);
}

void bind_id(Statement& statement, int at, std::string_view id) {
  if (const auto packed = packed_uuid(id))
    statement.bind_blob(at, *packed);
  else
    statement.bind(at, id);
}

std::int64_t limited(std::size_t count_max) {
  return static_cast<std::int64_t>(std::min(count_max, Query::kCountMax));
}

// Conditions of a WHERE clause with their values, numbered ?1, ?2, … in the order they were added. Values
// never become part of the statement's text.
class Conditions {
 public:
  void add(std::string_view before, std::string text, std::string_view after = "") {
    values_.emplace_back(std::move(text));
    add_text(before, after);
  }
  void add(std::string_view before, std::int64_t number, std::string_view after = "") {
    values_.emplace_back(number);
    add_text(before, after);
  }
  // `column` is the interned name `text`; nothing when text is empty.
  void add_name(std::string_view column, const std::string& text) {
    if (!text.empty()) add(std::string(column) + " = (SELECT id FROM names WHERE text = ", text, ")");
  }
  void add_any_name(std::string_view column, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    std::string list;
    for (const std::string& text : texts) {
      values_.emplace_back(text);
      list += (list.empty() ? "?" : ", ?") + std::to_string(values_.size());
    }
    text_ += joint() + std::string(column) + " IN (SELECT id FROM names WHERE text IN (" + list + "))";
  }
  std::string where() const { return text_; }
  void bind(Statement& statement) const {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const int at = static_cast<int>(i) + 1;
      if (const auto* number = std::get_if<std::int64_t>(&values_[i]))
        statement.bind(at, *number);
      else
        statement.bind(at, std::get<std::string>(values_[i]));
    }
  }

 private:
  std::string joint() const { return text_.empty() ? " WHERE " : " AND "; }
  void add_text(std::string_view before, std::string_view after) {
    text_ += joint() + std::string(before) + "?" + std::to_string(values_.size()) + std::string(after);
  }
  std::string text_;
  std::vector<std::variant<std::int64_t, std::string>> values_;
};

SessionSummary session_from(const Statement& row) {
  return {.session = row.text(0),
          .root = row.text(1),
          .parent = row.text(2),
          .agent = row.text(3),
          .events = static_cast<std::uint64_t>(row.integer(4)),
          .decisions = static_cast<std::uint64_t>(row.integer(5)),
          .refused = static_cast<std::uint64_t>(row.integer(6)),
          .first_ns = row.integer(7),
          .last_ns = row.integer(8),
          .last_number = static_cast<std::uint64_t>(row.integer(9)),
          .erased = row.integer(10) != 0};
}

DecisionSummary decision_from(const Statement& row) {
  return {.number = static_cast<std::uint64_t>(row.integer(0)),
          .id = id_text(row, 1),
          .event = id_text(row, 2),
          .session = row.text(3),
          .root = row.text(4),
          .seq = static_cast<std::uint64_t>(row.integer(5)),
          .verdict = row.text(6),
          .mode = row.text(7),
          .agent = row.text(8),
          .tool = row.text(9),
          .time_ns = row.integer(10),
          .at = {static_cast<std::uint64_t>(row.integer(11)), static_cast<std::uint64_t>(row.integer(12))}};
}

// Hex digits and dashes of a UUID's beginning as the range of packed ids it covers.
std::optional<std::pair<Bytes, Bytes>> packed_range(std::string_view prefix) {
  std::string digits;
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = prefix[i];
    if (dash != (c == '-')) return std::nullopt;
    if (!dash && !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return std::nullopt;
    if (!dash) digits += c;
  }
  constexpr std::size_t kDigits = 32;
  if (digits.size() > kDigits) return std::nullopt;
  const std::string rest(kDigits - digits.size(), '0');
  const std::string rest_max(kDigits - digits.size(), 'f');
  return std::pair{*from_hex(digits + rest), *from_hex(digits + rest_max)};
}

}  // namespace

// The connection; opened anew when the file is another one than before (rebuilt by this or another process).
Result<Sqlite*> SqliteQuery::database() {
  const std::string path = store_.options().index_file();
  const auto info = os::file_info(path);
  if (!info)
    return fail(ErrorCode::unavailable, "there is no index yet", path,
                "it is made while the daemon runs, or by `weir store rebuild`");
  if (!db_ || info->inode != inode_) {
    db_.reset();
    TRY(Sqlite db, Sqlite::open(path, Sqlite::Access::read, kCacheKib, kBusyMs));
    TRY(Statement version, db.prepare("PRAGMA user_version"));
    TRY_STATUS(version.step());
    if (version.integer(0) != kIndexVersion)
      return fail(ErrorCode::unavailable, "the index is of another version", path,
                  "`weir store rebuild` makes it anew");
    db_ = std::move(db);
    inode_ = info->inode;
  }
  return &*db_;
}

Result<std::vector<SessionSummary>> SqliteQuery::sessions(const SessionFilter& filter) {
  const std::lock_guard lock(mutex_);
  TRY(Sqlite * db, database());
  Conditions conditions;
  conditions.add_name("s.agent", filter.agent);
  conditions.add_name("s.root", filter.root);
  conditions.add("s.last_number < ", static_cast<std::int64_t>(filter.before));
  TRY(Statement find,
      db->prepare(
          "SELECT n.text, r.text, p.text, a.text, s.events, s.decisions, s.refused, s.first_ns, s.last_ns, "
          "s.last_number, s.erased FROM sessions s JOIN names n ON n.id = s.name JOIN names r ON r.id = "
          "s.root LEFT JOIN names p ON p.id = s.parent LEFT JOIN names a ON a.id = s.agent" +
          conditions.where() + " ORDER BY s.last_number DESC, s.name LIMIT " +
          std::to_string(limited(filter.count_max))));
  conditions.bind(find);
  std::vector<SessionSummary> rows;
  while (true) {
    TRY(const bool row, find.step());
    if (!row) return rows;
    rows.push_back(session_from(find));
  }
}

Result<std::vector<Record>> SqliteQuery::records_at(Statement& statement) {
  std::vector<Record> records;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) return records;
    TRY(Record record, records_.read({static_cast<std::uint64_t>(statement.integer(0)),
                                      static_cast<std::uint64_t>(statement.integer(1))}));
    records.push_back(std::move(record));
  }
}

Result<std::vector<Record>> SqliteQuery::events(const std::string& session, std::uint64_t seq_from,
                                                std::size_t count_max, bool tree) {
  const std::lock_guard lock(mutex_);
  TRY(Sqlite * db, database());
  // The tree's root comes first, since events are sorted by it.
  TRY(Statement find,
      db->prepare("SELECT segment, place FROM events WHERE root = (SELECT root FROM sessions WHERE "
                  "name = (SELECT id FROM names WHERE text = ?1)) AND seq >= ?2 AND (?3 OR session = "
                  "(SELECT id FROM names WHERE text = ?1)) ORDER BY seq, number LIMIT ?4"));
  find.bind(1, session);
  find.bind(2, static_cast<std::int64_t>(seq_from));
  find.bind(3, std::int64_t{tree ? 1 : 0});
  find.bind(4, limited(count_max));
  return records_at(find);
}

Result<std::vector<DecisionSummary>> SqliteQuery::decisions(const DecisionFilter& filter) {
  const std::lock_guard lock(mutex_);
  TRY(Sqlite * db, database());
  Conditions conditions;
  conditions.add("d.number < ", static_cast<std::int64_t>(filter.before));
  conditions.add_any_name("d.verdict", filter.verdicts);
  conditions.add_name("d.agent", filter.agent);
  conditions.add_name("d.tool", filter.tool);
  conditions.add_name("d.session", filter.session);
  conditions.add_name("d.root", filter.root);
  if (filter.from_ns != INT64_MIN) conditions.add("d.time_ns >= ", filter.from_ns);
  if (filter.to_ns != INT64_MAX) conditions.add("d.time_ns < ", filter.to_ns);
  if (!filter.policy.empty())
    conditions.add(
        "EXISTS(SELECT 1 FROM policy_hits h WHERE h.decision = d.number AND h.policy = (SELECT id FROM names "
        "WHERE "
        "text = ",
        filter.policy, "))");
  TRY(Statement find,
      db->prepare(
          "SELECT d.number, d.id, d.event, s.text, r.text, d.seq, v.text, m.text, a.text, t.text, d.time_ns, "
          "d.segment, d.place FROM decisions d JOIN names s ON s.id = d.session JOIN names r ON r.id = "
          "d.root "
          "JOIN names v ON v.id = d.verdict JOIN names m ON m.id = d.mode LEFT JOIN names a ON a.id = "
          "d.agent "
          "LEFT JOIN names t ON t.id = d.tool" +
          conditions.where() + " ORDER BY d.number DESC LIMIT " + std::to_string(limited(filter.count_max))));
  conditions.bind(find);
  std::vector<DecisionSummary> rows;
  while (true) {
    TRY(const bool row, find.step());
    if (!row) return rows;
    rows.push_back(decision_from(find));
  }
}

// The one id that begins with `prefix`.
Result<std::string> SqliteQuery::resolve_prefix(Sqlite& db, const std::string& prefix) {
  if (prefix.size() < kPrefixMin)
    return fail("a decision's id needs at least four characters", printable(prefix, 80));
  TRY(Statement find, db.prepare("SELECT DISTINCT id FROM decisions WHERE id >= ?1 AND id <= ?2 LIMIT 2"));
  std::vector<std::string> ids;
  const auto collect = [&]() -> Status {
    while (true) {
      TRY(const bool row, find.step());
      if (!row) break;
      ids.push_back(id_text(find, 0));
    }
    find.reset();
    return {};
  };
  if (const auto range = packed_range(prefix)) {
    find.bind_blob(1, range->first);
    find.bind_blob(2, range->second);
    TRY_STATUS(collect());
  }
  find.bind(1, prefix);
  find.bind(2, prefix + "\xF4\x8F\xBF\xBF");  // U+10FFFF: behind every continuation
  TRY_STATUS(collect());
  // An id that is the beginning of another is still meant when it is given whole.
  if (std::find(ids.begin(), ids.end(), prefix) != ids.end()) return prefix;
  if (ids.empty())
    return fail(ErrorCode::not_found, "there is no such decision", printable(prefix, 80),
                "`weir log` lists decisions with their ids");
  if (ids.size() > 1) return fail("several decisions begin so", printable(prefix, 80), "give more of the id");
  return ids.front();
}

Result<DecisionDetail> SqliteQuery::decision(const std::string& id_or_prefix) {
  const std::lock_guard lock(mutex_);
  TRY(Sqlite * db, database());
  TRY(const std::string id, resolve_prefix(*db, id_or_prefix));
  const auto records = [&](const char* statement, std::string_view key) -> Result<std::vector<Record>> {
    TRY(Statement find, db->prepare(statement));
    bind_id(find, 1, key);
    return records_at(find);
  };
  TRY(auto found, records("SELECT segment, place FROM decisions WHERE id = ?1 ORDER BY number LIMIT 1", id));
  if (found.empty()) return fail(ErrorCode::not_found, "there is no such decision", printable(id, 80));
  DecisionDetail detail{.decision = std::move(found.front()), .event = {}, .receipts = {}};
  TRY(const Json envelope, detail.decision.json());
  TRY(auto events, records("SELECT segment, place FROM events WHERE id = ?1 ORDER BY number LIMIT 1",
                           envelope["event"].text_or("")));
  if (!events.empty()) detail.event = std::move(events.front());
  TRY(detail.receipts,
      records("SELECT segment, place FROM receipts WHERE decision = ?1 ORDER BY number LIMIT 1000", id));
  return detail;
}

Result<RecordPage> SqliteQuery::follow(const Position& from, std::size_t count_max) {
  RecordPage page;
  const auto count = static_cast<std::size_t>(limited(count_max));
  if (count == 0) return RecordPage{.records = {}, .next = from};
  TRY(page.next, store_.for_each(from, [&](const Record& record) -> Result<bool> {
    page.records.push_back(record);
    return page.records.size() < count;
  }));
  return page;
}

Result<std::optional<Position>> SqliteQuery::locate_body(const std::string& root, const Digest& ref) {
  const std::lock_guard lock(mutex_);
  TRY(Sqlite * db, database());
  TRY(Statement find,
      db->prepare("SELECT segment, place FROM bodies WHERE root = (SELECT id FROM names WHERE text = "
                  "?1) AND ref = ?2"));
  find.bind(1, root);
  find.bind_blob(2, ref);
  TRY(const bool row, find.step());
  if (!row) return std::nullopt;
  return Position{static_cast<std::uint64_t>(find.integer(0)), static_cast<std::uint64_t>(find.integer(1))};
}

}  // namespace weir::store
