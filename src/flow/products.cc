#include "flow/products.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/bytes.h"

namespace weir::flow {
namespace {

bool by_name(const ProductTool& tool, std::string_view name) {
  return tool.name < name;
}

bool has_field(const Json& properties, std::string_view name) {
  return properties.has(name);
}

// A tool of a list is the product's when half of the fields that are known of it are its own. A list without
// schemas says only names.
bool fits(const ToolDescription& listed, const ProductTool& tool) {
  const Json& properties = listed.schema["properties"];
  if (!properties.is_object()) return true;
  const auto known =
      static_cast<std::size_t>(std::count_if(tool.fields.begin(), tool.fields.end(), [&](const auto& field) {
        return has_field(properties, field.name);
      }));
  return 2 * known >= tool.fields.size();
}

// The host of an https address that means no other; "" for anything else.
std::string plain_host(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  if (to_lower_ascii(url.substr(0, kScheme.size())) != kScheme) return {};
  std::string_view host = url.substr(kScheme.size());
  host = host.substr(0, host.find_first_of("/?#"));
  if (const auto port = host.find(':'); port != std::string_view::npos) {
    if (host.substr(port) != ":443") return {};
    host = host.substr(0, port);
  }
  const bool plain = !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
  return plain ? to_lower_ascii(host) : std::string();
}

bool is_below(std::string_view host, std::string_view pattern) {
  if (!pattern.starts_with("*.")) return host == pattern;
  const std::string_view suffix = pattern.substr(1);
  return host.size() > suffix.size() && host.ends_with(suffix);
}

// "Ann <ann@example.com>" → "ann@example.com"; what is not of that form stays as it is.
std::string author_name(std::string_view author) {
  author = trim(author);
  const auto open = author.rfind('<');
  if (author.ends_with('>') && open != std::string_view::npos)
    author = author.substr(open + 1, author.size() - open - 2);
  return to_lower_ascii(author);
}

void put(const ProductTool& tool, const Words& words, bool confirmed, ToolMeaning& meaning) {
  if (tool.effect) {
    const Effect& effect = words.effects[*tool.effect];
    meaning.effect = effect.name;
    meaning.changes = effect.changes;
    meaning.makes_new = effect.makes_new;
  }
  if (tool.makes_new) meaning.makes_new = *tool.makes_new;
  for (const auto& field : tool.fields) {
    const auto same = [&](const auto& one) { return one.name == field.name; };
    const auto it = std::find_if(meaning.fields.begin(), meaning.fields.end(), same);
    if (it == meaning.fields.end())
      meaning.fields.push_back(field);
    else
      it->role = field.role;
  }
  meaning.source = confirmed ? tool.source : only_cautious(tool.source);
  meaning.readers = confirmed ? tool.readers : only_cautious(tool.readers);
}

// What the user says of one tool goes before what a product says, part by part.
ProductTool with_override(ProductTool tool, const ProductTool& own) {
  if (own.effect) tool.effect = own.effect;
  if (own.makes_new) tool.makes_new = own.makes_new;
  tool.fields.insert(tool.fields.end(), own.fields.begin(), own.fields.end());
  if (!own.source.kind.empty()) tool.source.kind = own.source.kind;
  if (own.source.integrity) tool.source.integrity = own.source.integrity;
  if (own.source.confidentiality != Confidentiality::open)
    tool.source.confidentiality = own.source.confidentiality;
  if (!own.source.categories.empty()) tool.source.categories = own.source.categories;
  if (!own.source.author.empty()) tool.source.author = own.source.author;
  if (!own.source.prose.empty()) tool.source.prose = own.source.prose;
  if (!own.source.values.empty()) tool.source.values = own.source.values;
  tool.source.all_free = tool.source.all_free || own.source.all_free;
  if (own.readers != Audience::unknown) tool.readers = own.readers;
  return tool;
}

// take(text) for every text inside.
void each_text(const Json& value, const std::function<void(std::string_view)>& take, int depth = 0) {
  constexpr int kDepthMax = 32;
  if (depth > kDepthMax) return take({});
  if (value.is_string()) take(value.as_string());
  if (value.is_array())
    for (const auto& item : value.as_array())
      each_text(item, take, depth + 1);
  if (value.is_object())
    for (const auto& [name, member] : value.as_object())
      each_text(member, take, depth + 1);
}

}  // namespace

const ProductTool* Product::tool(std::string_view name) const {
  const auto it = std::lower_bound(tools.begin(), tools.end(), name, by_name);
  return it != tools.end() && it->name == name ? &*it : nullptr;
}

const Product* Products::product(std::string_view id) const {
  const auto it = std::lower_bound(products_.begin(), products_.end(), id,
                                   [](const Product& one, std::string_view key) { return one.id < key; });
  return it != products_.end() && it->id == id ? &*it : nullptr;
}

Known Products::find(std::string_view key) const {
  Known known;
  if (const auto it = overrides_.find(key); it != overrides_.end()) known.override = &it->second;
  const auto slash = key.find('/');
  if (slash == std::string_view::npos) return known;
  const std::string_view server = key.substr(0, slash);
  const std::string_view tool = key.substr(slash + 1);
  const auto take = [&](const Product& product, bool confirmed) {
    known.tool = product.tool(tool);
    known.product = known.tool != nullptr ? &product : nullptr;
    known.confirmed = known.tool != nullptr && confirmed;
    return known.tool != nullptr;
  };
  if (server.starts_with('@')) {
    for (const auto& one : products_)
      if (one.agent == server.substr(1) && take(one, true)) break;
    return known;
  }
  if (const auto it = servers_.find(server); it != servers_.end()) {
    if (const Product* one = product(it->second)) take(*one, true);
    return known;
  }
  const auto named = [&](const auto& name) { return to_lower_ascii(server) == name; };
  for (const auto& one : products_)
    if (std::any_of(one.servers.begin(), one.servers.end(), named) && take(one, false)) break;
  return known;
}

std::vector<const Product*> Products::recognised(std::span<const ToolDescription> tools) const {
  std::vector<std::pair<std::size_t, const Product*>> found;
  for (const auto& one : products_) {
    if (!one.agent.empty()) continue;
    std::size_t count = 0;
    for (const auto& listed : tools)
      if (const ProductTool* tool = one.tool(listed.name); tool != nullptr && fits(listed, *tool)) ++count;
    if (count >= one.match) found.emplace_back(count, &one);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<const Product*> out;
  for (const auto& [count, one] : found)
    out.push_back(one);
  return out;
}

bool Products::native(std::string_view agent, std::string_view tool) const {
  return std::any_of(products_.begin(), products_.end(), [&](const Product& one) {
    return !agent.empty() && one.agent == agent && one.tool(tool) != nullptr;
  });
}

bool Products::trusts_author(std::string_view product, std::string_view author) const {
  const auto it = authors_.find(product);
  if (it == authors_.end()) return false;
  const std::string name = author_name(author);
  // One address and no more: "eve@evil.example, ann@example.com" is nobody's.
  const auto at = name.find_first_of(" ,;\"") == std::string::npos && name.find('@') == name.rfind('@')
                      ? name.find('@')
                      : std::string::npos;
  return std::any_of(it->second.begin(), it->second.end(), [&](const auto& trusted) {
    if (trusted.starts_with('@')) return at != std::string::npos && name.substr(at) == trusted;
    return name == trusted;
  });
}

bool Products::trusts_address(std::string_view url) const {
  const std::string host = plain_host(url);
  return !host.empty() && std::any_of(domains_.begin(), domains_.end(),
                                      [&](const auto& pattern) { return is_below(host, pattern); });
}

void apply(const Known& known, const Words& words, ToolMeaning& meaning) {
  if (known.product != nullptr) {
    meaning.product = known.product->id;
    meaning.confirmed = known.confirmed;
    put(*known.tool, words, known.confirmed, meaning);
  }
  if (known.override == nullptr) return;
  // What the user leaves out stays as cautious as it was.
  ProductTool base;
  base.source = meaning.source;
  base.readers = meaning.readers;
  const bool makes_new = meaning.makes_new;
  put(with_override(std::move(base), *known.override), words, true, meaning);
  if (!known.override->effect && !known.override->makes_new) meaning.makes_new = makes_new;
}

Integrity integrity_of(const ToolMeaning& meaning, const Json& input, const Products& products,
                       const Words& words, Integrity usual) {
  // What nobody may claim is not in the meaning: apply() leaves it out.
  const Integrity text = meaning.source.integrity.value_or(usual);
  if (!meaning.confirmed || meaning.changes || !input.is_object()) return text;
  bool any = false;
  bool all = true;
  for (const auto& [field, value] : input.as_object()) {
    if (meaning.role(field, words) != Role::address) continue;
    each_text(value, [&](std::string_view url) {
      any = true;
      all = all && products.trusts_address(url);
    });
  }
  return any && all ? std::min(text, Integrity::workspace) : text;
}

std::vector<bool> vouched_records(const ToolMeaning& meaning, const Leaves& leaves,
                                  const Products& products) {
  const std::string& member = meaning.source.author;
  if (member.empty() || leaves.form != Leaves::Form::json || leaves.cut) return {};
  enum class Seen : std::uint8_t { nobody, trusted, stranger };
  std::vector<Seen> seen(leaves.records, Seen::nobody);
  for (const auto& leaf : leaves.leaves) {
    if (leaf.key != member || leaf.member_name || leaf.record >= seen.size()) continue;
    Seen& one = seen[leaf.record];
    if (!products.trusts_author(meaning.product, leaf.value))
      one = Seen::stranger;
    else if (one == Seen::nobody)
      one = Seen::trusted;
  }
  std::vector<bool> out;
  out.reserve(seen.size());
  for (const Seen one : seen)
    out.push_back(one == Seen::trusted);
  return out;
}

}  // namespace weir::flow
