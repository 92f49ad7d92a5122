// What a restarted supervisor goes on with, and how a directory is read.
#include "tests/unit/config/files.hpp"

#include <sys/stat.h>

#include <gmock/gmock.h>

namespace superd::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Sources, ComeBackAsTheyWere) {
    const Sources sources{{{"superd.toml", ""}, {"units/a.toml", std::string{"x\0y\n", 4}}}};
    const auto back = Sources::deserialize(sources.serialize());
    ASSERT_TRUE(back);
    ASSERT_EQ(back->files.size(), 2u);
    EXPECT_EQ(back->files[0].name, "superd.toml");
    EXPECT_EQ(back->files[1].text, sources.files[1].text);
    EXPECT_TRUE(Sources::deserialize(Sources{}.serialize())->files.empty());
}

TEST(Sources, AreRefusedWhenDamagedAnywhere) {
    const auto bytes = Sources{{{"units/a.toml", "exec = [\"/bin/true\"]"}}}.serialize();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        EXPECT_FALSE(Sources::deserialize(bytes.substr(0, i))) << i;
        auto flipped = bytes;
        flipped[i] = static_cast<char>(flipped[i] ^ 0x10);
        EXPECT_FALSE(Sources::deserialize(flipped)) << i;
    }
    EXPECT_FALSE(Sources::deserialize(bytes + "x"));
    EXPECT_EQ(Sources::deserialize("").error().message(),
              "cannot read the accepted configuration: Bad message");
}

std::vector<std::string> names(const Sources& sources) {
    std::vector<std::string> result;
    for (const auto& file : sources.files) result.push_back(file.name);
    return result;
}

std::string mistakes_of(const std::string& directory) {
    const auto sources = read_sources(directory);
    std::string lines;
    if (!sources) {
        for (const auto& diagnostic : sources.error()) lines += diagnostic.text() + "\n";
    }
    return lines;
}

constexpr std::string_view good = "exec = [\"/bin/true\"]\n";

TEST(ReadSources, TakesUnitsInOrderAndTheirEnvFiles) {
    TemporaryDirectory directory;
    const auto file = directory.path() + "/x.env";
    directory.write("superd.toml", "[log]\nkeep = 1");
    directory.write("units/b.toml", std::string{good} + "env-file = [\"" + file + "\"]");
    directory.write("units/a.toml", std::string{good} + "env-file = [\"-" + file + "\", \"-" +
                                        directory.path() + "/none\"]");
    directory.write("units/README", "not a unit");
    directory.write("x.env", "A=1");
    std::filesystem::create_symlink("a.toml", directory.path() + "/units/c.toml");
    const auto sources = read_sources(directory.path());
    ASSERT_TRUE(sources);
    EXPECT_THAT(names(*sources),
                ElementsAre("superd.toml", "units/a.toml", "units/b.toml", "units/c.toml", file));
    const auto parsed = parse(*sources);
    ASSERT_TRUE(parsed);
    EXPECT_THAT(parsed->units[1]->launch.env, ElementsAre("A=1"));
}

TEST(ReadSources, TellsOfWhatCannotBeReadBesideAllOtherMistakes) {
    TemporaryDirectory directory;
    const auto units = directory.path() + "/units/";
    directory.write("units/a.toml", "exec = 3");
    directory.write("units/b.toml", std::string{good} + "env-file = [\"/no/such.env\"]\n" +
                                        "depends.needs = [\"gone\", \"pipe\"]");
    directory.write("units/large.toml", std::string((1u << 20) + 1, '#'));
    std::filesystem::create_symlink("nowhere", units + "gone.toml");
    std::filesystem::create_directory(units + "folder.toml");
    ASSERT_EQ(::mkfifo((units + "pipe.toml").c_str(), 0600), 0);
    EXPECT_EQ(mistakes_of(directory.path()),
              "units/a.toml:1:8: cannot use exec = 3: expected an array of strings, not an "
              "integer\n"
              "units/b.toml:2:13: cannot read \"/no/such.env\": No such file or directory\n"
              "units/folder.toml: cannot read this file: it is not a regular file\n"
              "units/gone.toml: cannot read this file: No such file or directory\n"
              "units/large.toml: cannot read this file: it is larger than 1 MiB\n"
              "units/pipe.toml: cannot read this file: it is not a regular file\n");
}

TEST(ReadSources, InsistsOnADirectoryOfUnits) {
    TemporaryDirectory directory;
    EXPECT_THAT(mistakes_of(directory.path()),
                HasSubstr("units: cannot list \"" + directory.path() +
                          "/units\": No such file or directory; make that directory"));
    std::filesystem::create_directory(directory.path() + "/units");
    EXPECT_EQ(mistakes_of(directory.path()), "");
}

TEST(Sources, TellOfTextsThatAreNone) {
    const auto of = [](std::string text) { return mistakes(one_unit(std::move(text))); };
    EXPECT_EQ(of(std::string{"a = 1\nb\0 = 2", 11}),
              "units/web.toml:2:2: cannot read this file: a NUL byte\n");
    EXPECT_EQ(of("a = \"\xFF\""),
              "units/web.toml:1:6: cannot read this file: a byte that is not UTF-8\n");
    EXPECT_EQ(of("é = \"\xED\xA0\x80\""),
              "units/web.toml:1:6: cannot read this file: a byte that is not UTF-8\n");
    EXPECT_EQ(of(std::string((1u << 20) + 1, ' ')),
              "units/web.toml: cannot read this file: it is larger than 1 MiB\n");
    EXPECT_EQ(of("exec = [\"/bin/true\"]\nexec = []").find("units/web.toml:2:"), 0u);
}

TEST(Sources, TellOfWrongSettings) {
    const auto of = [](std::string text) { return mistakes({{{"superd.toml", std::move(text)}}}); };
    EXPECT_EQ(of("supervisor.cgroup = \"on\""),
              "superd.toml:1:21: cannot use supervisor.cgroup = \"on\": expected auto, off or an "
              "absolute path\n");
    EXPECT_EQ(of("bus.address = \"on\""),
              "superd.toml:1:15: cannot use bus.address = \"on\": expected auto, off, system, "
              "session or an address like unix:path=/run/bus\n");
    EXPECT_EQ(of("bus.address = \"unix:path=/run/bus\""), "");
    EXPECT_EQ(of("control.readers = [\"@\"]"),
              "superd.toml:1:20: cannot use control.readers[0] = \"@\": expected a user, a group "
              "with an @ before it, or \"*\"\n");
    EXPECT_EQ(of("control.readers = [\"no such user\"]"),
              "superd.toml:1:20: cannot use control.readers[0] = \"no such user\": there is no "
              "such user\n");
    EXPECT_EQ(of("exec = [\"/bin/true\"]"),
              "superd.toml:1:1: cannot use exec: unknown key; superd.toml(5) has all keys\n");
}

}  // namespace
}  // namespace superd::config
