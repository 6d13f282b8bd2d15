// Model files from anyone: read, lowered with a small policy, searched under tight limits, exported. Whatever
// comes, an Error or a bounded answer; a trace must replay.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "prove/model_export.h"
#include "prove/model_load.h"
#include "prove/model_report.h"
#include "prove/model_search.h"

using namespace weir;
using namespace weir::prove;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr std::size_t kInputMax = 8192;
  if (size > kInputMax) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)parse_model_expression(text, "fuzz");
  auto model = read_model(text, "fuzz");
  if (!model) return 0;
  ModelFiles files;
  files.open = [](const std::string& path) -> Result<std::vector<ModelFile>> {
    return std::vector<ModelFile>{
        {path, "@id(\"" + std::to_string(path.size()) + "\") permit (principal, action, resource);"}};
  };
  files.facts = {{"facts.yaml",
                  "facts:\n"
                  "  - {name: lately, says: s, when: 'once[10m](file.read and class = c)'}\n"
                  "  - {name: both, says: s, when: 'net.connect and (not flag = f since hook = h)'}\n"
                  "  - {name: before, says: s, by: [agent], when: 'previously (name like a*)'}\n"}};
  const auto policies = load_model(*model, files);
  if (!policies) return 0;
  const auto system = lower_model(*model, *policies);
  if (!system) return 0;
  const ModelSearch search = search_model(*system, {.states_max = 500, .time_ms = 2000});
  for (const ModelOutcome& outcome : search.outcomes) {
    auto state = system->initial();
    for (const ModelTraceStep& one : outcome.trace) {
      const ModelStep& step = system->steps[static_cast<std::size_t>(one.step)];
      if (one.before != state || !system->enabled(step, state)) std::abort();
      state = system->after(step, state);
    }
    (void)trace_text(*system, outcome);
    (void)trace_events(*system, outcome, "fuzz");
  }
  if (system->steps.size() < 200) {
    (void)promela_text(*system, {});
    (void)tla_text(*system, {});
  }
  return 0;
}
