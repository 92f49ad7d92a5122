#include "wire/json_writer.hpp"

#include <cmath>
#include <limits>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace superd::wire {
namespace {

std::string quoted(std::string_view text) {
    std::string out;
    append_quoted(out, text);
    return out;
}

TEST(JsonWriter, EscapesWhatJsonDoesNotAllow) {
    EXPECT_EQ(quoted("a\"b\\c\n\r\t\x01\x7f"), "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u007f\"");
    EXPECT_EQ(quoted(std::string_view{"\0x", 2}), "\"\\u0000x\"");
}

TEST(JsonWriter, KeepsUtf8AndReplacesWhatIsNone) {
    EXPECT_EQ(quoted("gr\xC3\xBC\xC3\x9F \xE2\x86\x92 \xF0\x9F\x98\x80"),
              "\"gr\xC3\xBC\xC3\x9F \xE2\x86\x92 \xF0\x9F\x98\x80\"");
    EXPECT_EQ(quoted("\xC3"), "\"\xEF\xBF\xBD\"");
    EXPECT_EQ(quoted("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");          // Overlong.
    EXPECT_EQ(quoted("\xED\xA0\x80").find('\xED'), std::string::npos);      // A surrogate.
    EXPECT_EQ(quoted("\xF4\x90\x80\x80").find('\xF4'), std::string::npos);  // Beyond U+10FFFF.
}

TEST(JsonWriter, AnyTwoBytesGiveWhatAParserTakes) {
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            const char bytes[] = {static_cast<char>(first), static_cast<char>(second)};
            boost::system::error_code error;
            boost::json::parse(quoted({bytes, 2}), error);
            ASSERT_FALSE(error) << first << ' ' << second;
        }
    }
}

TEST(JsonWriter, PutsCommasWhereTheyBelong) {
    std::string out;
    JsonWriter json{out};
    json.begin_object();
    json.member("a", 1);
    json.key("b");
    json.begin_array();
    json.value(-2);
    json.begin_object();
    json.end_object();
    json.value(true);
    json.end_array();
    json.member("c", std::optional<int>{});
    json.member("d", 0.25);
    json.member("e", std::numeric_limits<double>::infinity());
    json.member("f", std::numeric_limits<std::uint64_t>::max());
    json.end_object();
    EXPECT_EQ(out,
              R"({"a":1,"b":[-2,{},true],"c":null,"d":0.25,"e":null,"f":18446744073709551615})");
}

}  // namespace
}  // namespace superd::wire
