// What the tools of one session mean: from lists that servers gave, from what is known of products, else from
// their names. Bounded; what is forgotten is learnt again when it is used.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "flow/meaning.h"
#include "flow/products.h"
#include "flow/words.h"

namespace weir::flow {

class ToolBook {
 public:
  // `products` may be null: nothing is known then but words.
  ToolBook(std::shared_ptr<const Words> words, std::shared_ptr<const Products> products);

  // Tools by their descriptions; a tool of the same name is replaced.
  void describe(const std::vector<ToolDescription>& tools);

  // A tool as the guard calls it (Products::find). The reference holds until the next call.
  const ToolMeaning& meaning(std::string_view tool);

  const Words& words() const { return *words_; }
  const Products& products() const { return *products_; }

 private:
  std::shared_ptr<const Words> words_;
  std::shared_ptr<const Products> products_;
  std::map<std::string, ToolMeaning, std::less<>> meanings_;
};

}  // namespace weir::flow
