/*
 * tests/unit/line_parse_test.c - bodies of line protocol, and the points or reasons they give
 *
 * Each body is parsed whole and in pieces of every small size, with a new memo and once more with
 * the memo that it has taught: the points must be the same each time.
 */
#include "unit.h"
#include "line_dump.h"

#define NOW INT64_C(1700000000123456789)

struct body_case {
	const char	*name;
	const char	*body;
	const char	*points;
	const char	*rejected;
	enum precision	 precision;
};

static const struct body_case body_cases[] = {
	{ "a line", "cpu,host=a v=1 1700000000000000000\n", "cpu|host=a|v=1f|1700000000000000000\n", "", 0 },
	{ "no LF at the end", "cpu v=1 1", "cpu||v=1f|1000000000\n", "", 0 },
	{ "no time", "cpu v=1", "cpu||v=1f|1700000000123456789\n", "", 0 },
	{ "no time, seconds", "cpu v=1 \n", "cpu||v=1f|1700000000000000000\n", "", PRECISION_S },
	{ "no time, hours", "cpu v=1\r\n", "cpu||v=1f|1699999200000000000\n", "", PRECISION_H },
	{ "nothing", "", "", "", 0 },
	{ "blanks and comments", "\n\n  \n# a=\"\n \t# b\n\r\n#", "", "", 0 },
	{ "leading blanks, runs of spaces", " \t m,a=b   v=1   5  \n", "m|a=b|v=1f|5000000000\n", "", 0 },
	{ "CRLF", "m v=1 1\r\nm v=\"a\" 2\r\nm v=2i\r\nm v=t \r\n",
	    "m||v=1f|1\nm||v=\"a\"s|2\nm||v=2i|1700000000123456789\nm||v=true|1700000000123456789\n", "",
	    PRECISION_NS },
	{ "a CR that is none of an end", "m v=1\r\r\nm v=1 2\rx\nm\r v=1 3\n", "m\r||v=1f|3\n",
	    "! 1: unable to parse 'm v=1\r': invalid number\n"
	    "! 2: unable to parse 'm v=1 2\rx': bad timestamp\n", PRECISION_NS },

	{ "types", "m a=1,b=-1.5,c=1i,d=-1i,e=1u,f=\"s\",g=t,h=T,i=true,j=True,k=TRUE,l=f,m=F,n=false,"
	    "o=False,p=FALSE 1", "m||a=1f,b=-1.5f,c=1i,d=-1i,e=1u,f=\"s\"s,g=true,h=true,i=true,j=true,"
	    "k=true,l=false,m=false,n=false,o=false,p=false|1000000000\n", "", 0 },
	{ "floats", "m a=1.,b=.5,c=1e5,d=1E5,e=-1.5e-3,f=007,g=-0,h=0.1,i=1e+2,j=-.5e1,k=1.e1 1",
	    "m||a=1f,b=0.5f,c=100000f,d=100000f,e=-0.0015f,f=7f,g=-0f,h=0.10000000000000001f,i=100f,"
	    "j=-5f,k=10f|1000000000\n", "", 0 },
	{ "floats of many digits", "m a=12345678.12345678,b=0.12345678901234567,c=123456789012345678901,"
	    "d=00000000000000000000000000001.5,e=0.000000000000000000000000000015,f=9007199254740993,"
	    "g=1.7976931348623157e308,h=5e-324,i=1e-999,j=123456789012345678901.5e-20 1",
	    "m||a=12345678.12345678f,b=0.12345678901234566f,c=1.2345678901234568e+20f,d=1.5f,"
	    "e=1.5000000000000001e-29f,f=9007199254740992f,g=1.7976931348623157e+308f,"
	    "h=4.9406564584124654e-324f,i=0f,j=1.2345678901234567f|1000000000\n", "", 0 },
	{ "integers", "m a=9223372036854775807i,b=-9223372036854775808i,c=18446744073709551615u,d=0u,"
	    "e=-0i,f=000000000000000000000000001i,g=999999999999999999i 1",
	    "m||a=9223372036854775807i,b=-9223372036854775808i,c=18446744073709551615u,d=0u,e=0i,f=1i,"
	    "g=999999999999999999i|1000000000\n", "", 0 },
	{ "no numbers", "m v=+1\nm v=+1i\nm v=NaN\nm v=Inf\nm v=-inf\nm v=nan\nm v=1e999\nm v=0x10\n"
	    "m v=1_000\nm v=-1u\nm v=1i2\nm v=-\nm v=.\nm v=1e\nm v=1.5i\nm v=i\nm v=-i\nm v=1.i\nm v=1 1.5",
	    "", "! 1: unable to parse 'm v=+1': invalid boolean\n"
	    "! 2: unable to parse 'm v=+1i': invalid boolean\n"
	    "! 3: unable to parse 'm v=NaN': invalid number\n"
	    "! 4: unable to parse 'm v=Inf': invalid boolean\n"
	    "! 5: unable to parse 'm v=-inf': invalid number\n"
	    "! 6: unable to parse 'm v=nan': invalid number\n"
	    "! 7: unable to parse 'm v=1e999': invalid float\n"
	    "! 8: unable to parse 'm v=0x10': invalid number\n"
	    "! 9: unable to parse 'm v=1_000': invalid number\n"
	    "! 10: unable to parse 'm v=-1u': invalid number\n"
	    "! 11: unable to parse 'm v=1i2': invalid number\n"
	    "! 12: unable to parse 'm v=-': invalid number\n"
	    "! 13: unable to parse 'm v=.': invalid number\n"
	    "! 14: unable to parse 'm v=1e': invalid number\n"
	    "! 15: unable to parse 'm v=1.5i': invalid number\n"
	    "! 16: unable to parse 'm v=i': invalid boolean\n"
	    "! 17: unable to parse 'm v=-i': invalid number\n"
	    "! 18: unable to parse 'm v=1.i': invalid number\n"
	    "! 19: unable to parse 'm v=1 1.5': bad timestamp\n", 0 },
	{ "integers out of range", "m v=9223372036854775808i\nm v=-9223372036854775809i\n"
	    "m v=18446744073709551616u\n", "",
	    "! 1: unable to parse 'm v=9223372036854775808i': unable to parse integer 9223372036854775808: "
	    "strconv.ParseInt: parsing \"9223372036854775808\": value out of range\n"
	    "! 2: unable to parse 'm v=-9223372036854775809i': unable to parse integer "
	    "-9223372036854775809: strconv.ParseInt: parsing \"-9223372036854775809\": value out of range\n"
	    "! 3: unable to parse 'm v=18446744073709551616u': unable to parse unsigned "
	    "18446744073709551616: strconv.ParseUint: parsing \"18446744073709551616\": "
	    "value out of range\n", 0 },
	{ "no booleans", "m v=tRUE\nm v=yes\nm v=abc\nm v='abc'\nm v=truex\nm v=t1\nm v=\n", "",
	    "! 1: unable to parse 'm v=tRUE': invalid boolean\n"
	    "! 2: unable to parse 'm v=yes': invalid boolean\n"
	    "! 3: unable to parse 'm v=abc': invalid boolean\n"
	    "! 4: unable to parse 'm v='abc'': invalid boolean\n"
	    "! 5: unable to parse 'm v=truex': invalid boolean\n"
	    "! 6: unable to parse 'm v=t1': invalid boolean\n"
	    "! 7: unable to parse 'm v=': missing field value\n", 0 },

	{ "escapes", "esc\\,comma,t\\,k=v\\,1 f\\,k=1 1\nesc\\ space,t\\ k=v\\ 1 f\\ k=1 2\n"
	    "esc=eq,t\\=k=v\\=1 f\\=k=1 3\nesc\\=eq,a=b v=1 4\n\"q\",t=\"q\" \"f\"=\"q\" 5\n"
	    "back\\slash,t=a\\b f\\x=\"a\\b\" 6\nback2,t=a\\\\b f=\"a\\\\b\" 7\nend\\\\,t=a\\\\ f=\"\\\\\" 8\n",
	    "esc,comma|t,k=v,1|f,k=1f|1\nesc space|t k=v 1|f k=1f|2\nesc=eq|t=k=v=1|f=k=1f|3\n"
	    "esc=eq|a=b|v=1f|4\n\"q\"|t=\"q\"|\"f\"=\"q\"s|5\nback\\slash|t=a\\b|f\\x=\"a\\b\"s|6\n"
	    "back2|t=a\\b|f=\"a\\b\"s|7\nend\\|t=a\\|f=\"\\\"s|8\n", "", PRECISION_NS },
	{ "strings", "m a=\"comma, space = eq \\\"quote\\\" end\",b=\"\",c=\"y\\z\",d=\"#\" 1\n",
	    "m||a=\"comma, space = eq \"quote\" end\"s,b=\"\"s,c=\"y\\z\"s,d=\"#\"s|1\n", "", PRECISION_NS },
	{ "strings over lines", "m a=\"one\ntwo \\\"=\\\"\n\n\",b=1 1\nm,x b=1\nm b=2 2\n",
	    "m||a=\"one\ntwo \"=\"\n\n\"s,b=1f|1\nm||b=2f|2\n",
	    "! 5: unable to parse 'm,x b=1': missing tag value\n", PRECISION_NS },
	{ "a bad line with a string over lines", "m, a=\"one\ntwo\" 1\nm b=2 2\nm b=x,c=\"\n\n\"\nbad\n",
	    "m||b=2f|2\n", "! 1: unable to parse 'm, a=\"one\ntwo\" 1': missing tag key\n"
	    "! 4: unable to parse 'm b=x,c=\"\n\n\"': invalid boolean\n"
	    "! 7: unable to parse 'bad': missing fields\n", PRECISION_NS },
	{ "a string without an end", "m b=2 2\nm a=\"abc\nm a=1 1\n", "m||b=2f|2\n",
	    "! 2: unable to parse 'm a=\"abc\nm a=1 1': unbalanced quotes\n", PRECISION_NS },
	{ "a quote that begins no string", "m v=5\"\nm v=\"a\"b\"\nm \"v=1 1\nm v=\"a\" \"b\n",
	    "m||\"v=1f|1\n", "! 1: unable to parse 'm v=5\"': invalid number\n"
	    "! 2: unable to parse 'm v=\"a\"b\"': invalid field format\n"
	    "! 4: unable to parse 'm v=\"a\" \"b': bad timestamp\n", PRECISION_NS },

	{ "tags are sorted", "m,z=1,a=2,m=3 v=1 1\nm,a=2,m=3,z=1 v=2 2\n",
	    "m|a=2,m=3,z=1|v=1f|1\nm|a=2,m=3,z=1|v=2f|2\n", "", PRECISION_NS },
	{ "bad keys", ",t=1 v=1\nm,t= v=1\nm,=a v=1\nm,t v=1\nm,t=a,t=b v=1\nm, v=1\nm,,a=b v=1\n"
	    "m,a=b,c v=1\nm,a=b=c v=1\nm,time=a v=1\nm,_field=a v=1\nm,_measurement=a v=1\nm\tx v=1\n"
	    "m,a=b\tc v=1\nm,a\tb=c v=1\nm v\t=1\nm,a=b,\n", "",
	    "! 1: unable to parse ',t=1 v=1': missing measurement\n"
	    "! 2: unable to parse 'm,t= v=1': missing tag value\n"
	    "! 3: unable to parse 'm,=a v=1': missing tag key\n"
	    "! 4: unable to parse 'm,t v=1': missing tag value\n"
	    "! 5: unable to parse 'm,t=a,t=b v=1': duplicate tags\n"
	    "! 6: unable to parse 'm, v=1': missing tag key\n"
	    "! 7: unable to parse 'm,,a=b v=1': missing tag key\n"
	    "! 8: unable to parse 'm,a=b,c v=1': missing tag value\n"
	    "! 9: unable to parse 'm,a=b=c v=1': invalid tag format\n"
	    "! 10: unable to parse 'm,time=a v=1': 'time' is a reserved column\n"
	    "! 11: unable to parse 'm,_field=a v=1': cannot use reserved tag key \"_field\"\n"
	    "! 12: unable to parse 'm,_measurement=a v=1': cannot use reserved tag key \"_measurement\"\n"
	    "! 13: unable to parse 'm\tx v=1': a tab in a name must be escaped\n"
	    "! 14: unable to parse 'm,a=b\tc v=1': a tab in a name must be escaped\n"
	    "! 15: unable to parse 'm,a\tb=c v=1': a tab in a name must be escaped\n"
	    "! 16: unable to parse 'm v\t=1': a tab in a name must be escaped\n"
	    "! 17: unable to parse 'm,a=b,': missing tag key\n", 0 },
	{ "bad fields", "bad\nbad \nbad v\nbad v=\nbad v=,w=1\nbad =1\nbad v=1,\nbad v=1,=2\nbad v=1,w\n"
	    "bad v=1,,w=2\nbad v=1, w=2\nbad v=1=2\nbad v =1\nbad time=1i\nbad,a=b\\\nbad\r\n", "",
	    "! 1: unable to parse 'bad': missing fields\n! 2: unable to parse 'bad ': missing fields\n"
	    "! 3: unable to parse 'bad v': invalid field format\n"
	    "! 4: unable to parse 'bad v=': missing field value\n"
	    "! 5: unable to parse 'bad v=,w=1': missing field value\n"
	    "! 6: unable to parse 'bad =1': missing field key\n"
	    "! 7: unable to parse 'bad v=1,': invalid field format\n"
	    "! 8: unable to parse 'bad v=1,=2': missing field key\n"
	    "! 9: unable to parse 'bad v=1,w': invalid field format\n"
	    "! 10: unable to parse 'bad v=1,,w=2': invalid field format\n"
	    "! 11: unable to parse 'bad v=1, w=2': invalid field format\n"
	    "! 12: unable to parse 'bad v=1=2': invalid number\n"
	    "! 13: unable to parse 'bad v =1': invalid field format\n"
	    "! 14: unable to parse 'bad time=1i': invalid field name: input field \"time\" on measurement "
	    "\"bad\" is invalid\n"
	    "! 15: unable to parse 'bad,a=b\\': missing fields\n"
	    "! 16: unable to parse 'bad': missing fields\n", 0 },
	{ "time as a field", "m time=5i,v=1 1\nm v=2,time=\"x\" 2\nm v=3,time=x 3\n",
	    "m||v=1f|1\nm||v=2f|2\n", "! 3: unable to parse 'm v=3,time=x 3': invalid boolean\n",
	    PRECISION_NS },
	{ "a field twice", "m v=1,w=2,v=3 1\nm v=1,v=2i 2\nm v=\"a\",v=1 3\n",
	    "m||v=3f,w=2f|1\nm||v=2i|2\nm||v=1f|3\n", "", PRECISION_NS },
	{ "fields in other orders", "m a=1,b=2,c=3 1\nm c=3,b=2,a=1 2\nm b=2 3\nm a=1,c=3 4\nm a=1,b=2,c=3 5\n",
	    "m||a=1f,b=2f,c=3f|1\nm||a=1f,b=2f,c=3f|2\nm||b=2f|3\nm||a=1f,c=3f|4\nm||a=1f,b=2f,c=3f|5\n", "",
	    PRECISION_NS },
	{ "long and short names", "m a_name_longer_than_sixteen=1,a_name_longer_than_sixteen_too=2,n=3 1\n"
	    "m a_name_longer_than_sixteen=4,a_name_longer_than_sixteen_too=5,n=6 2\n"
	    "m sixteen_with_eq=7,sixteen_with_eqs=8 3\nm sixteen_with_eq=7,sixteen_with_eqs=8 4\n",
	    "m||a_name_longer_than_sixteen=1f,a_name_longer_than_sixteen_too=2f,n=3f|1\n"
	    "m||a_name_longer_than_sixteen=4f,a_name_longer_than_sixteen_too=5f,n=6f|2\n"
	    "m||sixteen_with_eq=7f,sixteen_with_eqs=8f|3\nm||sixteen_with_eq=7f,sixteen_with_eqs=8f|4\n", "",
	    PRECISION_NS },
	{ "two types of a field", "m v=1 1\nm v=2i 2\nm v=3 3\n", "m||v=1f|1\nm||v=2i|2\nm||v=3f|3\n", "",
	    PRECISION_NS },

	{ "time by magnitude", "m v=1 4999999999\nm v=1 5000000000\nm v=1 4999999999999\nm v=1 5000000000000\n"
	    "m v=1 4999999999999999\nm v=1 5000000000000000\nm v=1 -1\nm v=1 -1700000000000000000\nm v=1 0\n",
	    "m||v=1f|4999999999000000000\nm||v=1f|5000000000000000\nm||v=1f|4999999999999000000\n"
	    "m||v=1f|5000000000000000\nm||v=1f|4999999999999999000\nm||v=1f|5000000000000000\n"
	    "m||v=1f|-1000000000\nm||v=1f|-1700000000000000000\nm||v=1f|0\n", "", 0 },
	{ "time in ns", "m v=1 1\nm v=1 9223372036854775806\nm v=1 -9223372036854775806\nm v=1 00000000000000000000012\n",
	    "m||v=1f|1\nm||v=1f|9223372036854775806\nm||v=1f|-9223372036854775806\nm||v=1f|12\n", "",
	    PRECISION_NS },
	{ "time in minutes", "m v=1 2\n", "m||v=1f|120000000000\n", "", PRECISION_M },
	{ "bad times", "m v=1 9223372036854775807\nm v=1 -9223372036854775807\nm v=1 9223372036854775808\n"
	    "m v=1 1x\nm v=1 x\nm v=1 -\nm v=1 1 1\nm v=1\t2\nm v=1 2\t\nm v=1 +1\n", "",
	    "! 1: unable to parse 'm v=1 9223372036854775807': time outside range -9223372036854775806 - "
	    "9223372036854775806\n"
	    "! 2: unable to parse 'm v=1 -9223372036854775807': time outside range -9223372036854775806 - "
	    "9223372036854775806\n"
	    "! 3: unable to parse 'm v=1 9223372036854775808': strconv.ParseInt: parsing "
	    "\"9223372036854775808\": value out of range\n"
	    "! 4: unable to parse 'm v=1 1x': bad timestamp\n! 5: unable to parse 'm v=1 x': bad timestamp\n"
	    "! 6: unable to parse 'm v=1 -': bad timestamp\n! 7: unable to parse 'm v=1 1 1': point is invalid\n"
	    "! 8: unable to parse 'm v=1\t2': invalid number\n! 9: unable to parse 'm v=1 2\t': bad timestamp\n"
	    "! 10: unable to parse 'm v=1 +1': bad timestamp\n", PRECISION_NS },
	{ "time out of range by its unit", "m v=1 9223372037\n", "",
	    "! 1: unable to parse 'm v=1 9223372037': time outside range -9223372036854775806 - "
	    "9223372036854775806\n", PRECISION_S },

	{ "UTF-8", "日本,タグ=値 フィールド=\"línea ñ 🎉\" 1\n",
	    "日本|タグ=値|フィールド=\"línea ñ 🎉\"s|1\n", "", PRECISION_NS },
	{ "not UTF-8", "m v=\"\xff\" 1\nm,t=\xc3 v=1 2\nm v=2 3\n", "m||v=2f|3\n",
	    "! 1: unable to parse 'm v=\"\xEF\xBF\xBD\" 1': not valid UTF-8\n"
	    "! 2: unable to parse 'm,t=\xEF\xBF\xBD v=1 2': not valid UTF-8\n", PRECISION_NS },
	{ "a long bad line is cut at a character", "m v=x1234567890123456789012345678901234567890123456789012345678日本\n",
	    "", "! 1: unable to parse 'm v=x1234567890123456789012345678901234567890123456789012345678': "
	    "invalid boolean\n", 0 },
	{ "good and bad mixed", "good v=1 1\nbad v=x 2\n\n# c\ngood v=3 3\nbad\n", "good||v=1f|1\ngood||v=3f|3\n",
	    "! 2: unable to parse 'bad v=x 2': invalid boolean\n! 6: unable to parse 'bad': missing fields\n",
	    PRECISION_NS },
};

