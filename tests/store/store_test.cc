// The store as its callers see it: append, read, rotate, refuse, erase.
#include "store/store.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>

#include "os/files.h"
#include "os/process.h"
#include "store/check.h"
#include "store/fixture.h"
#include "store/sqlite_index.h"

namespace weir::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Store, GivesBackWhatWasAppendedAfterReopening) {
  const support::ThrowawayDir dir;
  const Options options = options_in(dir.path());
  const std::string root = "claude-code:s1";
  event::BodyRef ref;
  Position end;
  {
    const auto store = must(Store::open(options));
    EXPECT_FALSE(must(store->last_ledger_index()));
    std::vector<Sealed> batch = {must(store->seal(event_draft(1))), must(store->seal(decision_draft(2, 1)))};
    ref = batch[0].body_ref;
    const std::vector<std::string> entries = {"e", "d"};
    end = must(store->append(batch, entries, 0));
    EXPECT_EQ(store->end(), end);
    EXPECT_EQ(must(store->body(root, ref.ref)), event_draft(1).body);
  }
  const auto store = must(Store::open(options));
  EXPECT_FALSE(store->cut());
  EXPECT_EQ(store->end(), end);
  EXPECT_EQ(must(store->last_ledger_index()), 1u);
  EXPECT_EQ(must(store->body(root, ref.ref)), event_draft(1).body);
  std::vector<Record> records;
  must(store->for_each({}, [&](const Record& record) {
    records.push_back(record);
    return true;
  }));
  ASSERT_EQ(records.size(), 2u);
  const Json envelope = must(records[0].json());
  EXPECT_EQ(envelope["body"]["ref"].text_or(""), ref.ref);
  EXPECT_EQ(envelope["body"]["commitment"].text_or(""), ref.commitment);
  EXPECT_EQ(envelope["body"]["bytes"].int_or(0), 29);
  EXPECT_EQ(records[1].kind, RecordKind::decision);
  RecordReader reader(*store);
  EXPECT_EQ(must(reader.read(records[1].at)), records[1]);
  EXPECT_EQ(must(reader.read(records[0].at)), records[0]);
}

TEST(Store, StreamsOnFromAnyPlaceItGave) {
  const support::ThrowawayDir dir(in_memory());
  Options options = options_in(dir.path());
  options.segment_bytes = 2000;
  const auto store = must(Store::open(options));
  for (std::uint64_t i = 0; i < 10; ++i) {
    std::vector<Sealed> batch;
    for (std::uint64_t k = 1; k <= 3; ++k)
      batch.push_back(must(store->seal(event_draft(3 * i + k))));
    must(store->append(batch));
  }
  EXPECT_GT(store->end().segment, 3u);
  // One by one, going on each time from where the last call stopped.
  Position at;
  for (std::uint64_t i = 1; i <= 30; ++i) {
    std::vector<std::string> seen;
    at = must(store->for_each(at, [&](const Record& record) {
      seen.push_back(record.id);
      return false;
    }));
    EXPECT_THAT(seen, ElementsAre(id_of(i)));
  }
  EXPECT_TRUE(ids_in(*store, at).empty());
  append_one(*store, event_draft(31));
  EXPECT_THAT(ids_in(*store, at), ElementsAre(id_of(31)));
  // From a record's own place that record comes first.
  std::vector<Position> places;
  must(store->for_each({}, [&](const Record& record) {
    places.push_back(record.at);
    return true;
  }));
  EXPECT_EQ(ids_in(*store, places[16]).front(), id_of(17));
  EXPECT_EQ(must(check_store(*store)).damages.size(), 0u);
}

