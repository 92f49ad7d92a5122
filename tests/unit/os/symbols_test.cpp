#include "os/symbols.hpp"

#include "scratch.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace superd::os {

// What the table of symbols is to name; not static, and not inlined.
__attribute__((noinline)) int named_function(int number) {
    asm volatile("" : "+r"(number));
    return number;
}

namespace {

std::uint64_t address_of_function() {
    return reinterpret_cast<std::uint64_t>(reinterpret_cast<void*>(&named_function));
}

TEST(CodeMappings, AreReadFromMaps) {
    const auto found = parse_code_mappings(
        "55d0aa000000-55d0aa001000 r--p 00000000 08:01 10                         /bin/cat\n"
        "55d0aa001000-55d0aa005000 r-xp 00001000 08:01 10                         /bin/my cat\n"
        "7f0000000000-7f0000001000 r-xp 00000000 00:00 0 \n"
        "garbage x x\n"
        "7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                          [vdso]");
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[0].begin, 0x55d0aa001000u);
    EXPECT_EQ(found[0].end, 0x55d0aa005000u);
    EXPECT_EQ(found[0].offset, 0x1000u);
    EXPECT_EQ(found[0].path, "/bin/my cat");
    EXPECT_EQ(found[1].path, "");
    EXPECT_EQ(found[2].path, "[vdso]");
    EXPECT_TRUE(parse_code_mappings("").empty());
}

TEST(Stack, IsNamed) {
    const auto mappings = code_mappings(::getpid());
    ASSERT_FALSE(mappings.empty());
    const std::uint64_t here = address_of_function();
    const std::uint64_t addresses[] = {here + 2, here + 3, 0x10};
    const auto lines = describe_stack(mappings, addresses);
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_TRUE(lines[0].starts_with("superd::os::named_function(int)+0x2 (")) << lines[0];
    EXPECT_TRUE(lines[1].starts_with("superd::os::named_function(int)+0x3 (")) << lines[1];
    EXPECT_EQ(lines[2], "0x10");
    EXPECT_TRUE(describe_stack({}, {}).empty());
}

TEST(Stack, NamesFunctionsOfALibraryWithoutAFullTable) {
    const auto mappings = code_mappings(::getpid());
    const auto at = reinterpret_cast<std::uint64_t>(::dlsym(RTLD_DEFAULT, "strtol"));
    const std::uint64_t addresses[] = {at + 1};
    const auto lines = describe_stack(mappings, addresses);
    EXPECT_TRUE(lines[0].contains("strto") && lines[0].contains("+0x1 (")) << lines[0];
}

TEST(Stack, WithoutItsFileIsAnOffset) {
    const std::vector<CodeMapping> mappings{{0x1000, 0x2000, 0x500, "/no/such/file.so"},
                                            {0x3000, 0x4000, 0, "[vdso]"},
                                            {0x5000, 0x6000, 0, "/dev/null"}};
    const std::uint64_t addresses[] = {0x1010, 0x3010, 0x5001};
    EXPECT_EQ(describe_stack(mappings, addresses),
              (std::vector<std::string>{"file.so+0x510", "[vdso]+0x10", "null+0x1"}));
}

// A file that lies about itself names nothing, or anything, and does no harm.
TEST(Symbols, OfADamagedFileDoNoHarm) {
    const Fd whole{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
    std::string bytes(65536, '\0');
    const ssize_t count = ::pread(whole.get(), bytes.data(), bytes.size(), 0);
    ASSERT_GT(count, 4096);
    const test::Scratch scratch;
    const std::string path = scratch.path() + "/file";
    const Fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    std::mt19937 random{std::random_device{}()};
    const std::uint64_t offsets[] = {0, 0x1234, ~std::uint64_t{}};
    for (int round = 0; round < 300; ++round) {
        std::string damaged = bytes.substr(0, 64 + random() % 4096);
        for (int i = 0; i < 8; ++i) damaged[16 + random() % 48] = static_cast<char>(random());
        ASSERT_EQ(::ftruncate(file.get(), 0), 0);
        ASSERT_EQ(::pwrite(file.get(), damaged.data(), damaged.size(), 0),
                  static_cast<ssize_t>(damaged.size()));
        EXPECT_EQ(find_symbols(file, offsets).size(), 3u);
    }
}

}  // namespace
}  // namespace superd::os
