// Sigma with 4,000 rules: events per second on one core, compile time, memory.
//
// Rules: SigmaHQ's where the data lies beside the checkout, and variants of them in which the words of values
// are replaced by others, up to 4,000; without the data generated ones only. Events: the published ones, else
// generated; each also in eight variants with other words, so that not all events are hits.
#include <benchmark/benchmark.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "sigma/engine.h"
#include "sigma/parse.h"

namespace {

using namespace weir;
using namespace weir::sigma;

constexpr std::size_t kRules = 4000;

std::vector<Json> shared_rows(const std::string& name) {
  const std::string path = WEIR_SOURCE_DIR "/../shared/data/" + name;
  std::vector<Json> rows;
  FILE* pipe = std::filesystem::exists(path) ? ::popen(("gzip -dc '" + path + "'").c_str(), "r") : nullptr;
  if (pipe == nullptr) return rows;
  std::string text;
  std::array<char, 65536> buffer;
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    text.append(buffer.data(), n);
  ::pclose(pipe);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (auto row = parse_json(text.substr(at, end - at))) rows.push_back(*std::move(row));
    if (end == std::string::npos) break;
    at = end + 1;
  }
  return rows;
}

// Words of four letters and more become others, the same word always the same within one variant.
std::string varied(std::string_view text, unsigned variant) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && std::isalpha(static_cast<unsigned char>(text[end])) != 0)
      ++end;
    if (end - at >= 4) {
      std::mt19937 random(static_cast<unsigned>(std::hash<std::string_view>()(text.substr(at, end - at))) +
                          variant);
      for (std::size_t i = at; i < end; ++i)
        out += static_cast<char>('a' + random() % 26);
      at = end;
    } else {
      end = std::max(end, at + 1);
      out.append(text.substr(at, end - at));
      at = end;
    }
  }
  return out;
}

void vary(Expr& expr, unsigned variant) {
  for (Expr& part : expr.parts)
    vary(part, variant);
  if (!expr.test) return;
  if (auto* glob = std::get_if<Glob>(&expr.test->check))
    for (Piece& piece : glob->pieces)
      piece.text = varied(piece.text, variant);
}

// A rule like those people write, for machines without the data.
std::string generated_rule(unsigned number) {
  std::mt19937 random(number);
  const auto word = [&] {
    std::string out;
    for (std::size_t i = 0; i < 4 + random() % 6; ++i)
      out += static_cast<char>('a' + random() % 26);
    return out;
  };
  std::string text = "title: generated " + std::to_string(number) + "\nid: g" + std::to_string(number) +
                     "\nlogsource: {product: windows, category: process_creation}\ndetection:\n  selection:\n"
                     "    Image|endswith: '\\" +
                     word() + ".exe'\n    CommandLine|contains|all:\n";
  for (int i = 0; i < 3; ++i)
    text += "      - ' " + word() + "'\n";
  return text + "  filter:\n    ParentImage|startswith: 'C:\\" + word() +
         "\\'\n  condition: selection and not filter\n";
}

struct Event {
  LogSource logsource;
  Json json;
  FlatEvent flat;
};

struct Scene {
  RuleSet rules;
  std::vector<Rule> all;
  std::vector<std::unique_ptr<Event>> events;
  std::size_t event_bytes = 0;
  Engine engine;
  double compile_s = 0, cached_s = 0;
};

