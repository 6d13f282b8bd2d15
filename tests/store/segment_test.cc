// Damage, torn tails and the golden segment.
#include "store/segment.h"

#include <sys/stat.h>

#include "store/check.h"
#include "store/fixture.h"

namespace weir::store {
namespace {

// A store with `count` batches of one event each, closed again.
void fill(const Options& options, std::uint64_t count) {
  const auto store = must(Store::open(options));
  for (std::uint64_t i = 1; i <= count; ++i) {
    const Sealed sealed = must(store->seal(event_draft(i, "s", "body " + std::to_string(i))));
    const std::string entry = "entry " + std::to_string(i);
    must(store->append({&sealed, 1}, {&entry, 1}, i - 1));
  }
}

std::string first_segment(const Options& options) {
  return segment_path(options.segments_dir(), 1);
}

// Ends of the whole batches, the header's end first.
std::vector<std::uint64_t> batch_ends(const std::string& path) {
  SegmentReader reader = must(SegmentReader::open(must(FileSource::open(path)), path));
  std::vector<std::uint64_t> ends = {kSegmentHeaderBytes};
  while (must(reader.next()))
    ends.push_back(reader.offset());
  return ends;
}

std::vector<std::string> ids_up_to(std::uint64_t count) {
  std::vector<std::string> ids;
  for (std::uint64_t i = 1; i <= count; ++i)
    ids.push_back(id_of(i));
  return ids;
}

// How many damaged places a check finds; lists them for whoever reads the log.
std::size_t damages_of(const Store& store) {
  const CheckReport report = must(check_store(store));
  for (const Damage& damage : report.damages)
    std::printf("  %s %llu-%llu: %s\n", damage.file.c_str(), static_cast<unsigned long long>(damage.begin),
                static_cast<unsigned long long>(damage.end), damage.what.c_str());
  return report.damages.size();
}

TEST(Segment, EveryTruncationShowsExactlyTheWholeBatches) {
  const support::ThrowawayDir dir(in_memory());
  const Options options = options_in(dir.path());
  fill(options, 4);
  const std::string path = first_segment(options);
  const std::string bytes = read_bytes(path);
  const auto ends = batch_ends(path);
  ASSERT_EQ(ends.size(), 5u);
  for (std::size_t size = kSegmentHeaderBytes; size < bytes.size(); size += size % 5 + 1) {
    write_bytes(path, bytes.substr(0, size));
    std::uint64_t whole = 0;
    while (whole + 1 < ends.size() && ends[whole + 1] <= size)
      ++whole;
    Options reading = options;
    reading.read_only = true;
    EXPECT_EQ(ids_in(*must(Store::open(reading))), ids_up_to(whole)) << size;
    EXPECT_EQ(read_bytes(path).size(), size) << "reading changes nothing";
    const auto store = must(Store::open(options));
    EXPECT_EQ(ids_in(*store), ids_up_to(whole)) << size;
    ASSERT_EQ(store->cut().has_value(), size != ends[whole]) << size;
    if (store->cut()) {
      EXPECT_EQ(store->cut()->tail.begin, ends[whole]);
      std::string tail = bytes.substr(ends[whole], size - ends[whole]);
      tail.erase(tail.find_last_not_of('\0') + 1);  // zeros at the end are the reserve
      EXPECT_EQ(read_bytes(store->cut()->saved_as), tail);
    }
    // What was cut can be written again, and nothing is lost afterwards.
    append_one(*store, event_draft(50, "s", "again"));
    EXPECT_EQ(ids_in(*store).size(), whole + 1);
    EXPECT_EQ(must(store->last_ledger_index()).value_or(99), whole == 0 ? 99 : whole - 1);
  }
}

// What a crash leaves of the space kept for appends: zeros, which are neither a torn tail nor damage.
TEST(Segment, ReserveIsNoTornTail) {
  const support::ThrowawayDir dir(in_memory());
  const Options options = options_in(dir.path());
  fill(options, 3);
  const std::string path = first_segment(options);
  const std::string bytes = read_bytes(path);
  EXPECT_EQ(bytes.size(), batch_ends(path).back()) << "closing cuts the reserve off";
  write_bytes(path, bytes + std::string(100'000, '\0'));
  {
    Options reading = options;
    reading.read_only = true;
    const auto store = must(Store::open(reading));
    EXPECT_EQ(ids_in(*store), ids_up_to(3));
    EXPECT_EQ(damages_of(*store), 0u);
    EXPECT_EQ(read_bytes(path).size(), bytes.size() + 100'000) << "reading changes nothing";
  }
  {
    const auto store = must(Store::open(options));
    EXPECT_FALSE(store->cut());
    append_one(*store, event_draft(4, "s", "four"));
    EXPECT_GT(read_bytes(path).size(), bytes.size() + 200'000) << "room for the next appends";
  }
  EXPECT_EQ(batch_ends(path).size(), 5u);
  EXPECT_EQ(batch_ends(path).back(), read_bytes(path).size());
}

// A torn append into the reserve ends in zeros of its own; only what was written is kept aside.
TEST(Segment, TornAppendIntoTheReserveIsCut) {
  const support::ThrowawayDir dir(in_memory());
  const Options options = options_in(dir.path());
  fill(options, 3);
  const std::string path = first_segment(options);
  const std::string bytes = read_bytes(path);
  const auto ends = batch_ends(path);
  const std::string torn = bytes.substr(ends[2], 40);
  write_bytes(path, bytes.substr(0, ends[2]) + torn + std::string(5'000, '\0'));
  const auto store = must(Store::open(options));
  ASSERT_TRUE(store->cut());
  EXPECT_EQ(store->cut()->tail.begin, ends[2]);
  EXPECT_LE(read_bytes(store->cut()->saved_as).size(), torn.size());
  EXPECT_EQ(ids_in(*store), ids_up_to(2));
}

// A power cut may leave holes: pages of the last batch that never reached the disk.
TEST(Segment, LastBatchWithHolesIsCut) {
  const support::ThrowawayDir dir(in_memory());
  const Options options = options_in(dir.path());
  fill(options, 3);
  const std::string path = first_segment(options);
  const std::string bytes = read_bytes(path);
  const auto ends = batch_ends(path);
  std::string holed = bytes;
  holed.replace(ends[2] + 10, 40, std::string(40, '\0'));
  write_bytes(path, holed);
  const auto store = must(Store::open(options));
  EXPECT_EQ(ids_in(*store), ids_up_to(2));
  ASSERT_TRUE(store->cut());
  EXPECT_TRUE(store->cut()->tail.had_commit);
}

TEST(Segment, FlippedBitsAnywhereAreNeverBelieved) {
  const support::ThrowawayDir dir(in_memory());
  const Options options = options_in(dir.path());
  fill(options, 4);
  const std::string path = first_segment(options);
  const std::string bytes = read_bytes(path);
  const auto ends = batch_ends(path);
  Options reading = options;
  reading.read_only = true;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
    write_bytes(path, flipped);
    const auto store = must(Store::open(reading));
    std::vector<std::string> ids;
    const auto read = store->for_each({}, [&](const Record& record) {
      ids.push_back(record.id);
      return true;
    });
    if (at < kSegmentHeaderBytes) {  // the other copy of the header
      EXPECT_EQ(ids, ids_up_to(4)) << at;
      continue;
    }
    std::uint64_t hit = 0;  // the batch that holds the bit, from 0
    while (ends[hit + 1] <= at)
      ++hit;
    EXPECT_EQ(ids, ids_up_to(hit)) << at;
    if (hit == 3) {  // in the last batch it looks like a torn tail
      EXPECT_TRUE(read) << at;
      continue;
    }
    ASSERT_FALSE(read) << at;
    EXPECT_EQ(read.error().code, ErrorCode::corrupt);
    EXPECT_THAT(read.error().where, testing::HasSubstr(path + ", offset ")) << at;
    // When asked, everything but the damaged batch is read.
    std::vector<Damage> damages;
    std::vector<std::string> rest;
    must(store->for_each(
        {},
        [&](const Record& record) {
          rest.push_back(record.id);
          return true;
        },
        &damages));
    auto expected = ids_up_to(4);
    expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(hit));
    EXPECT_EQ(rest, expected) << at;
    ASSERT_EQ(damages.size(), 1u) << at;
    EXPECT_LE(damages[0].begin, at);
    EXPECT_GT(damages[0].end, at);
  }
}

TEST(Segment, DamagedMiddleIsRefusedForWritingAndMendedOnRequest) {
  const support::ThrowawayDir dir(in_memory());
  Options options = options_in(dir.path());
  fill(options, 3);
  const std::string path = first_segment(options);
  std::string bytes = read_bytes(path);
  bytes[batch_ends(path)[1] + 30] ^= 4;
  write_bytes(path, bytes);
  const auto refused = Store::open(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
  EXPECT_THAT(refused.error().message(), testing::HasSubstr("weir store mend"));
  EXPECT_EQ(read_bytes(path), bytes) << "nothing was cut";

  options.accept_damage = true;
  {
    const auto store = must(Store::open(options));
    EXPECT_EQ(store->end().segment, 2u);
    EXPECT_EQ(must(store->last_ledger_index()), 2u);
    append_one(*store, event_draft(9, "s", "after"));
    EXPECT_EQ(damages_of(*store), 1u) << "it stays visible";
  }
  options.accept_damage = false;
  const auto store = must(Store::open(options));
  std::vector<Damage> damages;
  std::vector<std::string> ids;
  must(store->for_each(
      {},
      [&](const Record& record) {
        ids.push_back(record.id);
        return true;
      },
      &damages));
  EXPECT_THAT(ids, testing::ElementsAre(id_of(1), id_of(3), id_of(9)));
  EXPECT_EQ(read_bytes(path), bytes);
}

// Content cannot pass for a frame: bytes of a real commit inside a payload do not survive the salt, and a
// reader that looks for the next batch after damage is not led astray.
TEST(Segment, SmuggledFramesAreNotBelieved) {
  std::string forged;
  append_commit(forged, 77, 0, 0xDEADBEEF);
  const support::ThrowawayDir dir(in_memory());
  const Options options = options_in(dir.path());
  {
    const auto store = must(Store::open(options));
    append_one(*store, event_draft(1));
    const std::string entry = "x" + forged + forged;  // ledger entries are stored as they are
    must(store->append({}, {&entry, 1}, 0));
    append_one(*store, event_draft(2));
    append_one(*store, event_draft(3));
  }
  const std::string path = first_segment(options);
  std::string bytes = read_bytes(path);
  bytes[bytes.find(forged) - 3] ^= 1;
  write_bytes(path, bytes);
  Options reading = options;
  reading.read_only = true;
  const auto store = must(Store::open(reading));
  const CheckReport report = must(check_store(*store));
  ASSERT_EQ(report.damages.size(), 1u);
  EXPECT_EQ(report.damages[0].end - report.damages[0].begin,
            kFrameHeaderBytes + 8 + 1 + 2 * forged.size() + kCommitFrameBytes);
  EXPECT_EQ(report.records.at("event"), 3u);
}

TEST(Segment, SealedSegmentThatLostItsTailIsDamage) {
  const support::ThrowawayDir dir(in_memory());
  Options options = options_in(dir.path());
  options.segment_bytes = 1500;
  fill(options, 6);
  ASSERT_GT(list_segments(options.segments_dir()).size(), 2u);
  const std::string path = first_segment(options);
  const auto ends = batch_ends(path);
  ASSERT_GT(ends.size(), 2u);
  const std::string bytes = read_bytes(path);
  write_bytes(path, bytes.substr(0, ends[ends.size() - 2]));  // at a batch's end: every frame left is whole
  const auto store = must(Store::open(options));
  const auto read = store->for_each({}, [](const Record&) { return true; });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::corrupt);
  EXPECT_EQ(damages_of(*store), 1u);
  std::filesystem::remove(path);
  EXPECT_TRUE(store->for_each({}, [](const Record&) { return true; })) << "old segments may be archived away";
  std::filesystem::remove(segment_path(options.segments_dir(), 2));
  write_bytes(path, bytes);
  EXPECT_FALSE(store->for_each({}, [](const Record&) { return true; })) << "but not out of the middle";
}

TEST(Segment, NewerFormatIsRefusedWithoutTouchingIt) {
  const support::ThrowawayDir dir(in_memory());
  const Options options = options_in(dir.path());
  fill(options, 1);
  const std::string path = first_segment(options);
  std::string bytes = read_bytes(path);
  SegmentHeader header = must(decode_header(as_bytes(bytes)));
  header.version = 2;
  bytes.replace(0, kSegmentHeaderBytes, encode_header(header));
  write_bytes(path, bytes);
  const auto store = Store::open(options);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::unavailable);
  EXPECT_THAT(store.error().message(), testing::HasSubstr("store format 2"));
  EXPECT_EQ(read_bytes(path), bytes);
}

// tests/cases/store/v1 was written once by the first release and must be readable for ever. expected.jsonl
// holds, one a line, what is in it.
TEST(Golden, VersionOneIsReadAsItWasWritten) {
  const std::string dir = std::string(WEIR_SOURCE_DIR) + "/tests/cases/store/v1";
  const auto store = must(Store::open({.dir = dir, .keys_dir = dir + "/keys", .read_only = true}));
  std::string found;
  must(store->for_each({}, [&](const Record& record) -> Result<bool> {
    TRY(const Json envelope, record.json());
    Json line = Json::object({{"at", to_text(record.at)},
                              {"kind", name(record.kind)},
                              {"id", record.id},
                              {"root", record.root},
                              {"session", record.session},
                              {"seq", record.seq},
                              {"envelope", envelope}});
    if (const Json* body = envelope.find("body")) {
      const std::string ref((*body)["ref"].text_or(""));
      TRY(const std::string plain, store->body(record.root, ref));
      line.set("body", plain);
      TRY(const Digest salt, store->salt(record.root, ref));
      EXPECT_EQ((*body)["commitment"].text_or(""), digest_text(sha256({ByteView(salt), as_bytes(plain)})));
    }
    found += canonical(line) + "\n";
    return true;
  }));
  must(store->for_each_ledger_entry(0, [&](std::uint64_t index, std::string_view entry) {
    found += canonical(Json::object({{"ledger", index}, {"entry", entry}})) + "\n";
    return true;
  }));
  EXPECT_EQ(found, read_bytes(dir + "/expected.jsonl"));
  EXPECT_TRUE(must(check_store(*store)).damages.empty());
  // The worked example of docs/formats/segment.md.
  const std::string bytes = read_bytes(segment_path(dir + "/segments", 1));
  ASSERT_EQ(bytes.size(), 2469u);
  EXPECT_EQ(to_hex(as_bytes(bytes).subspan(880, kCommitFrameBytes)),
            "1757aef7040000001000000010000000f002000033f23564010000000000000005000000f0020000");
}

// Writes a golden store into $WEIR_GOLDEN_OUT; run by hand when a format version is added, never for an old
// one.
TEST(Golden, Write) {
  const char* out = std::getenv("WEIR_GOLDEN_OUT");
  if (out == nullptr) GTEST_SKIP() << "writes a golden store only when WEIR_GOLDEN_OUT names a directory";
  const auto store = must(Store::open({.dir = out, .keys_dir = std::string(out) + "/keys"}));
  const std::string root = "claude-code:5f0c";
  Draft first = event_draft(1, root, "{\"input\":{\"command\":\"ls\"}}");
  Draft second = event_draft(3, root, "{\"output\":\"" + std::string(400, 'x') + "\"}");
  second.session = root + "/agent-7";
  Draft same = event_draft(4, root, first.body);
  Draft empty = event_draft(5, "codex:äö\u2028", "");
  std::vector<Sealed> batch;
  batch.push_back(must(store->seal(first)));
  batch.push_back(must(store->seal(decision_draft(2, 1, "allow", "everyday-work", root))));
  const std::vector<std::string> entries = {"event 1", "decision 2"};
  must(store->append(batch, entries, 0));
  batch.clear();
  batch.push_back(must(store->seal(second)));
  batch.push_back(must(store->seal(same)));
  must(store->append(batch));
  batch = {must(store->seal(empty)), must(store->seal(receipt_draft(6, 2)))};
  must(store->append(batch));
  Draft other = event_draft(7, root, "");
  other.kind = static_cast<RecordKind>(200);
  const std::string last = "last";
  batch = {must(store->seal(other))};
  must(store->append(batch, {&last, 1}, 2));
}

}  // namespace
}  // namespace weir::store
