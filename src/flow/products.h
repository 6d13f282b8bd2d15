// What is known of the tools of real products, and what the user says of the tools of this machine:
// content/flow/*.yaml and ~/.config/weir/flow/*.yaml (docs/formats/flow-tools.md).
//
//   TRY(const auto products, Products::read(files, words));
//   const Known known = products.find("github/issue_write");      // an MCP server's tool as the guard calls
//   it known.product->id → "github";   known.confirmed → false apply(known, words, meaning); // meaning_of()
//   with what is known instead
//
// A server chooses the names of its tools, and who configures it chooses its own, so neither proves what it
// is. A product that is only recognised by such names is *guessed*: its effects and the roles of its fields
// are used, which a server that lies could have had by naming its tools and fields so; and whatever makes
// Weir more cautious. What would make Weir trust a result (integrity, authors, members that are values) or
// think a sink narrow counts only when it is *confirmed*: the user said which server is which product, or the
// tool is an agent's own.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flow/meaning.h"

namespace weir::flow {

struct ProductTool {
  std::string name;
  std::optional<std::size_t> effect;  // of Words::effects; nullopt: by the words of its name
  std::optional<bool> makes_new;      // nullopt: as the effect
  std::vector<FieldMeaning> fields;
  Source source;
  Audience readers = Audience::unknown;
};

struct Product {
  std::string id;  // "github"
  std::string title;
  std::string homepage;              // where its tools are published
  std::string agent;                 // "claude-code": these are that agent's own tools; "": an MCP server's
  std::vector<std::string> servers;  // names that people configure it by, lower case
  std::size_t match = 0;             // tools of a server's list that must fit for it to be recognised
  std::vector<ProductTool> tools;    // by name

  const ProductTool* tool(std::string_view name) const;  // nullptr: not one of its tools
};

// What is known of one tool; all empty when nothing is.
struct Known {
  const Product* product = nullptr;
  const ProductTool* tool = nullptr;      // of `product`
  const ProductTool* override = nullptr;  // what the user says of this very tool
  bool confirmed = false;                 // the user, or the agent itself, says that it is this product
};

class Products {
 public:
  struct File {
    std::string_view name;
    std::string_view text;
  };

  // Later files come after earlier ones in right: a product of the same id, or a setting of the same name, is
  // replaced. Errors: invalid with file, line and what is wanted there; limit.
  static Result<Products> read(std::span<const File> files, const Words& words);

  // A tool as the guard calls it: "server/tool", "@agent/tool" for an agent's own, "tool" where no server is
  // known.
  Known find(std::string_view key) const;

  // Of a list of tools as a server gives it: each product of which at least `match` tools stand there, with
  // at least half of the fields that are known of them; those with most tools first. Never confirmed.
  std::vector<const Product*> recognised(std::span<const ToolDescription> tools) const;

  // Whether the tool is one of an agent's own that something is known of.
  bool native(std::string_view agent, std::string_view tool) const;

  // Who and what the user trusts. An author is compared whole, without regard to case; "@example.com" trusts
  // every address of that domain. An address must be https and have no user part; "*.example.com" trusts what
  // is below, "example.com" that host alone.
  bool trusts_author(std::string_view product, std::string_view author) const;
  bool trusts_address(std::string_view url) const;
  // Commit authors that the user trusts stand under `commits`; while none does, nobody asks who committed
  // what.
  bool names_commit_authors() const { return authors_.contains(kCommits); }
  bool trusts_commits_of(std::string_view address) const { return trusts_author(kCommits, address); }

  static constexpr std::string_view kCommits = "commits";

  const std::vector<Product>& all() const { return products_; }
  const Product* product(std::string_view id) const;
  const std::map<std::string, std::string, std::less<>>& servers() const { return servers_; }
  const std::map<std::string, ProductTool, std::less<>>& overrides() const { return overrides_; }

 private:
  friend class ProductsReader;

  std::vector<Product> products_;                              // by id
  std::map<std::string, std::string, std::less<>> servers_;    // configured name → product, or "none"
  std::map<std::string, ProductTool, std::less<>> overrides_;  // by key
  std::vector<std::string> domains_;
  std::map<std::string, std::vector<std::string>, std::less<>> authors_;  // by product, lower case
};

// Puts what is known into what words and description say.
void apply(const Known& known, const Words& words, ToolMeaning& meaning);

// How far the free text of a result can be trusted, `usual` being how far it can when nothing is known.
Integrity integrity_of(const ToolMeaning& meaning, const Json& input, const Products& products,
                       const Words& words, Integrity usual);

// By number of record, whether the user trusts everybody whom the record names as its author: none for
// anything but JSON, which alone keeps what it quotes apart from what it says. Empty: no record.
std::vector<bool> vouched_records(const ToolMeaning& meaning, const Leaves& leaves, const Products& products);

}  // namespace weir::flow
