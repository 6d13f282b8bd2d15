#include "arena/scenario.h"

#include <algorithm>
#include <initializer_list>

#include "base/yaml.h"

namespace weir::arena {
namespace {

// Every mistake names the scenario and the field.
class Reader {
 public:
  explicit Reader(std::string_view where) : where_(where) {}

  std::unexpected<Error> wrong(std::string what, const std::string& field) const {
    return fail(std::move(what), where_ + ": " + field, "see docs/formats/scenario.md");
  }

  Status only(const Json& object, const std::string& field,
              std::initializer_list<std::string_view> known) const {
    if (!object.is_object()) return wrong("a map is needed", field);
    for (const auto& [key, value] : object.as_object())
      if (std::find(known.begin(), known.end(), key) == known.end())
        return wrong("unknown field", field + key);
    return {};
  }

  // A text, required unless `optional`.
  Result<std::string> text(const Json& object, const char* key, const std::string& field,
                           bool optional = false) const {
    const Json& value = object[key];
    if (value.is_null() && optional) return std::string();
    if (!value.is_string() || value.as_string().empty()) return wrong("a text is needed", field + key);
    return value.as_string();
  }

  // Paths of files that the scenario lays out stay below their directory.
  Result<std::map<std::string, std::string>> files(const Json& map, const std::string& field) const {
    TRY(auto files, texts(map, field));
    for (const auto& [path, content] : files)
      if (path.empty() || path.front() == '/' || path.find("..") != std::string::npos)
        return wrong("a path below the directory is needed", field + "." + path);
    return files;
  }

  Result<std::map<std::string, std::string>> texts(const Json& map, const std::string& field) const {
    std::map<std::string, std::string> out;
    if (map.is_null()) return out;
    if (!map.is_object()) return wrong("a map is needed", field);
    for (const auto& [key, value] : map.as_object()) {
      if (!value.is_string()) return wrong("a text is needed", field + "." + key);
      out.emplace(key, value.as_string());
    }
    return out;
  }

  Result<std::string> program(const Json& name, const std::string& field) const {
    const auto plain = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    std::string text(name.text_or(""));
    if (text.empty() || !std::all_of(text.begin(), text.end(), plain))
      return wrong("a program's name is needed", field);
    return text;
  }

  Result<Effect> effect(const Json& json, const std::string& field) const;
  Result<Step> step(const Json& json, const std::string& field) const;
  Status cast(const Json& json, Scenario& scenario) const;
  Status consistent(const Scenario& scenario) const;

 private:
  std::string where_;
};

Result<Effect> Reader::effect(const Json& json, const std::string& field) const {
  TRY_STATUS(only(json, field, {"what", "ran", "received", "file", "contains", "gone"}));
  Effect effect;
  TRY(effect.what, text(json, "what", field));
  TRY(effect.ran, text(json, "ran", field, true));
  TRY(effect.received, text(json, "received", field, true));
  TRY(effect.file, text(json, "file", field, true));
  TRY(effect.contains, text(json, "contains", field, true));
  effect.gone = json["gone"].bool_or(false);
  const int ways = !effect.ran.empty() + !effect.received.empty() + !effect.file.empty();
  if (ways != 1) return wrong("exactly one of ran, received and file is needed", field);
  if (effect.file.empty() ? effect.gone || !effect.contains.empty() : effect.gone != effect.contains.empty())
    return wrong("a file goes with one of contains and gone", field);
  return effect;
}

Result<Step> Reader::step(const Json& json, const std::string& field) const {
  TRY_STATUS(only(json, field, {"say", "tool", "input", "expect", "policy", "effect"}));
  Step step;
  TRY(step.say, text(json, "say", field));
  TRY(step.tool, text(json, "tool", field));
  step.input = json["input"];
  const bool known =
      step.tool == "Bash" || step.tool == "Read" || step.tool == "Write" || step.tool == "Edit";
  if (!known) return wrong("no such tool", field + "tool");
  if (!step.input.is_object()) return wrong("a map is needed", field + "input");
  const auto verdict = event::verdict_from(json["expect"].text_or(""));
  if (!verdict) return wrong("no such verdict", field + "expect");
  step.expect = *verdict;
  TRY(step.policy, text(json, "policy", field, event::lets_run(step.expect)));
  TRY(step.effect, effect(json["effect"], field + "effect."));
  return step;
}

// The programs the agent finds.
Status Reader::cast(const Json& json, Scenario& scenario) const {
  if (const Json& uses = json["uses"]; uses.is_array())
    for (const Json& name : uses.as_array()) {
      TRY(std::string program_name, program(name, "uses"));
      scenario.uses.push_back(std::move(program_name));
    }
  if (const Json& pretend = json["pretend"]; pretend.is_array())
    for (const Json& one : pretend.as_array()) {
      TRY_STATUS(only(one, "pretend.", {"name", "prints"}));
      TRY(std::string name, program(one["name"], "pretend.name"));
      scenario.stand_ins.push_back({std::move(name), std::string(one["prints"].text_or(""))});
    }
  return {};
}

Status Reader::consistent(const Scenario& scenario) const {
  for (const Step& step : scenario.steps) {
    const std::string& ran = step.effect.ran;
    const auto named = [&](const StandIn& one) { return one.name == ran; };
    if (!ran.empty() && std::none_of(scenario.stand_ins.begin(), scenario.stand_ins.end(), named))
      return wrong("no stand-in of that name under pretend", "effect.ran: " + ran);
  }
  for (const StandIn& one : scenario.stand_ins)
    if (std::find(scenario.uses.begin(), scenario.uses.end(), one.name) != scenario.uses.end())
      return wrong("a program is either used or pretended", one.name);
  return {};
}

}  // namespace

Result<Scenario> parse_scenario(std::string_view yaml, std::string_view where) {
  TRY(const Json json, parse_yaml(yaml, where));
  const Reader read(where);
  TRY_STATUS(read.only(json, "",
                       {"title", "kind", "when", "story", "source", "project", "home", "environment", "uses",
                        "pretend", "steps"}));
  Scenario scenario;
  scenario.name = where.substr(where.rfind('/') + 1);
  scenario.name = scenario.name.substr(0, scenario.name.rfind('.'));
  const std::string_view kind = json["kind"].text_or("");
  if (kind != "benign" && kind != "incident") return read.wrong("benign or incident is needed", "kind");
  scenario.incident = kind == "incident";
  TRY(scenario.title, read.text(json, "title", ""));
  TRY(scenario.when, read.text(json, "when", ""));
  TRY(scenario.story, read.text(json, "story", ""));
  TRY(scenario.source, read.text(json, "source", ""));
  TRY(scenario.project, read.files(json["project"], "project"));
  TRY(scenario.home, read.files(json["home"], "home"));
  TRY(scenario.environment, read.texts(json["environment"], "environment"));
  TRY_STATUS(read.cast(json, scenario));
  if (!json["steps"].is_array() || json["steps"].as_array().empty())
    return read.wrong("steps are needed", "steps");
  for (const Json& one : json["steps"].as_array()) {
    TRY(Step step, read.step(one, "steps[" + std::to_string(scenario.steps.size()) + "]."));
    scenario.steps.push_back(std::move(step));
  }
  TRY_STATUS(read.consistent(scenario));
  return scenario;
}

}  // namespace weir::arena
