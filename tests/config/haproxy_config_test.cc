// SPDX-License-Identifier: Apache-2.0
// HAProxy's language: words, sections, numbers, and which proxies are the room router.
#include <gmock/gmock.h>

#include "config/haproxy/choice.h"
#include "config/haproxy/directive.h"
#include "config/haproxy/source.h"
#include "config/haproxy/values.h"

namespace room_router::config::haproxy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> Split(std::string_view line) {
  std::vector<Word> words;
  const auto problem = SplitLine(line, nullptr, words);
  if (problem) return {"column " + std::to_string(problem->column), problem->message};
  std::vector<std::string> texts;
  for (const Word& word : words) texts.push_back(word.text);
  return texts;
}

TEST(HaproxyWords, AreCutAsItsManualSays) {
  EXPECT_THAT(Split("  bind  *:80\tname x # why"), ElementsAre("bind", "*:80", "name", "x"));
  EXPECT_THAT(Split("a#b c"), ElementsAre("a"));
  EXPECT_THAT(Split(R"(a\ b "c d" 'e f' "g"'h'i)"), ElementsAre("a b", "c d", "e f", "ghi"));
  EXPECT_THAT(Split(R"(\# \" \' \\ \$ '\n' "\"")"),
              ElementsAre("#", "\"", "'", "\\", "$", "\\n", "\""));
  EXPECT_THAT(Split(R"(\t\x41 "\r\n")"), ElementsAre("\tA", "\r\n"));
  EXPECT_THAT(Split(R"("" '')"), ElementsAre("", ""));
  EXPECT_THAT(Split("ends\\"), ElementsAre("ends\\"));
  EXPECT_THAT(Split("unix\r"), ElementsAre("unix"));
  EXPECT_THAT(Split(""), IsEmpty());
}

TEST(HaproxyWords, KeepVariablesForTheRun) {
  EXPECT_THAT(Split(R"("${A}:1" "$B" "${C-x y}" $D '${E}')"),
              ElementsAre("${A}:1", "${B}", "${C:-x y}", "$D", "$${E}"));
  EXPECT_THAT(Split(R"(%{+Q}o $ "\${F}")"), ElementsAre("%{+Q}o", "$", "$${F}"));
}

TEST(HaproxyWords, TellWhatIsWrong) {
  EXPECT_THAT(Split("a \"b"), ElementsAre("column 3", HasSubstr("never closed")));
  EXPECT_THAT(Split("a 'b\" c"), ElementsAre("column 3", HasSubstr("never closed")));
  EXPECT_THAT(Split("\\x4"), ElementsAre("column 1", HasSubstr("hexadecimal")));
  EXPECT_THAT(Split("\"$ \""), ElementsAre("column 2", HasSubstr("\\$")));
  EXPECT_THAT(Split("\"${A\""), ElementsAre("column 2", HasSubstr("without }")));
  EXPECT_THAT(Split("\"${A[*]}\""), ElementsAre("column 2", HasSubstr("several words")));
  EXPECT_THAT(Split("$\"$A\""), ElementsAre(HasSubstr("column"), HasSubstr("dollar")));
  std::string many;
  for (int n = 0; n < 2000; ++n) many += "a ";
  EXPECT_THAT(Split(many), ElementsAre(HasSubstr("column"), HasSubstr("1024 words")));
}

std::string MistakesOf(const std::string& text) {
  const std::vector<InputFile> files{{.name = "h.cfg", .text = text}};
  std::string all;
  for (const Mistake& mistake : ReadSource(files).mistakes) all += mistake.ToString() + "\n";
  return all;
}

TEST(HaproxySource, TellsMistakesWithTheirPlace) {
  EXPECT_THAT(MistakesOf("global\n  log \"x\n"), HasSubstr("h.cfg:2:7: "));
  EXPECT_THAT(MistakesOf("mode http\n"), HasSubstr("h.cfg:1:1: \"mode\" is not in any section"));
  EXPECT_THAT(MistakesOf("fronted x\n"), HasSubstr("did you mean frontend?"));
  EXPECT_THAT(MistakesOf("backend\n"), HasSubstr("needs a name"));
  EXPECT_THAT(MistakesOf("global\n.if defined(X)\n.endif\n"),
              testing::AllOf(HasSubstr("h.cfg:2:1: \".if\""), HasSubstr("h.cfg:3:1: \".endif\"")));
  EXPECT_THAT(MistakesOf(std::string("global\0", 7)), HasSubstr("NUL bytes"));
  EXPECT_THAT(MistakesOf("global\n " + std::string(kMaxLine, 'x')), HasSubstr("64 KiB"));
}