TEST(Store, LedgerEntriesFollowEachOtherAcrossSegments) {
  const support::ThrowawayDir dir(in_memory());
  Options options = options_in(dir.path());
  options.segment_bytes = 1000;
  {
    const auto store = must(Store::open(options));
    const std::string entry(200, 'x');
    for (std::uint64_t i = 0; i < 20; ++i)
      must(store->append({}, {&entry, 1}, 5 + i));  // the first may have any index
    const auto fork = store->append({}, {&entry, 1}, 24);
    ASSERT_FALSE(fork);
    EXPECT_EQ(fork.error().code, ErrorCode::invalid);
    EXPECT_FALSE(store->append({}, {&entry, 1}, 26));
    const std::string huge(limits::kLedgerEntryBytesMax + 1, 'x');
    EXPECT_EQ(store->append({}, {&huge, 1}, 25).error().code, ErrorCode::limit);
  }
  const auto store = must(Store::open(options));
  EXPECT_EQ(must(store->last_ledger_index()), 24u);
  std::vector<std::uint64_t> indexes;
  must(store->for_each_ledger_entry(17, [&](std::uint64_t index, std::string_view entry) {
    indexes.push_back(index);
    EXPECT_EQ(entry, std::string(200, 'x'));
    return index < 20;
  }));
  EXPECT_THAT(indexes, ElementsAre(17, 18, 19, 20));
  Options reading = options;
  reading.read_only = true;
  EXPECT_EQ(must(must(Store::open(reading))->last_ledger_index()), 24u);
}

TEST(Store, SameContentOfASessionIsStoredOnce) {
  const support::ThrowawayDir dir;
  const Options options = options_in(dir.path());
  const std::string content(5000, 'q');
  {
    const auto store = must(Store::open(options));
    const std::vector<Sealed> batch = {must(store->seal(event_draft(1, "a", content))),
                                       must(store->seal(event_draft(2, "a", content)))};
    must(store->append(batch));
    append_one(*store, event_draft(3, "a", content));
    append_one(*store, event_draft(4, "b", content));
  }
  const auto store = must(Store::open(options));
  append_one(*store, event_draft(5, "a", content));
  EXPECT_EQ(must(check_store(*store)).bodies, 2u) << "one for each session";
}

TEST(Store, AddressesAndCommitmentsSayNothingAcrossSessions) {
  const support::ThrowawayDir dir;
  const auto store = must(Store::open(options_in(dir.path())));
  const Sealed a = must(store->seal(event_draft(1, "a", "yes")));
  const Sealed b = must(store->seal(event_draft(2, "b", "yes")));
  EXPECT_NE(a.body_ref.ref, b.body_ref.ref);
  EXPECT_NE(a.body_ref.commitment, b.body_ref.commitment);
  EXPECT_NE(a.body_ref.commitment, digest_text(sha256("yes")));
  // With the salt anyone can check it.
  const Digest salt = must(store->salt("a", a.body_ref.ref));
  EXPECT_EQ(a.body_ref.commitment, digest_text(sha256({ByteView(salt), as_bytes("yes")})));
}

TEST(Store, SecondWriterIsRefusedByName) {
  const support::ThrowawayDir dir;
  const auto store = must(Store::open(options_in(dir.path())));
  const auto second = Store::open(options_in(dir.path()));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::unavailable);
  EXPECT_THAT(second.error().message(), HasSubstr("pid " + std::to_string(::getpid())));
  Options reading = options_in(dir.path());
  reading.read_only = true;
  EXPECT_TRUE(Store::open(reading)) << "readers are welcome";
}

