#include "flow/plan.h"

#include <algorithm>
#include <array>
#include <vector>

#include "flow/fold.h"
#include "flow/shape.h"

namespace weir::flow {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

// A sentence or a part of one that stands by itself. A full stop inside "example.com" ends nothing.
std::vector<std::string> clauses_of(std::string_view text) {
  std::vector<std::string> clauses;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const bool end = i == text.size();
    const bool stop = !end && text[i] == '.' && (i + 1 == text.size() || is_blank(text[i + 1]));
    const bool breaks = !end && (text[i] == ';' || text[i] == '!' || text[i] == '?' || text[i] == '\n');
    if (!end && !stop && !breaks) continue;
    if (std::string clause = fold(text.substr(begin, i - begin)); !clause.empty())
      clauses.push_back(std::move(clause));
    begin = i + 1;
  }
  return clauses;
}

// Without texts in quotation marks that are longer than a name.
std::string without_quotations(std::string_view text) {
  constexpr std::size_t kQuotationMin = 12;
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char mark = text[i];
    const bool opens = (mark == '\'' || mark == '"') && (i == 0 || !is_letter_or_digit(text[i - 1]));
    const auto close = opens ? text.find(mark, i + 1) : std::string_view::npos;
    if (close != std::string_view::npos && close - i > kQuotationMin) {
      out += ' ';
      i = close;
    } else {
      out += mark;
    }
  }
  return out;
}

// Words and the marks between them: "find", "it", ",", "and", "send".
std::vector<std::string> tokens_of(std::string_view clause) {
  std::vector<std::string> tokens;
  bool inside = false;
  for (const char c : clause) {
    const bool mark = c == ',' || c == ':' || c == '(' || c == ')';
    const bool part = is_letter_or_digit(c) || c == '@' || c == '.' || c == '_' || c == '-' || c == '\'';
    if (mark) tokens.emplace_back(1, c);
    if (part && !inside) tokens.emplace_back();
    if (part) tokens.back() += c;
    inside = part;
  }
  for (auto& token : tokens) {
    while (!token.empty() && (token.back() == '.' || token.back() == '\''))
      token.pop_back();
    while (token.starts_with('\''))
      token.erase(0, 1);
  }
  std::erase(tokens, "");
  return tokens;
}

bool is_number(std::string_view token) {
  return !token.empty() &&
         std::all_of(token.begin(), token.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// An order may follow this word.
bool leads(const std::string& token, const Words& words) {
  constexpr std::string_view kMarks = ",:()";
  return words.before.contains(token) || is_number(token) || token.ends_with("ly") ||
         (token.size() == 1 && kMarks.find(token[0]) != std::string_view::npos);
}

// "posted" and "posts" tell what somebody did or does.
bool tells(const std::string& token) {
  return token.ends_with("ed") || (token.ends_with('s') && !token.ends_with("ss"));
}

void read_orders(const std::vector<std::string>& tokens, const Words& words, WordSet& orders) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool behind_each = i > 1 && words.each.contains(tokens[i - 2]);
    if (i > 0 && !leads(tokens[i - 1], words) && !behind_each) continue;
    if (!tells(tokens[i])) orders.insert(stem(tokens[i]));
  }
}

bool names_link(const std::vector<std::string>& tokens, const Words& words) {
  constexpr std::array<std::string_view, 4> kPages = {"page", "pages", "site", "sites"};
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (words.links.contains(tokens[i])) return true;
    if (tokens[i] == "web" && i + 1 < tokens.size() &&
        std::find(kPages.begin(), kPages.end(), tokens[i + 1]) != kPages.end())
      return true;
  }
  return false;
}

// "the tasks in the email" but not "the following tasks in the order they are given".
bool sends_on_errand(std::string_view clause, const Words& words) {
  const auto tokens = tokens_of(clause);
  const bool here = std::any_of(words.here.begin(), words.here.end(),
                                [&](const auto& phrase) { return contains_value(clause, phrase); });
  if (here) return false;
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if (words.errands.contains(tokens[i]))
      return std::any_of(tokens.begin() + static_cast<std::ptrdiff_t>(i) + 1, tokens.end(),
                         [&](const auto& token) { return words.elsewhere.contains(token); });
  return false;
}

bool any_of_words(const std::vector<std::string>& tokens, const WordSet& words) {
  return std::any_of(tokens.begin(), tokens.end(), [&](const auto& token) { return words.contains(token); });
}

bool orders_it(const WordSet& orders, const Effect& effect) {
  return std::any_of(effect.asked.begin(), effect.asked.end(),
                     [&](const auto& word) { return orders.contains(word); });
}

}  // namespace

bool Plan::asks_for(const Effect& effect) const {
  return effects.contains(effect.name) || orders_it(orders, effect);
}

bool Plan::only_planned(const Effect& effect) const {
  return effects.contains(effect.name) && !orders_it(orders, effect);
}

Plan read_plan(std::string_view prompts, const Words& words) {
  Plan plan;
  plan.text = fold(prompts);
  for (const auto& clause : clauses_of(without_quotations(prompts)))
    read_orders(tokens_of(clause), words, plan.orders);
  for (const auto& clause : clauses_of(prompts)) {
    const auto tokens = tokens_of(clause);
    if (names_link(tokens, words) && values_of_shape(clause, Shape::address).empty())
      plan.follows_links = true;
    plan.errands = plan.errands || sends_on_errand(clause, words);
    plan.wants_link = plan.wants_link || any_of_words(tokens, words.link_words);
    plan.many = plan.many || any_of_words(tokens, words.many);
  }
  return plan;
}

}  // namespace weir::flow
