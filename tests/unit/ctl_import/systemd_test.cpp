#include "ctl/import/systemd_file.hpp"
#include "imported.hpp"

namespace superctl::importing {
namespace {

Translation service(const std::string& text) {
    return translate(Format::systemd, {file("web.service", text)});
}

Translation with(const std::string& more) {
    return service("[Service]\nExecStart=/bin/web\n" + more + "[Install]\nWantedBy=x.target\n");
}

TEST(Systemd, AnOrdinaryServiceIsTranslatedCompletely) {
    const auto all = service(
        "[Unit]\nDescription=The %N server\nDocumentation=man:web(8)\nAfter=network.target\n"
        "[Service]\nType=notify\nExecStart=/usr/sbin/web -c \"a b\" \\\n  --port 80\n"
        "User=www\nGroup=33\nWorkingDirectory=/srv\nRestart=on-failure\nRestartSec=2\n"
        "TimeoutStopSec=5\nKillSignal=SIGQUIT\nEnvironment=A=1 \"B=x y\"\n"
        "EnvironmentFile=-/etc/default/web\nUMask=0027\nWatchdogSec=30s\n"
        "[Install]\nWantedBy=multi-user.target\n");
    EXPECT_EQ(notes(all), "");
    const auto text = unit_text(all);
    for (const auto* const line :
         {"description = \"The web server\"\n",
          "exec = [\"/usr/sbin/web\", \"-c\", \"a b\", \"--port\", \"80\"]\n",
          "env-file = [\"-/etc/default/web\"]\n", "user = \"www\"\ngroup = 33\n",
          "directory = \"/srv\"\n", "umask = \"0027\"\n", "[ready]\nnotify = true\n",
          "[restart]\npolicy = \"on-failure\"\ndelay = \"2s\"\nfactor = 1\n",
          "signals = [[\"SIGQUIT\", \"5s\"], [\"SIGKILL\", \"5s\"]]\n",
          "[watchdog]\nevery = \"30s\"\n", "[env]\nA = \"${A:-1}\"\nB = \"${B:-x y}\"\n"}) {
        EXPECT_THAT(text, HasSubstr(line));
    }
    EXPECT_THAT(text, Not(HasSubstr("autostart")));
    EXPECT_THAT(notes(all, Weight::remark),
                HasSubstr("web.service:4: remark: After=network.target"));
}

TEST(Systemd, PermissionsAreWrittenAsSuperdWantsThem) {
    const auto umask = with("UMask=22\n");
    EXPECT_THAT(unit_text(umask), HasSubstr("umask = \"0022\"\n"));
    EXPECT_EQ(wrong_for_superd(umask), "");
    const auto sticky = with("UMask=1022\n");
    EXPECT_THAT(unit_text(sticky), Not(HasSubstr("umask = ")));
    EXPECT_THAT(notes(sticky), HasSubstr("UMask=1022: expected octal digits up to 0777"));
    const auto socket =
        translate(Format::systemd,
                  {file("web.service", "[Service]\nExecStart=/bin/web\n"),
                   file("web.socket", "[Socket]\nListenStream=/run/web.sock\nSocketMode=60\n"),
                   file("db.service", "[Service]\nExecStart=/bin/db\n"),
                   file("db.socket", "[Socket]\nListenStream=/run/db.sock\nSocketMode=rw\n")});
    EXPECT_EQ(wrong_for_superd(socket), "");
    EXPECT_THAT(print_unit(socket.units.back(), "test"), HasSubstr("mode = \"0060\""));
    EXPECT_THAT(notes(socket), HasSubstr("SocketMode=rw: expected octal digits"));
}

TEST(Systemd, EmptyValuesTakeBackWhatWasBefore) {
    const auto all = translate(
        Format::systemd, {file("web.service", "[Service]\nExecStart=/bin/a\nEnvironment=A=1\n"),
                          file("x/web.service.d/20-b.conf", "[Service]\nEnvironment=B=2\n"),
                          file("x/web.service.d/10-a.conf",
                               "[Service]\nExecStart=\nExecStart=/bin/b\nEnvironment=\n")});
    const auto text = unit_text(all);
    EXPECT_THAT(text, HasSubstr("exec = [\"/bin/b\"]"));
    EXPECT_THAT(text, HasSubstr("[env]\nB = \"2\"\n"));
    EXPECT_THAT(text, Not(HasSubstr("A = ")));
}

TEST(Systemd, VariablesAreReplacedAsSystemdReplacesThem) {
    const auto braces = unit_text(with("ExecStart=\nExecStart=/bin/web ${PORT} a$$b $HOME/x\n"));
    EXPECT_THAT(braces, HasSubstr(R"(exec = ["/bin/web", "${PORT:-}", "a$b", "$HOME/x"])"));
    const auto all = with("ExecStart=\nExecStart=/bin/web $OPTS 'it is' \"${A}\"\n");
    EXPECT_THAT(unit_text(all),
                HasSubstr(R"(["/bin/sh", "-c", "set -f; exec /bin/web $OPTS 'it is' \"$${A}\""])"));
    const auto literal = unit_text(with("ExecStart=\nExecStart=:/bin/web ${PORT} $OPTS\n"));
    EXPECT_THAT(literal, HasSubstr(R"(exec = ["/bin/web", "$${PORT}", "$OPTS"])"));
}

TEST(Systemd, HooksAreRunOneAfterAnother) {
    const auto text =
        unit_text(with("ExecStartPre=-/bin/a x\nExecStartPre=/bin/b 'y z'\n"
                       "ExecStartPost=/bin/c $MAINPID\nExecStopPost=/bin/d\n"));
    EXPECT_THAT(
        text, HasSubstr(R"(pre-start = ["/bin/sh", "-c", "{ /bin/a x || :; } && /bin/b 'y z'"])"));
    EXPECT_THAT(text,
                HasSubstr(R"(post-start = ["/bin/sh", "-c", "set -f; exec /bin/c $MAINPID"])"));
    EXPECT_THAT(text, HasSubstr(R"(post-stop = ["/bin/d"])"));
}

TEST(Systemd, AVariableIsNoProgram) {
    const auto all = with(
        "ExecStart=\nExecStart=${PROGRAM} ${PORT}\nExecStartPre=\"\" x\n"
        "ExecStartPre=bin/x\n");
    EXPECT_THAT(unit_text(all), HasSubstr(R"(exec = ["$${PROGRAM}", "${PORT:-}"])"));
    EXPECT_THAT(notes(all), HasSubstr("ExecStart=${PROGRAM} ${PORT}: a variable is no program"));
    EXPECT_THAT(notes(all), HasSubstr("ExecStartPre=\"\" x: the program has no name"));
    EXPECT_THAT(notes(all), HasSubstr("ExecStartPre=bin/x: a program's path is absolute"));
    EXPECT_THAT(unit_text(all), Not(HasSubstr("pre-start")));
    EXPECT_EQ(wrong_for_superd(all), "");
}

TEST(Systemd, ANumberThatNoAccountHasIsLost) {
    const auto all = with("User=4294967295\nGroup=-1\n");
    EXPECT_THAT(notes(all), HasSubstr("User=4294967295: expected the name of an account"));
    EXPECT_THAT(notes(all), HasSubstr("Group=-1: expected the name of an account"));
    EXPECT_EQ(wrong_for_superd(all), "");
}

TEST(Systemd, WhatIsNoTextIsQuotedAsSuch) {
    const auto all = with("Fancy=\xff\xfe\x01!\nDescription=a\xe9\n");
    EXPECT_THAT(unit_text(all), HasSubstr("Fancy=\xef\xbf\xbd\xef\xbf\xbd !: superd has nothing"));
    EXPECT_EQ(wrong_for_superd(all), "");
}

TEST(Systemd, StoppingByKillIsASignal) {
    const auto all =
        with("ExecStop=/bin/kill -s QUIT $MAINPID\nExecReload=/bin/kill -HUP ${MAINPID}\n");
    EXPECT_THAT(unit_text(all), HasSubstr(R"(signals = [["SIGQUIT", "90s"])"));
    EXPECT_THAT(notes(all, Weight::remark), HasSubstr("`superctl signal HUP web` does the same"));
    EXPECT_THAT(unit_text(with("ExecStop=/bin/web stop\n")),
                HasSubstr(R"(pre-stop = ["/bin/web", "stop"])"));
}

TEST(Systemd, AOneshotRunsAllOfItsCommands) {
    const auto all = with("Type=oneshot\nExecStart=/bin/more\nRemainAfterExit=yes\n");
    EXPECT_EQ(notes(all), "");
    EXPECT_THAT(unit_text(all), HasSubstr(R"(exec = ["/bin/sh", "-c", "/bin/web && /bin/more"])"));
    EXPECT_THAT(unit_text(all), HasSubstr("type = \"oneshot\"\n"));
}

TEST(Systemd, TellsWhatIsLostWithItsPlace) {
    const auto all = with(
        "Type=forking\nPIDFile=/run/web.pid\nPrivateTmp=true\nFancyNewKey=1\n"
        "RuntimeDirectory=web\nConditionX=y\n");
    const auto lost = notes(all);
    EXPECT_THAT(lost, HasSubstr("web.service:3: not translated: Type=forking: "));
    EXPECT_THAT(
        lost, HasSubstr("web.service:5: not translated: PrivateTmp=true: superd does not confine"));
    EXPECT_THAT(
        lost,
        HasSubstr("web.service:6: not translated: FancyNewKey=1: superd has nothing like it"));
    EXPECT_THAT(lost, HasSubstr("install -d -m 0755 /run/web"));
    EXPECT_THAT(unit_text(all), HasSubstr("# web.service:5: not translated: PrivateTmp=true"));
    EXPECT_FALSE(all.complete());
}

TEST(Systemd, WhatItMayUseIsInLimits) {
    const auto all = with(
        "MemoryMax=2G\nMemorySwapMax=0\nMemoryHigh=1.5G\nCPUQuota=150%\nCPUWeight=50\n"
        "TasksMax=64\nIOWeight=200\nOOMPolicy=kill\nOOMScoreAdjust=-200\nLimitNOFILE=4096\n"
        "LimitCORE=infinity\nLimitSTACK=8388608:8388608\n");
    EXPECT_TRUE(all.complete()) << notes(all);
    const auto text = unit_text(all);
    for (const char* const line :
         {"[limits]\n", "memory-max = \"2GiB\"\n", "swap-max = \"0B\"\n",
          "memory-high = \"1536MiB\"\n", "cpu = \"150%\"\n", "cpu-weight = 50\n", "pids = 64\n",
          "io-weight = 200\n", "oom-policy = \"kill-instance\"\n", "oom-score-adjust = -200\n",
          "open-files = 4096\n", "core = \"unlimited\"\n", "stack = \"8MiB\"\n"}) {
        EXPECT_THAT(text, HasSubstr(line));
    }
    EXPECT_EQ(wrong_for_superd(all), "");
    // What systemd does not limit superd does not either.
    EXPECT_THAT(unit_text(with("MemoryMax=infinity\nTasksMax=\nOOMPolicy=continue\n")),
                Not(HasSubstr("[limits]")));
}

TEST(Systemd, LimitsThatAreNoneOfSuperdsAreToldOf) {
    const auto lost =
        notes(with("MemoryMax=50%\nCPUQuota=2\nTasksMax=10%\nCPUWeight=idle\nLimitNOFILE=1\n"
                   "OOMPolicy=stop\nLimitDATA=9999999P\n"));
    EXPECT_THAT(lost, HasSubstr("MemoryMax=50%: superd takes an amount"));
    EXPECT_THAT(lost, HasSubstr("CPUQuota=2: expected a share of one processor"));
    EXPECT_THAT(lost, HasSubstr("TasksMax=10%: superd takes a number"));
    EXPECT_THAT(lost, HasSubstr("CPUWeight=idle: expected a number"));
    EXPECT_THAT(lost, HasSubstr("LimitNOFILE=1: superd takes 3 to "));
    EXPECT_THAT(lost, HasSubstr("OOMPolicy=stop: superd's are continue"));
    EXPECT_THAT(lost, HasSubstr("LimitDATA=9999999P: "));
    const auto both = with("LimitNOFILE=1024:524288\n");
    EXPECT_THAT(unit_text(both), HasSubstr("open-files = 1024\n"));
    EXPECT_THAT(notes(both, Weight::remark), HasSubstr("superd sets both to the first"));
}

TEST(Systemd, AMemoryHighThatIsNeverReachedIsLeftOut) {
    const auto all = with("MemoryHigh=2G\nMemoryMax=1G\nCPUQuota=12.5%\n");
    EXPECT_EQ(wrong_for_superd(all), "");
    EXPECT_THAT(unit_text(all), HasSubstr("memory-max = \"1GiB\"\ncpu = \"12.5%\"\n"));
    EXPECT_THAT(
        notes(all, Weight::remark),
        HasSubstr("MemoryHigh=2G: it is more than MemoryMax, so it would never be reached"));
    EXPECT_THAT(unit_text(with("MemoryHigh=1G\nMemoryMax=1G\n")), HasSubstr("memory-high"));
    EXPECT_THAT(unit_text(with("MemoryHigh=1G\nMemoryMax=nan\n")), HasSubstr("memory-high"));
}

TEST(Systemd, RelationsAreThoseAmongTheFiles) {
    auto all = translate(
        Format::systemd,
        {file("web.service",
              "[Unit]\nRequires=db.service gone.service\nAfter=db.service\n"
              "[Service]\nExecStart=/bin/web\n"),
         file("db.service", "[Unit]\nBefore=late.service\n[Service]\nExecStart=/bin/db\n"),
         file("late.service", "[Unit]\nWants=web.service\n[Service]\nExecStart=/bin/l\n")});
    EXPECT_THAT(text_of(all, "web"), HasSubstr("[depends]\nneeds = [\"db\"]\n"));
    EXPECT_THAT(text_of(all, "web"), Not(HasSubstr("after =")));
    EXPECT_THAT(text_of(all, "late"), HasSubstr("wants = [\"web\"]\nafter = [\"db\"]\n"));
    EXPECT_THAT(notes(all), HasSubstr("Requires=gone.service: it is not among the files"));
}

TEST(Systemd, CirclesAreBroken) {
    auto all = translate(Format::systemd,
                         {file("a.service", "[Unit]\nAfter=b.service\n[Service]\nExecStart=/a\n"),
                          file("b.service", "[Unit]\nAfter=a.service\n[Service]\nExecStart=/b\n")});
    EXPECT_THAT(text_of(all, "a"), HasSubstr("after = [\"b\"]"));
    EXPECT_THAT(text_of(all, "b"), Not(HasSubstr("after = [\"a\"]")));
    EXPECT_THAT(notes(all), HasSubstr("depends.after on a: that one waits for this one"));
}

TEST(Systemd, SocketsBecomeListeners) {
    auto all = translate(
        Format::systemd,
        {file("web.socket",
              "[Socket]\nListenStream=80\nListenStream=/run/web.sock\n"
              "ListenDatagram=[::1]:53\nListenFIFO=/x\nSocketMode=0600\nBacklog=9\n"),
         file("web.service", "[Unit]\nRequires=web.socket\n[Service]\nExecStart=/bin/web\n")});
    const auto text = unit_text(all);
    EXPECT_THAT(text, HasSubstr("autostart = \"on-demand\"\n"));
    EXPECT_THAT(
        text, HasSubstr(R"(web-01 = { address = "tcp://*:80", accept = "shared", backlog = 9 })"));
    EXPECT_THAT(
        text,
        HasSubstr(R"(web-02 = { address = "unix:/run/web.sock", mode = "0600", backlog = 9 })"));
    EXPECT_THAT(text, HasSubstr(R"(web-03 = { address = "udp://[::1]:53", accept = "shared" })"));
    EXPECT_THAT(notes(all), HasSubstr("web.socket:5: not translated: ListenFIFO=/x"));
    EXPECT_THAT(
        notes(translate(Format::systemd, {file("x.socket", "[Socket]\nListenStream=80\n")})),
        HasSubstr("it starts x.service, which is not among the files"));
}

TEST(Systemd, SocketsOfOneNameKeepAllTheirListeners) {
    const auto socket = [](const std::string& name, const std::string& listens) {
        return file(name, "[Socket]\nService=web.service\nFileDescriptorName=web\n" + listens);
    };
    const auto all =
        translate(Format::systemd,
                  {socket("a.socket", "ListenStream=80\n"), socket("b.socket", "ListenStream=81\n"),
                   socket("c.socket", "ListenStream=82\n"),
                   socket("d.socket", "ListenStream=83\nListenStream=84\n"),
                   file("web.service", "[Service]\nExecStart=/bin/web\n")});
    for (const auto* const port : {"*:80", "*:81", "*:82", "*:83", "*:84"}) {
        EXPECT_THAT(unit_text(all), HasSubstr(port));
    }
    EXPECT_EQ(wrong_for_superd(all), "");
}

TEST(Systemd, AServiceThatIsWantedAtBootIsStartedThenWhateverItsSocket) {
    auto all = translate(
        Format::systemd,
        {file("docker.socket",
              "[Socket]\nListenStream=/run/docker.sock\n[Install]\nWantedBy=sockets.target\n"),
         file("docker.service",
              "[Service]\nExecStart=/bin/dockerd\n[Install]\nWantedBy=multi-user.target\n")});
    EXPECT_THAT(unit_text(all), Not(HasSubstr("autostart")));
    EXPECT_THAT(unit_text(all), HasSubstr("[listen]\ndocker = "));
    EXPECT_EQ(wrong_for_superd(all), "");
}

TEST(Systemd, AListenerIsOpenedOnce) {
    const auto all =
        translate(Format::systemd,
                  {file("web.socket",
                        "[Socket]\nListenStream=0.0.0.0:80\nListenStream=[::]:80\nListenStream=80\n"
                        "ListenStream=999.1.1.1:80\nListenStream=/\nListenDatagram=80\n"),
                   file("web.service", "[Service]\nExecStart=/bin/web\n")});
    EXPECT_THAT(notes(all), HasSubstr("web.socket:4: not translated: ListenStream=80: it listens "
                                      "there already, at tcp://0.0.0.0:80"));
    EXPECT_THAT(notes(all), HasSubstr("ListenStream=999.1.1.1:80: superd listens at a port"));
    EXPECT_THAT(notes(all), HasSubstr("ListenStream=/: superd listens at a port"));
    EXPECT_THAT(unit_text(all), HasSubstr("web-03 = { address = \"udp://*:80\""));
    EXPECT_EQ(wrong_for_superd(all), "");
}

TEST(Systemd, AServiceWithListenersHasNoTimer) {
    const auto all =
        translate(Format::systemd, {file("web.socket", "[Socket]\nListenStream=80\n"),
                                    file("web.timer", "[Timer]\nOnCalendar=daily\n"),
                                    file("web.service", "[Service]\nExecStart=/bin/web\n")});
    EXPECT_THAT(notes(all), HasSubstr("web.timer: not translated: a service with listeners"));
    EXPECT_THAT(unit_text(all), Not(HasSubstr("[timer]")));
    EXPECT_EQ(wrong_for_superd(all), "");
}

std::string timer(const std::string& lines) {
    return unit_text(
        translate(Format::systemd, {file("t.timer", "[Timer]\n" + lines),
                                    file("t.service", "[Service]\nExecStart=/bin/t\n")}));
}

TEST(Systemd, TimersBecomeTimers) {
    const auto daily = timer("OnCalendar=daily\nPersistent=true\nRandomizedDelaySec=1h\n");
    EXPECT_THAT(daily, HasSubstr("type = \"oneshot\"\n"));
    EXPECT_THAT(daily,
                HasSubstr("[timer]\nat = [\"daily 00:00\"]\ncatch-up = true\njitter = \"1h\"\n"));
    EXPECT_THAT(daily, Not(HasSubstr("autostart")));
    EXPECT_THAT(timer("OnCalendar=Mon..Fri 12:30\n"), HasSubstr("at = [\"mon..fri 12:30\"]"));
    EXPECT_THAT(timer("OnCalendar=*-*-* 6,18:00\n"),
                HasSubstr("at = [\"daily 06:00\", \"daily 18:00\"]"));
    EXPECT_THAT(timer("OnCalendar=*:0/20\n"),
                HasSubstr("at = [\"hourly :00\", \"hourly :20\", \"hourly :40\"]"));
    EXPECT_THAT(timer("OnCalendar=*-*-01 04:00:30 UTC\n"),
                HasSubstr("at = [\"monthly 1 04:00:30\"]\nzone = \"utc\""));
    EXPECT_THAT(timer("OnCalendar=monthly UTC\n"),
                HasSubstr("at = [\"monthly 1 00:00\"]\nzone = \"utc\""));
    EXPECT_THAT(timer("OnCalendar=Hourly utc\n"),
                HasSubstr("at = [\"hourly :00\"]\nzone = \"utc\""));
    EXPECT_THAT(timer("OnCalendar=TUESDAY,thu 1:00\n"), HasSubstr("at = [\"tue,thu 01:00\"]"));
    EXPECT_THAT(timer("OnBootSec=15min\nOnUnitActiveSec=1d\n"), HasSubstr("every = \"1d\""));
    for (const auto* const line :
         {"OnCalendar=yearly\n", "OnCalendar=2026-01-01\n", "OnBootSec=5min\n", "OnCalendar=*:*\n",
          "OnCalendar=Feb\n", "OnCalendar=*-02-* 1:00\n", "OnCalendar=Monthly 1:00\n",
          "OnCalendar=Tues\n", "OnCalendar=Mon-Fri\n", "OnCalendar=UTC\n"}) {
        const auto text = timer(line);
        EXPECT_THAT(text, HasSubstr("not translated: ")) << line;
        EXPECT_THAT(text, Not(HasSubstr("[timer]"))) << line;
    }
}

TEST(Systemd, TemplatesAreTranslatedWithAnInstance) {
    auto one = file("/lib/getty@.service", "[Service]\nExecStart=/sbin/getty %I %i $TERM\n");
    EXPECT_THAT(notes(translate(Format::systemd, {one})), HasSubstr("name getty@INSTANCE.service"));
    one.name = "getty@tty-1.service";
    auto all = translate(Format::systemd, {one});
    EXPECT_THAT(text_of(all, "getty@tty-1"), HasSubstr("exec /sbin/getty tty/1 tty-1 $TERM"));
}

TEST(Systemd, DropInsOfATemplateAreThoseOfEachInstance) {
    auto blue = file("/lib/web@.service", "[Service]\nExecStart=/bin/web %i\n");
    auto red = blue;
    blue.name = "web@blue.service";
    red.name = "web@red.service";
    auto all = translate(
        Format::systemd,
        {file("/etc/web@blue.service.d/10-size.conf", "[Service]\nEnvironment=SIZE=big\n"),
         file("/etc/web@blue.service.d/05-port.conf", "[Service]\nEnvironment=PORT=81\n"),
         file("/etc/web@.service.d/20-port.conf", "[Service]\nEnvironment=PORT=80\n"),
         file("/etc/web@.service.d/10-size.conf", "[Service]\nEnvironment=SIZE=small WIDE=1\n"),
         file("/etc/service.d/10-size.conf", "[Service]\nEnvironment=SIZE=none\n"), blue, red});
    EXPECT_EQ(notes(all), "");
    EXPECT_THAT(text_of(all, "web@blue"), HasSubstr("[env]\nPORT = \"80\"\nSIZE = \"big\"\n"));
    EXPECT_THAT(text_of(all, "web@blue"), Not(HasSubstr("WIDE")));
    EXPECT_THAT(text_of(all, "web@red"),
                HasSubstr("[env]\nSIZE = \"small\"\nWIDE = \"1\"\nPORT = \"80\"\n"));
    EXPECT_THAT(notes(translate(Format::systemd, {file("/etc/web@.service.d/o.conf", "")})),
                HasSubstr("it is a drop-in of web@.service, which is not among the files"));
}

TEST(SystemdDropIns, AreThoseOfTemplatesOfShorterNamesAndOfTheKind) {
    EXPECT_THAT(systemd_drop_in_owners(parse_systemd_name("a-b-c.service")),
                testing::ElementsAre("a-b-c.service", "a-b-.service", "a-.service", "service"));
    EXPECT_THAT(
        systemd_drop_in_owners(parse_systemd_name("a-b@x.socket")),
        testing::ElementsAre("a-b@x.socket", "a-b@.socket", "a-@x.socket", "a-@.socket", "socket"));
    EXPECT_THAT(systemd_drop_in_owners(parse_systemd_name("-a.timer")),
                testing::ElementsAre("-a.timer", "timer"));
}

TEST(Systemd, StrangeFilesAreToldOf) {
    EXPECT_THAT(notes(service("")), HasSubstr("nothing to run"));
    EXPECT_THAT(notes(translate(Format::systemd, {file("a.mount", "")})),
                HasSubstr("nothing like a mount"));
    EXPECT_THAT(notes(with("nonsense\n[Open\n")),
                HasSubstr("web.service:3: not translated: expected KEY=VALUE"));
    EXPECT_THAT(notes(with("ExecStartPre=/bin/a \"open\n")), HasSubstr("a \" without its end"));
}

TEST(SystemdQuoting, IsThatOfTheManual) {
    std::string problem;
    const auto words = split_quoted(R"(a "b c" 'd "e' f\x41\u00e9\ty "" \101)", problem);
    EXPECT_EQ(words, (std::vector<std::string>{"a", "b c", "d \"e", "fA\xc3\xa9\ty", "", "A"}));
    EXPECT_EQ(problem, "");
    split_quoted(R"(\q)", problem);
    EXPECT_EQ(problem, "an unknown escape after \\");
}

}  // namespace
}  // namespace superctl::importing
