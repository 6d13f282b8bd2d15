// The formatter: policies laid out as the official `cedar format` lays them out, with every comment kept.
//
//   permit(principal,action==Action::"view",resource)   permit (
//   when{principal.age>17&&resource.open}; // adults      principal,
//                                                         action == Action::"view",
//                                                         resource
//                                                       )
//                                                       when { principal.age > 17 && resource.open }; //
//                                                       adults
//
// Names, strings, numbers and parentheses stay as written; only white space changes, and trailing commas go.
// A comment stays behind the token that it followed on its line, or on lines of its own before the next one.
// Formatting twice changes nothing more.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::cedar {

struct FormatOptions {
  int width_columns = 80;  // lines are broken where they would be longer, if they can be; 1 to 10,000
  int indent_columns = 2;  // of what is nested; 0 to 16
};

// Errors: the first mistake of the text, at "name:line:column"; options out of range.
Result<std::string> format_policies(std::string_view text, const FormatOptions& options = {},
                                    std::string_view name = {});

}  // namespace weir::cedar