TEST(Store, ReadOnlyDirectoryIsReadableAndSaysWhyItIsNotWritable) {
  if (::geteuid() == 0) {
    // Root ignores permission bits: become nobody in a child.
    const support::ThrowawayDir dir;
    ::chmod(dir.path().c_str(), 0755);
    Options options = options_in(dir.path());
    append_one(*must(Store::open(options)), event_draft(1));
    ASSERT_EQ(::system(("chmod -R a+rX,a-w " + dir.path()).c_str()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(9);
      const auto writer = Store::open(options);
      if (writer || writer.error().code != ErrorCode::denied) ::_exit(1);
      options.read_only = true;
      const auto reader = Store::open(options);
      if (!reader || ids_in(**reader).size() != 1) ::_exit(2);
      if ((*reader)->append({}, {}, 0).error().code != ErrorCode::denied) ::_exit(3);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    return;
  }
  const support::ThrowawayDir dir;
  Options options = options_in(dir.path());
  append_one(*must(Store::open(options)), event_draft(1));
  ASSERT_EQ(::system(("chmod -R a-w " + dir.path()).c_str()), 0);
  EXPECT_EQ(Store::open(options).error().code, ErrorCode::denied);
  options.read_only = true;
  EXPECT_EQ(ids_in(*must(Store::open(options))).size(), 1u);
  ASSERT_EQ(::system(("chmod -R u+w " + dir.path()).c_str()), 0);
}

TEST(Store, MissingStoreAndBadInputAreTold) {
  const support::ThrowawayDir dir;
  Options options = options_in(dir.path());
  options.read_only = true;
  EXPECT_EQ(Store::open(options).error().code, ErrorCode::not_found);
  options.read_only = false;
  const auto store = must(Store::open(options));
  EXPECT_EQ(store->body("s", "xyz").error().code, ErrorCode::invalid);
  EXPECT_EQ(store->body("s", std::string(64, 'a')).error().code, ErrorCode::erased);
  append_one(*store, event_draft(1, "s"));
  EXPECT_EQ(store->body("s", std::string(64, 'a')).error().code, ErrorCode::not_found);
  Draft draft = event_draft(2);
  draft.envelope = Json("text");
  EXPECT_EQ(store->seal(draft).error().code, ErrorCode::invalid);
  draft = event_draft(2, "");
  EXPECT_EQ(store->seal(draft).error().code, ErrorCode::limit) << "a body needs a session";
  draft = event_draft(2);
  draft.envelope.set("huge", std::string(limits::kStoreEnvelopeBytesMax, 'x'));
  EXPECT_EQ(store->seal(draft).error().code, ErrorCode::limit);
}

TEST(Store, LargeBodiesComeBackWhole) {
  const support::ThrowawayDir dir(in_memory());
  const auto store = must(Store::open(options_in(dir.path())));
  std::string noise(3'000'000, '\0');
  std::uint64_t state = 1;
  for (char& c : noise)
    c = static_cast<char>((state = state * 6364136223846793005u + 1442695040888963407u) >> 56);
  const Sealed a = must(store->seal(event_draft(1, "s", noise)));
  const Sealed b = must(store->seal(event_draft(2, "s", std::string(20'000'000, 'z'))));
  must(store->append({&a, 1}));
  must(store->append({&b, 1}));
  EXPECT_EQ(must(store->body("s", a.body_ref.ref)), noise);
  EXPECT_EQ(must(store->body("s", b.body_ref.ref)).size(), 20'000'000u);
  EXPECT_EQ(must(check_store(*store)).damages.size(), 0u);
}

// ---- erasing ----

// Whether any file below `dir` holds these bytes.
bool anywhere(const std::string& dir, const std::string& bytes) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir))
    if (entry.is_regular_file() && read_bytes(entry.path()).find(bytes) != std::string::npos) return true;
  return false;
}

TEST(Erase, ContentIsGoneAndProofsStay) {
  const support::ThrowawayDir dir;
  const Options options = options_in(dir.path());
  const std::string secret = "correct horse battery staple, uncompressible: 8f3kQz!pX";
  event::BodyRef gone;
  event::BodyRef kept;
  std::string key_bytes;
  {
    const auto store = must(Store::open(options));
    const std::vector<Sealed> batch = {must(store->seal(event_draft(1, "doomed", secret))),
                                       must(store->seal(event_draft(2, "other", "other " + secret)))};
    gone = batch[0].body_ref;
    kept = batch[1].body_ref;
    must(store->append(batch));
    must(rebuild_index(*store));
    for (const auto& entry : std::filesystem::directory_iterator(options.keys_dir))
      if (const std::string bytes = read_bytes(entry.path()); bytes.ends_with("doomed"))
        key_bytes = bytes.substr(32, 32);
    ASSERT_EQ(key_bytes.size(), 32u);
    ASSERT_TRUE(anywhere(dir.path(), key_bytes));
    EXPECT_FALSE(anywhere(dir.path(), secret)) << "never in the clear, not even before";

    const std::string entry = "erased doomed";
    EXPECT_TRUE(must(store->erase("doomed", {&entry, 1}, 0)));
    EXPECT_EQ(store->body("doomed", gone.ref).error().code, ErrorCode::erased);
    EXPECT_EQ(store->salt("doomed", gone.ref).error().code, ErrorCode::erased);
    EXPECT_FALSE(must(store->erase("doomed"))) << "nothing left";
    EXPECT_FALSE(must(store->erase("never seen")));
    EXPECT_EQ(must(store->last_ledger_index()), 0u);
  }
  const auto store = must(Store::open(options));
  EXPECT_FALSE(anywhere(dir.path(), key_bytes));
  EXPECT_FALSE(anywhere(dir.path(), secret));
  EXPECT_EQ(store->body("doomed", gone.ref).error().code, ErrorCode::erased);
  EXPECT_EQ(must(store->body("other", kept.ref)), "other " + secret);
  std::vector<Record> records;
  must(store->for_each({}, [&](const Record& record) {
    records.push_back(record);
    return true;
  }));
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(must(records[0].json())["body"]["commitment"].text_or(""), gone.commitment);
  EXPECT_EQ(records[2].kind, RecordKind::erased);
  EXPECT_EQ(records[2].root, "doomed");
  EXPECT_TRUE(must(check_store(*store)).damages.empty());
}

