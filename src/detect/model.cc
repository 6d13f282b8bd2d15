#include "detect/model.h"

#include <cmath>

#include "base/json.h"

namespace weir::detect {
namespace {

constexpr std::size_t kSignalsMax = 256;
constexpr std::size_t kPatternsMax = 64;  // of one signal
constexpr std::size_t kCuesMax = 4096;
constexpr double kWeightMax = 100;

Result<double> number(const Json& table, std::string_view key, const std::string& where) {
  const Json& value = table[key];
  if (!value.is_number() || std::abs(value.as_double()) > kWeightMax)
    return fail("this must be a number from -100 to 100", where + ", " + std::string(key));
  return value.as_double();
}

Result<ModelSignal> parse_signal(const Json& table, bool built_in, std::string_view where) {
  ModelSignal signal;
  signal.id = table["id"].text_or("");
  signal.description = table["description"].text_or("");
  const std::string place = std::string(where) + ", signal " + signal.id;
  if (signal.id.empty() || signal.description.empty())
    return fail("a signal needs an id and a description", place);
  TRY(signal.weight, number(table, "weight", place));
  if (signal.weight < 0) return fail("a weight must not be negative", place);
  const Json& patterns = table["patterns"];
  if (built_in) return signal;
  if (!patterns.is_array() || patterns.as_array().empty() || patterns.as_array().size() > kPatternsMax)
    return fail("a signal needs 1 to 64 patterns", place);
  for (const Json& pattern : patterns.as_array()) {
    if (!pattern.is_string()) return fail("a pattern must be a text", place);
    signal.patterns.push_back(pattern.as_string());
  }
  return signal;
}

Result<std::vector<std::string>> parse_cues(const Json& root, std::string_view key,
                                            const std::string& where) {
  std::vector<std::string> out;
  const Json& cues = root[key];
  if (!cues.is_array() || cues.as_array().empty() || cues.as_array().size() > kCuesMax)
    return fail("this must be a list of 1 to 4096 texts", where + ", " + std::string(key));
  for (const Json& cue : cues.as_array()) {
    if (!cue.is_string() || cue.as_string().size() < 2)
      return fail("a cue must be a text of two bytes or more", where + ", " + std::string(key));
    out.push_back(cue.as_string());
  }
  return out;
}

}  // namespace

std::size_t InjectionModel::find(std::string_view id) const {
  std::size_t i = 0;
  while (i < signals.size() && signals[i].id != id)
    ++i;
  return i;
}

Result<InjectionModel> parse_injection_model(std::string_view json, std::string_view where) {
  TRY(const Json root, parse_json(json, {.bytes_max = limits::kYamlBytesMax, .depth_max = 16}));
  const std::string place(where);
  if (root["version"].int_or(0) != 1)
    return fail("the version of the model is not known", place, "version 1");
  InjectionModel model;
  TRY(model.threshold, number(root, "threshold", place));
  if (model.threshold <= 0 || model.threshold >= 1)
    return fail("the threshold must lie between 0 and 1", place + ", threshold");
  TRY(model.bias, number(root, "bias", place));
  for (const char* key : {"signals", "built_in"}) {
    const Json& list = root[key];
    if (!list.is_array() || list.as_array().size() > kSignalsMax)
      return fail("this must be a list of at most 256 signals", place + ", " + key);
    for (const Json& item : list.as_array()) {
      TRY(ModelSignal signal, parse_signal(item, std::string_view(key) == "built_in", where));
      if (model.find(signal.id) < model.signals.size())
        return fail("two signals have the same id", place + ", signal " + signal.id);
      model.signals.push_back(std::move(signal));
    }
  }
  TRY(model.cues, parse_cues(root, "cues", place));
  TRY(model.weak_cues, parse_cues(root, "weak_cues", place));
  return model;
}

}  // namespace weir::detect