static void
check_body(const struct body_case *c)
{
	struct slice body = slice_from(c->body);
	size_t whole = body.n + 1;

	for (size_t piece = 1; piece <= whole; piece += piece < 70 || piece == whole ? 1 : whole - piece) {
		struct line_dump dump = { .memo = line_memo_new(0), .piece = piece };

		line_default_options(&dump.options);
		dump.options.precision = c->precision;
		dump.options.now_ns = NOW;
		for (int again = 0; again < 2; again++) {
			line_dump_run(&dump, body);
			buf_putc(&dump.points, '\0');
			buf_putc(&dump.rejected, '\0');
			if (piece == whole) {
				assert_string_equal(dump.points.p, c->points);
				assert_string_equal(dump.rejected.p, c->rejected);
			} else {
				assert_string_equal(dump.rejected.p, c->rejected);
			}
		}
		line_dump_free(&dump);
	}
}

static void
bodies(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_N(body_cases); i++) {
		print_message("           %s\n", body_cases[i].name);
		check_body(&body_cases[i]);
	}
}

/* ---- limits ---- */

static void
run_limited(struct line_dump *dump, const struct buf *body)
{
	line_dump_run(dump, buf_slice(body));
	buf_putc(&dump->points, '\0');
	buf_putc(&dump->rejected, '\0');
}

