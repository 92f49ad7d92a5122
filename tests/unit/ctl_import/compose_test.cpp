#include "imported.hpp"

namespace superctl::importing {
namespace {

Translation from(const std::string& text) {
    return translate(Format::compose, {file("compose.yaml", text)});
}

TEST(Compose, AServiceBecomesAUnit) {
    auto all = from(R"(services:
  web:
    command: ["/bin/web", "--port", "${PORT:-80}", "a$$b"]
    environment:
      A: 1
      B: ${HOST}
      C:
    env_file: web.env
    user: "1000:33"
    working_dir: /srv
    restart: unless-stopped
    stop_signal: SIGQUIT
    stop_grace_period: 1m30s
    deploy: {replicas: 2}
    depends_on:
      db: {condition: service_healthy}
      init: {condition: service_completed_successfully}
  db:
    entrypoint: /bin/db
    command: --data "a b"
    healthcheck: {test: ["CMD", "pg_isready"], interval: 5s, timeout: 2s, retries: 4}
    restart: on-failure
  init:
    command: /bin/init
)");
    EXPECT_EQ(notes(all), "");
    const auto web = text_of(all, "web");
    for (const auto* const line :
         {"exec = [\"/bin/web\", \"--port\", \"${PORT:-80}\", \"a$b\"]\n",
          "env-file = [\"-/srv/app/.env\", \"/srv/app/web.env\"]\n",
          "pass-env = [\"PORT\", \"HOST\", \"C\"]\n", "user = 1000\ngroup = 33\n",
          "directory = \"/srv\"\n", "instances = 2\n", "needs = [\"db\", \"init\"]\n",
          "policy = \"always\"\n", "signals = [[\"SIGQUIT\", \"90s\"], [\"SIGKILL\", \"5s\"]]\n",
          "A = \"1\"\nB = \"${HOST:-}\"\n"}) {
        EXPECT_THAT(web, HasSubstr(line));
    }
    const auto db = text_of(all, "db");
    EXPECT_THAT(db, HasSubstr("exec = [\"/bin/db\", \"--data\", \"a b\"]\n"));
    EXPECT_THAT(db, HasSubstr("[ready]\nexec = [\"pg_isready\"]\n"));
    EXPECT_THAT(
        db, HasSubstr("[[check]]\nname = \"health\"\nexec = [\"pg_isready\"]\nevery = \"5s\"\n"));
    EXPECT_THAT(text_of(all, "init"), HasSubstr("type = \"oneshot\"\n"));
}

TEST(Compose, WhatIsMergedIntoAMapIsAsMuchOfItAsItsOwn) {
    auto all = from(R"(x-env: &env {A: 1, B: 2}
x-base: &base {restart: always, hostname: h, environment: *env}
x-other: &other {tty: true, restart: "no"}
services:
  a:
    <<: [*base, *other]
    command: a
    environment: {<<: *env, B: 3}
    deploy: {<<: {replicas: 2}, placement: {}}
)");
    EXPECT_THAT(text_of(all, "a"), HasSubstr("[env]\nB = \"3\"\nA = \"1\"\n"));
    EXPECT_THAT(text_of(all, "a"), HasSubstr("instances = 2\n"));
    EXPECT_THAT(text_of(all, "a"), HasSubstr("policy = \"always\""));
    EXPECT_THAT(notes(all), HasSubstr("compose.yaml:2: not translated: hostname: "));
    EXPECT_THAT(notes(all), HasSubstr("compose.yaml:3: not translated: tty: "));
    EXPECT_THAT(notes(all), Not(HasSubstr("<<")));
}

TEST(Compose, TellsWhatContainersHaveAndUnitsHaveNot) {
    const auto all = from(
        "services:\n  web:\n    image: nginx\n    ports: [\"80:80\"]\n    command: nginx\n"
        "  other:\n    image: redis\nvolumes: {}\n");
    EXPECT_EQ(all.units.size(), 1u);
    EXPECT_THAT(notes(all), HasSubstr("compose.yaml:3: not translated: image: "));
    EXPECT_THAT(notes(all), HasSubstr("compose.yaml:4: not translated: ports: "));
    EXPECT_THAT(notes(all),
                HasSubstr("compose.yaml:6: not translated: services.other: what its image runs"));
    EXPECT_THAT(notes(all), HasSubstr("compose.yaml:8: not translated: volumes: "));
}

TEST(Compose, MergeKeysAndShellChecks) {
    auto all = from(
        "x-base: &base\n  restart: always\nservices:\n  a:\n    <<: *base\n    command: a\n"
        "    healthcheck: {test: curl -f localhost || exit 1}\n");
    EXPECT_THAT(text_of(all, "a"), HasSubstr("policy = \"always\""));
    EXPECT_THAT(text_of(all, "a"),
                HasSubstr(R"(exec = ["/bin/sh", "-c", "curl -f localhost || exit 1"])"));
}

std::string service(const std::string& lines) {
    return unit_text(from("services:\n  a:\n    command: /bin/true\n" + lines));
}
std::string exec(const std::string& command) {
    return unit_text(from("services: {a: {command: " + command + "}}"));
}

TEST(Compose, TheShellOfAHealthcheckSeesWhatComposeLeavesToIt) {
    const auto text = service(
        "    healthcheck:\n      test: [CMD-SHELL, 'pg_isready -U $${POSTGRES_USER} -d $$DB -h "
        "${HOST}']\n");
    EXPECT_THAT(
        text,
        HasSubstr(R"("/bin/sh", "-c", "pg_isready -U $${POSTGRES_USER} -d $DB -h ${HOST:-}"])"));
    EXPECT_THAT(text, HasSubstr("pass-env = [\"HOST\"]\n"));
    EXPECT_THAT(service("    healthcheck: {test: 'test $$A = ${B:-b} && test $${C}'}"),
                HasSubstr(R"("/bin/sh", "-c", "test $A = ${B:-b} && test $${C}"])"));
    EXPECT_THAT(service("    healthcheck: {test: NONE}"), Not(HasSubstr("[[check]]")));
}

TEST(Compose, TimesOfAHealthcheckThatAre0AreTheUsualOnes) {
    const auto text = service(
        "    healthcheck: {test: x, interval: 0s, timeout: 0, start_period: 0s, retries: 0}");
    EXPECT_THAT(text, HasSubstr("every = \"30s\"\ntimeout = \"30s\"\nfailures = 3\n"
                                "start-timeout = \"0s\"\n"));
    const auto all =
        from("services: {a: {command: /bin/true, healthcheck: {test: x, interval: '${EVERY}'}}}");
    EXPECT_THAT(notes(all), HasSubstr("healthcheck.interval: expected a time, as 30s"));
}

TEST(Compose, VariablesAreLookedForInTheFileBesideIt) {
    const auto text = service(
        "    env_file: [{path: a.env, required: false}, b.env]\n"
        "    environment: {PASSWORD: '${DB_PASSWORD}'}\n");
    EXPECT_THAT(text, HasSubstr("env-file = [\"-/srv/app/.env\", \"-/srv/app/a.env\", "
                                "\"/srv/app/b.env\"]\npass-env = [\"DB_PASSWORD\"]\n"));
    EXPECT_THAT(text, HasSubstr("remark: .env: its variables win"));
    EXPECT_THAT(service("    environment: [FROM_OUTSIDE]\n"), HasSubstr("-/srv/app/.env"));
    EXPECT_THAT(service("    environment: [A=1]\n"), Not(HasSubstr(".env")));
}

TEST(Compose, TheFileBesideItIsReadOnceIfItIsAnEnvFileToo) {
    EXPECT_THAT(service("    env_file: .env\n    environment: [A]\n"),
                HasSubstr("env-file = [\"/srv/app/.env\"]\n"));
}

TEST(Compose, WhatSuperdReadsOtherwiseInTheFileBesideItIsToldOf) {
    auto compose = file("compose.yaml", "services: {a: {command: 'a ${A}'}}");
    compose.dot_env =
        "# x=$A\nA=1 # one\nB=\"a # b\"\nC=${A}/c\nD='$A'\nE=a$\nexport F=1\nG=a#b\n\nH=\"$A\"\n";
    const auto all = translate(Format::compose, {compose});
    EXPECT_EQ(notes(all),
              "/srv/app/.env:2: not translated: A: to superd the # and what follows is part of the "
              "value; put the comment on a line of its own\n"
              "/srv/app/.env:4: not translated: C: superd replaces no variables there\n"
              "/srv/app/.env:7: not translated: export F: superd refuses it; leave out export\n"
              "/srv/app/.env:10: not translated: H: superd replaces no variables there\n");
    compose.text = "services: {a: {command: a}}";
    EXPECT_EQ(notes(translate(Format::compose, {compose})), "");
}

TEST(Compose, ADollarBeforeAVariableIsADollar) {
    auto all = from("services: {a: {command: ['/bin/echo', 'a$$$$${X:-1}$${Y}']}}");
    EXPECT_THAT(unit_text(all), HasSubstr(R"("a${DOLLAR:-$}${DOLLAR:-$}${X:-1}$${Y}")"));
    EXPECT_EQ(wrong_for_superd(all), "");
}

TEST(Compose, VariablesAreReplacedBeforeWordsAreSplit) {
    const auto text = exec("'run ${A:-a b} \"x ${B}\" ${C:?C is not set} ${D:-${E:-e}}.f'");
    EXPECT_THAT(text,
                HasSubstr(R"(["run", "${A:-a b}", "x ${B:-}", "${C:-}", "${D:-${E:-e}}.f"])"));
    EXPECT_THAT(text, HasSubstr("remark: ${A:-a b} is one word, whatever blanks its value has"));
    EXPECT_THAT(text, HasSubstr("${C:?C is not set}: superd has an empty one where C is not set"));
    EXPECT_THAT(exec("'run ${A} b'"), HasSubstr("${A:-} is one word"));
    EXPECT_THAT(exec("'run \"${A}\" b'"), Not(HasSubstr("is one word")));
    EXPECT_THAT(notes(from("services: {a: {command: 'x ${A:+b}'}}")),
                HasSubstr("${A:+b}: superd knows ${NAME} and ${NAME:-default}"));
}

TEST(Compose, AnEntrypointOfNullIsThatOfTheImage) {
    EXPECT_THAT(service("    entrypoint: null\n"), HasSubstr("exec = [\"/bin/true\"]\n"));
    const auto folded =
        from("services:\n  a:\n    command: >\n      sh -c\n      'echo\n      hi'\n");
    EXPECT_THAT(unit_text(folded), HasSubstr(R"(exec = ["sh", "-c", "echo hi"])"));
}

TEST(Compose, WhatIsNotRequiredIsOnlyWanted) {
    auto all = from(R"(services:
  a:
    command: /bin/true
    depends_on:
      b: {condition: service_healthy, required: false}
      c: {condition: service_started, required: true, restart: true}
  b: {command: /bin/true, healthcheck: {test: /bin/true}}
  c: {command: /bin/true}
)");
    EXPECT_THAT(text_of(all, "a"),
                HasSubstr("[depends]\nwants = [\"b\"]\nafter = [\"b\"]\nneeds = [\"c\"]\n"));
    EXPECT_THAT(text_of(all, "b"), HasSubstr("[ready]\nexec = "));
    EXPECT_THAT(notes(all), HasSubstr("superd does not restart it because c is restarted"));
    EXPECT_EQ(wrong_for_superd(all), "");
}

TEST(Compose, WhoGetsTheSignalIsTold) {
    EXPECT_THAT(service(""), HasSubstr("docker's to the first one alone"));
}

TEST(Compose, AServiceOfAProfileIsStartedByHand) {
    auto all = from("services: {a: {command: /bin/true, profiles: [debug]}}");
    EXPECT_THAT(text_of(all, "a"), HasSubstr("autostart = false\n"));
    EXPECT_THAT(notes(all, Weight::remark), HasSubstr("`superctl start a`"));
    EXPECT_EQ(notes(all), "");
    auto without = from(R"(services:
  a: {command: /bin/true, profiles: [debug]}
  b: {command: /bin/true, depends_on: {a: {condition: service_started, required: false}}}
)");
    EXPECT_THAT(text_of(without, "b"), HasSubstr("[depends]\nafter = [\"a\"]\n"));
}

TEST(Compose, WhatIsMergedMayBeMergedItself) {
    auto all = from(R"(x-all: &all {restart: always, depends_on: {b: {condition: service_healthy}}}
x-web: &web
  <<: *all
  working_dir: /srv
services:
  a: {<<: *web, command: a}
  b: {command: /bin/true, healthcheck: {test: /bin/true}}
)");
    EXPECT_THAT(text_of(all, "a"), HasSubstr("policy = \"always\""));
    EXPECT_THAT(text_of(all, "a"), HasSubstr("needs = [\"b\"]"));
    EXPECT_THAT(text_of(all, "b"), HasSubstr("[ready]\nexec = "));
}

TEST(Compose, WhatAServiceExtendsIsAsMuchOfItAsItsOwn) {
    auto all = from(R"(services:
  base:
    command: app serve
    environment: {A: 1, B: two}
    env_file: [base.env]
    restart: always
    deploy: {resources: {limits: {memory: 64m, pids: 9}}}
  worker:
    extends: {service: base}
    command: app work
    environment: [B=three, C]
    env_file: [own.env]
    deploy: {resources: {limits: {pids: 10}}}
  clone: {extends: worker, restart: "no"}
  far: {extends: {file: other.yaml, service: x}, command: a}
  gone: {extends: none, command: a}
)");
    for (const auto* const name : {"worker", "clone"}) {
        const auto text = text_of(all, name);
        EXPECT_THAT(text, HasSubstr("exec = [\"app\", \"work\"]\n"));
        EXPECT_THAT(text, HasSubstr("[env]\nA = \"1\"\nB = \"three\"\n"));
        EXPECT_THAT(text, HasSubstr("\"/srv/app/base.env\", \"/srv/app/own.env\"]\n"));
        EXPECT_THAT(text, HasSubstr("memory-max = \"64MiB\"\n"));
        EXPECT_THAT(text, HasSubstr("pids = 10\n"));
        EXPECT_THAT(text, Not(HasSubstr("extends")));
    }
    EXPECT_THAT(text_of(all, "worker"), HasSubstr("policy = \"always\""));
    EXPECT_THAT(text_of(all, "clone"), HasSubstr("policy = \"never\""));
    EXPECT_THAT(text_of(all, "far"), HasSubstr("extends: write what it extends into this file"));
    EXPECT_THAT(text_of(all, "gone"), HasSubstr("extends: write what it extends into this file"));
}

TEST(Compose, ServicesThatExtendEachOtherAreReadAnyway) {
    auto all = from("services: {a: {extends: b, command: x}, b: {extends: a, command: y}}");
    EXPECT_THAT(text_of(all, "a"), HasSubstr("exec = [\"x\"]\n"));
    EXPECT_THAT(text_of(all, "b"), HasSubstr("exec = [\"y\"]\n"));
}

TEST(Compose, OptionsAloneAreNoProgram) {
    const auto all = from("services: {db: {image: mysql, command: --skip-networking}}");
    EXPECT_TRUE(all.units.empty());
    EXPECT_THAT(notes(all), HasSubstr("services.db: what its image runs is not in this file"));
}

TEST(Compose, TheRestartPolicyOfADeploymentGoesFirst) {
    const auto deployed = [](const std::string& policy) {
        return service("    restart: always\n    deploy: {restart_policy: " + policy + "}\n");
    };
    EXPECT_THAT(deployed("{condition: on-failure, delay: 5s}"),
                HasSubstr("[restart]\ndelay = \"5s\"\npolicy = \"on-failure\"\n"));
    EXPECT_THAT(deployed("{condition: none}"), HasSubstr("policy = \"never\"\n"));
    EXPECT_THAT(deployed("{max_attempts: 3}"), HasSubstr("policy = \"always\"\n# compose.yaml:5: "
                                                         "not translated: deploy.restart_policy."
                                                         "max_attempts: superd goes on trying"));
    EXPECT_THAT(deployed("{condition: x}"), HasSubstr("there is no condition x"));
}

TEST(Compose, AnIncludedFileIsToBeNamed) {
    EXPECT_THAT(notes(from("include: [a.yaml]\nservices: {}")),
                HasSubstr("compose.yaml:1: not translated: include: name that file"));
}

TEST(Compose, AMapThatContainsItselfIsReadAnyway) {
    auto all = from("services:\n  a: &a\n    command: /bin/true\n    <<: [*a, *a, *a]\n");
    EXPECT_THAT(text_of(all, "a"), HasSubstr("exec = [\"/bin/true\"]\n"));
}

TEST(Compose, WhatIsNoComposeFileIsToldOf) {
    EXPECT_THAT(notes(from("a: [")), HasSubstr("it is no YAML: "));
    EXPECT_THAT(notes(from("- a")), HasSubstr("expected a map with services"));
    EXPECT_THAT(notes(from("services: 1")), HasSubstr("it has no services"));
    EXPECT_THAT(notes(from("services: {a: 1, b: {command: [[x]]}}")),
                HasSubstr("expected a service"));
}

}  // namespace
}  // namespace superctl::importing