TEST(HaproxySource, IsBounded) {
  std::string lines = "global\n", sections, mistakes;
  for (size_t n = 0; n < kMaxDirectives; ++n) lines += "a\n";
  for (size_t n = 0; n <= kMaxSections; ++n) sections += "defaults\n";
  for (int n = 0; n < 1000; ++n) mistakes += "x\n";
  EXPECT_THAT(MistakesOf(lines), HasSubstr("50,000 directives"));
  EXPECT_THAT(MistakesOf(sections), HasSubstr("1,000 sections"));
  EXPECT_THAT(MistakesOf(std::string(kMaxBytes + 1, '\n')), HasSubstr("4 MiB"));
  const std::string told = MistakesOf(mistakes);
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 100);
}

TEST(HaproxySource, FillsInWhatGlobalSets) {
  const std::vector<InputFile> files{{.name = "h.cfg",
                                      .text = "global\n"
                                              " setenv A one\n"
                                              " presetenv B two\n"
                                              "backend x\n"
                                              " server s \"$A\" \"${B}\" \"${.LINE}\" \"$C\"\n"}};
  const Source source = ReadSource(files);
  ASSERT_THAT(source.mistakes, IsEmpty());
  const Directive& server = source.sections[1].directives[0];
  EXPECT_EQ(server.At(2), "one");
  EXPECT_FALSE(server.words[2].variable);
  EXPECT_EQ(server.At(3), "${B:-two}");
  EXPECT_EQ(server.At(4), "5");
  EXPECT_EQ(server.At(5), "${C}");
}

TEST(HaproxyDirective, ShowsNoPasswords) {
  const auto shown = [](std::string_view line) {
    Directive directive;
    EXPECT_FALSE(SplitLine(line, nullptr, directive.words));
    return directive.Show();
  };
  EXPECT_EQ(shown("stats auth admin:secret"), "stats auth ***");
  EXPECT_EQ(shown("user tom insecure-password secret groups g"),
            "user tom insecure-password *** *** ***");
  EXPECT_EQ(shown("a \"\\x01\\xff\\n\""), "a  ? ");
  EXPECT_LT(shown("a " + std::string(1000, 'x')).size(), 200);
}

TEST(HaproxyValues, Times) {
  EXPECT_EQ(ReadTime("5000"), Duration(5000));
  EXPECT_EQ(ReadTime("1500us"), Duration(2));
  EXPECT_EQ(ReadTime("2h"), Duration(7'200'000));
  for (const char* none :
       {"", "s", "5x", "-1s", "${T}", "5 s", "99999999999999999999", "1e3", "9999999999999999d"}) {
    EXPECT_EQ(ReadTime(none), std::nullopt) << none;
  }
}

TEST(HaproxyValues, Sizes) {
  EXPECT_EQ(ReadSize("2k"), 2048);
  EXPECT_EQ(ReadSize("100"), 100);
  EXPECT_EQ(ReadSize("1m"), 1048576);
  EXPECT_EQ(ReadSize("1t"), std::nullopt);
}

