// What an agent's own tools would reach, and whether only untrusted text names it.
#include <algorithm>
#include <array>
#include <utility>

#include "base/limits.h"
#include "flow/fold.h"
#include "flow/propagation.h"
#include "flow/shape.h"
#include "flow/sightings.h"

namespace weir::flow {
namespace {

constexpr std::size_t kHostsMax = 4096;
constexpr std::size_t kShownMax = 128;
constexpr std::size_t kHitsMax = 64;
constexpr std::size_t kCommandWordsMin = 3;     // two words are no recipe
constexpr std::size_t kPackageMin = 3;          // bytes: "ms" is a word of many texts
constexpr std::size_t kPathDirectoriesMin = 2;  // "/tmp" and "/etc" are in many texts, too

using Kind = Reach::Kind;

// "pkg@1.2", "pkg==1.2", "pkg[extra]", "pkg>=1" → "pkg"; "@scope/pkg@2" → "@scope/pkg".
std::string_view without_version(std::string_view package) {
  return package.substr(0, package.find_first_of("@=<>!~[;", package.starts_with('@') ? 1 : 0));
}

std::size_t count_of(std::string_view text, char c) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), c));
}

// The forms in which a text may name what is reached, the most telling first.
std::vector<std::string> forms_of(const Reach& reach) {
  switch (reach.kind) {
    case Kind::package: {
      const auto package = without_version(reach.value);
      if (package.size() < kPackageMin) return {};
      return {comparable(package)};
    }
    case Kind::path:
      if (count_of(reach.value, '/') < kPathDirectoriesMin) return {};
      return {comparable(reach.value)};
    case Kind::command: {
      const std::string command = fold(reach.value);
      if (count_of(command, ' ') + 1 < kCommandWordsMin) return {};
      return {command};
    }
    case Kind::url:
    case Kind::repository: {
      std::vector<std::string> forms = {comparable(reach.value)};
      const std::string_view whole = forms.front();
      const std::string_view page = whole.substr(0, whole.find_first_of("?#"));
      if (page.size() < whole.size() && page.find('/') != std::string_view::npos) forms.emplace_back(page);
      return forms;
    }
    case Kind::host:
      return {};
  }
  return {};
}

// A name of its own there, not a part of a longer one: "colors", but not in "evil-colors" or "colors.js".
bool stands_alone(std::string_view text, std::string_view package) {
  constexpr int kPlacesMax = 256;
  int places = 0;
  for (auto at = find_value(text, package); at != std::string_view::npos;
       at = find_value(text, package, at + 1)) {
    if (++places > kPlacesMax) return true;
    const std::string_view behind = text.substr(at + package.size(), 2);
    const bool goes_on = behind.starts_with('-') || behind.starts_with('/') ||
                         (behind.size() == 2 && behind[0] == '.' && behind[1] != ' ');
    if (!goes_on && (at == 0 || text[at - 1] != '-')) return true;
  }
  return false;
}

bool has_host(Kind kind) {
  return kind == Kind::host || kind == Kind::url || kind == Kind::repository;
}

}  // namespace

std::string_view host_of(std::string_view address) {
  std::string_view host = address.substr(0, address.find_first_of("/?#"));
  if (const auto at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  return host.substr(0, host.find(':'));
}

std::string_view name(Reach::Kind kind) {
  constexpr std::array<std::string_view, 6> kNames = {"host",       "url",  "package",
                                                      "repository", "path", "command"};
  return kNames[static_cast<std::size_t>(kind)];
}

// What stands in untrusted text may be reached all the same.
bool Session::lets_reach(const Reach& reach, std::string_view host, const Sightings& seen) const {
  if (seen.user || seen.errand || seen.workspace) return true;
  if (!seen.complete) return false;
  if (!seen.free) return true;  // nowhere, or a value of its own in a structured result
  if (reach.reads && (seen.found || plan_.follows_links || hosts_.contains(host))) return true;
  // The user pointed at the text and asked for such a thing: "set it up as their page says".
  const auto run = words_->effect_of("run");
  return seen.free_named && run && plan_.asks_for(words_->effects[*run]);
}

bool Session::is_named_package(std::string_view package) const {
  const auto hits = corpus_.find(package, kHitsMax).hits;
  return std::any_of(hits.begin(), hits.end(),
                     [&](const auto& hit) { return stands_alone(corpus_.text(hit.text), package); });
}

std::optional<ValueOrigin> Session::named_by_text(const Reach& reach) {
  std::string host;
  if (has_host(reach.kind)) {
    host = host_of(comparable(reach.value));
    // Who names a place means its pages; of places that everybody may write to only those very pages.
    if (!words_->known_hosts.contains(host) && typed(host)) return std::nullopt;
  }
  auto forms = forms_of(reach);
  if (!host.empty() && !words_->known_hosts.contains(host)) forms.push_back(host);
  for (const auto& form : forms) {
    const Sightings seen = sightings(form, true, false);
    if (seen.user || seen.workspace) return std::nullopt;
    if (!seen.free && seen.complete) continue;  // perhaps a shorter form stands there
    if (reach.kind == Kind::package && seen.complete && !is_named_package(form)) continue;
    if (lets_reach(reach, host, seen)) return std::nullopt;
    ValueOrigin one{std::string(name(form == host ? Kind::host : reach.kind)),
                    Role::authority,
                    form.substr(0, kShownMax),
                    seen.origin(),
                    false,
                    seen.free_in};
    if (has_host(reach.kind)) one.role = Role::address;
    std::sort(one.from.begin(), one.from.end());
    return one;
  }
  return std::nullopt;
}

Assessment Session::assess(const std::vector<Reach>& reaches, std::string_view said, std::string_view owner) {
  Assessment out;
  judge_for(owner, out);
  if (!out.narrow.empty() && std::any_of(reaches.begin(), reaches.end(),
                                         [&](const Reach& reach) { return is_narrow_answer(reach.value); }))
    judge_by_tree(out);
  out.effect = "other";
  out.attested = !claimed_;
  if (!secrets_.empty()) {
    look_at_hosts(reaches, said, out);
    if (out.secret_bytes > 0) out.sentence = stay_sentence(out, {});
  }
  if (!values_count(out.label.integrity())) return out;
  for (const Reach& reach : reaches) {
    if (out.values.size() >= limits::kFlowValuesMax) {
      out.complete = false;
      break;
    }
    auto value = named_by_text(reach);
    if (!value) continue;
    const auto at = std::lower_bound(out.from_untrusted.begin(), out.from_untrusted.end(), value->field);
    if (at == out.from_untrusted.end() || *at != value->field) out.from_untrusted.insert(at, value->field);
    out.values.push_back(std::move(*value));
  }
  if (!out.values.empty() && out.secret_bytes == 0) out.sentence = sentence_of(out);
  return out;
}

void Session::reached(const std::vector<Reach>& reaches) {
  for (const Reach& reach : reaches)
    if (has_host(reach.kind) && hosts_.size() < kHostsMax) hosts_.emplace(host_of(comparable(reach.value)));
}

}  // namespace weir::flow
