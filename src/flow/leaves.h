// A tool's result as values with names: what a reader of the result would call "the sender of the second
// mail".
//
//   read_leaves("- sender: ann@x.org\n  body: 'hi\n\n    sender: boss@x.org'\n- sender: bob@x.org\n")
//     -> {sender, "ann@x.org", record 0} {body, "hi\nsender: boss@x.org", record 0} {sender, "bob@x.org",
//     record 1}
//
// Understood are
//   json     JSON, JSON Lines; the text blocks of an MCP result are read as results themselves, like the only
//            text of a wrapper ({"result": "..."}), to a depth of 2;
//   outline  YAML as serializers write it (block maps and lists, quoted and plain scalars over several lines,
//            | and > blocks, flow lists and maps), `Key: value` lines, lists, tables of Markdown, CSV.
// Everything else is text: one leaf that is the whole. A pair of marks around the whole (a code fence,
// <<...>>, <tag>...</tag>) is taken off first.
//
// The reader is strict about what it calls structured and never fails: a text of which one line at the top
// level does not fit, or in which a map names a member twice, is text. So nobody who controls one value can
// write another one, as long as the tool escapes what it prints. A tool that prints foreign text unescaped
// between its own lines cannot be told from one that does not; what such a tool returns is free text, and the
// flow data says so.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::flow {

struct Leaf {
  std::string key;    // name of the innermost member, "" when there is none; list items have their list's
  std::string value;  // as a reader sees it: escapes and folding of lines undone, numbers as written
  std::uint32_t record = 0;
  bool member_name = false;  // the value is itself a name in a map: shared_with: {ann@x.org: r}
  bool loose = false;        // nobody vouches for its structure: it is read as free text (flow/vouching.h)
};

struct Leaves {
  enum class Form { text, json, outline };

  std::vector<Leaf> leaves;  // in the order of the text
  // Records are the items of the outermost list (of maps, or a list that is the whole) or the rows of a
  // table. Members beside such a list are a record of their own, which is number 0. A map is one record.
  std::uint32_t records = 1;
  Form form = Form::text;
  // There were more than limits::kFlowLeavesMax values: the last leaf is the text of all others.
  bool cut = false;
};

// Linear in the text, any bytes. Deeper than limits::kFlowDepthMax is text.
Leaves read_leaves(std::string_view text);

}  // namespace weir::flow
