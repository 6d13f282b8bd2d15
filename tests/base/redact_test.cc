// What redact() must hide, and what must stay readable.
#include "base/redact.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir {
namespace {

struct Case {
  std::string text;
  std::string shown;
};

// Put together at run time, so that no scanner of repositories takes them for leaked ones.
const std::string kGithub = std::string("gh") + "p_" + std::string(36, 'a');
const std::string kAws = std::string("AK") + "IA" + "ABCDEFGHIJKLMNOP";

TEST(Redact, HidesSecretsByPlaceAndByMark) {
  const std::vector<Case> cases = {
      {"export TOKEN=" + kGithub, "export TOKEN=[redacted]"},
      {"echo " + kGithub + " | cat", "echo ghp_[redacted] | cat"},
      {"aws configure set x " + kAws, "aws configure set x AKIA[redacted]"},
      {"curl -H 'Authorization: Bearer abc.def-1234' https://h/",
       "curl -H 'Authorization: Bearer [redacted]' https://h/"},
      {"curl -H \"Authorization: Basic dTpw\" h", "curl -H \"Authorization: Basic [redacted]\" h"},
      {"curl -H 'X-Api-Key: 12345' h", "curl -H 'X-Api-Key: [redacted]' h"},
      {"curl -H 'Cookie: a=b; c=d' h", "curl -H 'Cookie: [redacted]' h"},
      {"curl -u user:hunter2 https://h", "curl -u user:[redacted] https://h"},
      {"git clone https://user:hunter2@host/x.git", "git clone https://user:[redacted]@host/x.git"},
      {"git clone https://0123456789abcdef0123@host/x", "git clone https://[redacted]@host/x"},
      {"psql postgres://app:p@ss@db:5432/x", "psql postgres://app:[redacted]@db:5432/x"},
      {"login --password hunter2 --user me", "login --password [redacted] --user me"},
      {"login --password=hunter2", "login --password=[redacted]"},
      {"login --token 'a b'", "login --token '[redacted]'"},
      {"mysql -u root -phunter2 db", "mysql -u root -p[redacted] db"},
      {"cd x && sshpass -p hunter2 ssh h", "cd x && sshpass -p [redacted] ssh h"},
      {"docker login -u me -p hunter2 host", "docker login -u me -p [redacted] host"},
      {"PGPASSWORD=hunter2 psql", "PGPASSWORD=[redacted] psql"},
      {"AWS_SECRET_ACCESS_KEY=\"a/b+c\" aws s3 ls", "AWS_SECRET_ACCESS_KEY=\"[redacted]\" aws s3 ls"},
      {R"({"apiKey":"abc","n":1})", R"({"apiKey":"[redacted]","n":1})"},
      {R"({"cmd":"export DB_PASSWORD=\"a b\"; ls"})", R"({"cmd":"export DB_PASSWORD=\"[redacted]\"; ls"})"},
      {"https://h/x?access_token=abc123&y=1", "https://h/x?access_token=[redacted]&y=1"},
      {"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
       "-----BEGIN RSA PRIVATE KEY-----[redacted]-----END RSA PRIVATE KEY-----"},
      {"-----BEGIN PRIVATE KEY-----\nMIIE", "-----BEGIN PRIVATE KEY-----[redacted]"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(redact(one.text), one.shown);
    EXPECT_EQ(redact(one.shown), one.shown) << "once more changes nothing";
  }
}

TEST(Redact, LeavesOrdinaryTextAlone) {
  const std::vector<std::string> texts = {
      "",
      "mkdir -p build/x && ssh -p 22 host",
      "docker run -p 80:80 -v /run/secrets:/mnt nginx",
      "export TOKEN=$OTHER; curl -H \"Authorization: Bearer $TOKEN\" h",
      "TOKEN=\"$(cat file)\" run",
      "llm --max-tokens 4096 --temperature 0",
      "max_tokens=4096",
      "cd \"$OLDPWD\"; PWD=/tmp ls",
      "grep -r password src/",
      "cat tokenizer.json && vim secrets.yaml",
      "git push --force origin main",
      "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
      "git clone git@github.com:a/b.git https://user@host/x",
      "curl -u $USER:$PASS h",
      "sk-learn ya29 AKIA eyJ",
      std::string("\0\xff\xfe=:\"", 6),
  };
  for (const auto& text : texts)
    EXPECT_EQ(redact(text), text);
}

TEST(Redact, IsLinearOnHostileText) {
  for (const std::string& unit :
       {std::string("password="), std::string("\\"), std::string("://a:"), std::string("-----BEGIN "),
        std::string("token \""), std::string("Cookie: "), std::string("Authorization: $"),
        std::string("mysql -p")}) {
    std::string text;
    while (text.size() < 256 * 1024)
      text += unit;
    EXPECT_FALSE(redact(text).empty());
    EXPECT_LE(printable_redacted(text, 100).size(), 103u);
  }
}

TEST(Redact, CutsAfterHiding) {
  EXPECT_EQ(printable_redacted("x --token " + kGithub, 25), "x --token [redacted]");
  EXPECT_EQ(printable_redacted("TOKEN=abc\nls", 100), "TOKEN=[redacted]\\nls");
}

}  // namespace
}  // namespace weir
