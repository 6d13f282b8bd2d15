// JSON as leaves: one document, JSON Lines, and results of MCP whose texts are results again.
#include <algorithm>
#include <utility>

#include "base/json_view.h"
#include "flow/leaves_tree.h"

namespace weir::flow {

namespace {

constexpr std::size_t kTextDepthMax = 2;  // JSON in a text in JSON
constexpr JsonLimits kLimits{.bytes_max = limits::kJsonBytesMax, .depth_max = limits::kFlowDepthMax};

std::string number_text(JsonView view) {
  return view.is_int() ? std::to_string(view.int_or(0)) : compact(view.to_json());
}

void scalar(JsonView view, std::string_view key, Tree& tree) {
  if (view.is_null()) return;
  std::string_view value = view.text_or("");
  if (view.is_bool()) value = view.bool_or(false) ? "true" : "false";
  if (view.is_number()) value = tree.keep(number_text(view));
  if (!tree.full()) return tree.scalar(key, value);
  tree.cut = true;
  (tree.rest += value) += '\n';
}

// Recursion is bounded by the depth that the parser lets through.
void convert(JsonView view, std::string_view key, Tree& tree) {
  if (!view.is_object() && !view.is_array()) return scalar(view, key, tree);
  const bool kept = !tree.full();
  std::size_t node = 0;
  if (kept) node = tree.open(view.is_object() ? Node::Kind::map : Node::Kind::list, key);
  for (const auto& [name, value] : view.members()) {
    if (!kept) (tree.rest += name) += '\n';
    convert(value, name, tree);
  }
  for (const JsonView item : view.items())
    convert(item, "", tree);
  if (kept) tree.close(node);
}

Leaves leaves_of_view(JsonView view) {
  Tree tree;
  convert(view, "", tree);
  return leaves_of(tree, 0, Leaves::Form::json);
}

// What one tool returned in several parts, as one result.
void append(Leaves& out, bool& first, Leaves part) {
  const std::uint32_t before = first ? 0 : out.records;
  if (first)
    out.form = part.form;
  else if (part.form == Leaves::Form::text)
    out.form = Leaves::Form::text;
  first = false;
  for (Leaf& leaf : part.leaves) {
    leaf.record += before;
    if (out.leaves.size() < limits::kFlowLeavesMax) {
      out.leaves.push_back(std::move(leaf));
    } else {
      if (!std::exchange(out.cut, true))
        out.leaves.back() = {"", std::move(out.leaves.back().value), leaf.record};
      (out.leaves.back().value += '\n') += leaf.value;
    }
  }
  out.records = before + part.records;
  out.cut = out.cut || part.cut;
}

// The content blocks of a CallToolResult (MCP 2025-11-25, server/tools), also without the object around them.
bool is_content(JsonView list) {
  bool any = false;
  for (const JsonView block : list.items()) {
    if (!block["type"].is_string()) return false;
    if (block["type"].text_or("") == "text" && !block["text"].is_string()) return false;
    any = any || block["type"].text_or("") == "text";
  }
  return any;
}

bool is_call_result(JsonView root) {
  if (!is_content(root["content"])) return false;
  for (const auto& [name, value] : root.members())
    if (name != "content" && name != "isError" && name != "structuredContent" && name != "_meta")
      return false;
  return true;
}

void read_content(JsonView content, std::size_t depth, Leaves& out, bool& first) {
  for (const JsonView block : content.items())
    if (block["type"].text_or("") == "text")
      append(out, first, read_leaves_at(block["text"].text_or(""), depth + 1));
    else
      append(out, first, leaves_of_view(block));
}

// The only text of a document that is nothing else: "..." or {"result": "..."}.
JsonView only_text(JsonView root) {
  if (root.is_string()) return root;
  JsonView only;
  std::size_t members = 0;
  for (const auto& [name, value] : root.members()) {
    only = value;
    if (++members > 1) return {};
  }
  return only.is_string() ? only : JsonView();
}

Leaves read_document(JsonView root, std::size_t depth) {
  Leaves out;
  bool first = true;
  if (depth < kTextDepthMax) {
    const bool result = is_call_result(root);
    if (result || is_content(root)) {
      read_content(result ? root["content"] : root, depth, out, first);
      if (!root["structuredContent"].is_null()) append(out, first, leaves_of_view(root["structuredContent"]));
      return out;
    }
    if (const JsonView text = only_text(root); text.is_string()) {
      out = read_leaves_at(text.text_or(""), depth + 1);
      if (out.form != Leaves::Form::text) return out;
    }
  }
  return leaves_of_view(root);
}

// Each line a document that is an object or a list: each is a record.
bool read_lines(std::string_view text, Tree& tree) {
  const std::size_t root = tree.open(Node::Kind::list, "");
  JsonDocument document;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto view = document.parse(line, kLimits);
    if (!view || (!view->is_object() && !view->is_array())) return false;
    const std::size_t before = tree.nodes.size();
    convert(*view, "", tree);
    // The document is parsed into again: what the nodes show must outlive it.
    for (std::size_t i = before; i < tree.nodes.size(); ++i) {
      Node& node = tree.nodes[i];
      if (!node.key.empty()) node.key = tree.keep(std::string(node.key));
      if (!node.value.empty()) node.value = tree.keep(std::string(node.value));
    }
  }
  tree.close(root);
  return tree.nodes.size() > root + 1;
}

}  // namespace

bool read_json(std::string_view text, std::size_t depth, Leaves& out) {
  JsonDocument document;
  if (const auto root = document.parse(text, kLimits)) {
    out = read_document(*root, depth);
    return true;
  }
  if (text.find('\n') == std::string_view::npos) return false;
  Tree tree;
  if (!read_lines(text, tree)) return false;
  out = leaves_of(tree, 0, Leaves::Form::json);
  return true;
}

}  // namespace weir::flow