TEST(Erase, SessionThatGoesOnGetsANewKeyAndTheOldContentStaysGone) {
  const support::ThrowawayDir dir;
  const auto store = must(Store::open(options_in(dir.path())));
  const Sealed before = must(store->seal(event_draft(1, "s", "content")));
  must(store->append({&before, 1}));
  must(store->erase("s"));
  const Sealed after = must(store->seal(event_draft(2, "s", "content")));
  must(store->append({&after, 1}));
  EXPECT_NE(after.body_ref.ref, before.body_ref.ref);
  EXPECT_EQ(must(store->body("s", after.body_ref.ref)), "content");
  EXPECT_EQ(store->body("s", before.body_ref.ref).error().code, ErrorCode::erased);
}

// A crash between destroying the key and recording it: the next start finishes.
TEST(Erase, IsFinishedAfterACrash) {
  const support::ThrowawayDir dir;
  const Options options = options_in(dir.path());
  event::BodyRef ref;
  {
    const auto store = must(Store::open(options));
    const Sealed sealed = must(store->seal(event_draft(1, "s", "content")));
    ref = sealed.body_ref;
    must(store->append({&sealed, 1}));
  }
  const std::string key = os::find_files(options.keys_dir, ".key", 10).at(0);
  const std::string secret = read_bytes(key).substr(32, 32);
  std::filesystem::rename(key, key.substr(0, key.size() - 4) + ".wiped");  // moved aside, not yet overwritten
  const auto store = must(Store::open(options));
  EXPECT_EQ(store->body("s", ref.ref).error().code, ErrorCode::erased);
  EXPECT_FALSE(anywhere(dir.path(), secret));
  EXPECT_TRUE(std::filesystem::is_empty(options.keys_dir));
  EXPECT_EQ(must(check_store(*store)).records.at("erased"), 1u);
}