TEST(HaproxyValues, Endpoints) {
  const auto read = [](std::string_view text) {
    const auto endpoint = ReadEndpoint(text);
    return endpoint ? endpoint->host + " " + endpoint->port : "none";
  };
  EXPECT_EQ(read("*:80"), " 80");
  EXPECT_EQ(read(":80"), " 80");
  EXPECT_EQ(read(":::80"), ":: 80");
  EXPECT_EQ(read("[::1]:80"), "::1 80");
  EXPECT_EQ(read("ipv4@10.0.0.1:8000-8003"), "10.0.0.1 8000-8003");
  EXPECT_EQ(read("web:80"), "web 80");
  EXPECT_EQ(read("10.0.0.1"), "10.0.0.1 ");
  EXPECT_EQ(read("${A:-x}"), "${A:-x} ");
  EXPECT_EQ(read("${A:-x}:80"), "${A:-x} 80");
  for (const char* none : {"/run/x.sock", "unix@x", "abns@x", "fd@3", "quic4@:443"}) {
    EXPECT_EQ(read(none), "none") << none;
  }
  EXPECT_EQ((Endpoint{.host = "::1", .port = "80"}.text()), "[::1]:80");
}

// The chosen backend, its table, and the room's parameter.
std::vector<std::string> Chosen(const std::string& text, const std::string& wanted = "") {
  const std::vector<InputFile> files{{.name = "h.cfg", .text = text}};
  const Source source = ReadSource(files);
  const auto chosen = Choose(source, wanted);
  if (const auto* mistake = std::get_if<Mistake>(&chosen)) return {mistake->ToString()};
  const Choice& choice = std::get<Choice>(chosen);
  return {choice.backend->name(), choice.table, choice.room.parameter};
}

TEST(HaproxyChoice, PrefersTheBackendThatKeepsRooms) {
  const std::string plain = "backend a\n server s 10.0.0.1:80\n";
  const std::string hashed = "backend b\n balance url_param room\n server s 10.0.0.1:80\n";
  const std::string sticks =
      "backend c\n stick-table type string size 1k\n stick on url_param(room)\n"
      " server s 10.0.0.1:80\n";
  EXPECT_THAT(Chosen(plain), ElementsAre("a", "", ""));
  EXPECT_THAT(Chosen("frontend f\n default_backend a\n" + plain + hashed),
              ElementsAre("b", "", "room"));
  EXPECT_THAT(Chosen(plain + hashed + sticks), ElementsAre("c", "c", "room"));
  EXPECT_THAT(Chosen(plain + sticks, "a"), ElementsAre("a", "", ""));
  EXPECT_THAT(Chosen(plain, "zoo"), ElementsAre(HasSubstr("there are: a")));
  EXPECT_THAT(Chosen("frontend f\n bind :80\n"), ElementsAre(HasSubstr("no backend with servers")));
}

TEST(HaproxyChoice, SeesTheRoomBehindHeadersAndVariables) {
  const auto with = [](const std::string& rules, const std::string& stick) {
    return Chosen("frontend f\n" + rules + "backend b\n stick on " + stick +
                  "\n server s 10.0.0.1:80\n")[2];
  };
  EXPECT_EQ(with("", "src"), "");
  EXPECT_EQ(with("", "urlp(conf),lower"), "conf");
  EXPECT_EQ(with(" http-request set-header Room %[urlp(room)]\n", "hdr(room)"), "room");
  EXPECT_EQ(with(" http-request set-var(txn.r) url_param(room)\n", "var(txn.r)"), "room");
  EXPECT_EQ(with(" http-request set-header A %[req.hdr(B)]x\n"
                 " http-request set-header B %[urlp(room),lower]\n",
                 "req.hdr(A)"),
            "room");
  EXPECT_EQ(with(" http-request set-header A %[hdr(A)]\n", "hdr(A)"), "");
}

TEST(HaproxyChoice, InheritsDefaultsAsHaproxyDoes) {
  const std::vector<InputFile> files{{.name = "h.cfg",
                                      .text = "defaults base\n one\n"
                                              "defaults more from base\n two\n"
                                              "defaults\n three\n"
                                              "backend a\n own\n"
                                              "backend b from more\n own\n"}};
  const Source source = ReadSource(files);
  const auto words = [&source](size_t section) {
    std::vector<std::string> names;
    for (const Directive* one : DirectivesOf(source, source.sections[section])) {
      names.push_back(one->At(0));
    }
    return names;
  };
  EXPECT_THAT(words(3), ElementsAre("three", "own"));
  EXPECT_THAT(words(4), ElementsAre("one", "two", "own"));
}

}  // namespace
}  // namespace room_router::config::haproxy
