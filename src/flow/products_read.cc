// Reading content/flow/*.yaml (docs/formats/flow-tools.md). Strict: a key that nobody knows is an error, so a
// misspelt one cannot pass for a rule.
#include <algorithm>
#include <array>
#include <set>
#include <type_traits>
#include <utility>

#include "base/bytes.h"
#include "base/yaml.h"
#include "flow/products.h"

namespace weir::flow {
namespace {

constexpr std::size_t kFileBytesMax = limits::kMiB;  // the largest that ships has 12 KiB
constexpr std::size_t kFilesMax = 256;
constexpr std::size_t kToolsMax = 1024;  // of one product
constexpr std::size_t kFieldsMax = 128;  // of one tool
constexpr std::size_t kNamesMax = 4096;  // of one list
constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kMatchDefault = 3;

using Keys = std::span<const std::string_view>;
using FieldRoles = std::map<std::string, Role, std::less<>>;

// RFC 6901.
std::string pointer(const std::string& parent, std::string_view key) {
  std::string out = parent + '/';
  for (const char c : key) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

bool is_id(std::string_view text) {
  constexpr std::size_t kIdBytesMax = 64;
  return !text.empty() && text.size() <= kIdBytesMax && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

// Reads one file into the products. `at` is the JSON Pointer of what is being read, for errors.
class ProductsReader {
 public:
  ProductsReader(const Products::File& file, const Words& words, Products& out)
      : file_(file), words_(words), out_(out) {}

  Status read() {
    if (file_.text.size() > kFileBytesMax)
      return fail(ErrorCode::limit, "the file has more than 1 MiB", std::string(file_.name),
                  "describe fewer tools in one file");
    TRY(const Json file, parse_yaml(file_.text, file_.name));
    if (!file.is_object()) return bad("must be a map with \"product\", or settings", "");
    if (file.has("product")) {
      TRY_STATUS(product(file));
    } else {
      TRY_STATUS(settings(file));
    }
    return {};
  }

 private:
  // The line is looked for only when there is something to say about it.
  std::unexpected<Error> bad(const std::string& what, const std::string& at,
                             ErrorCode code = ErrorCode::invalid) const {
    std::string where(file_.name);
    if (const auto text = parse_yaml_lines(file_.text, file_.name))
      if (const auto it = text->lines.find(at); it != text->lines.end())
        where += ':' + std::to_string(it->second);
    const std::string place = at.empty() ? std::string() : printable(at.substr(1), kNameBytesMax) + ' ';
    return fail(code, place + what, std::move(where), "docs/formats/flow-tools.md describes the file");
  }

  Status only(const Json& map, Keys keys, const std::string& at) const {
    if (!map.is_object()) return bad("must be a map", at);
    for (const auto& [key, value] : map.as_object())
      if (std::find(keys.begin(), keys.end(), key) == keys.end())
        return bad("is not known here", pointer(at, key));
    return {};
  }

  Status text(const Json& map, std::string_view key, const std::string& at, std::string& out) const {
    const Json* value = map.find(key);
    if (value == nullptr) return {};
    if (!value->is_string() || value->as_string().empty() || value->as_string().size() > kNameBytesMax)
      return bad("must be a text of at most 256 bytes", pointer(at, key));
    out = value->as_string();
    return {};
  }

  Status names(const Json& map, std::string_view key, const std::string& at,
               std::vector<std::string>& out) const {
    const Json* value = map.find(key);
    if (value == nullptr) return {};
    const std::string here = pointer(at, key);
    if (!value->is_array()) return bad("must be a list of names", here);
    if (value->as_array().size() > kNamesMax) return bad("has more than 4096 names", here, ErrorCode::limit);
    out.clear();
    for (const auto& item : value->as_array()) {
      if (!item.is_string() || item.as_string().empty() || item.as_string().size() > kNameBytesMax)
        return bad("must be a list of names of at most 256 bytes", here);
      out.push_back(item.as_string());
    }
    return {};
  }

  // One of a few words.
  template <class Value, class From>
  Status choice(const Json& map, std::string_view key, const std::string& at, From from,
                std::string_view wanted, Value& out) const {
    const Json* value = map.find(key);
    if (value == nullptr) return {};
    auto chosen = from(value->text_or(""));
    if (!chosen) return bad("must be one of " + std::string(wanted), pointer(at, key));
    if constexpr (std::is_same_v<Value, decltype(chosen)>)
      out = chosen;
    else
      out = *chosen;
    return {};
  }

  Status source(const Json& returns, const std::string& at, Source& out) const {
    static constexpr std::array<std::string_view, 8> kKeys = {
        "source", "integrity", "confidentiality", "categories", "form", "prose", "values", "author"};
    TRY_STATUS(only(returns, kKeys, at));
    TRY_STATUS(text(returns, "source", at, out.kind));
    const bool known = std::find(kSourceKinds.begin(), kSourceKinds.end(), out.kind) != kSourceKinds.end();
    if (!out.kind.empty() && !known) {
      std::string kinds;
      for (const auto kind : kSourceKinds)
        (kinds += kinds.empty() ? "" : " ") += kind;
      return bad("must be one of " + kinds, pointer(at, "source"));
    }
    TRY_STATUS(
        choice(returns, "integrity", at, integrity_from, "trusted user workspace untrusted", out.integrity));
    TRY_STATUS(choice(returns, "confidentiality", at, confidentiality_from, "public internal secret",
                      out.confidentiality));
    TRY_STATUS(names(returns, "categories", at, out.categories));
    std::sort(out.categories.begin(), out.categories.end());
    std::string form = out.all_free ? "text" : "values";
    TRY_STATUS(text(returns, "form", at, form));
    if (form != "text" && form != "values") return bad("must be one of text values", pointer(at, "form"));
    out.all_free = form == "text";
    TRY_STATUS(names(returns, "prose", at, out.prose));
    TRY_STATUS(names(returns, "values", at, out.values));
    return text(returns, "author", at, out.author);
  }

  // {authority: [owner, repo], payload: [body]}
  Status roles(const Json& fields, const std::string& at, FieldRoles& out) const {
    if (!fields.is_object()) return bad("must be a map of roles", at);
    for (const auto& [key, list] : fields.as_object()) {
      const auto role = role_from(key);
      if (!role) return bad("must be one of authority address payload setting", pointer(at, key));
      std::vector<std::string> named;
      TRY_STATUS(names(fields, key, at, named));
      for (auto& name : named)
        if (!out.emplace(std::move(name), *role).second)
          return bad("names a field that has a role already", pointer(at, key));
    }
    return {};
  }

  // [owner, repo, title: setting]
  Status takes(const Json& list, const FieldRoles& known, const std::string& at,
               std::vector<FieldMeaning>& out) const {
    if (!list.is_array()) return bad("must be a list of fields", at);
    if (list.as_array().size() > kFieldsMax) return bad("has more than 128 fields", at, ErrorCode::limit);
    std::set<std::string_view> seen;
    out.reserve(list.as_array().size());
    for (std::size_t i = 0; i < list.as_array().size(); ++i) {
      const Json& item = list.as_array()[i];
      const std::string here = pointer(at, std::to_string(i));
      FieldMeaning field;
      if (item.is_object() && item.as_object().size() == 1) {
        const auto& [name, role] = item.as_object().front();
        const auto own = role_from(role.text_or(""));
        if (!own) return bad("must be one of authority address payload setting", pointer(here, name));
        field = {name, *own};
        if (!seen.insert(name).second) return bad("names a field twice", here);
      } else {
        const std::string_view name = item.text_or("");
        const auto it = known.find(name);
        if (it == known.end()) return bad("must be a name that \"fields\" gives a role, or name: role", here);
        field = {it->first, it->second};
        if (!seen.insert(it->first).second) return bad("names a field twice", here);
      }
      if (field.name.empty() || field.name.size() > kNameBytesMax)
        return bad("must be a name of at most 256 bytes", here);
      out.push_back(std::move(field));
    }
    return {};
  }

  Result<ProductTool> tool(const std::string& name, const Json& entry, const FieldRoles& fields,
                           const ProductTool& usual, const std::string& at) const {
    static constexpr std::array<std::string_view, 5> kKeys = {"effect", "makes_new", "takes", "returns",
                                                              "readers"};
    TRY_STATUS(only(entry, kKeys, at));
    ProductTool out = usual;
    out.name = name;
    if (const Json* effect = entry.find("effect")) {
      const auto it = std::find_if(words_.effects.begin(), words_.effects.end(),
                                   [&](const auto& one) { return one.name == effect->text_or(""); });
      if (it == words_.effects.end()) {
        std::string all;
        for (const auto& one : words_.effects)
          (all += all.empty() ? "" : " ") += one.name;
        return bad("must be one of " + all, pointer(at, "effect"));
      }
      out.effect = static_cast<std::size_t>(it - words_.effects.begin());
    }
    if (const Json* makes_new = entry.find("makes_new")) {
      if (!makes_new->is_bool()) return bad("must be true or false", pointer(at, "makes_new"));
      out.makes_new = makes_new->as_bool();
    }
    if (const Json* list = entry.find("takes"))
      TRY_STATUS(takes(*list, fields, pointer(at, "takes"), out.fields));
    if (const Json* returns = entry.find("returns"))
      TRY_STATUS(source(*returns, pointer(at, "returns"), out.source));
    TRY_STATUS(choice(entry, "readers", at, audience_from, "nobody private listed public", out.readers));
    return out;
  }

  Status product(const Json& file) {
    static constexpr std::array<std::string_view, 10> kKeys = {
        "product", "title", "homepage", "agent", "servers", "match", "fields", "returns", "readers", "tools"};
    TRY_STATUS(only(file, kKeys, ""));
    Product out;
    out.id = file["product"].text_or("");
    if (!is_id(out.id) || out.id == "none")
      return bad("must be a name of a-z 0-9 - of at most 64 bytes, not \"none\"", "/product");
    out.title = out.id;
    TRY_STATUS(text(file, "title", "", out.title));
    TRY_STATUS(text(file, "homepage", "", out.homepage));
    TRY_STATUS(text(file, "agent", "", out.agent));
    TRY_STATUS(names(file, "servers", "", out.servers));
    for (auto& server : out.servers)
      server = to_lower_ascii(server);
    FieldRoles fields;
    if (const Json* roles_of = file.find("fields")) TRY_STATUS(roles(*roles_of, "/fields", fields));
    ProductTool usual;
    if (const Json* returns = file.find("returns")) TRY_STATUS(source(*returns, "/returns", usual.source));
    TRY_STATUS(choice(file, "readers", "", audience_from, "nobody private listed public", usual.readers));
    const Json& tools = file["tools"];
    if (!tools.is_object() || tools.as_object().empty()) return bad("must be a map of tools", "/tools");
    if (tools.as_object().size() > kToolsMax)
      return bad("has more than 1024 tools", "/tools", ErrorCode::limit);
    for (const auto& [name, entry] : tools.as_object()) {
      TRY(ProductTool one, tool(name, entry, fields, usual, pointer("/tools", name)));
      out.tools.push_back(std::move(one));
    }
    std::sort(out.tools.begin(), out.tools.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    const std::int64_t match = file["match"].int_or(static_cast<std::int64_t>(kMatchDefault));
    if (match < 2 || (file.has("match") && !file["match"].is_int()))
      return bad("must be a number of at least 2", "/match");
    out.match = static_cast<std::size_t>(match);
    keep(std::move(out));
    return {};
  }

  void keep(Product product) {
    const auto it = std::lower_bound(out_.products_.begin(), out_.products_.end(), product.id,
                                     [](const Product& one, const std::string& id) { return one.id < id; });
    if (it != out_.products_.end() && it->id == product.id)
      *it = std::move(product);
    else
      out_.products_.insert(it, std::move(product));
  }

  Status settings(const Json& file) {
    static constexpr std::array<std::string_view, 3> kKeys = {"servers", "tools", "trusted"};
    TRY_STATUS(only(file, kKeys, ""));
    if (const Json* servers = file.find("servers")) TRY_STATUS(server_names(*servers));
    if (const Json* tools = file.find("tools")) {
      if (!tools->is_object()) return bad("must be a map of tools", "/tools");
      for (const auto& [key, entry] : tools->as_object()) {
        if (out_.overrides_.size() >= kToolsMax)
          return bad("has more than 1024 tools", "/tools", ErrorCode::limit);
        TRY(ProductTool one, tool(key, entry, {}, {}, pointer("/tools", key)));
        out_.overrides_.insert_or_assign(key, std::move(one));
      }
    }
    if (const Json* trusted = file.find("trusted")) TRY_STATUS(trust(*trusted));
    return {};
  }

  Status server_names(const Json& servers) {
    if (!servers.is_object()) return bad("must be a map of server names to products", "/servers");
    if (servers.as_object().size() > kNamesMax)
      return bad("has more than 4096 names", "/servers", ErrorCode::limit);
    for (const auto& [server, id] : servers.as_object()) {
      const std::string at = pointer("/servers", server);
      if (server.empty() || server.starts_with('@') || server.find('/') != std::string::npos)
        return bad("is no name of a server", at);
      if (!is_id(id.text_or(""))) return bad("must be the name of a product, or none", at);
      out_.servers_.insert_or_assign(server, id.as_string());
    }
    return {};
  }

  Status trust(const Json& trusted) {
    static constexpr std::array<std::string_view, 2> kKeys = {"domains", "authors"};
    TRY_STATUS(only(trusted, kKeys, "/trusted"));
    std::vector<std::string> domains;
    TRY_STATUS(names(trusted, "domains", "/trusted", domains));
    for (const auto& domain : domains) {
      std::string_view rest = domain;
      if (rest.starts_with("*.")) rest.remove_prefix(2);
      const bool plain =
          rest.find('.') != std::string_view::npos && rest.find_first_of("*/:@ ") == std::string_view::npos;
      if (!plain) return bad("must be names like example.com or *.example.com", "/trusted/domains");
      out_.domains_.push_back(to_lower_ascii(domain));
    }
    const Json* authors = trusted.find("authors");
    if (authors == nullptr) return {};
    if (!authors->is_object())
      return bad("must be a map of products to lists of authors", "/trusted/authors");
    for (const auto& [product, list] : authors->as_object()) {
      std::vector<std::string> named;
      TRY_STATUS(names(*authors, product, "/trusted/authors", named));
      for (const auto& author : named)
        out_.authors_[product].push_back(to_lower_ascii(author));
    }
    return {};
  }

  const Products::File& file_;
  const Words& words_;
  Products& out_;
};

Result<Products> Products::read(std::span<const File> files, const Words& words) {
  if (files.size() > kFilesMax)
    return fail(ErrorCode::limit, "more than 256 files describe tools", std::string(files[kFilesMax].name),
                "put several products into the settings of one");
  Products out;
  for (const auto& file : files)
    TRY_STATUS(ProductsReader(file, words, out).read());
  // A setting that names nothing would pass for one that holds.
  for (const auto& [server, id] : out.servers_)
    if (id != "none" && out.product(id) == nullptr)
      return fail(ErrorCode::invalid,
                  "server \"" + printable(server, kNameBytesMax) + "\" is said to be \"" + id +
                      "\", which no file describes",
                  "servers",
                  "`weir flow tools --products` lists them; \"none\" says that it is none of them");
  return out;
}

}  // namespace weir::flow
