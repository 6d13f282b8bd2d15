#include "flow/source.h"

#include <algorithm>

namespace weir::flow {
namespace {

constexpr std::array<std::string_view, 5> kAudiences = {"unknown", "nobody", "private", "listed", "public"};

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string_view name(Audience audience) {
  return kAudiences[static_cast<std::size_t>(audience)];
}

std::optional<Audience> audience_from(std::string_view name) {
  const auto it = std::find(kAudiences.begin(), kAudiences.end(), name);
  if (it == kAudiences.end()) return std::nullopt;
  return static_cast<Audience>(it - kAudiences.begin());
}

Source only_cautious(Source source) {
  if (source.integrity != Integrity::untrusted) source.integrity.reset();
  source.values.clear();
  source.author.clear();
  return source;
}

Audience only_cautious(Audience audience) {
  return std::max(audience, Audience::listed);
}

bool is_free(const Source& source, const Leaf& leaf, bool usual) {
  if (source.all_free) return true;
  if (leaf.member_name) return usual;
  if (holds(source.prose, leaf.key)) return true;
  return usual && !holds(source.values, leaf.key);
}

Label label_of(const Source& source, Integrity text, std::uint64_t seq) {
  Label label(text, source.confidentiality, seq);
  if (!source.kind.empty()) label.add_category("source:" + source.kind);
  for (const auto& category : source.categories)
    label.add_category(category);
  return label;
}

Json to_json(const Source& source) {
  Json out = Json::object();
  if (!source.author.empty()) out.set("author", source.author);
  if (!source.categories.empty()) out.set("categories", Json::strings(source.categories));
  if (source.confidentiality != Confidentiality::open)
    out.set("confidentiality", std::string(name(source.confidentiality)));
  if (source.all_free) out.set("form", "text");
  if (source.integrity) out.set("integrity", std::string(name(*source.integrity)));
  if (!source.kind.empty()) out.set("kind", source.kind);
  if (!source.prose.empty()) out.set("prose", Json::strings(source.prose));
  if (!source.values.empty()) out.set("values", Json::strings(source.values));
  return out;
}

}  // namespace weir::flow
