// The descriptions that ship: complete, unambiguous, and made for products, not for a benchmark.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/bytes.h"
#include "flow/tool_book.h"
#include "flow_support.h"

namespace weir::flow {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<std::pair<std::string, std::string>> shipped_files() {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& entry : fs::directory_iterator(WEIR_SOURCE_DIR "/content/flow"))
    if (entry.path().filename() != "words.yaml")
      files.emplace_back(entry.path().filename(), text_of(entry.path()));
  std::sort(files.begin(), files.end());
  return files;
}

const Products& shipped() {
  static const auto files = shipped_files();
  static const Products products = [] {
    std::vector<Products::File> views;
    for (const auto& [name, text] : files)
      views.push_back({name, text});
    auto read = Products::read(views, *words());
    EXPECT_TRUE(read) << read.error().message();
    return read ? *std::move(read) : Products();
  }();
  return products;
}

TEST(ShippedProducts, AreRead) {
  EXPECT_GE(std::count_if(shipped().all().begin(), shipped().all().end(),
                          [](const auto& one) { return one.agent.empty(); }),
            25);
  for (const char* agent : {"claude-code", "codex", "gemini-cli"})
    EXPECT_NE(shipped().product(agent), nullptr) << agent;
  EXPECT_TRUE(shipped().servers().empty()) << "what a server is only its user can say";
  EXPECT_TRUE(shipped().overrides().empty());
}

TEST(ShippedProducts, SayWhoTheyAre) {
  std::set<std::string> names;
  for (const auto& one : shipped().all()) {
    EXPECT_FALSE(one.homepage.empty()) << one.id;
    EXPECT_NE(one.servers.empty(), one.agent.empty()) << one.id;
    for (const auto& server : one.servers)
      EXPECT_TRUE(names.insert(to_lower_ascii(server)).second) << server << " is the name of two products";
    for (const auto& tool : one.tools) {
      EXPECT_TRUE(tool.effect) << one.id << ' ' << tool.name;
      EXPECT_NE(tool.source.kind, "") << one.id << ' ' << tool.name;
    }
  }
}

// What only reads, and what somebody else gets to see, decides most: a few of each by hand.
TEST(ShippedProducts, MeanWhatTheyDo) {
  ToolBook book(words(), std::make_shared<const Products>(shipped()));
  EXPECT_TRUE(book.meaning("playwright/browser_click").changes);
  EXPECT_FALSE(book.meaning("playwright/browser_snapshot").changes);
  EXPECT_EQ(book.meaning("slack/conversations_add_message").effect, "send");
  EXPECT_EQ(book.meaning("github/create_gist").readers, Audience::everyone);
  EXPECT_EQ(book.meaning("github/issue_write").role("body", *words()), Role::payload);
  EXPECT_EQ(book.meaning("github/issue_write").role("repo", *words()), Role::authority);
  EXPECT_EQ(book.meaning("fetch/fetch").role("url", *words()), Role::address);
  EXPECT_EQ(book.meaning("postgres/query").effect, "run");
  EXPECT_EQ(book.meaning("gmail/create_filter").effect, "send");
  EXPECT_EQ(book.meaning("@claude-code/WebFetch").source.kind, "web");
  EXPECT_EQ(book.meaning("github/get_secret_scanning_alert").source.confidentiality, Confidentiality::secret);
}

// Nothing that a server may call itself makes its words the user's.
TEST(ShippedProducts, TrustNobodyByName) {
  for (const auto& one : shipped().all())
    for (const auto& server : one.servers)
      for (const auto& tool : one.tools) {
        ToolMeaning meaning;
        apply(shipped().find(server + '/' + tool.name), *words(), meaning);
        EXPECT_FALSE(meaning.confirmed) << server << '/' << tool.name;
        EXPECT_EQ(meaning.source.integrity.value_or(Integrity::untrusted), Integrity::untrusted);
        EXPECT_TRUE(meaning.source.author.empty() && meaning.source.values.empty());
        EXPECT_GE(meaning.readers, Audience::listed);
      }
}

// The rooms that follow the flow of data are measured on recorded runs: nothing here may be made for those.
TEST(ShippedProducts, NameNoToolOfTheRecordedRuns) {
  const fs::path recorded = WEIR_SOURCE_DIR "/../shared/data/agentdojo_tools.dev.json";
  if (!fs::exists(recorded)) GTEST_SKIP() << "no recorded runs beside the checkout";
  const Json suites = parse_json(text_of(recorded)).value();
  std::set<std::string, std::less<>> names;
  for (const auto& [suite, tools] : suites.as_object())
    for (const auto& tool : tools.as_array())
      names.emplace(tool["name"].text_or(""));
  ASSERT_GT(names.size(), 20U);
  for (const auto& entry : fs::directory_iterator(WEIR_SOURCE_DIR "/content/flow")) {
    const std::string text = text_of(entry.path());
    const auto is_word = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
    };
    for (std::size_t i = 0; i < text.size();) {
      std::size_t end = i;
      while (end < text.size() && is_word(text[end]))
        ++end;
      EXPECT_FALSE(names.contains(std::string_view(text).substr(i, end - i)))
          << entry.path().filename() << " names " << text.substr(i, end - i);
      i = end + 1;
    }
  }
}

}  // namespace
}  // namespace weir::flow
