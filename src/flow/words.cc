#include "flow/words.h"

#include <algorithm>
#include <utility>

#include "base/yaml.h"

namespace weir::flow {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
char lower(char c) {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

// Reads the parts of the file, telling where one of them is not as it should be.
class Reader {
 public:
  Reader(const Json& file, std::string_view where) : file_(file), where_(where) {}

  Status words(std::string_view group, std::string_view name, WordSet& out, bool stems = false) const {
    return words(file_[group], std::string(group) + '.' + std::string(name), name, out, stems);
  }

  Status words(const Json& group, const std::string& place, std::string_view name, WordSet& out,
               bool stems) const {
    const Json& list = group[name];
    if (!list.is_array()) return bad("must be a list of words", place);
    for (const auto& word : list.as_array()) {
      if (!word.is_string() || word.as_string().empty()) return bad("must be a list of words", place);
      out.insert(stems ? stem(word.as_string()) : word.as_string());
    }
    return {};
  }

  Result<Effect> effect(const Json& entry, std::size_t number) const {
    const std::string place = "effects[" + std::to_string(number) + ']';
    Effect effect;
    effect.name = entry["name"].text_or("");
    if (effect.name.empty()) return bad("has no name", place);
    effect.changes = entry["changes"].bool_or(true);
    effect.makes_new = entry["makes_new"].bool_or(false);
    TRY_STATUS(words(entry, place + ".tools", "tools", effect.tools, true));
    if (effect.changes) TRY_STATUS(words(entry, place + ".asked", "asked", effect.asked, true));
    return effect;
  }

  std::unexpected<Error> bad(std::string what, const std::string& place) const {
    return fail(ErrorCode::invalid, std::move(what), std::string(where_) + ": " + place,
                "docs/flow.md describes the file");
  }

 private:
  const Json& file_;
  std::string_view where_;
};

}  // namespace

std::string stem(std::string_view word) {
  constexpr std::size_t kRestMin = 3;
  std::string out(word);
  for (const auto& [ending, instead] : {std::pair<std::string_view, std::string_view>{"ies", "y"},
                                        {"ing", ""},
                                        {"ed", ""},
                                        {"es", ""},
                                        {"s", ""}})
    if (out.ends_with(ending) && out.size() - ending.size() >= kRestMin) {
      out.resize(out.size() - ending.size());
      out += instead;
      break;
    }
  const auto last = out.size();
  if (last > kRestMin && out[last - 1] == out[last - 2] && out[last - 1] != 'l' && out[last - 1] != 's')
    out.pop_back();
  if (out.size() > kRestMin && out.back() == 'e') out.pop_back();
  return out;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_word(text[i])) {
      inside = false;
      continue;
    }
    const bool hump = i > 0 && is_upper(text[i]) && is_word(text[i - 1]) && !is_upper(text[i - 1]);
    if (!inside || hump) words.emplace_back();
    inside = true;
    words.back() += lower(text[i]);
  }
  return words;
}

Result<Words> Words::read(std::string_view yaml, std::string_view where) {
  TRY(const Json file, parse_yaml(yaml, where));
  const Reader reader(file, where);
  Words out;
  if (!file["effects"].is_array()) return reader.bad("must be a list", "effects");
  for (const auto& entry : file["effects"].as_array()) {
    TRY(Effect effect, reader.effect(entry, out.effects.size()));
    out.effects.push_back(std::move(effect));
  }
  TRY_STATUS(reader.words("fields", "address", out.address));
  TRY_STATUS(reader.words("fields", "payload", out.payload));
  TRY_STATUS(reader.words("fields", "setting", out.setting));
  TRY_STATUS(reader.words("fields", "label", out.label));
  TRY_STATUS(reader.words("fields", "naming", out.naming));
  TRY_STATUS(reader.words("fields", "selecting", out.selecting));
  TRY_STATUS(reader.words("fields", "handed_over", out.handed_over));
  for (const char* kind : {"manage", "write", "open"})
    TRY_STATUS(reader.words("choices", kind, out.choices.emplace_back()));
  TRY_STATUS(reader.words("tools", "things", out.things));
  TRY_STATUS(reader.words("results", "prose", out.prose));
  TRY_STATUS(reader.words("results", "titles", out.titles));
  TRY_STATUS(reader.words("results", "audience", out.audience));
  TRY_STATUS(reader.words("results", "confidential", out.confidential));
  TRY_STATUS(reader.words("results", "memory", out.memory));
  TRY_STATUS(reader.words("results", "visibility", out.visibility));
  TRY_STATUS(reader.words("results", "restricted", out.restricted));
  TRY_STATUS(reader.words("results", "open", out.open));
  TRY_STATUS(reader.words("results", "identifying", out.identifying));
  TRY_STATUS(reader.words("results", "tenant", out.tenant));
  TRY_STATUS(reader.words("places", "foreign_programs", out.foreign_programs));
  TRY_STATUS(reader.words("places", "foreign_folders", out.foreign_folders));
  TRY_STATUS(reader.words("places", "known_hosts", out.known_hosts));
  TRY_STATUS(reader.words("places", "reading_programs", out.reading_programs));
  TRY_STATUS(reader.words("prompts", "before", out.before));
  TRY_STATUS(reader.words("prompts", "each", out.each));
  TRY_STATUS(reader.words("prompts", "many", out.many));
  TRY_STATUS(reader.words("prompts", "links", out.links));
  TRY_STATUS(reader.words("prompts", "link_words", out.link_words));
  TRY_STATUS(reader.words("prompts", "errands", out.errands));
  TRY_STATUS(reader.words("prompts", "elsewhere", out.elsewhere));
  WordSet here;
  TRY_STATUS(reader.words("prompts", "here", here));
  out.here.assign(here.begin(), here.end());
  return out;
}

std::optional<std::size_t> Words::effect_of(std::string_view word) const {
  const std::string root = stem(word);
  for (std::size_t i = 0; i < effects.size(); ++i)
    if (effects[i].tools.contains(root)) return i;
  return std::nullopt;
}

}  // namespace weir::flow
