#include "jsonschema/reference.h"

#include <gtest/gtest.h>

namespace weir::jsonschema {
namespace {

// RFC 3986 sections 5.4.1 and 5.4.2.
TEST(Reference, ResolvesAsTheStandardSays) {
  const std::pair<const char*, const char*> rows[] = {
      {"g:h", "g:h"},
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {";x", "http://a/b/c/;x"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {"..g", "http://a/b/c/..g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
  };
  for (const auto& [reference, expected] : rows)
    EXPECT_EQ(resolve("http://a/b/c/d;p?q", reference), expected) << reference;
  EXPECT_EQ(resolve("http://a", "b"), "http://a/b");
  EXPECT_EQ(resolve("urn:uuid:1", "#x"), "urn:uuid:1#x");
  EXPECT_EQ(resolve("", "a/b#c"), "a/b#c");
}

TEST(Reference, FragmentsAreDecoded) {
  const auto address = split_fragment("a.json#/%24defs/a%25b%zz");
  EXPECT_EQ(address.document, "a.json");
  EXPECT_EQ(address.fragment, "/$defs/a%b%zz");
}

TEST(Reference, Pointers) {
  EXPECT_EQ(pointer_tokens("")->size(), 0u);
  EXPECT_EQ(*pointer_tokens("/a~1b/m~0n//"), (std::vector<std::string>{"a/b", "m~n", "", ""}));
  EXPECT_FALSE(pointer_tokens("a"));
  EXPECT_FALSE(pointer_tokens("/~"));
  EXPECT_FALSE(pointer_tokens("/~2"));
  EXPECT_EQ(pointer_token("a/~b"), "a~1~0b");
}

}  // namespace
}  // namespace weir::jsonschema