static struct line_dump
limited(size_t piece)
{
	struct line_dump dump = { .memo = line_memo_new(0), .piece = piece };

	line_default_options(&dump.options);
	dump.options.precision = PRECISION_NS;
	return dump;
}

static void
put_many(struct buf *b, char c, size_t n)
{
	memset(buf_extend(b, n), c, n);
}

static void
key_length(void **state)
{
	struct line_dump dump = limited(1 << 20);
	struct buf body = { 0 };

	(void)state;
	buf_puts(&body, "m,t=");
	put_many(&body, 'a', 65535 - 4);
	buf_puts(&body, " v=1 1\nm,t=");
	put_many(&body, 'a', 65536 - 4);
	buf_puts(&body, " v=2 2\nm ");
	put_many(&body, 'f', 65536);
	buf_puts(&body, "=2 3\nm v=3 4\n");
	run_limited(&dump, &body);
	assert_non_null(strstr(dump.points.p, "|v=1f|1\n"));
	assert_null(strstr(dump.points.p, "|v=2f|2\n"));
	assert_non_null(strstr(dump.points.p, "m||v=3f|4\n"));
	assert_non_null(strstr(dump.rejected.p, "! 2: "));
	assert_non_null(strstr(dump.rejected.p, "max key length exceeded: 65536 > 65535\n"));
	assert_non_null(strstr(dump.rejected.p, "input field name is too long, 65536 > 65535\n"));
	buf_free(&body);
	line_dump_free(&dump);
}

