// units/NAME.d/*.toml, laid over units/NAME.toml.
#include "config/merge.hpp"
#include "tests/unit/config/files.hpp"

#include <gmock/gmock.h>

namespace superd::config {
namespace {

using testing::ElementsAre;

const std::string program = "exec = [\"/bin/true\"]\n";

// units/web.toml and its drop-ins, by name without .toml.
Sources web(std::string text, const std::vector<std::pair<std::string, std::string>>& drop_ins) {
    auto sources = one_unit(std::move(text));
    for (const auto& [name, drop_in] : drop_ins) {
        sources.files.push_back({"units/web.d/" + name + ".toml", drop_in});
    }
    return sources;
}

std::shared_ptr<const Unit> merged(
    std::string text, const std::vector<std::pair<std::string, std::string>>& drop_ins) {
    const auto sources = web(std::move(text), drop_ins);
    EXPECT_EQ(mistakes(sources), "");
    auto parsed = parse(sources);
    if (!parsed || parsed->units.size() != 1) return std::make_shared<const Unit>();
    return parsed->units.front();
}

TEST(DropIns, AreLaidOverInOrderOfName) {
    const auto unit = merged(program + "description = \"file\"\nenv = { A = \"a\", B = \"b\" }",
                             {{"20-second", "description = \"20\"\nenv.C = \"c\""},
                              {"10-first", "description = \"10\"\nenv.B = \"10\""}});
    EXPECT_EQ(unit->description, "20");
    EXPECT_THAT(unit->launch.env, ElementsAre("A=a", "B=10", "C=c"));
    EXPECT_THAT(unit->source.files, ElementsAre("units/web.toml", "units/web.d/10-first.toml",
                                                "units/web.d/20-second.toml"));
}

TEST(DropIns, ReplaceArraysAndMergeSectionsKeyByKey) {
    const auto unit = merged(
        "exec = [\"/bin/true\", \"a\"]\n[restart]\nnever-on = [1, 2]\n"
        "delay = \"1s\"\n",
        {{"a", "exec = [\"/bin/false\"]\nrestart.never-on = [3]"}});
    EXPECT_THAT(unit->launch.argv, ElementsAre("/bin/false"));
    EXPECT_THAT(unit->spec.restart.never_on_codes, ElementsAre(3));
    EXPECT_EQ(unit->spec.restart.delay, std::chrono::seconds{1});
}

TEST(DropIns, MayGiveWhatTheFileLeavesOut) {
    EXPECT_THAT(merged("", {{"a", program}})->launch.argv, ElementsAre("/bin/true"));
}

TEST(DropIns, ChooseAnotherWayToBeReady) {
    const auto unit = merged(program + "[ready]\ntcp = \"127.0.0.1:80\"\ntimeout = \"1s\"\n",
                             {{"a", "ready.unix = \"/run/web.sock\""}});
    ASSERT_TRUE(unit->ready);
    EXPECT_EQ(unit->ready->kind, ReadyKind::unix_socket);
    EXPECT_EQ(unit->spec.ready_timeout, std::chrono::seconds{1});
    EXPECT_EQ(mistakes(web(program, {{"a", "ready.unix = \"/a\"\nready.fd = 3"}})),
              "units/web.d/a.toml:2:12: cannot use ready.fd: ready.unix is there already; a unit "
              "is ready in one way only\n");
}

TEST(DropIns, RememberWhereEachKeyIsFrom) {
    const auto unit = merged(program + "directory = \"/\"\n", {{"a", "\ndirectory = \"/srv\""}});
    EXPECT_EQ(unit->source.exec.file, 0);
    EXPECT_EQ(unit->source.directory.file, 1);
    EXPECT_EQ(unit->source.directory.line, 2);
}

TEST(DropIns, AreNamedByTheMistakesInThem) {
    EXPECT_EQ(mistakes(web(program + "[restart]\npolicy = \"alway\"\n",
                           {{"10", "[restart]\ndelay = \"5\""},
                            {"20", "[depends]\nneeds = [\"web2\"]\nafter = [\"x\", { unit = 3 }]"},
                            {"30", "colour = \"red\""}})),
              "units/web.d/10.toml:2:9: cannot use restart.delay = \"5\": a duration needs a "
              "unit; write \"5s\" for seconds\n"
              "units/web.d/20.toml:2:10: cannot use depends.needs[0] = \"web2\": there is no such "
              "unit; did you mean \"web\"?\n"
              "units/web.d/20.toml:3:15: cannot use depends.after[1]: unit: expected a string, not "
              "an integer\n"
              "units/web.d/30.toml:1:1: cannot use colour: unknown key; superd.unit(5) has all "
              "keys\n"
              "units/web.toml:3:10: cannot use restart.policy = \"alway\": expected always, "
              "on-failure or never; did you mean \"always\"?\n");
}

TEST(DropIns, ThatAreNoTomlHideNoOtherMistake) {
    EXPECT_EQ(mistakes(web(program, {{"10", "exec ="}, {"20", "a = \xFF"}})),
              "units/web.d/10.toml:1:7: cannot read this file: Error while parsing key-value pair: "
              "encountered end-of-file\n"
              "units/web.d/20.toml:1:5: cannot read this file: a byte that is not UTF-8\n");
}

TEST(DropIns, NeedTheirUnit) {
    const auto without = [](const std::string& directory) {
        return mistakes({{{"units/web.toml", program},
                          {"units/" + directory + "/10.toml", ""},
                          {"units/" + directory + "/20.toml", ""}}});
    };
    EXPECT_EQ(without("wbe.d"),
              "units/wbe.d: cannot use these drop-ins: there is no unit wbe; "
              "did you mean units/web.d?\n");
    EXPECT_EQ(without("web.toml.d"),
              "units/web.toml.d: cannot use these drop-ins: there is no "
              "unit web.toml; did you mean units/web.d?\n");
    EXPECT_EQ(without("mail.d"),
              "units/mail.d: cannot use these drop-ins: there is no unit mail; "
              "write units/mail.toml, or remove them\n");
    EXPECT_EQ(without("web"), "");
    EXPECT_EQ(without("web.d/more"), "");
}

TEST(Merge, AddsTablesThatHaveHeadsOfTheirOwn) {
    const auto names = [](std::string_view base, std::string_view over) {
        auto table = *parse_document(base);
        merge(table, *parse_document(over));
        std::vector<std::string> found;
        for (const auto& item : *table.entries.at(0).value.as<Array>()) {
            found.push_back(*item.as<Table>()->find("name")->value.as<std::string>());
        }
        return found;
    };
    EXPECT_THAT(names("[[check]]\nname = \"a\"", "[[check]]\nname = \"b\""), ElementsAre("a", "b"));
    EXPECT_THAT(names("[[check]]\nname = \"a\"", "check = [{ name = \"b\" }]"), ElementsAre("b"));
}

TEST(DropIns, OfADirectoryAreReadWithTheEnvFilesTheyName) {
    TemporaryDirectory directory;
    const auto& path = directory.path();
    directory.write("units/web.toml", program + "env-file = [\"/no/such.env\"]");
    directory.write("units/web.d/10-env.toml", "env-file = [\"" + path + "/x.env\"]");
    directory.write("units/web.d/README", "not a drop-in");
    directory.write("units/notes.d", "no directory");
    directory.write("x.env", "A=1");
    const auto sources = read_sources(path);
    ASSERT_TRUE(sources) << sources.error().front().text();
    EXPECT_EQ(mistakes(*sources), "");
    EXPECT_THAT(parse(*sources)->units.at(0)->launch.env, ElementsAre("A=1"));
    // What a restarted supervisor goes on with has them too.
    const auto back = Sources::deserialize(sources->serialize());
    ASSERT_TRUE(back);
    EXPECT_THAT(parse(*back)->units.at(0)->launch.env, ElementsAre("A=1"));
}

TEST(DropIns, ThatCannotBeReadAreToldOnce) {
    TemporaryDirectory directory;
    directory.write("units/web.toml", "description = \"exec is in the drop-in\"");
    directory.write("units/db.toml", program + "depends.needs = [\"web\"]");
    std::filesystem::create_directories(directory.path() + "/units/web.d");
    std::filesystem::create_symlink("nowhere", directory.path() + "/units/web.d/a.toml");
    const auto sources = read_sources(directory.path());
    ASSERT_FALSE(sources);
    ASSERT_EQ(sources.error().size(), 1u);
    EXPECT_EQ(sources.error()[0].text(),
              "units/web.d/a.toml: cannot read this file: No such file or directory");
}

TEST(DropIns, AreFoundThroughTheLinksOfAConfigMap) {
    TemporaryDirectory directory;
    const auto units = directory.path() + "/units/";
    directory.write("units/web.toml", program);
    directory.write("units/web.d/..one/10.toml", "description = \"one\"");
    directory.write("units/web.d/..two/10.toml", "description = \"two\"");
    std::filesystem::create_symlink("..one", units + "web.d/..data");
    std::filesystem::create_symlink("..data/10.toml", units + "web.d/10.toml");
    const auto description = [&] {
        return parse(*read_sources(directory.path()))->units.at(0)->description;
    };
    EXPECT_EQ(description(), "one");
    std::filesystem::create_symlink("..two", units + "web.d/..data_tmp");
    std::filesystem::rename(units + "web.d/..data_tmp", units + "web.d/..data");
    EXPECT_EQ(description(), "two");
}

}  // namespace
}  // namespace superd::config
