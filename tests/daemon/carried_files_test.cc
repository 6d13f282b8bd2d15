// Labels of files in the daemon: through the real sockets, over sessions and restarts, with copies, with
// files that are damaged; and the same decisions again from the record.
#include "daemon/carried_files.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <set>

#include "daemon/pack_loader.h"
#include "daemon/replay.h"
#include "daemon/support.h"
#include "store/indexer.h"
#include "store/sqlite_query.h"
#include "store/store.h"
#include "support/throwaway_dir.h"

namespace weir::daemon {
namespace {

using ::testing::HasSubstr;

constexpr const char* kPage = "Welcome to our site. Please tell everybody about it, thank you very much.";
constexpr const char* kScript = "#!/bin/sh\necho this came from a page\n";

class CarriedFilesTest : public testing::DaemonTest {
 protected:
  std::string project(const std::string& name) const { return dir_ + "/project/" + name; }
  std::string file() const { return places_.state + "/flow/carried.jsonl"; }

  int code_of(const std::string& event, Json fields) const {
    fields.set("hook_event_name", event).set("cwd", dir_ + "/project").set("transcript_path", "");
    const auto reply = hook(event, compact(fields));
    return reply ? reply->exit_code : -1;
  }
  // A tool call that is let through, and its result; `effect` happens between.
  int use(
      const std::string& session, const std::string& tool, const Json& input, const Json& response,
      const std::function<void()>& effect = [] {}) {
    const std::string id = "toolu_" + std::to_string(++calls_);
    Json call = Json::object(
        {{"session_id", session}, {"tool_name", tool}, {"tool_input", input}, {"tool_use_id", id}});
    if (const int code = code_of("PreToolUse", call); code != 0) return code;
    effect();
    call.set("tool_response", response);
    return code_of("PostToolUse", call);
  }
  void read_page(const std::string& session) {
    const Json input = Json::object({{"url", "https://site.example/"}, {"prompt", "what is it?"}});
    ASSERT_EQ(use(session, "WebFetch", input, Json::object({{"result", kPage}})), 0);
  }
  void write(const std::string& session, const std::string& path, const std::string& text) {
    const Json input = Json::object({{"file_path", path}, {"content", text}});
    ASSERT_EQ(use(session, "Write", input, Json::object({{"filePath", path}}),
                  [&] { EXPECT_TRUE(os::write_file_atomic(path, text)); }),
              0);
  }
  // Why the command is refused; "" when it runs.
  std::string why(const std::string& session, const std::string& command) {
    const auto reply = call(session, command, "toolu_" + std::to_string(++calls_));
    if (!reply) return "no answer";
    return reply->exit_code == 0 ? "" : reply->err + reply->out;
  }
  // Does a value of the model's own count against a mail of this session? So it does once it is untrusted.
  bool is_untrusted(const std::string& session) {
    return code_of("PreToolUse",
                   Json::object({{"session_id", session},
                                 {"tool_name", "mcp__mail__send_email"},
                                 {"tool_input", Json::object({{"to", "eve@evil.example"}, {"body", "hi"}})},
                                 {"tool_use_id", "toolu_" + std::to_string(++calls_)}})) != 0;
  }
  Json status() const {
    const auto status = control(Json::object({{"cmd", "status"}}));
    return status ? (*status)["carried"] : Json();
  }
  void wait_for(const std::string& member, std::int64_t number) const {
    for (int i = 0; i < 500 && status()[member].int_or(-1) != number; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(status()[member].int_or(-1), number) << member;
  }
  // Every decision of the store comes out again, byte for byte. After the daemon ended.
  void expect_the_same_again() const {
    auto store = store::Store::open(store::options_at(places_));
    ASSERT_TRUE(store) << store.error().message();
    store::Indexer indexer(**store);
    ASSERT_TRUE(indexer.wait_for((*store)->end(), 10'000));
    store::SqliteQuery query(**store);
    PackOptions options = installed_packs(places_.config);
    options.detectors = true;
    options.patterns_dir = testing::shared_patterns();
    const auto pack = load_pack(options);
    ASSERT_TRUE(pack) << pack.error().message();
    std::set<std::string> roots;
    EXPECT_TRUE((*store)->for_each({}, [&](const store::Record& record) -> Result<bool> {
      roots.insert(record.root);
      return true;
    }));
    std::size_t carried = 0;
    for (const auto& root : roots) {
      const auto records = load_tree(**store, query, root);
      ASSERT_TRUE(records) << records.error().message();
      guard::Guard guard(*pack,
                         {.home = places_.home, .weir_state = places_.state, .weir_config = places_.config});
      EXPECT_TRUE(replay_records(*records, guard, [&](const Redecided& again) {
        EXPECT_EQ(again.recorded, again.replayed) << root;
        carried += again.replayed.find("\"carried\":[") != std::string::npos ? 1 : 0;
      }));
    }
    EXPECT_GT(carried, 0U);
  }

  int calls_ = 0;
};

// The file of a commit author whom the user has not named, from the settings to the record and back.
TEST_F(CarriedFilesTest, WhatStrangersCommittedIsTheirs) {
  const auto commit = [&](const std::string& name, const std::string& author) {
    ASSERT_TRUE(os::write_file_atomic(project(name), "Words in " + name + "\n"));
    const auto done = os::run_child({.argv = {"sh", "-c",
                                              "cd \"$1\" && git init -q && git add \"$2\" && git -c "
                                              "user.name=Ann -c user.email=ann@corp.example "
                                              "-c commit.gpgsign=false commit -q -m work --author=\"$3\"",
                                              "sh", dir_ + "/project", name, author}});
    ASSERT_TRUE(done && done->exit.code == 0) << done->err;
  };
  commit("own.md", "Ann <ann@corp.example>");
  commit("theirs.md", "Eve <eve@evil.example>");
  ASSERT_TRUE(os::make_dirs(places_.config + "/flow", 0700));
  ASSERT_TRUE(os::write_file_atomic(places_.config + "/flow/tools.yaml",
                                    "trusted: {authors: {commits: [ann@corp.example]}}\n", 0600));
  start();
  const auto read = [&](const std::string& session, const std::string& name) {
    EXPECT_EQ(use(session, "Read", Json::object({{"file_path", project(name)}}),
                  Json::object({{"file", Json::object({{"content", "Words in " + name}})}})),
              0);
  };
  read("own", "own.md");
  EXPECT_FALSE(is_untrusted("own"));
  read("theirs", "theirs.md");
  EXPECT_TRUE(is_untrusted("theirs"));
  stop();
  expect_the_same_again();
}

// Instructions that a person has read need not make every later session untrusted.
TEST_F(CarriedFilesTest, APersonTakesALabelOff) {
  start();
  ASSERT_TRUE(control(Json::object({{"cmd", "pin"}, {"new", "1234"}})));
  read_page("first");
  write("first", project("CLAUDE.md"), "Be kind.\n");
  ASSERT_TRUE(os::make_dirs(project("notes")));
  write("first", project("notes/a.md"), "One.\n");
  write("first", project("notes/b.md"), "Two.\n");
  wait_for("contents", 3);
  EXPECT_TRUE(is_untrusted("second"));
  const auto list = control(Json::object({{"cmd", "carried"}}));
  ASSERT_TRUE(list) << list.error().message();
  const auto& files = (*list)["files"].as_array();
  ASSERT_EQ(files.size(), 3U);
  EXPECT_THAT(std::string(files[0]["path"].text_or("")), ::testing::EndsWith("CLAUDE.md"));
  EXPECT_EQ(files[0]["session"].text_or(""), "claude-code:first");
  EXPECT_TRUE(files[0]["instructions"].bool_or(false));

  const auto vouch = [&](const std::string& path, const char* pin) {
    return control(Json::object({{"cmd", "vouch"}, {"path", path}, {"pin", pin}}));
  };
  EXPECT_FALSE(vouch(project("CLAUDE.md"), "4321"));
  EXPECT_TRUE(is_untrusted("third")) << "a wrong PIN takes nothing off";
  const auto done = vouch(project("CLAUDE.md"), "1234");
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ((*done)["labels"].int_or(0), 1);
  EXPECT_FALSE(is_untrusted("fourth"));
  const auto again = vouch(project("CLAUDE.md"), "1234");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::not_found);
  const auto both = vouch(project("notes"), "1234");
  ASSERT_TRUE(both) << both.error().message();
  EXPECT_EQ((*both)["labels"].int_or(0), 2);
  EXPECT_EQ(status()["paths"].int_or(-1), 0);
  EXPECT_EQ(status()["contents"].int_or(-1), 0);

  stop();
  start();
  EXPECT_FALSE(is_untrusted("fifth")) << "it stays so over a restart";
}

// The ledger tells what happened, not what was tried.
TEST_F(CarriedFilesTest, OnlyALabelThatWentIsOnRecord) {
  start();
  ASSERT_TRUE(control(Json::object({{"cmd", "pin"}, {"new", "1234"}})));
  read_page("first");
  write("first", project("a.md"), "One.\n");
  wait_for("contents", 1);
  const auto vouch = [&](const std::string& path) {
    return control(Json::object({{"cmd", "vouch"}, {"path", path}, {"pin", "1234"}}));
  };
  EXPECT_FALSE(vouch(project("nosuch")));
  EXPECT_TRUE(vouch(project("a.md")));
  stop();
  std::size_t entries = 0;
  for (const auto& file : os::find_files(places_.ledger_dir() + "/tile/entries", "", 100)) {
    const std::string text = *os::read_file(file, limits::kMiB);
    for (std::size_t at = 0; (at = text.find("label.vouch", at)) != std::string::npos; ++at)
      ++entries;
  }
  EXPECT_EQ(entries, 1U);
}

// A file tool's path is that path: only the shell reads patterns.
TEST_F(CarriedFilesTest, ANameWithBracketsIsOneFile) {
  start();
  read_page("first");
  write("first", project("[id].tsx"), "export default 1\n");
  wait_for("contents", 1);
  EXPECT_EQ(status()["directories"].int_or(-1), 0);
  const auto list = control(Json::object({{"cmd", "carried"}}));
  ASSERT_EQ((*list)["files"].as_array().size(), 1U);
  EXPECT_THAT(std::string((*list)["files"].as_array()[0]["path"].text_or("")),
              ::testing::EndsWith("/[id].tsx"));
}

// Of a directory that carries the label as a whole no single file can be taken out.
TEST_F(CarriedFilesTest, ADirectoryIsVouchedForAsAWhole) {
  start();
  ASSERT_TRUE(control(Json::object({{"cmd", "pin"}, {"new", "1234"}})));
  read_page("first");
  const Json command = Json::object({{"command", "cp -r /tmp/somewhere " + project("lib")}});
  ASSERT_EQ(use("first", "Bash", command, Json::object({{"stdout", ""}})), 0);
  wait_for("directories", 1);
  const auto vouch = [&](const std::string& path) {
    return control(Json::object({{"cmd", "vouch"}, {"path", path}, {"pin", "1234"}}));
  };
  const auto one = vouch(project("lib/x.sh"));
  ASSERT_FALSE(one);
  EXPECT_EQ(one.error().code, ErrorCode::exists) << one.error().message();
  EXPECT_TRUE(vouch(project("lib")));
  EXPECT_EQ(status()["paths"].int_or(-1), 0);
}

TEST_F(CarriedFilesTest, AFileBringsItsLabelToALaterSessionOverARestart) {
  start();
  read_page("first");
  write("first", project("setup.sh"), kScript);
  wait_for("contents", 1);
  struct stat info;
  ASSERT_EQ(::stat(file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  stop();
  start();
  EXPECT_EQ(status()["paths"].int_or(0), 1);
  EXPECT_FALSE(is_untrusted("second"));
  const std::string reason = why("second", "bash setup.sh");
  EXPECT_THAT(reason, HasSubstr("another session wrote"));
  EXPECT_THAT(reason, HasSubstr("setup.sh\" was written in step"));
  EXPECT_THAT(reason, HasSubstr("claude-code:first"));
  EXPECT_FALSE(is_untrusted("second")) << "it was not run";
  EXPECT_EQ(why("second", "cat setup.sh"), "");
  EXPECT_TRUE(is_untrusted("second"));
  // Who wrote it may run it: its own label says enough.
  EXPECT_EQ(why("first", "bash setup.sh"), "");
  stop();
  expect_the_same_again();
}

TEST_F(CarriedFilesTest, CopiesAndRenamesOutOfSightAreKnownByWhatTheyHold) {
  start();
  read_page("first");
  write("first", project("setup.sh"), kScript);
  wait_for("contents", 1);
  ASSERT_TRUE(os::run_child({.argv = {"cp", project("setup.sh"), dir_ + "/copy.sh"}}));
  ASSERT_TRUE(os::run_child({.argv = {"mv", project("setup.sh"), project("renamed.sh")}}));
  EXPECT_THAT(why("second", "bash renamed.sh"), HasSubstr("claude-code:first"));
  EXPECT_THAT(why("third", "bash " + dir_ + "/copy.sh"), HasSubstr("claude-code:first"));
  // Another file of the same length is none.
  std::string other(kScript);
  other.back() = ' ';
  ASSERT_TRUE(os::write_file_atomic(project("other.sh"), other));
  EXPECT_EQ(why("fourth", "bash other.sh"), "");
}

TEST_F(CarriedFilesTest, CopiesByAnAgentCarryItFurther) {
  start();
  read_page("first");
  write("first", project("notes.md"), "Some notes of the page.\n");
  wait_for("contents", 1);
  const Json copy = Json::object({{"command", "cp notes.md run.sh"}});
  EXPECT_EQ(use("second", "Bash", copy, Json::object({{"stdout", ""}}),
                [&] { EXPECT_TRUE(os::write_file_atomic(project("run.sh"), "Some notes of the page.\n")); }),
            0);
  EXPECT_TRUE(is_untrusted("second"));
  EXPECT_THAT(why("third", "sh run.sh"), HasSubstr("claude-code:second"));
  // A whole directory that is searched has it, too.
  EXPECT_EQ(why("fourth", "grep -r notes ."), "");
  EXPECT_TRUE(is_untrusted("fourth"));
}

TEST_F(CarriedFilesTest, AnOverwriteByASessionThatReadNothingClearsIt) {
  start();
  read_page("first");
  write("first", project("setup.sh"), kScript);
  wait_for("contents", 1);
  // Nothing really written: nothing is cleared.
  EXPECT_EQ(use("second", "Bash", Json::object({{"command", "echo fine > setup.sh"}}), Json::object()), 0);
  EXPECT_NE(why("third", "bash setup.sh"), "");
  // Appending leaves the rest.
  EXPECT_EQ(
      use("second", "Bash", Json::object({{"command", "echo more >> setup.sh"}}), Json::object(),
          [&] { EXPECT_TRUE(os::write_file_atomic(project("setup.sh"), std::string(kScript) + "more\n")); }),
      0);
  EXPECT_NE(why("third", "bash setup.sh"), "");
  write("fourth", project("setup.sh"), "echo fine\n");
  wait_for("paths", 0);
  EXPECT_EQ(why("fifth", "bash setup.sh"), "");
}

TEST_F(CarriedFilesTest, WhatOneCallFetchesAndWritesIsFromOutside) {
  start();
  const Json fetch = Json::object({{"command", "curl -s -o tool.py https://site.example/tool.py"}});
  EXPECT_EQ(use("first", "Bash", fetch, Json::object({{"stdout", ""}})), 0);
  EXPECT_THAT(why("second", "python3 tool.py"), HasSubstr("claude-code:first"));
}

// A sub-agent reads a page, writes a file and answers with a word: the main agent has not read the page, so
// the file is another's to it.
TEST_F(CarriedFilesTest, WhatASubAgentWroteIsAnothersAfterANarrowReturn) {
  start();
  const Json task = Json::object(
      {{"prompt", "Is it fine? Answer yes or no."}, {"subagent_type", "x"}, {"run_in_background", false}});
  const auto delegate = [&](const std::string& session, const std::string& answer) {
    const std::string id = "toolu_" + std::to_string(++calls_);
    const Json started = Json::object(
        {{"session_id", session}, {"tool_name", "Agent"}, {"tool_input", task}, {"tool_use_id", id}});
    EXPECT_EQ(code_of("PreToolUse", started), 0);
    const Json agent =
        Json::object({{"session_id", session}, {"agent_id", "a1" + session}, {"agent_type", "x"}});
    EXPECT_EQ(code_of("SubagentStart", agent), 0);
    const auto uses = [&](const std::string& tool, const Json& input, const Json& response) {
      Json call = agent;
      call.set("tool_name", tool).set("tool_input", input);
      call.set("tool_use_id", "toolu_" + std::to_string(++calls_));
      EXPECT_EQ(code_of("PreToolUse", call), 0);
      if (tool == "Write") {
        EXPECT_TRUE(os::write_file_atomic(project("setup.sh"), kScript));
      }
      call.set("tool_response", response);
      EXPECT_EQ(code_of("PostToolUse", call), 0);
    };
    uses("WebFetch", Json::object({{"url", "https://site.example/"}, {"prompt", "what is it?"}}),
         Json::object({{"result", kPage}}));
    uses("Write", Json::object({{"file_path", project("setup.sh")}, {"content", kScript}}),
         Json::object({{"filePath", project("setup.sh")}}));
    Json ended = agent;
    EXPECT_EQ(code_of("SubagentStop", ended.set("last_assistant_message", answer)), 0);
    const Json text = Json::object({{"type", "text"}, {"text", answer}});
    Json back = started;
    back.set("tool_response",
             Json::object(
                 {{"status", "completed"}, {"agentId", "a1" + session}, {"content", Json::array({text})}}));
    EXPECT_EQ(code_of("PostToolUse", back), 0);
  };
  delegate("narrow", "yes");
  EXPECT_FALSE(is_untrusted("narrow"));
  EXPECT_THAT(why("narrow", "bash setup.sh"), HasSubstr("setup.sh\" was written in step"));
  EXPECT_FALSE(is_untrusted("narrow")) << "it was not run";
  // What it writes over all of it is its own.
  write("narrow", project("setup.sh"), "echo fine\n");
  wait_for("paths", 0);
  EXPECT_EQ(why("narrow", "bash setup.sh"), "");
  delegate("wide", "yes, it is");
  EXPECT_TRUE(is_untrusted("wide"));
  EXPECT_EQ(why("wide", "bash setup.sh"), "");
  // Who reads it has read what the sub-agent read.
  delegate("reads", "no");
  EXPECT_FALSE(is_untrusted("reads"));
  EXPECT_EQ(why("reads", "cat setup.sh"), "");
  EXPECT_TRUE(is_untrusted("reads"));
  stop();
  expect_the_same_again();
}

TEST_F(CarriedFilesTest, InstructionsLabelASessionFromItsBeginning) {
  start();
  read_page("first");
  write("first", project("CLAUDE.md"), "Always be kind.\n");
  write("first", dir_ + "/elsewhere.md", "Nobody loads this.\n");
  stop();
  start();
  EXPECT_TRUE(is_untrusted("second"));
  stop();
  expect_the_same_again();
}

TEST_F(CarriedFilesTest, APersonWhoLetsItRunVouchesForIt) {
  start();
  ASSERT_TRUE(control(Json::object({{"cmd", "pin"}, {"new", "1234"}})));
  read_page("first");
  write("first", project("setup.sh"), kScript);
  wait_for("contents", 1);
  EXPECT_NE(why("second", "bash setup.sh"), "");
  const auto held = control(Json::object({{"cmd", "held"}}));
  ASSERT_TRUE(held);
  ASSERT_EQ((*held)["held"].as_array().size(), 1U);
  const std::string id((*held)["held"].as_array()[0]["id"].text_or(""));
  ASSERT_TRUE(control(Json::object({{"cmd", "approve"}, {"id", id}, {"pin", "1234"}})));
  EXPECT_EQ(why("second", "bash setup.sh"), "");
  EXPECT_EQ(why("third", "bash setup.sh"), "");
  // Not for what it becomes.
  write("first", project("setup.sh"), "#!/bin/sh\necho something else of that page\n");
  EXPECT_NE(why("fourth", "bash setup.sh"), "");
}

TEST_F(CarriedFilesTest, ATornLineIsDroppedAndADamagedFileMakesEveryFileCount) {
  const std::string line = R"({"op":"write","path":")" + project("setup.sh") + R"(","session":"s","seq":3})";
  ASSERT_TRUE(os::make_dirs(places_.state + "/flow", 0700));
  ASSERT_TRUE(os::write_file_atomic(file(), line + "\n" + line.substr(0, 20)));
  start();
  EXPECT_EQ(status()["paths"].int_or(0), 1);
  EXPECT_FALSE(status().has("problem"));
  EXPECT_NE(why("first", "bash setup.sh"), "");
  EXPECT_EQ(why("first", "bash other.sh"), "");
  stop();
  ASSERT_TRUE(os::write_file_atomic(file(), "nonsense\n" + line + "\n"));
  start();
  EXPECT_THAT(std::string(status()["problem"].text_or("")), HasSubstr("is removed"));
  EXPECT_NE(why("second", "bash other.sh"), "");
  EXPECT_EQ(os::read_file(file(), 4096).value_or(""), "nonsense\n" + line + "\n") << "left for a person";
}

// --- the class alone ---

struct Rim {
  explicit Rim(const std::string& path) : files(path, os::Log::none()) {}
  event::Event event(const std::string& root, const std::string& id) const {
    event::Event event;
    event.kind = event::kind::kToolCall;
    event.agent.name = "claude-code";
    event.session = event.root = root;
    event.seq = 5;
    event.corr["tool_use_id"] = id;
    event.body =
        Json::object({{"tool", "Write"}, {"input", Json::object({{"file_path", "/x"}, {"content", ""}})}});
    return event;
  }
  static std::vector<event::Action> action(const std::string& verb, const std::string& path) {
    return {{verb, "Path", path, event::Certainty::certain, {}, Json::object()}};
  }
  CarriedFiles files;
};

TEST(CarriedFiles, TheFileStaysSmallAndSaysTheSame) {
  const support::ThrowawayDir dir;
  const std::string path = dir / "flow/carried.jsonl";
  {
    Rim rim(path);
    std::vector<std::function<void()>> waiting;
    rim.files.run_later([&](auto work) {
      waiting.push_back(std::move(work));
      return true;
    });
    for (int i = 0; i < 3000; ++i) {
      rim.files.released(rim.event("a", std::to_string(i)),
                         Rim::action("file.write", "/p/" + std::to_string(i % 10)), true);
      if (i % 100 == 0)
        for (const auto& work : std::exchange(waiting, {}))
          work();
    }
    const auto text = os::read_file(path, 16 * limits::kMiB);
    ASSERT_TRUE(text);
    EXPECT_LT(std::count(text->begin(), text->end(), '\n'), 1400);
  }
  Rim again(path);
  EXPECT_EQ(again.files.status()["paths"].int_or(0), 10);
  EXPECT_EQ(
      again.files.look(again.event("b", "1"), Rim::action("file.read", "/p/3"), "/home/ann", false).size(),
      1U);
}

TEST(CarriedFiles, WhatNobodyWroteCostsNothing) {
  Rim rim("");
  EXPECT_TRUE(
      rim.files.look(rim.event("b", "1"), Rim::action("file.read", "/p/3"), "/home/ann", false).empty());
  rim.files.released(rim.event("a", "1"), Rim::action("file.write", "/p/3"), true);
  const auto own = rim.files.look(rim.event("a", "2"), Rim::action("file.read", "/p/3"), "/home/ann", true);
  ASSERT_EQ(own.size(), 1U);
  EXPECT_TRUE(own[0].own);
  EXPECT_EQ(own[0].seq, 5U);
}

// What a pod's files hold, or that they have gone, says nothing of the host's of the same name. Seen through
// the root directory of a process, as a pod is, these are the same files: so it is the view that makes the
// difference.
TEST(CarriedFiles, NothingInAPodTakesALabelAway) {
  const support::ThrowawayDir dir;
  const std::string path = dir / "setup.sh";
  const auto pod = os::FileView::of_process(::getpid());
  ASSERT_TRUE(pod);
  Rim rim("");
  const auto labelled = [&] {
    return !rim.files.look(rim.event("z", "9"), Rim::action("file.read", path), "/home/ann", true).empty();
  };
  const auto call = [&](const std::string& root, const std::string& verb, bool untrusted,
                        const os::FileView& view) {
    rim.files.released(rim.event(root, verb), Rim::action(verb, path), untrusted);
    EXPECT_TRUE(verb == "file.write" ? os::write_file_atomic(path, "by " + root + "\n")
                                     : os::remove_file(path));
    rim.files.result(rim.event(root, verb), untrusted, view);
  };
  call("a", "file.write", true, *pod);
  EXPECT_TRUE(labelled()) << "but a pod sets them";
  call("b", "file.write", false, *pod);
  rim.files.vouched({{.path = path, .use = flow::CarriedFile::Use::runs, .session = {}, .seq = 0}}, *pod);
  call("b", "file.delete", false, *pod);
  EXPECT_TRUE(labelled());
  call("c", "file.write", true, {});
  call("d", "file.write", false, {});
  EXPECT_FALSE(labelled()) << "outside it is taken off";
}

}  // namespace
}  // namespace weir::daemon
