#include "imported.hpp"

namespace superctl::importing {
namespace {

TEST(Procfile, EachLineIsAUnit) {
    auto all = translate(Format::procfile, {file("Procfile",
                                                 "# x\nweb: bundle exec puma -p $PORT\n\n"
                                                 "worker: bin/work 'a b'\nrelease: ./migrate\n"
                                                 "chain: a && b\nbad line\n")});
    ASSERT_EQ(all.units.size(), 4u);
    const auto web = text_of(all, "web");
    EXPECT_THAT(web, HasSubstr(R"(exec = ["/bin/sh", "-c", "exec bundle exec puma -p $PORT"])"));
    EXPECT_THAT(web, HasSubstr("env-file = [\"-/srv/app/.env\"]\ndirectory = \"/srv/app\"\n"));
    EXPECT_THAT(web, HasSubstr("[env]\nPORT = \"5000\"\n"));
    EXPECT_THAT(text_of(all, "worker"), HasSubstr(R"(exec = ["/srv/app/bin/work", "a b"])"));
    // Who names no $PORT reads it, as foreman sets it for all.
    EXPECT_THAT(text_of(all, "worker"), HasSubstr("[env]\nPORT = \"5100\"\n"));
    EXPECT_THAT(text_of(all, "release"), Not(HasSubstr("PORT")));
    EXPECT_THAT(text_of(all, "release"), HasSubstr("type = \"oneshot\""));
    EXPECT_THAT(text_of(all, "release"), HasSubstr("autostart = false"));
    EXPECT_THAT(text_of(all, "chain"), HasSubstr(R"(["/bin/sh", "-c", "a && b"])"));
    EXPECT_EQ(notes(all), "Procfile:7: not translated: expected NAME: COMMAND\n");
}

TEST(Procfile, PortsBeginWhereTheFileOfTheEnvironmentSays) {
    const auto ports = [](const std::string& dot_env) {
        auto procfile = file("Procfile", "web: a\nworker: b\n");
        procfile.dot_env = dot_env;
        auto all = translate(Format::procfile, {procfile});
        return text_of(all, "web") + text_of(all, "worker");
    };
    for (const auto* const line : {"PORT=8000\n", "A=1\nexport PORT='8000'", "PORT=\"8000\"\r\n"}) {
        EXPECT_THAT(ports(line), HasSubstr("PORT = \"8000\"\n")) << line;
        EXPECT_THAT(ports(line), HasSubstr("PORT = \"8100\"\n")) << line;
    }
    for (const auto* const line :
         {"", "PORT=\n", "PORT=x", "#PORT=8000", "PORT=70000", "APORT=1"}) {
        EXPECT_THAT(ports(line), HasSubstr("PORT = \"5000\"\n")) << line;
    }
}

TEST(Procfile, WhatSuperdRefusesInTheFileOfTheEnvironmentIsToldOfOnce) {
    auto one = file("Procfile", "web: a\n"), other = file("Procfile.dev", "worker: b\n");
    one.dot_env = other.dot_env = "A=1 # one\nexport B=2\n";
    EXPECT_EQ(notes(translate(Format::procfile, {one, other})),
              "/srv/app/.env:2: not translated: export B: superd refuses it; leave out export\n");
}

TEST(Procfile, AProgramWithoutANameIsTheShellsToRefuse) {
    const auto all = translate(Format::procfile, {file("Procfile", "web: ''\n")});
    EXPECT_EQ(wrong_for_superd(all), "");
}

TEST(Procfile, FilesOfOneDirectoryShareNoPort) {
    auto one = file("Procfile", "web: a\n"), other = file("Procfile.dev", "worker: b\n");
    one.dot_env = other.dot_env = "PORT=8000\n";
    auto all = translate(Format::procfile, {one, other});
    EXPECT_THAT(text_of(all, "worker"), HasSubstr("PORT = \"8100\"\n"));
}

}  // namespace
}  // namespace superctl::importing