void add_event(Scene& scene, const LogSource& logsource, const Json& json, unsigned variant) {
  auto event = std::make_unique<Event>();
  event->logsource = logsource;
  event->json = Json::object();
  for (const auto& [key, value] : json.as_object())
    event->json.set(key, value.is_string() && variant > 0 ? Json(varied(value.as_string(), variant)) : value);
  event->flat.assign(event->json);
  scene.event_bytes += compact(event->json).size();
  scene.events.push_back(std::move(event));
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

class Kept final : public match::DatabaseStore {
 public:
  std::string get(const std::string& name) override { return kept_[name]; }
  void put(const std::string& name, std::string_view bytes) override { kept_[name] = bytes; }

 private:
  std::map<std::string, std::string> kept_;
};

Scene make_scene() {
  Scene scene;
  for (const Json& row : shared_rows("sigma_rules.jsonl.gz"))
    read_rules(scene.rules, row["text"].as_string(), row["path"].as_string(), {});
  const bool real = !scene.rules.rules.empty();
  for (unsigned i = 0; !real && i < kRules; ++i)
    read_rules(scene.rules, generated_rule(i), "generated.yml", {});
  link(scene.rules);
  scene.all = scene.rules.rules;
  for (std::size_t i = 0; scene.all.size() < kRules; ++i) {
    Rule rule = scene.rules.rules[i % scene.rules.rules.size()];
    vary(rule.condition, static_cast<unsigned>(1 + i / scene.rules.rules.size()));
    scene.all.push_back(std::move(rule));
  }
  for (const Json& row : shared_rows("sigma_events.dev.jsonl.gz")) {
    const Json& log = row["logsource"];
    const LogSource logsource{std::string(log["category"].text_or("")),
                              std::string(log["product"].text_or("")),
                              std::string(log["service"].text_or("")), ""};
    for (unsigned variant = 0; variant < 9; ++variant)
      add_event(scene, logsource, row["event"], variant);
  }
  for (unsigned i = 0; scene.events.size() < 700; ++i)
    add_event(
        scene, {"process_creation", "windows", "", ""},
        Json::object({{"Image", "C:\\Windows\\System32\\cmd.exe"},
                      {"CommandLine", "cmd.exe /c copy \\\\server\\share\\report.docx C:\\Users\\public"},
                      {"ParentImage", "C:\\Windows\\explorer.exe"},
                      {"User", "CORP\\alice"},
                      {"ProcessId", 4711}}),
        i);
  auto begin = std::chrono::steady_clock::now();
  Kept kept;
  scene.engine = *Engine::compile(scene.all, &kept);
  scene.compile_s = seconds_since(begin);
  begin = std::chrono::steady_clock::now();
  scene.engine = *Engine::compile(scene.all, &kept);
  scene.cached_s = seconds_since(begin);
  return scene;
}

Scene& scene() {
  static Scene made = make_scene();
  return made;
}

double resident_mib() {
  std::ifstream status("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  status >> total >> resident;
  return static_cast<double>(resident) * 4096 / (1 << 20);
}

void describe(benchmark::State& state) {
  const auto size = scene().engine.size();
  state.counters["rules"] = static_cast<double>(size.rules);
  state.counters["literals"] = static_cast<double>(size.literals);
  state.counters["expressions"] = static_cast<double>(size.expressions);
  state.counters["on_demand"] = static_cast<double>(size.unscanned_tests);
  state.counters["always"] = static_cast<double>(size.always);
  state.counters["database_MiB"] = static_cast<double>(size.database_bytes) / (1 << 20);
  state.counters["compile_s"] = scene().compile_s;
  state.counters["cached_s"] = scene().cached_s;
  state.counters["resident_MiB"] = resident_mib();
  state.counters["event_bytes"] =
      static_cast<double>(scene().event_bytes) / static_cast<double>(scene().events.size());
}

// Events that lie in memory flat already: the engine alone.
void match_records(benchmark::State& state) {
  Workspace workspace;
  std::size_t matched = 0, at = 0;
  auto& events = scene().events;
  for (auto _ : state) {
    const Event& event = *events[at++ % events.size()];
    matched += scene().engine.match(event.logsource, event.flat.fields(), workspace)->size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  state.counters["matches_per_event"] =
      static_cast<double>(matched) / static_cast<double>(state.iterations());
  describe(state);
}
BENCHMARK(match_records);

// Events as parsed JSON: flattened, then matched.
void match_json(benchmark::State& state) {
  Workspace workspace;
  FlatEvent flat;
  std::size_t at = 0;
  auto& events = scene().events;
  for (auto _ : state) {
    const Event& event = *events[at++ % events.size()];
    flat.assign(event.json);
    benchmark::DoNotOptimize(scene().engine.match(event.logsource, flat.fields(), workspace));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(match_json);

}  // namespace

BENCHMARK_MAIN();
