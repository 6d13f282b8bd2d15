#include "gateway/request_scope.h"

#include <gtest/gtest.h>

namespace weir::gateway {
namespace {

TEST(RequestScope, AStarStandsForAnyText) {
  EXPECT_TRUE(path_matches("/repos/*", "/repos/a/b"));
  EXPECT_TRUE(path_matches("/repos/*/issues", "/repos/a/b/issues"));
  EXPECT_TRUE(path_matches("*", "/"));
  EXPECT_TRUE(path_matches("/a", "/a"));
  EXPECT_FALSE(path_matches("/repos/*", "/repos"));
  EXPECT_FALSE(path_matches("/repos/*", "/REPOS/a"));
  EXPECT_FALSE(path_matches("/a", "/ab"));
  EXPECT_FALSE(path_matches("/*/b*c", "/a/bd"));
  EXPECT_TRUE(path_matches("*a*a*a*a*a*a*b", std::string(3000, 'a') + "b"));
}

TEST(RequestScope, ListsThatAreEmptyMeanAll) {
  EXPECT_TRUE(any_path_matches({}, "/x"));
  EXPECT_FALSE(any_path_matches({"/y"}, "/x"));
  EXPECT_TRUE(any_method({}, "POST"));
  EXPECT_FALSE(any_method({"GET"}, "get"));
}

TEST(RequestScope, APathThatServersReadDifferentlyIsAmbiguous) {
  for (const char* path : {"/a/../b", "/a/..", "/a/./b", "/a/%2e%2e/b", "/a/%2E./b", "/a/%252e%252e/b",
                           "/a/..;x=1/b", "/a\\b", "/a%5cb", "/a//b", "/a%2f%2e%2e%2fb", "/a%00", "/a%0ab"})
    EXPECT_TRUE(ambiguous_path(path)) << path;
  for (const char* path :
       {"/", "/a/b", "/a%2Fb", "/a..b", "/...", "/a%20b", "/%", "/%zz", "/a/b/", "/v1/%C3%A4"})
    EXPECT_FALSE(ambiguous_path(path)) << path;
}

TEST(RequestScope, TheShapeOfAPathNamesNobody) {
  EXPECT_EQ(path_shape("/v1/messages?beta=true"), "/v1/messages");
  EXPECT_EQ(path_shape("/repos/ann/project/issues/17"), "/repos/ann/project/issues/*");
  EXPECT_EQ(path_shape("/users/0190f7b2-6b1e"), "/users/*");
  EXPECT_EQ(path_shape("/a/b/c/d/e/f/g/h"), "/a/b/c/d/e/f/…");
  EXPECT_EQ(path_shape("/"), "/");
  EXPECT_EQ(path_shape("*"), "*");
}

}  // namespace
}  // namespace weir::gateway
