#include "flow/tool_book.h"

#include <utility>

#include "base/limits.h"

namespace weir::flow {

ToolBook::ToolBook(std::shared_ptr<const Words> words, std::shared_ptr<const Products> products)
    : words_(std::move(words)), products_(std::move(products)) {
  if (products_ == nullptr) products_ = std::make_shared<const Products>();
}

void ToolBook::describe(const std::vector<ToolDescription>& tools) {
  const auto recognised = products_->recognised(tools);
  for (const auto& tool : tools) {
    if (meanings_.size() >= limits::kFlowToolsMax && !meanings_.contains(tool.name)) continue;
    ToolMeaning meaning = meaning_of(tool, *words_);
    Known known = products_->find(tool.name);
    for (std::size_t i = 0; i < recognised.size() && known.tool == nullptr; ++i) {
      known.tool = recognised[i]->tool(tool.name);
      if (known.tool != nullptr) known.product = recognised[i];
    }
    apply(known, *words_, meaning);
    meanings_.insert_or_assign(tool.name, std::move(meaning));
  }
}

const ToolMeaning& ToolBook::meaning(std::string_view tool) {
  if (const auto it = meanings_.find(tool); it != meanings_.end()) return it->second;
  if (meanings_.size() >= limits::kFlowToolsMax) meanings_.clear();
  std::string key(tool);
  // A server's name says nothing of its tool: "mail/list_folders".
  ToolMeaning meaning = meaning_of({key.substr(key.rfind('/') + 1), {}, Json()}, *words_);
  apply(products_->find(key), *words_, meaning);
  return meanings_.emplace(std::move(key), std::move(meaning)).first->second;
}

}  // namespace weir::flow