static void
string_length(void **state)
{
	struct line_dump dump = limited(100000);
	struct buf body = { 0 };

	(void)state;
	buf_puts(&body, "m f=\"");
	put_many(&body, '\n', 1 << 20);
	buf_puts(&body, "\" 1\nm f=\"");
	put_many(&body, 'x', (1 << 20) + 1);
	buf_puts(&body, "\" 2\nm,x\n");
	run_limited(&dump, &body);
	assert_non_null(strstr(dump.points.p, "|1\n"));
	assert_null(strstr(dump.points.p, "|2\n"));
	assert_non_null(strstr(dump.rejected.p, "! 1048578: "));
	assert_non_null(strstr(dump.rejected.p,
	    "input field \"f\" on measurement \"m\" is too long, 1048577 > 1048576\n"));
	assert_non_null(strstr(dump.rejected.p, "! 1048579: "));
	buf_free(&body);
	line_dump_free(&dump);
}

static void
line_length(void **state)
{
	static const size_t pieces[] = { 1, 7, 99, 100, 101, 1000, 100000 };

	(void)state;
	for (size_t i = 0; i < UNIT_N(pieces); i++) {
		struct line_dump dump = limited(pieces[i]);
		struct buf body = { 0 };

		dump.options.max_line_bytes = 100;
		buf_puts(&body, "m v=1 1\nm v=\"");
		put_many(&body, '\n', 200);
		buf_puts(&body, "\\\"\n\\\\\" 2\n#");
		put_many(&body, '"', 300);
		buf_puts(&body, "\nm v=3 3\n");
		put_many(&body, ' ', 300);
		buf_puts(&body, "m v=4 4\nm\\ =\",v=\"\"\" v=");
		put_many(&body, '1', 300);
		buf_puts(&body, "\nbad\nm v=5 5\nm v=");
		put_many(&body, '1', 300);
		run_limited(&dump, &body);
		assert_string_equal(dump.points.p, "m||v=1f|1\nm||v=3f|3\nm||v=4f|4\nm||v=5f|5\n");
		assert_non_null(strstr(dump.rejected.p, "! 2: unable to parse 'm v=\"\n"));
		assert_non_null(strstr(dump.rejected.p, "! 207: unable to parse 'm\\ =\""));
		assert_non_null(strstr(dump.rejected.p, "': line is longer than 100 bytes\n"));
		assert_non_null(strstr(dump.rejected.p, "! 208: unable to parse 'bad': missing fields\n"));
		assert_non_null(strstr(dump.rejected.p, "! 210: unable to parse 'm v=111"));
		buf_free(&body);
		line_dump_free(&dump);
	}
}

