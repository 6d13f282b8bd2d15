#include "store/sqlite_index.h"

#include <algorithm>
#include <unordered_map>

#include "base/time_text.h"
#include "base/uuid.h"
#include "event/decision.h"
#include "os/files.h"
#include "store/sqlite.h"

namespace weir::store {
namespace {

constexpr int kCacheKib = 2048;
constexpr int kBusyMs = 250;
constexpr std::uint64_t kRecordsPerTransaction = 1000;
constexpr std::size_t kNamesCachedMax = 4096;

// `number` counts records in order of recording. Names (sessions, agents, tools, policies) are interned.
constexpr const char* kSchema = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE names(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE sessions(name INTEGER PRIMARY KEY, root INTEGER NOT NULL, parent INTEGER, agent INTEGER,
  events INTEGER NOT NULL DEFAULT 0, decisions INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0,
  first_ns INTEGER, last_ns INTEGER, last_number INTEGER NOT NULL, erased INTEGER NOT NULL DEFAULT 0);
CREATE INDEX sessions_by_activity ON sessions(last_number);
CREATE INDEX sessions_by_root ON sessions(root);
CREATE TABLE events(number INTEGER PRIMARY KEY, id NOT NULL, session INTEGER NOT NULL, root INTEGER NOT NULL,
  seq INTEGER NOT NULL, agent INTEGER, tool INTEGER, time_ns INTEGER, segment INTEGER NOT NULL,
  place INTEGER NOT NULL);
CREATE INDEX events_by_id ON events(id);
CREATE INDEX events_by_seq ON events(root, seq);
CREATE TABLE decisions(number INTEGER PRIMARY KEY, id NOT NULL, event NOT NULL, session INTEGER NOT NULL,
  root INTEGER NOT NULL, seq INTEGER NOT NULL, verdict INTEGER NOT NULL, mode INTEGER NOT NULL, agent INTEGER,
  tool INTEGER, time_ns INTEGER, segment INTEGER NOT NULL, place INTEGER NOT NULL);
CREATE INDEX decisions_by_id ON decisions(id);
CREATE INDEX decisions_by_event ON decisions(event);
CREATE INDEX decisions_by_verdict ON decisions(verdict, number);
CREATE INDEX decisions_by_session ON decisions(session, number);
CREATE TABLE policy_hits(policy INTEGER, decision INTEGER, PRIMARY KEY(policy, decision)) WITHOUT ROWID;
CREATE TABLE receipts(decision NOT NULL, number INTEGER, segment INTEGER NOT NULL, place INTEGER NOT NULL,
  PRIMARY KEY(decision, number)) WITHOUT ROWID;
CREATE TABLE bodies(root INTEGER, ref BLOB, segment INTEGER NOT NULL, place INTEGER NOT NULL,
  PRIMARY KEY(root, ref)) WITHOUT ROWID;
)sql";

struct Statements {
  Statement get_meta, set_meta, find_name, add_name, add_session, count_event, count_decision, erase_session,
      add_event, late_event, add_decision, find_event, add_hit, add_receipt, add_body, erase_bodies;
};

Status prepare_all(Sqlite& db, Statements& s) {
  const std::pair<Statement*, const char*> all[] = {
      {&s.get_meta, "SELECT value FROM meta WHERE key = ?1"},
      {&s.set_meta, "INSERT OR REPLACE INTO meta VALUES(?1, ?2)"},
      {&s.find_name, "SELECT id FROM names WHERE text = ?1"},
      {&s.add_name, "INSERT INTO names(text) VALUES(?1)"},
      {&s.add_session,
       "INSERT INTO sessions(name, root, last_number) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING"},
      {&s.count_event,
       "UPDATE sessions SET events = events + 1, parent = coalesce(parent, ?2), agent = coalesce(agent, ?3), "
       "first_ns = coalesce(first_ns, ?4), last_ns = coalesce(?4, last_ns), last_number = ?5 WHERE name = "
       "?1"},
      {&s.count_decision,
       "UPDATE sessions SET decisions = decisions + 1, refused = refused + ?2, last_number = ?3 WHERE name = "
       "?1"},
      {&s.erase_session, "UPDATE sessions SET erased = 1, last_number = ?2 WHERE root = ?1"},
      {&s.add_event, "INSERT INTO events VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"},
      {&s.late_event,
       "UPDATE decisions SET agent = ?2, tool = ?3, time_ns = ?4 WHERE event = ?1 AND time_ns IS NULL"},
      {&s.add_decision,
       "INSERT INTO decisions VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"},
      {&s.find_event, "SELECT agent, tool, time_ns FROM events WHERE id = ?1 ORDER BY number LIMIT 1"},
      {&s.add_hit, "INSERT OR IGNORE INTO policy_hits VALUES(?1, ?2)"},
      {&s.add_receipt, "INSERT INTO receipts VALUES(?1, ?2, ?3, ?4)"},
      {&s.add_body, "INSERT OR REPLACE INTO bodies VALUES(?1, ?2, ?3, ?4)"},
      {&s.erase_bodies, "DELETE FROM bodies WHERE root = ?1"},
  };
  for (const auto& [statement, text] : all) {
    TRY(*statement, db.prepare(text));
  }
  return {};
}

void bind_id(Statement& statement, int at, std::string_view id) {
  if (const auto packed = packed_uuid(id))
    statement.bind_blob(at, *packed);
  else
    statement.bind(at, id);
}

void bind_optional(Statement& statement, int at, std::optional<std::int64_t> value) {
  if (value)
    statement.bind(at, *value);
  else
    statement.bind_null(at);
}

std::int64_t signed_of(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

}  // namespace

struct SqliteIndex::State {
  std::string path;
  std::uint64_t inode = 0;
  Sqlite db;
  Statements s;
  Position position;
  std::int64_t number = 0;  // of the last record
  std::unordered_map<std::string, std::int64_t> names;
  bool erased = false;  // this transaction removed something

