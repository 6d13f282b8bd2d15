// The index: what it answers, that it equals a rebuilt one, and that its troubles never reach an append.
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/files.h"
#include "store/fixture.h"
#include "store/indexer.h"
#include "store/sqlite_index.h"
#include "store/sqlite_query.h"

namespace weir::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kPatienceMs = 20'000;

// Every row of every table as text, whatever the order they were inserted in.
std::string dump(const std::string& path) {
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  std::string text;
  const auto collect = [](void* out, int columns, char** values, char**) {
    for (int i = 0; i < columns; ++i)
      *static_cast<std::string*>(out) += (values[i] != nullptr ? values[i] : "NULL") + std::string("|");
    *static_cast<std::string*>(out) += "\n";
    return 0;
  };
  for (const char* query : {"SELECT sql FROM sqlite_master ORDER BY name", "SELECT * FROM meta ORDER BY key",
                            "SELECT * FROM names ORDER BY id", "SELECT * FROM sessions ORDER BY name",
                            "SELECT number, hex(id), session, root, seq, agent, tool, time_ns, segment, "
                            "place FROM events ORDER BY number",
                            "SELECT number, hex(id), hex(event), session, root, seq, verdict, mode, agent, "
                            "tool, time_ns, segment, place "
                            "FROM decisions ORDER BY number",
                            "SELECT * FROM policy_hits ORDER BY 1, 2",
                            "SELECT hex(decision), number, segment, place FROM receipts ORDER BY 1, 2",
                            "SELECT root, hex(ref), segment, place FROM bodies ORDER BY 1, 2"})
    EXPECT_EQ(sqlite3_exec(db, query, collect, &text, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
  return text;
}

void catch_up(Store& store) {
  SqliteIndex index = must(SqliteIndex::open(store));
  while (must(index.catch_up(store))) {
  }
}

// A few sessions with events, decisions, receipts and one erasure.
void fill(Store& store, std::uint64_t rounds) {
  for (std::uint64_t i = 0; i < rounds; ++i) {
    const std::string root = "claude-code:s" + std::to_string(i % 3);
    const std::string verdict = i % 5 == 0 ? "deny" : i % 7 == 0 ? "ask" : "allow";
    Draft call = event_draft(10 * i + 1, root, "body " + std::to_string(i / 2));
    call.seq = i + 1;
    call.envelope.set("time", Json::object({{"wall", "2026-11-22T00:00:0" + std::to_string(i % 10) + "Z"}}));
    if (i % 4 == 0) {
      call.session = root + "/sub";
      call.envelope.set("session", call.session).set("parent", root);
      call.envelope.set("data", Json::object({{"tool", "Write"}}));
    }
    Draft decision = decision_draft(10 * i + 2, 10 * i + 1, verdict, "policy-" + std::to_string(i % 4), root);
    decision.session = call.session;
    std::vector<Sealed> batch = {must(store.seal(call)), must(store.seal(decision)),
                                 must(store.seal(receipt_draft(10 * i + 3, 10 * i + 2)))};
    must(store.append(batch));
  }
}

TEST(Index, AnswersQuestions) {
  const support::ThrowawayDir dir(in_memory());
  const auto store = must(Store::open(options_in(dir.path())));
  fill(*store, 20);
  catch_up(*store);
  SqliteQuery query(*store);

  auto sessions = must(query.sessions({}));
  ASSERT_EQ(sessions.size(), 6u);
  EXPECT_EQ(sessions[0].session, "claude-code:s1") << "the last to be active";
  EXPECT_EQ(sessions[0].agent, "claude-code");
  std::uint64_t events = 0;
  std::uint64_t refused = 0;
  for (const auto& session : sessions) {
    events += session.events;
    refused += session.refused;
    EXPECT_EQ(session.parent, session.session == session.root ? "" : session.root);
  }
  EXPECT_EQ(events, 20u);
  EXPECT_EQ(refused, 4u + 2u);  // deny at 0 5 10 15, ask at 7 14
  EXPECT_EQ(must(query.sessions({.root = "claude-code:s0"})).size(), 2u);
  EXPECT_THAT(must(query.sessions({.agent = "codex"})), IsEmpty());
  EXPECT_EQ(must(query.sessions({.before = sessions[1].last_number, .count_max = 1}))[0], sessions[2]);

  const auto of_session = must(query.events("claude-code:s0", 7, 100));
  for (std::size_t i = 0; i < of_session.size(); ++i) {
    EXPECT_EQ(of_session[i].session, "claude-code:s0");
    EXPECT_GE(of_session[i].seq, i == 0 ? 7 : of_session[i - 1].seq + 1);
  }
  EXPECT_EQ(of_session.size(), 4u);  // seq 7 10 16 19
  EXPECT_EQ(must(query.events("claude-code:s0", 0, 100, true)).size(), 7u);
  EXPECT_EQ(must(query.events("claude-code:s0/sub", 0, 100)).size(), 2u);
  EXPECT_THAT(must(query.events("nobody", 0, 100)), IsEmpty());

  const auto denied = must(query.decisions({.verdicts = {"deny"}}));
  ASSERT_EQ(denied.size(), 4u);
  EXPECT_EQ(denied[0].id, id_of(152)) << "newest first";
  EXPECT_EQ(denied[0].tool, "Bash");
  EXPECT_EQ(denied[0].event, id_of(151));
  EXPECT_EQ(denied[0].mode, "enforce");
  EXPECT_EQ(must(query.decisions({.verdicts = {"deny", "ask"}})).size(), 6u);
  EXPECT_EQ(must(query.decisions({.policy = "policy-1"})).size(), 5u);
  EXPECT_EQ(must(query.decisions({.verdicts = {"deny"}, .policy = "policy-1", .tool = "Bash"})).size(), 1u);
  EXPECT_EQ(must(query.decisions({.tool = "Write"})).size(), 5u);
  EXPECT_EQ(must(query.decisions({.agent = "claude-code", .session = "claude-code:s0"})).size(), 5u);
  EXPECT_EQ(must(query.decisions({.root = "claude-code:s0"})).size(), 7u);
  const std::int64_t midnight = 1'795'305'600'000'000'000;
  EXPECT_EQ(
      must(query.decisions({.from_ns = midnight + 2'000'000'000, .to_ns = midnight + 4'000'000'000})).size(),
      4u);
  EXPECT_EQ(must(query.decisions({.before = denied[1].number, .count_max = 1})).size(), 1u);
  // What stands in a filter is a value, never SQL.
  EXPECT_THAT(must(query.decisions({.tool = "x' OR '1'='1"})), IsEmpty());
}

TEST(Index, FindsOneDecisionByPrefix) {
  const support::ThrowawayDir dir(in_memory());
  const auto store = must(Store::open(options_in(dir.path())));
  fill(*store, 3);
  Draft odd = decision_draft(0, 11);
  odd.id = "not-a-uuid/1";
  append_one(*store, odd);
  odd.id = "not-a-uuid/12";
  append_one(*store, odd);
  Draft other = decision_draft(0, 11);
  other.id = "abcdef00-0000-7000-8000-000000000001";
  append_one(*store, other);
  catch_up(*store);
  SqliteQuery query(*store);
  const DecisionDetail detail = must(query.decision(id_of(12)));
  EXPECT_EQ(detail.decision.id, id_of(12));
  ASSERT_TRUE(detail.event);
  EXPECT_EQ(detail.event->id, id_of(11));
  ASSERT_EQ(detail.receipts.size(), 1u);
  EXPECT_EQ(detail.receipts[0].id, id_of(13));
  for (const char* prefix : {"abcd", "abcdef00", "abcdef00-0", "abcdef00-0000-7000-8000-000000000001"})
    EXPECT_EQ(must(query.decision(prefix)).decision.id, other.id) << prefix;
  EXPECT_EQ(must(query.decision("not-a-uuid/1")).decision.id, "not-a-uuid/1")
      << "whole, though another goes on";
  EXPECT_EQ(must(query.decision("not-a-uuid/12")).decision.id, "not-a-uuid/12");
  EXPECT_EQ(query.decision("not-").error().code, ErrorCode::invalid) << "several";
  EXPECT_EQ(query.decision("0190").error().code, ErrorCode::invalid) << "several";
  EXPECT_EQ(query.decision("01").error().code, ErrorCode::invalid) << "too short";
  EXPECT_EQ(query.decision("ffff").error().code, ErrorCode::not_found);
  EXPECT_EQ(query.decision("%%%%").error().code, ErrorCode::not_found);
}

TEST(Index, FollowsWithoutBeingUpToDate) {
  const support::ThrowawayDir dir(in_memory());
  const auto store = must(Store::open(options_in(dir.path())));
  fill(*store, 2);
  SqliteQuery query(*store);
  RecordPage page = must(query.follow({}, 4));
  EXPECT_EQ(page.records.size(), 4u);
  page = must(query.follow(page.next, 4));
  EXPECT_EQ(page.records.size(), 2u);
  EXPECT_THAT(must(query.follow(page.next, 4)).records, IsEmpty());
  append_one(*store, event_draft(77));
  EXPECT_EQ(must(query.follow(page.next, 4)).records.at(0).id, id_of(77));
  EXPECT_EQ(query.sessions({}).error().code, ErrorCode::unavailable) << "no index yet";
}

TEST(Index, DecisionStoredBeforeItsEventGetsItsToolLater) {
  const support::ThrowawayDir dir(in_memory());
  const auto store = must(Store::open(options_in(dir.path())));
  append_one(*store, decision_draft(2, 1));
  catch_up(*store);
  SqliteQuery query(*store);
  EXPECT_EQ(must(query.decisions({}))[0].tool, "");
  append_one(*store, event_draft(1));
  catch_up(*store);
  EXPECT_EQ(must(query.decisions({}))[0].tool, "Bash");
}

TEST(Index, FedLiveEqualsRebuilt) {
  const support::ThrowawayDir dir(in_memory());
  Options options = options_in(dir.path());
  options.segment_bytes = 20'000;
  const auto store = must(Store::open(options));
  {
    Indexer indexer(*store);
    for (int i = 0; i < 10; ++i) {
      fill(*store, 60);
      if (i == 5) must(store->erase("claude-code:s1"));
      if (i % 3 == 0) {
        ASSERT_TRUE(indexer.wait_for(store->end(), kPatienceMs)) << indexer.state().error;
      }
    }
    ASSERT_TRUE(indexer.wait_for(store->end(), kPatienceMs));
    EXPECT_EQ(indexer.state().resets, 0u);
  }
  const std::string live = dump(options.index_file());
  EXPECT_GT(live.size(), 100'000u);
  EXPECT_EQ(must(rebuild_index(*store)), 1801u);
  EXPECT_EQ(dump(options.index_file()), live);
}

TEST(Index, LocatesBodiesAndForgetsErasedOnes) {
  const support::ThrowawayDir dir(in_memory());
  const Options options = options_in(dir.path());
  Sealed sealed;
  {
    const auto store = must(Store::open(options));
    sealed = must(store->seal(event_draft(1, "s", "content")));
    must(store->append({&sealed, 1}));
    catch_up(*store);
  }
  Options reading = options;
  reading.read_only = true;
  {
    const auto store = must(Store::open(reading));
    SqliteQuery query(*store);
    const auto at = must(query.locate_body("s", sealed.ref));
    ASSERT_TRUE(at);
    EXPECT_EQ(must(store->body_at("s", *at)), "content");
    EXPECT_FALSE(must(query.locate_body("t", sealed.ref)));
    store->use_locator(&query);
    EXPECT_EQ(must(store->body("s", sealed.body_ref.ref)), "content");
    store->use_locator(nullptr);
    EXPECT_EQ(must(store->body("s", sealed.body_ref.ref)), "content")
        << "without an index it is searched for";
  }
  const auto store = must(Store::open(options));
  must(store->erase("s"));
  catch_up(*store);
  SqliteQuery query(*store);
  EXPECT_FALSE(must(query.locate_body("s", sealed.ref)));
  EXPECT_TRUE(must(query.sessions({}))[0].erased);
}

TEST(Index, BrokenOneIsReplacedAndNeverStopsAnAppend) {
  const support::ThrowawayDir dir(in_memory());
  const Options options = options_in(dir.path());
  {
    const auto store = must(Store::open(options));
    fill(*store, 5);
    catch_up(*store);
  }
  const std::string good = read_bytes(options.index_file());
  const std::string damages[] = {"", std::string(8192, 'x'), good.substr(0, 5000), [&] {
                                   std::string bytes = good;
                                   bytes.replace(4096, 4096, std::string(4096, '\xA5'));
                                   return bytes;
                                 }()};
  std::uint64_t next = 1000;
  for (const std::string& bytes : damages) {
    write_bytes(options.index_file(), bytes);
    const auto store = must(Store::open(options));
    Indexer indexer(*store);
    append_one(*store, event_draft(++next));
    ASSERT_TRUE(indexer.wait_for(store->end(), kPatienceMs)) << indexer.state().error;
    SqliteQuery query(*store);
    EXPECT_EQ(must(query.sessions({.count_max = 1}))[0].session, "claude-code:s1");
  }
}

TEST(Index, ForeignOneIsReplaced) {
  const support::ThrowawayDir one(in_memory());
  const support::ThrowawayDir two(in_memory());
  {
    const auto store = must(Store::open(options_in(one.path())));
    fill(*store, 30);
    catch_up(*store);
  }
  const auto store = must(Store::open(options_in(two.path())));
  append_one(*store, event_draft(1));
  std::filesystem::copy(options_in(one.path()).index_file(), options_in(two.path()).index_file());
  Indexer indexer(*store);
  ASSERT_TRUE(indexer.wait_for(store->end(), kPatienceMs));
  // The place may have been reached by the foreign rows' count; what counts is what is answered.
  SqliteQuery query(*store);
  const auto sessions = must(query.sessions({}));
  ASSERT_EQ(sessions.size(), 1u);
  EXPECT_EQ(sessions[0].events, 1u);
  EXPECT_EQ(indexer.state().resets, 1u);
}

TEST(Index, LockedOneWaitsAndCatchesUp) {
  const support::ThrowawayDir dir(in_memory());
  const Options options = options_in(dir.path());
  const auto store = must(Store::open(options));
  append_one(*store, event_draft(1));
  catch_up(*store);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(options.index_file().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  Indexer indexer(*store);
  fill(*store, 20);
  EXPECT_FALSE(indexer.wait_for(store->end(), 600));
  EXPECT_THAT(indexer.state().error, testing::HasSubstr("locked"));
  EXPECT_EQ(ids_in(*store).size(), 61u) << "what is stored does not wait";
  ASSERT_EQ(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  EXPECT_TRUE(indexer.wait_for(store->end(), kPatienceMs));
  EXPECT_EQ(indexer.state().error, "");
  EXPECT_EQ(indexer.state().resets, 0u);
}

TEST(Index, DeletedWhileRunningComesBack) {
  const support::ThrowawayDir dir(in_memory());
  const Options options = options_in(dir.path());
  const auto store = must(Store::open(options));
  Indexer indexer(*store);
  fill(*store, 5);
  ASSERT_TRUE(indexer.wait_for(store->end(), kPatienceMs));
  must(remove_index(options.index_file()));
  append_one(*store, event_draft(500));
  SqliteQuery query(*store);
  for (int i = 0; i < 200; ++i) {
    const auto sessions = query.sessions({.root = "claude-code:s1"});
    if (sessions && sessions->size() == 2 && (*sessions)[0].events > 1) return;
    ::usleep(50'000);
  }
  FAIL() << indexer.state().error;
}

// Damage in the segments is the check's to tell; the index covers what is whole.
TEST(Index, GoesPastDamage) {
  const support::ThrowawayDir dir(in_memory());
  Options options = options_in(dir.path());
  options.segment_bytes = 3000;
  {
    const auto store = must(Store::open(options));
    fill(*store, 10);
  }
  const std::string first = segment_path(options.segments_dir(), 1);
  std::string bytes = read_bytes(first);
  bytes[200] ^= 1;
  write_bytes(first, bytes);
  const auto store = must(Store::open(options));
  EXPECT_EQ(must(rebuild_index(*store)), 27u);
  SqliteQuery query(*store);
  EXPECT_EQ(must(query.decisions({})).size(), 9u);
}

}  // namespace
}  // namespace weir::store