static void
field_count(void **state)
{
	struct line_dump dump = limited(1 << 20);
	struct buf body = { 0 };

	(void)state;
	dump.options.max_fields = 3;
	buf_puts(&body, "m a=1,b=2,c=3 1\nm a=1,b=2,c=3,d=4 2\nm a=1,a=2,a=3,a=4 3\n");
	run_limited(&dump, &body);
	assert_string_equal(dump.points.p, "m||a=1f,b=2f,c=3f|1\nm||a=4f|3\n");
	assert_non_null(strstr(dump.rejected.p, "would result in 5 columns, limit is 3\n"));
	buf_free(&body);
	line_dump_free(&dump);
}

/*
 * a batch is ended before it takes too much memory, and a memo forgets: no point is lost by it
 */
static void
memory_is_bounded(void **state)
{
	struct line_dump dump = limited(1 << 20);
	struct buf body = { 0 };

	(void)state;
	dump.options.batch_bytes = 1 << 16;
	for (int i = 0; i < 5000; i++)
		buf_printf(&body, "m%d,t%d=%d f%d=%d,s=\"%d\" %d\n", i % 50, i % 7, i, i % 300, i, i, i);
	run_limited(&dump, &body);
	assert_string_equal(dump.rejected.p, "");
	assert_true(dump.n_batches > 10 && dump.n_batches < 1000);
	for (int i = 0; i < 5000; i += 61) {
		char line[128];

		snprintf(line, sizeof(line), "m%d|t%d=%d|", i % 50, i % 7, i);
		assert_non_null(strstr(dump.points.p, line));
	}
	buf_free(&body);
	line_dump_free(&dump);
}

static void
nul_bytes(void **state)
{
	static const char body[] = "m\0x v=1\nm,a=b\0 v=1\nm v\0=1\nm v=\"a\0b\" 1\n\0m v=1\n";
	struct line_dump dump = limited(1 << 20);

	(void)state;
	line_dump_run(&dump, slice_make(body, sizeof(body) - 1));
	buf_putc(&dump.rejected, '\0');
	assert_true(slice_eq(buf_slice(&dump.points), SLICE("m||v=\"a\0b\"s|1\n")));
	assert_non_null(strstr(dump.rejected.p, "! 1: "));
	assert_non_null(strstr(dump.rejected.p, "! 2: "));
	assert_non_null(strstr(dump.rejected.p, "! 3: "));
	assert_null(strstr(dump.rejected.p, "! 4: "));
	assert_non_null(strstr(dump.rejected.p, "! 5: "));
	line_dump_free(&dump);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies),
		cmocka_unit_test(key_length),
		cmocka_unit_test(string_length),
		cmocka_unit_test(line_length),
		cmocka_unit_test(field_count),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(nul_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
