#include "ctl/import/files.hpp"

#include "imported.hpp"

namespace superctl::importing {
namespace {

using superd::config::TemporaryDirectory;
using testing::ElementsAre;

// What systemd reads on a machine: an administrator's files before those of packages.
class SystemdSearch : public testing::Test {
protected:
    std::vector<std::string> found(const std::string& name) {
        const auto files = read(name);
        std::vector<std::string> paths;
        if (!files) return {files.error().message};
        for (const auto& each : *files) {
            EXPECT_TRUE(each.found) << each.path;
            EXPECT_TRUE(each.path.starts_with(root_.path())) << each.path;
            paths.push_back(each.path.substr(root_.path().size()));
        }
        return paths;
    }

    std::expected<std::vector<InputFile>, Failure> read(const std::string& name) {
        const std::string etc = root_.path() + "/etc", lib = root_.path() + "/lib";
        const std::array<std::string_view, 3> directories{etc, "/nowhere", lib};
        return read_files(Format::systemd, {name}, directories);
    }

    TemporaryDirectory root_;
};

TEST_F(SystemdSearch, FindsWhatIsNamedAsSystemctlNamesIt) {
    root_.write("lib/frob.service", "");
    root_.write("lib/frob.socket", "");
    EXPECT_THAT(found("frob.service"), ElementsAre("/lib/frob.service"));
    EXPECT_THAT(found("frob"), ElementsAre("/lib/frob.service"));
    EXPECT_THAT(found("frob.socket"), ElementsAre("/lib/frob.socket"));
    root_.write("etc/frob.service", "");
    EXPECT_THAT(found("frob"), ElementsAre("/etc/frob.service"));
}

TEST_F(SystemdSearch, TakesDropInsAlongButOneOfEachName) {
    root_.write("lib/frob.service", "[Service]\nExecStart=/bin/frob\n");
    root_.write("lib/frob.service.d/10-a.conf", "[Service]\nEnvironment=A=lib\n");
    root_.write("lib/frob.service.d/20-b.conf", "[Service]\nEnvironment=B=lib\n");
    root_.write("lib/frob.service.d/notes.txt", "");
    root_.write("etc/frob.service.d/10-a.conf", "[Service]\nEnvironment=A=etc\n");
    EXPECT_THAT(found("frob.service"),
                ElementsAre("/lib/frob.service", "/etc/frob.service.d/10-a.conf",
                            "/lib/frob.service.d/20-b.conf"));
    EXPECT_THAT(unit_text(translate(Format::systemd, *read("frob"))),
                HasSubstr("[env]\nA = \"etc\"\nB = \"lib\"\n"));
}

TEST_F(SystemdSearch, ReadsATemplateForItsInstance) {
    root_.write("lib/frob@.service", "[Service]\nExecStart=/bin/frob %i\n");
    root_.write("etc/frob@.service.d/o.conf", "[Service]\nUser=frob\n");
    EXPECT_THAT(found("frob@blue"),
                ElementsAre("/lib/frob@.service", "/etc/frob@.service.d/o.conf"));
    auto all = translate(Format::systemd, *read("frob@blue.service"));
    EXPECT_THAT(text_of(all, "frob@blue"), HasSubstr("exec = [\"/bin/frob\", \"blue\"]\n"));
    EXPECT_THAT(text_of(all, "frob@blue"), HasSubstr("user = \"frob\"\n"));
    root_.write("lib/frob@blue.service", "");
    EXPECT_THAT(found("frob@blue"),
                ElementsAre("/lib/frob@blue.service", "/etc/frob@.service.d/o.conf"));
}

TEST_F(SystemdSearch, SaysWhereItHasLooked) {
    const auto none = read("frob.service");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().message, "cannot find frob.service: it is not here, nor in " +
                                        root_.path() + "/etc, /nowhere, " + root_.path() + "/lib");
    EXPECT_THAT(none.error().hint, HasSubstr("./frob.service"));
    const auto path = read("./frob.service");
    ASSERT_FALSE(path);
    EXPECT_THAT(path.error().message, HasSubstr("cannot read ./frob.service: No such file"));
}

TEST_F(SystemdSearch, TellsOfAUnitThatIsMasked) {
    root_.write("lib/frob.service", "[Service]\nExecStart=/bin/frob\n");
    std::filesystem::create_directories(root_.path() + "/etc");
    std::filesystem::create_symlink("/dev/null", root_.path() + "/etc/frob.service");
    const auto masked = read("frob.service");
    ASSERT_FALSE(masked);
    EXPECT_THAT(masked.error().message, HasSubstr("/etc/frob.service masks it"));
}

TEST(WriteUnits, MakesTheDirectoryWithThoseItIsIn) {
    const TemporaryDirectory root;
    const auto all = translate(Format::procfile, {file("Procfile", "web: sleep 1\n")});
    const auto directory = root.path() + "/new/etc/units";
    EXPECT_FALSE(write_units(all, "test", directory, false));
    EXPECT_TRUE(std::filesystem::exists(directory + "/web.toml"));
    const auto within_a_file = write_units(all, "test", directory + "/web.toml/units", false);
    ASSERT_TRUE(within_a_file);
    EXPECT_THAT(within_a_file->message, HasSubstr("cannot make " + directory));
}

}  // namespace
}  // namespace superctl::importing