  Result<std::int64_t> meta(std::string_view key);
  Status set_meta(std::string_view key, std::int64_t value);
  Status load(const Store& store);
  Result<std::int64_t> name_id(const std::string& text);
  Result<std::optional<std::int64_t>> optional_name(std::string_view text);

  Status add_batch(const SegmentReader& reader, const Batch& batch);
  Status add_record(const Record& record, const std::unordered_map<std::string, std::uint64_t>& bodies);
  Status add_event(const Record& record, const Json& envelope);
  Status add_decision(const Record& record, const Json& envelope);
  Status add_policies(const Json& policies);
  Status add_receipt(const Record& record, const Json& envelope);
  Status add_erasure(const Record& record);
  Result<bool> transaction(const Store& store);
};

Result<std::int64_t> SqliteIndex::State::meta(std::string_view key) {
  s.get_meta.reset();
  s.get_meta.bind(1, key);
  TRY(const bool row, s.get_meta.step());
  const std::int64_t value = row ? s.get_meta.integer(0) : 0;
  s.get_meta.reset();
  return value;
}

Status SqliteIndex::State::set_meta(std::string_view key, std::int64_t value) {
  s.set_meta.reset();
  s.set_meta.bind(1, key);
  s.set_meta.bind(2, value);
  return s.set_meta.run();
}

Status SqliteIndex::State::load(const Store& store) {
  TRY(const std::int64_t id, meta("store"));
  TRY(const std::int64_t segment, meta("segment"));
  TRY(const std::int64_t place, meta("place"));
  TRY(number, meta("number"));
  position = {static_cast<std::uint64_t>(segment), static_cast<std::uint64_t>(place)};
  if (id != signed_of(store.id()) || position > store.end())
    return fail(ErrorCode::corrupt, "the index belongs to another store", store.options().index_file());
  return {};
}

Result<std::int64_t> SqliteIndex::State::name_id(const std::string& text) {
  if (const auto found = names.find(text); found != names.end()) return found->second;
  s.find_name.reset();
  s.find_name.bind(1, text);
  TRY(const bool row, s.find_name.step());
  std::int64_t id = row ? s.find_name.integer(0) : 0;
  s.find_name.reset();
  if (!row) {
    s.add_name.reset();
    s.add_name.bind(1, text);
    TRY_STATUS(s.add_name.run());
    id = db.last_row();
  }
  if (names.size() >= kNamesCachedMax) names.clear();
  names.emplace(text, id);
  return id;
}

Result<std::optional<std::int64_t>> SqliteIndex::State::optional_name(std::string_view text) {
  if (text.empty()) return std::nullopt;
  TRY(const std::int64_t id, name_id(std::string(text)));
  return id;
}

Status SqliteIndex::State::add_batch(const SegmentReader& reader, const Batch& batch) {
  std::unordered_map<std::string, std::uint64_t> bodies;  // address in hex -> offset
  for (const StoredFrame& frame : batch.frames) {
    if (frame.is(FrameType::body)) {
      if (const auto head = decode_body_head(as_bytes(frame.payload)))
        bodies[to_hex(head->ref)] = frame.offset;
    } else if (frame.is(FrameType::record)) {
      // One that does not follow the grammar is `weir store check`'s to tell; it must not stop the index.
      if (const auto record = reader.record(frame)) TRY_STATUS(add_record(*record, bodies));
    }
  }
  return {};
}

Status SqliteIndex::State::add_record(const Record& record,
                                      const std::unordered_map<std::string, std::uint64_t>& bodies) {
  ++number;
  // An envelope that is no JSON was refused on sealing; were there one, its names would still be indexed.
  const Json envelope = parse_json(record.envelope).value_or(Json::object());
  if (const auto body = bodies.find(std::string(envelope["body"]["ref"].text_or(""))); body != bodies.end()) {
    TRY(const std::int64_t root, name_id(record.root));
    s.add_body.reset();
    s.add_body.bind(1, root);
    s.add_body.bind_blob(2, *from_hex(body->first));
    s.add_body.bind(3, signed_of(record.at.segment));
    s.add_body.bind(4, signed_of(body->second));
    TRY_STATUS(s.add_body.run());
  }
  switch (record.kind) {
    case RecordKind::event:
      return add_event(record, envelope);
    case RecordKind::decision:
      return add_decision(record, envelope);
    case RecordKind::receipt:
      return add_receipt(record, envelope);
    case RecordKind::erased:
      return add_erasure(record);
    case RecordKind::other:
      break;
  }
  return {};
}

Status SqliteIndex::State::add_event(const Record& record, const Json& envelope) {
  TRY(const std::int64_t session, name_id(record.session));
  TRY(const std::int64_t root, name_id(record.root));
  TRY(const auto parent, optional_name(envelope["parent"].text_or("")));
  TRY(const auto agent, optional_name(envelope["agent"]["name"].text_or("")));
  TRY(const auto tool, optional_name(envelope["data"]["tool"].text_or("")));
  const std::optional<std::int64_t> time_ns = from_rfc3339(envelope["time"]["wall"].text_or(""));
  s.add_session.reset();
  s.add_session.bind(1, session);
  s.add_session.bind(2, root);
  s.add_session.bind(3, number);
  TRY_STATUS(s.add_session.run());
  s.count_event.reset();
  s.count_event.bind(1, session);
  bind_optional(s.count_event, 2, parent);
  bind_optional(s.count_event, 3, agent);
  bind_optional(s.count_event, 4, time_ns);
  s.count_event.bind(5, number);
  TRY_STATUS(s.count_event.run());
  s.add_event.reset();
  s.add_event.bind(1, number);
  bind_id(s.add_event, 2, record.id);
  s.add_event.bind(3, session);
  s.add_event.bind(4, root);
  s.add_event.bind(5, signed_of(record.seq));
  bind_optional(s.add_event, 6, agent);
  bind_optional(s.add_event, 7, tool);
  bind_optional(s.add_event, 8, time_ns);
  s.add_event.bind(9, signed_of(record.at.segment));
  s.add_event.bind(10, signed_of(record.at.offset));
  TRY_STATUS(s.add_event.run());
  // Should a decision have been stored before the event it judged.
  s.late_event.reset();
  bind_id(s.late_event, 1, record.id);
  bind_optional(s.late_event, 2, agent);
  bind_optional(s.late_event, 3, tool);
  bind_optional(s.late_event, 4, time_ns);
  return s.late_event.run();
}

Status SqliteIndex::State::add_decision(const Record& record, const Json& envelope) {
  const std::string_view verdict_text = envelope["verdict"].text_or("");
  const auto verdict = event::verdict_from(verdict_text);
  TRY(const std::int64_t session, name_id(record.session));
  TRY(const std::int64_t root, name_id(record.root));
  TRY(const std::int64_t verdict_id, name_id(std::string(verdict_text)));
  TRY(const std::int64_t mode, name_id(std::string(envelope["mode"].text_or(""))));
  s.add_session.reset();
  s.add_session.bind(1, session);
  s.add_session.bind(2, root);
  s.add_session.bind(3, number);
  TRY_STATUS(s.add_session.run());
  s.count_decision.reset();
  s.count_decision.bind(1, session);
  s.count_decision.bind(2, std::int64_t{verdict && event::lets_run(*verdict) ? 0 : 1});
  s.count_decision.bind(3, number);
  TRY_STATUS(s.count_decision.run());

  const std::string_view event_id = envelope["event"].text_or("");
  Statement& add = s.add_decision;
  add.reset();
  s.find_event.reset();
  bind_id(s.find_event, 1, event_id);
  TRY(const bool known, s.find_event.step());
  for (const int column : {0, 1, 2})  // agent, tool, time
    if (known && !s.find_event.is_null(column)) add.bind(9 + column, s.find_event.integer(column));
  s.find_event.reset();
  add.bind(1, number);
  bind_id(add, 2, record.id);
  bind_id(add, 3, event_id);
  add.bind(4, session);
  add.bind(5, root);
  add.bind(6, signed_of(record.seq));
  add.bind(7, verdict_id);
  add.bind(8, mode);
  add.bind(12, signed_of(record.at.segment));
  add.bind(13, signed_of(record.at.offset));
  TRY_STATUS(add.run());
  return add_policies(envelope["policies"]);
}

Status SqliteIndex::State::add_policies(const Json& policies) {
  if (!policies.is_array()) return {};
  for (const Json& hit : policies.as_array()) {
    TRY(const auto policy, optional_name(hit["policy"].text_or("")));
    if (!policy) continue;
    s.add_hit.reset();
    s.add_hit.bind(1, *policy);
    s.add_hit.bind(2, number);
    TRY_STATUS(s.add_hit.run());
  }
  return {};
}

Status SqliteIndex::State::add_receipt(const Record& record, const Json& envelope) {
  s.add_receipt.reset();
  bind_id(s.add_receipt, 1, envelope["decision"].text_or(""));
  s.add_receipt.bind(2, number);
  s.add_receipt.bind(3, signed_of(record.at.segment));
  s.add_receipt.bind(4, signed_of(record.at.offset));
  return s.add_receipt.run();
}

Status SqliteIndex::State::add_erasure(const Record& record) {
  TRY(const std::int64_t root, name_id(record.root));
  s.erase_session.reset();
  s.erase_session.bind(1, root);
  s.erase_session.bind(2, number);
  TRY_STATUS(s.erase_session.run());
  s.erase_bodies.reset();
  s.erase_bodies.bind(1, root);
  TRY_STATUS(s.erase_bodies.run());
  erased = true;
  return {};
}

Result<bool> SqliteIndex::State::transaction(const Store& store) {
  const std::int64_t before = number;
  bool more = false;
  std::vector<Damage> damages;  // told by `weir store check`, not here
  TRY(const Position next, store.for_each_batch(
                               position,
                               [&](const SegmentReader& reader, const Batch& batch) -> Result<bool> {
                                 TRY_STATUS(add_batch(reader, batch));
                                 more = number - before >= static_cast<std::int64_t>(kRecordsPerTransaction);
                                 return !more;
                               },
                               &damages));
  if (next != position) {
    TRY_STATUS(set_meta("segment", signed_of(next.segment)));
    TRY_STATUS(set_meta("place", signed_of(next.offset)));
    TRY_STATUS(set_meta("number", number));
  }
  position = next;
  return more;
}

SqliteIndex::SqliteIndex(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqliteIndex::SqliteIndex(SqliteIndex&&) noexcept = default;
SqliteIndex& SqliteIndex::operator=(SqliteIndex&&) noexcept = default;
SqliteIndex::~SqliteIndex() = default;

Result<SqliteIndex> SqliteIndex::open(const Store& store, const std::string& path) {
  auto state = std::make_unique<State>();
  state->path = path;
  TRY(state->db, Sqlite::open(path, Sqlite::Access::write, kCacheKib, kBusyMs));
  TRY(Statement version, state->db.prepare("PRAGMA user_version"));
  TRY_STATUS(version.step());
  const std::int64_t found = version.integer(0);
  version.reset();
  if (found == 0) {
    // A first line that fails leaves nothing behind.
    const std::string create = "BEGIN IMMEDIATE;" + std::string(kSchema) +
                               "INSERT INTO meta VALUES('store', " + std::to_string(signed_of(store.id())) +
                               ");PRAGMA user_version=" + std::to_string(kIndexVersion) + ";COMMIT;";
    TRY_STATUS(state->db.execute(create.c_str()));
  } else if (found != kIndexVersion) {
    return fail(ErrorCode::corrupt, "the index was made by another version of weir", path);
  }
  TRY_STATUS(prepare_all(state->db, state->s));
  TRY_STATUS(state->load(store));
  if (const auto info = os::file_info(path)) state->inode = info->inode;
  return SqliteIndex(std::move(state));
}

Position SqliteIndex::position() const {
  return state_->position;
}

std::uint64_t SqliteIndex::records() const {
  return static_cast<std::uint64_t>(state_->number);
}

bool SqliteIndex::in_place() const {
  const auto info = os::file_info(state_->path);
  return info && info->inode == state_->inode;
}

Result<bool> SqliteIndex::catch_up(const Store& store) {
  State& state = *state_;
  const Position position = state.position;
  const std::int64_t number = state.number;
  state.erased = false;
  TRY_STATUS(state.db.execute("BEGIN IMMEDIATE"));
  Result<bool> more = state.transaction(store);
  if (more) {
    if (const Status committed = state.db.execute("COMMIT"); !committed)
      more = std::unexpected(committed.error());
  }
  if (!more) {
    (void)state.db.execute("ROLLBACK").has_value();
    state.position = position;
    state.number = number;
    state.names.clear();  // may name rows that were rolled back
    return more;
  }
  // What was removed must not stay readable in the log. A reader may hold it: then the next checkpoint does
  // it.
  if (state.erased) (void)state.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").has_value();
  return more;
}

Status remove_index(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"})
    TRY_STATUS(os::remove_file(path + suffix));
  return {};
}

Result<std::uint64_t> rebuild_index(const Store& store) {
  const std::string path = store.options().index_file();
  const std::string fresh = path + ".new";
  TRY_STATUS(remove_index(fresh));
  std::uint64_t records = 0;
  {
    TRY(SqliteIndex index, SqliteIndex::open(store, fresh));
    for (bool more = true; more;) {
      TRY(more, index.catch_up(store));
    }
    records = index.records();
  }
  // Closing has folded the log into the file, so the file alone is the index.
  TRY_STATUS(remove_index(path));
  if (::rename(fresh.c_str(), path.c_str()) != 0)
    return std::unexpected(os::errno_error("cannot put the new index in place", path, errno));
  return records;
}

std::optional<Bytes> packed_uuid(std::string_view id) {
  if (!is_uuid(id)) return std::nullopt;
  std::string digits(id);
  std::erase(digits, '-');
  auto bytes = from_hex(digits);
  // Upper-case digits would not come back as they were.
  if (!bytes || unpacked_uuid(*bytes) != id) return std::nullopt;
  return bytes;
}

std::string unpacked_uuid(ByteView bytes) {
  std::string text = to_hex(bytes);
  for (const std::size_t dash : {8, 13, 18, 23})
    if (text.size() > dash) text.insert(dash, 1, '-');
  return text;
}

}  // namespace weir::store
