#include "ctl/import/supervisord_program.hpp"
#include "imported.hpp"

namespace superctl::importing {
namespace {

Translation from(const std::string& text) {
    return translate(Format::supervisord, {file("supervisord.conf", text)});
}

TEST(Supervisord, AProgramBecomesAUnit) {
    const auto all = from(
        "[program:web]\ncommand=/bin/web --name %(program_name)s_%(process_num)s ; a comment\n"
        "process_name=%(program_name)s_%(process_num)s\nnumprocs=3\nuser=www\ndirectory=%(here)s/"
        "x\n"
        "autorestart=true\nstopsignal=INT\nstopwaitsecs=7\nstopasgroup=true\nredirect_stderr=true\n"
        "environment=A=\"1,2\",B=%(ENV_HOME)s,\n  C='z'\numask=022\nstdout_logfile_maxbytes=5MB\n");
    EXPECT_EQ(notes(all), "");
    const auto text = unit_text(all);
    for (const auto* const line :
         {"exec = [\"/bin/web\", \"--name\", \"web_${INSTANCE}\"]\n", "instances = 3\n",
          "user = \"www\"\n", "directory = \"/srv/app/x\"\n", "umask = \"022\"\n",
          "pass-env = [\"HOME\"]\n", "policy = \"always\"\n", "[ready]\ndelay = \"1s\"\n",
          "signals = [[\"SIGINT\", \"7s\"], [\"SIGKILL\", \"5s\"]]\n", "max-size = \"5MiB\"\n",
          "[env]\nA = \"1,2\"\nB = \"${HOME:-}\"\nC = \"z\"\n"}) {
        EXPECT_THAT(text, HasSubstr(line));
    }
}

TEST(Supervisord, ExitCodesAndRetries) {
    const auto all = from(
        "[program:a]\ncommand=a\nexitcodes=0,2\nstartretries=5\nstartsecs=0\n"
        "autostart=false\nstdout_logfile=/var/log/a\npriority=9\n");
    const auto text = unit_text(all);
    EXPECT_THAT(text, HasSubstr("policy = \"on-failure\"\nsuccess-codes = [0, 2]\n"));
    EXPECT_THAT(text, HasSubstr("autostart = false\n"));
    EXPECT_THAT(text, Not(HasSubstr("[ready]")));
    EXPECT_THAT(notes(all), HasSubstr("supervisord.conf:4: not translated: startretries=5"));
    EXPECT_THAT(notes(all),
                HasSubstr("supervisord.conf:7: not translated: stdout_logfile=/var/log/a"));
    EXPECT_THAT(notes(all), HasSubstr("supervisord.conf:8: not translated: priority=9"));
}

std::string program(const std::string& lines) { return unit_text(from("[program:a]\n" + lines)); }

TEST(Supervisord, AProgramsPathIsExpandedBeforeItIsLookedAt) {
    EXPECT_THAT(program("command=%(here)s/bin/run"), HasSubstr("exec = [\"/srv/app/bin/run\"]\n"));
    EXPECT_THAT(program("command=./bin/run"), HasSubstr("exec = [\"/srv/app/bin/run\"]\n"));
    EXPECT_THAT(program("command=bin/run\ndirectory=%(here)s/x"),
                HasSubstr("exec = [\"/srv/app/x/bin/run\"]\n"));
    EXPECT_THAT(program("command=bin/run\ndirectory=x"),
                HasSubstr("exec = [\"/srv/app/bin/run\"]\n"));
    EXPECT_THAT(program("command=run a/b"), HasSubstr("exec = [\"run\", \"a/b\"]\n"));
    const auto by_variable = program("command=%(ENV_HOME)s/bin/run");
    EXPECT_THAT(by_variable, HasSubstr("exec = [\"${HOME:-}/bin/run\"]\n"));
    EXPECT_THAT(by_variable, HasSubstr("remark: command=%(ENV_HOME)s/bin/run: the program's path "
                                       "is in a variable, and has to be absolute"));
    EXPECT_THAT(program("command=bin/x\ndirectory=%(ENV_APP)s"),
                HasSubstr("directory = \"${APP:-}\"\n"));
}

TEST(Supervisord, AProgramWithoutANameIsNone) {
    EXPECT_THAT(notes(from("[program:a]\ncommand='' b\n")),
                HasSubstr("[program:a] has no command"));
}

TEST(Supervisord, NoShellReadsACommand) {
    const auto text = program("command=$HOME/bin/x ${A} '$B'");
    EXPECT_THAT(text, HasSubstr(R"(exec = ["/srv/app/$HOME/bin/x", "$${A}", "$B"])"));
    EXPECT_THAT(text, HasSubstr("no shell reads it, with supervisord neither: $HOME is a name"));
}

TEST(Supervisord, AVariableIsOneWordWhateverItsDefaultHas) {
    const auto text = program("command=run %(ENV_OPTIONS)s --n=%(process_num)d \"%(group_name)s\"");
    EXPECT_THAT(text, HasSubstr(R"(exec = ["run", "${OPTIONS:-}", "--n=${INSTANCE}", "a"])"));
    EXPECT_THAT(text, HasSubstr("${OPTIONS:-} is one word, whatever blanks its value has"));
}

TEST(Supervisord, NumbersAreThoseThatSuperdTakes) {
    const auto all = from("[program:a]\ncommand=/bin/true\nstopwaitsecs=0\numask=22\n");
    EXPECT_EQ(notes(all), "");
    EXPECT_THAT(unit_text(all), HasSubstr(R"(signals = [["SIGTERM", "10ms"], ["SIGKILL", "5s"]])"));
    EXPECT_THAT(unit_text(all), HasSubstr("umask = \"0022\"\n"));
    EXPECT_EQ(wrong_for_superd(all), "");
}

TEST(Supervisord, WhoGetsTheSignalIsTold) {
    const auto* const all = "the signal is sent to all of its processes, as with stopasgroup=true";
    EXPECT_THAT(program("command=a\n"), HasSubstr(all));
    EXPECT_THAT(program("command=a\nstopasgroup=false\n"), HasSubstr(all));
    EXPECT_THAT(program("command=a\nstopasgroup=true\n"), Not(HasSubstr(all)));
}

TEST(Supervisord, WhoIsNotToBeTriedAgainIsToldOfThePolicy) {
    const auto none = notes(from("[program:a]\ncommand=a\nstartretries=0\n"));
    EXPECT_THAT(none, HasSubstr("policy = \"never\""));
    EXPECT_THAT(none, Not(HasSubstr("0 in 1min")));
    // superd counts no more than 64.
    EXPECT_THAT(notes(from("[program:a]\ncommand=a\nstartretries=999999\n")),
                HasSubstr("\"64 in 1min\""));
}

TEST(Supervisord, WhatEndsTooEarlyIsAnotherMatterToSupervisord) {
    const auto* const early = "supervisord starts again what ends within startsecs";
    EXPECT_THAT(program("command=a\nautorestart=false\n"), HasSubstr(early));
    EXPECT_THAT(program("command=a\nautorestart=false\nstartsecs=0\n"), Not(HasSubstr(early)));
    EXPECT_THAT(program("command=a\n"), Not(HasSubstr(early)));
}

TEST(Supervisord, WithoutExpectedExitCodesItIsAlwaysStartedAgain) {
    const auto text = program("command=/bin/true\nautorestart=unexpected\nexitcodes=\n");
    EXPECT_THAT(text, HasSubstr("policy = \"always\"\n"));
    EXPECT_THAT(text, Not(HasSubstr("success-codes")));
}

TEST(Supervisord, AUserInAVariableIsToldOf) {
    const auto all = from("[program:a]\ncommand=a\nuser=%(ENV_USER)s\n");
    EXPECT_THAT(notes(all), HasSubstr("user=%(ENV_USER)s: superd takes no variables there"));
    EXPECT_THAT(unit_text(all), Not(HasSubstr("user = ")));
}

TEST(Supervisord, AFileWithoutProgramsIsNoSuccess) {
    const auto all = from("[include]\nfiles = none/*.conf\n");
    EXPECT_EQ(notes(all),
              "supervisord.conf: not translated: it has nothing that superd could run\n");
    EXPECT_FALSE(all.complete());
}

TEST(Supervisord, WhatIsOffIsNotLost) {
    EXPECT_EQ(
        notes(from("[program:a]\ncommand=a\nstdout_events_enabled=false\npriority=999\n"
                   "stderr_capture_maxbytes=0\nstdout_syslog=no\nstdout_logfile_maxbytes=0\n")),
        "");
    EXPECT_THAT(notes(from("[program:a]\ncommand=a\nstdout_syslog=true\n")),
                HasSubstr("stdout_syslog=true: superd has nothing like it"));
}

TEST(Supervisord, TheEnvironmentOfAllProgramsIsThatOfEach) {
    auto all = from(
        "[program:a]\ncommand=a\nenvironment=B=\"mine\"\n[supervisord]\n"
        "environment=A=\"100%%\",B=\"theirs\"\nminfds=4096\n");
    EXPECT_THAT(text_of(all, "a"), HasSubstr("[env]\nA = \"100%\"\nB = \"mine\"\n"));
    EXPECT_EQ(notes(all),
              "supervisord.conf:6: not translated: minfds=4096: limits.open-files of each unit is "
              "that\n");
}

TEST(Supervisord, TheEnvironmentIsReadAsSupervisordReadsIt) {
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    const auto pairs = [](std::string_view text) { return parse_supervisord_pairs(text).all; };
    EXPECT_EQ(pairs(R"(A="x,y",B='z',C=1)"), (Pairs{{"A", "x,y"}, {"B", "z"}, {"C", "1"}}));
    EXPECT_EQ(pairs(R"(A="it's",B="'x'")"), (Pairs{{"A", "it's"}, {"B", "x"}}));
    EXPECT_EQ(pairs("A=\"x\" ,\n B=\"y\",\n"), (Pairs{{"A", "x"}, {"B", "y"}}));
    EXPECT_EQ(pairs(R"(A="" ,B='')"), (Pairs{{"A", ""}, {"B", ""}}));
    EXPECT_EQ(pairs(R"(P='a\\p%w{d}$x',)"), (Pairs{{"P", R"(a\\p%w{d}$x)"}}));
    EXPECT_EQ(pairs("U=http://a:80/x?y=1"), (Pairs{{"U", "http://a:80/x"}, {"y", "1"}}));
    EXPECT_EQ(pairs("A=a#c,B=2"), (Pairs{{"A", "a"}}));
    for (const auto* const text : {"A=x@y,B=c", "A=a b,C=d", "A=,B=c", R"(A="b)", R"(A=a\b)"}) {
        EXPECT_FALSE(parse_supervisord_pairs(text).whole) << text;
    }
}

// Held against supervisor 4.2.5's UnhosedConfigParser.
TEST(Supervisord, CommentsAndValuesOverLinesAreThoseOfItsParser) {
    std::vector<Note> none;
    const auto sections = parse_ini(file("s.conf",
                                         "[program:a] ; c\n"
                                         "command=/bin/x --color #fff a#b c;d ; e # f\n"
                                         "x=a;b;c ; x # y\n"
                                         " # whole line\n"
                                         "user=b # c\n\n"
                                         "  [program:b]\n"
                                         "[program:a]\n"
                                         "user=last\n"
                                         "environment=A=\"#x\",\n  ; no\n  B='a;b'\n"
                                         "key : v = 2\n"
                                         "[indented]\n"
                                         "  one=1\n"
                                         "    more\n"
                                         "  two=2\n"),
                                    none);
    std::string text;
    for (const auto& section : sections) {
        text += "[" + section.name + "]\n";
        for (const auto& entry : section.entries) text += entry.key + "=" + entry.value + "\n";
    }
    EXPECT_EQ(text,
              "[program:a]\ncommand=/bin/x --color\nx=a;b;c ; x\nuser=last\n"
              "environment=A=\"#x\",\nB='a;b'\nkey=v = 2\n[indented]\none=1\nmore\ntwo=2\n");
    EXPECT_TRUE(none.empty());
}

TEST(Supervisord, GroupsHaveTheirPrograms) {
    auto all = from(
        "[group:shop]\nprograms=a, gone\n[program:a]\ncommand=a\n[supervisord]\nuser=x\n"
        "[eventlistener:e]\ncommand=e\n[fcgi-program:f]\ncommand=f\n[program:none]\nuser=x\n");
    EXPECT_THAT(text_of(all, "shop"), HasSubstr("type = \"group\"\nmembers = [\"a\"]\n"));
    EXPECT_THAT(notes(all), HasSubstr("there is no program gone"));
    EXPECT_THAT(notes(all), HasSubstr("[eventlistener:e]"));
    EXPECT_THAT(notes(all), HasSubstr("[fcgi-program:f]: superd hands listeners over from "));
    EXPECT_THAT(notes(all), HasSubstr("user=x: each unit says this of itself"));
    EXPECT_THAT(notes(all), HasSubstr("[program:none] has no command"));
}

TEST(Supervisord, AProgramIsInOneGroup) {
    auto all = from(
        "[program:web]\ncommand=/bin/web\n[program:db]\ncommand=/bin/db\n"
        "[group:a]\nprograms=web\n[group:b]\nprograms=web,db\n");
    EXPECT_THAT(text_of(all, "a"), HasSubstr("members = [\"web\"]\n"));
    EXPECT_THAT(text_of(all, "b"), HasSubstr("members = [\"db\"]\n"));
    EXPECT_THAT(notes(all), HasSubstr("web is in group a already, and a unit has one group"));
}

TEST(Supervisord, ANameWithTheProcesssNumberIsLookedUpWhenThatIsKnown) {
    EXPECT_THAT(program("command=s_%(process_num)d x\nnumprocs=2"),
                HasSubstr("exec = [\"/usr/bin/env\", \"s_${INSTANCE}\", \"x\"]\n"));
}

TEST(Supervisord, IncludesArePatterns) {
    EXPECT_EQ(supervisord_includes(
                  file("s.conf", "[include]\nfiles = conf.d/*.conf /etc/x\n %(here)s/y")),
              (std::vector<std::string>{"/srv/app/conf.d/*.conf", "/etc/x", "/srv/app/y"}));
}

}  // namespace
}  // namespace superctl::importing