TEST(Keys, DamagedKeyFileIsToldAndConcernsOneSession) {
  const support::ThrowawayDir dir;
  const Options options = options_in(dir.path());
  event::BodyRef ref;
  {
    const auto store = must(Store::open(options));
    const Sealed sealed = must(store->seal(event_draft(1, "s", "content")));
    ref = sealed.body_ref;
    must(store->append({&sealed, 1}));
  }
  const std::string key = os::find_files(options.keys_dir, ".key", 10).at(0);
  const std::string bytes = read_bytes(key);
  struct stat info;
  ASSERT_EQ(::stat(key.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    write_bytes(key, flipped);
    const auto store = must(Store::open(options));
    EXPECT_FALSE(store->body("s", ref.ref)) << at;
    EXPECT_FALSE(store->seal(event_draft(2, "s", "more"))) << at << ": the key must not be replaced";
    EXPECT_TRUE(store->seal(event_draft(3, "t", "other session")));
  }
}

// ---- disk full ----

// Runs `work` in a child that may write no file beyond `bytes`; its exit code.
int with_file_limit(std::size_t bytes, const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, bytes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::_exit(work());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(DiskFull, AppendIsRefusedWholeAndEverythingBeforeStays) {
  const support::ThrowawayDir dir(in_memory());
  const Options options = options_in(dir.path());
  const int code = with_file_limit(20'000, [&] {
    const auto store = must(Store::open(options));
    for (std::uint64_t i = 1;; ++i) {
      const Sealed sealed = must(store->seal(event_draft(i, "s", "body " + std::to_string(i))));
      const Position before = store->end();
      const auto appended = store->append({&sealed, 1});
      if (appended) continue;
      if (appended.error().code != ErrorCode::unavailable) return 1;
      if (store->end() != before || ids_in(*store).size() != i - 1) return 2;
      if (os::file_info(segment_path(options.segments_dir(), 1))->size != before.offset) return 3;
      // What still fits is taken: the store is not broken by the refusal.
      Draft small{.kind = RecordKind::other, .id = "x", .envelope = Json::object()};
      const Sealed tiny = must(store->seal(small));
      if (before.offset + 200 < 20'000 && !store->append({&tiny, 1})) return 4;
      return i > 20 ? 0 : 5;
    }
  });
  EXPECT_EQ(code, 0);
  const auto store = must(Store::open(options));
  EXPECT_FALSE(store->cut());
  EXPECT_TRUE(must(check_store(*store)).damages.empty());
  append_one(*store, event_draft(999));
}

// A real full file system, where the kernel lets us have one.
TEST(DiskFull, OnATinyFileSystem) {
  const support::ThrowawayDir dir;
  os::ChildOptions child;
  child.argv = {
      "unshare",
      "--user",
      "--map-root-user",
      "--mount",
      "sh",
      "-c",
      "mount -t tmpfs -o size=300k none '" + dir.path() + "' && exec \"$0\" --gtest_filter=DiskFull.Inside",
      os::self_path()};
  auto env = os::environment();
  env["WEIR_TINY_DIR"] = dir.path();
  child.env = env;
  const auto result = os::run_child(child);
  if (!result || result->out.find("DiskFull.Inside") == std::string::npos)
    GTEST_SKIP() << "no user and mount namespaces here";
  EXPECT_EQ(result->exit.code, 0) << result->out << result->err;
  EXPECT_THAT(result->out, HasSubstr("[  PASSED  ] 1 test"));
}

TEST(DiskFull, Inside) {
  const char* dir = std::getenv("WEIR_TINY_DIR");
  if (dir == nullptr) GTEST_SKIP() << "runs inside OnATinyFileSystem";
  const Options options = options_in(dir);
  auto store = must(Store::open(options));
  std::uint64_t acknowledged = 0;
  Result<Position> appended;
  Result<Sealed> sealed;
  do {
    // A new session each time: creating its key must fail as cleanly.
    const std::string number = std::to_string(acknowledged);
    sealed = store->seal(event_draft(acknowledged + 1, "s" + std::to_string(acknowledged / 8),
                                     number + std::string(3000, 'x') + number));
    if (!sealed) break;
    appended = store->append({&*sealed, 1});
    acknowledged += appended ? 1 : 0;
  } while (appended && acknowledged < 10'000);
  ASSERT_GT(acknowledged, 20u);
  EXPECT_EQ((sealed ? appended.error() : sealed.error()).code, ErrorCode::unavailable);
  EXPECT_EQ(ids_in(*store).size(), acknowledged);
  // Erasing needs no space to destroy, and is recorded once there is some again.
  const auto erased = store->erase("s0");
  EXPECT_EQ(store->body("s0", std::string(64, 'a')).error().code, ErrorCode::erased);
  store.reset();
  EXPECT_EQ(ids_in(*must(Store::open(options))).size(), acknowledged + (erased ? 1 : 0))
      << "opens on a full disk";
}

// Clocks play no part in the order or the reading of records.
TEST(Store, JumpingClockIsHarmless) {
  const support::ThrowawayDir dir(in_memory());
  const auto store = must(Store::open(options_in(dir.path())));
  const char* times[] = {"2026-11-22T00:00:00Z", "1970-01-01T00:00:00Z", "2099-12-31T23:59:59Z",
                         "2026-11-22T00:00:01Z"};
  std::vector<std::string> ids;
  for (std::uint64_t i = 1; i <= 4; ++i) {
    Draft draft = event_draft(5 - i);  // ids that go backwards, too
    draft.envelope.set("time", Json::object({{"wall", times[i - 1]}}));
    ids.push_back(draft.id);
    append_one(*store, draft);
  }
  EXPECT_EQ(ids_in(*store), ids);
}

}  // namespace
}  // namespace weir::store
