#include "supervisor/user_names.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

TEST(UserNames, AreThoseOfTheFile) {
    char name[] = "/tmp/sdusers.XXXXXX";
    const std::string directory = ::mkdtemp(name);
    std::ofstream{directory + "/passwd"} << "root:x:0:0:root:/root:/bin/sh\n"
                                            "broken\nalso:broken\nodd:x:12a:0::/:\n"
                                            "ann:x:1000:1000:Ann,,,:/home/ann:/bin/sh";
    UserNames users{directory + "/passwd"};
    EXPECT_EQ(users.name(0), "root");
    EXPECT_EQ(users.name(1000), "ann");
    EXPECT_EQ(users.name(12), "");
    EXPECT_EQ(users.name(100), "");
    std::filesystem::remove_all(directory);
    EXPECT_EQ(users.name(1000), "ann");
    EXPECT_EQ(users.name(0), "root");
    EXPECT_EQ(UserNames{directory + "/passwd"}.name(0), "");
}

}  // namespace
}  // namespace superd::supervisor
